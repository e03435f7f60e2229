// panic.c: raw output and the end of the kernel. Takes no lock, so that it works under any; log.c is the
// orderly way.
#include "riscv/panic.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "riscv/hart.h"
#include "riscv/sbi.h"

enum { LOG_SIZE = 1 << 15 };

// guarded by log.c's lock, but for a panic
static char log_text[LOG_SIZE];
static uint64_t log_end; // bytes ever written; the last LOG_SIZE of them are kept
static void (*console_put)(char c) = sbi_putchar;
static bool console_quiet;

bool panicking;
struct trap_frame *panic_frame;
void (*panic_report)(void);
void (*panic_end)(void);

void console_register(void (*put)(char c)) { console_put = put; }
void console_set_quiet(bool quiet) { console_quiet = quiet; }

static void log_put(void *show, char c) {
    log_text[log_end++ % LOG_SIZE] = c;
    if (*(bool *)show)
        console_put(c);
}

void log_write(enum log_level level, const char *fmt, va_list args) {
    bool show = level == LOG_ALERT || !console_quiet;
    format_to(log_put, &show, fmt, args);
}

uint64_t klog_end(void) { return __atomic_load_n(&log_end, __ATOMIC_RELAXED); }

size_t log_read(uint64_t off, char *buf, size_t n, uint64_t *first) {
    *first = log_end > LOG_SIZE ? log_end - LOG_SIZE : 0;
    size_t done = 0;
    for (off = max(off, *first); done < n && off < log_end; off++)
        buf[done++] = log_text[off % LOG_SIZE];
    return done;
}

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_write(LOG_ALERT, fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...) {
    static uint32_t winner; // hart index + 1 of the hart that panics
    csr_clear(sstatus, SSTATUS_SIE);
    struct hart *h = this_hart();
    uint32_t nobody = 0;
    uint32_t me = (h ? h->index : 0) + 1;
    if (!__atomic_compare_exchange_n(&winner, &nobody, me, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
        nobody != me)
        for (;;)
            __asm__ volatile("wfi");
    bool again = panicking;
    panicking = true;
    if (again) { // the report itself failed
        say("\npanic: again while reporting: %s\n", fmt);
        panic_end();
    }
    uint64_t others = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        if (harts[i].online && &harts[i] != h)
            others |= 1UL << harts[i].id;
    if (others)
        sbi_send_ipi(others); // their handler sees `panicking` and stops
    say("\npanic: ");
    va_list args;
    va_start(args, fmt);
    log_write(LOG_ALERT, fmt, args);
    va_end(args);
    say("\n");
    if (panic_report)
        panic_report();
    if (panic_end)
        panic_end();
    for (;;)
        __asm__ volatile("wfi");
}
