// log.c: the kernel's own voice, a line at a time from all harts.
#include "riscv/panic.h"
#include "riscv/spinlock.h"

static struct spinlock console_lock = SPINLOCK(RANK_CONSOLE, "console");

static void write_locked(enum log_level level, const char *fmt, va_list args) {
    bool locked = !panicking; // a panic may come while another hart, or this one, holds the lock
    if (locked)
        spin_lock(&console_lock);
    log_write(level, fmt, args);
    if (locked)
        spin_unlock(&console_lock);
}

void kprintf(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    write_locked(LOG_INFO, fmt, args);
    va_end(args);
}

void kalert(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    write_locked(LOG_ALERT, fmt, args);
    va_end(args);
}

size_t klog_copy(uint64_t off, char *buf, size_t n, uint64_t *first) {
    spin_lock(&console_lock);
    size_t done = log_read(off, buf, n, first);
    spin_unlock(&console_lock);
    return done;
}
