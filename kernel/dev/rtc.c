// rtc.c: the clock that knows the date: goldfish-rtc (registers as in QEMU's documentation of the Goldfish
// platform).
#include "dev/device.h"
#include "sched/timer.h"

// Nanoseconds since 1970; reading the low half latches the high one.
enum { RTC_TIME_LOW = 0, RTC_TIME_HIGH = 4 };

static void rtc_probe(const struct fdt_node *node, volatile void *regs) {
    uint64_t now = reg_read32(regs, RTC_TIME_LOW);
    now |= (uint64_t)reg_read32(regs, RTC_TIME_HIGH) << 32;
    clock_set_realtime(now);
    kprintf("rtc: goldfish-rtc, %lu s since 1970\n", now / 1000000000);
}

DRIVER(rtc_driver) = {"google,goldfish-rtc", rtc_probe};
