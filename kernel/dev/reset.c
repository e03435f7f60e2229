// reset.c: power off and restart: the sifive,test1 device, which can pass on a status, and the firmware.
#include "dev/reset.h"

#include "dev/device.h"
#include "riscv/csr.h"
#include "riscv/sbi.h"

enum {
    TEST_FAIL = 0x3333,
    TEST_PASS = 0x5555,
    TEST_RESET = 0x7777
}; // TEST_FAIL: the status in the upper half

static volatile void *test_device; // set once at probe; NULL: there is none

static void test_write(uint32_t value) {
    device_fence();
    if (test_device)
        reg_write32(test_device, 0, value);
}

static void wait_for_the_end(void) NORETURN;
static void wait_for_the_end(void) {
    csr_clear(sstatus, SSTATUS_SIE);
    for (;;)
        __asm__ volatile("wfi");
}

void machine_power_off(int status) {
    status &= 0xff;
    if (status)
        test_write((uint32_t)status << 16 | TEST_FAIL);
    else
        test_write(TEST_PASS);
    if (!test_device)
        sbi_shutdown();
    wait_for_the_end();
}

void machine_restart(void) {
    sbi_reboot(); // returns only if the firmware cannot
    test_write(TEST_RESET);
    wait_for_the_end();
}

static int reset_probe(const struct fdt *fdt, int node) {
    uint64_t pa, size;
    if (fdt_reg(fdt, node, 0, &pa, &size) < 0)
        return -EINVAL;
    test_device = device_registers(pa);
    return 0;
}

static const char *const reset_compatible[] = {"sifive,test1", NULL};
DRIVER(reset_driver) = {.name = "reset", .compatible = reset_compatible, .stage = 1, .probe = reset_probe};
