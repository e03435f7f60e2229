// panic.c: the log, the console, and the end of the kernel.
//
// The log's lock is a bare one, as spinlock.c's checks end here; a panic does not take it, so that it works
// under any lock.
#include "riscv/panic.h"

#include "riscv/spinlock.h"

enum { LOG_SIZE = 1 << 15 };

static struct spinlock log_lock = {.name = "log"};
// guarded by log_lock
static char log_text[LOG_SIZE];
static uint64_t log_end; // bytes ever written; the last LOG_SIZE of them are kept

static void (*console_put)(char c) = sbi_putchar;
static bool console_quiet;

volatile bool panicking; // whoever does not see it yet stops at the IPI
struct trap_frame *panic_frame;
void (*panic_report)(void);
void (*panic_end)(void) NORETURN;

void console_register(void (*put)(char c)) { console_put = put; }
void console_set_quiet(bool quiet) { console_quiet = quiet; }

// A panic may come while another hart, or this one, holds the lock: from then on it means nothing.
static void lock_log(void) {
    interrupts_off();
    while (!panicking && !spin_try_raw(&log_lock))
        ;
}

static void unlock_log(void) {
    spin_release_raw(&log_lock);
    interrupts_restore();
}

static void log_put(void *show, char c) {
    log_text[log_end++ % LOG_SIZE] = c;
    if (*(bool *)show)
        console_put(c);
}

static void log_write(bool show, const char *fmt, va_list args) {
    lock_log();
    format_to(log_put, &show, fmt, args);
    unlock_log();
}

void kprintf(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_write(!console_quiet, fmt, args);
    va_end(args);
}

void kalert(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_write(true, fmt, args);
    va_end(args);
}

size_t klog_copy(uint64_t *off, char *buf, size_t n) {
    lock_log();
    size_t done = 0;
    *off = max(*off, log_end > LOG_SIZE ? log_end - LOG_SIZE : 0);
    for (; done < n && *off + done < log_end; done++)
        buf[done] = log_text[(*off + done) % LOG_SIZE];
    unlock_log();
    return done;
}

void panic(const char *fmt, ...) {
    static struct hart *winner;
    struct hart *me = this_hart(), *other = NULL;
    interrupts_shut();
    if (!__atomic_compare_exchange_n(&winner, &other, me, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        while (other != me)
            __asm__ volatile("wfi");
        kalert("\npanic: again while reporting: %s\n", fmt); // the report itself failed
        panic_end();
    }
    panicking = true;
    sbi_send_ipi(hart_ids_but_this(~0UL)); // their handler sees `panicking` and stops
    kalert("\npanic: ");
    va_list args;
    va_start(args, fmt);
    log_write(true, fmt, args);
    va_end(args);
    kalert("\n");
    panic_report();
    panic_end();
}
