// sbi.c: ecalls to the firmware. Extension number in a7, function in a6, arguments in a0-a5; error in a0,
// value in a1.
#include "riscv/sbi.h"

#include "riscv/csr.h"
#include "riscv/trace.h"

enum {
    EXT_PUTCHAR = 1, // legacy
    EXT_TIME = 0x54494d45,
    EXT_IPI = 0x735049,
    EXT_RFENCE = 0x52464e43,
    EXT_HSM = 0x48534d,
    EXT_SRST = 0x53525354,
};

static long sbi_call(long ext, long fn, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3) {
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a2 __asm__("a2") = arg2;
    register uint64_t a3 __asm__("a3") = arg3;
    register uint64_t a6 __asm__("a6") = fn;
    register uint64_t a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
    return a0;
}

void sbi_putchar(char c) { sbi_call(EXT_PUTCHAR, 0, (uint8_t)c, 0, 0, 0); }

bool sbi_have_sstc;

void sbi_set_timer(uint64_t t) {
    if (sbi_have_sstc)
        csr_write(0x14d, t); // stimecmp
    else
        sbi_call(EXT_TIME, 0, t, 0, 0, 0);
}

void sbi_send_ipi(uint64_t hart_id_mask) {
    trace(TRACE_IPI, hart_id_mask, 0);
    sbi_call(EXT_IPI, 0, hart_id_mask, 0, 0, 0);
}

void sbi_remote_fence_i(uint64_t hart_id_mask) { sbi_call(EXT_RFENCE, 0, hart_id_mask, 0, 0, 0); }

void sbi_remote_sfence(uint64_t hart_id_mask, uint64_t va, uint64_t size) {
    sbi_call(EXT_RFENCE, 1, hart_id_mask, 0, va, size);
}

long sbi_hart_start(uint64_t hart_id, uint64_t entry, uint64_t arg) {
    return sbi_call(EXT_HSM, 0, hart_id, entry, arg, 0);
}

void sbi_reset(bool reboot) { sbi_call(EXT_SRST, 0, reboot, 0, 0, 0); }
