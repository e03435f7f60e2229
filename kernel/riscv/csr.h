// csr.h: control and status registers of supervisor mode (RISC-V privileged specification, chapter 4).
#pragma once

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#include "lib/kernel.h"
#define UL(x) x##UL
#endif

#define SSTATUS_SIE        (UL(1) << 1)
#define SSTATUS_SPIE       (UL(1) << 5)
#define SSTATUS_FS         (UL(3) << 13) // off, initial, clean, dirty
#define SSTATUS_FS_INITIAL (UL(1) << 13)
#define SSTATUS_FS_CLEAN   (UL(2) << 13)
#define SSTATUS_FS_DIRTY   (UL(3) << 13)
#define SSTATUS_SUM        (UL(1) << 18)

// May the kernel always touch user memory (SUM), or just in user copies? Each change of SUM empties the whole
// TLB of QEMU before 8.1, which made a read of 4 KiB four times as slow in host time. So only the builds that
// hunt for mistakes close it; elsewhere a stray access to a user page that is there goes unnoticed.
#if CONFIG_HUNTING
#define SSTATUS_OPEN UL(0)
#else
#define SSTATUS_OPEN SSTATUS_SUM
#endif

#define SIE_SSIE (UL(1) << 1) // software: IPI
#define SIE_STIE (UL(1) << 5) // timer
#define SIE_SEIE (UL(1) << 9) // external: PLIC

#define CAUSE_INTERRUPT        (UL(1) << 63)
#define CAUSE_IPI              (CAUSE_INTERRUPT | 1)
#define CAUSE_TIMER            (CAUSE_INTERRUPT | 5)
#define CAUSE_EXTERNAL         (CAUSE_INTERRUPT | 9)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_USER       8
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15

#define SATP_SV39 (UL(8) << 60)

#ifndef __ASSEMBLER__
#define csr_read(name)                                                                                       \
    ({                                                                                                       \
        uint64_t v_;                                                                                         \
        __asm__ volatile("csrr %0, " #name : "=r"(v_)::"memory");                                            \
        v_;                                                                                                  \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")

// Ticks of the timebase (FDT: /cpus timebase-frequency).
static inline uint64_t time_now(void) { return csr_read(time); }
#endif
