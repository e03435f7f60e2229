// rtc.c: the clock that knows the date: goldfish-rtc (registers as in QEMU's documentation of the Goldfish
// platform).
#include "dev/device.h"
#include "riscv/panic.h"
#include "sched/timer.h"

enum {
    RTC_TIME_LOW = 0,
    RTC_TIME_HIGH = 4
}; // nanoseconds since 1970; reading the low half latches the high one

static int rtc_probe(const struct fdt *fdt, int node) {
    uint64_t pa, size;
    if (fdt_reg(fdt, node, 0, &pa, &size) < 0)
        return -EINVAL;
    volatile void *regs = device_registers(pa);
    uint64_t now = reg_read32(regs, RTC_TIME_LOW);
    now |= (uint64_t)reg_read32(regs, RTC_TIME_HIGH) << 32;
    clock_set_realtime(now);
    kprintf("rtc: goldfish-rtc at 0x%lx, %lu s since 1970\n", pa, now / 1000000000);
    return 0;
}

static const char *const rtc_compatible[] = {"google,goldfish-rtc", NULL};
DRIVER(rtc_driver) = {.name = "rtc", .compatible = rtc_compatible, .stage = 1, .probe = rtc_probe};
