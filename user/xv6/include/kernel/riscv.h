// riscv.h: pages, page table entries (privileged specification, section 4.4) and registers.
#ifndef XV6_RISCV_H
#define XV6_RISCV_H

#include "kernel/types.h"

#define PGSIZE         4096
#define PGSHIFT        12
#define PGROUNDUP(n)   (((n) + PGSIZE - 1) & ~(PGSIZE - 1))
#define PGROUNDDOWN(a) ((a) & ~(PGSIZE - 1))

#define PTE_V (1L << 0)
#define PTE_R (1L << 1)
#define PTE_W (1L << 2)
#define PTE_X (1L << 3)
#define PTE_U (1L << 4)

#define PA2PTE(pa)     (((uint64)(pa) >> 12) << 10)
#define PTE2PA(pte)    (((pte) >> 10) << 12)
#define PTE_FLAGS(pte) ((pte)&0x3ff)
#define PXMASK         0x1ff
#define PXSHIFT(level) (PGSHIFT + 9 * (level))
#define PX(level, va)  (((uint64)(va) >> PXSHIFT(level)) & PXMASK)
#define MAXVA          (1L << (9 + 9 + 9 + 12 - 1)) // the first address above what programs may ever use

#ifndef __ASSEMBLER__
typedef uint64 pte_t;
typedef uint64 *pagetable_t;

// r_NAME() reads a register. In a program, those of the supervisor are illegal instructions, which end it.
#define XV6_REGISTER(name, instruction)                                                                      \
    static inline uint64 r_##name(void) {                                                                    \
        uint64 value;                                                                                        \
        __asm__ volatile(instruction : "=r"(value));                                                         \
        return value;                                                                                        \
    }
XV6_REGISTER(sp, "mv %0, sp")
XV6_REGISTER(fp, "mv %0, s0")
XV6_REGISTER(tp, "mv %0, tp")
XV6_REGISTER(ra, "mv %0, ra")
XV6_REGISTER(time, "rdtime %0")
XV6_REGISTER(sstatus, "csrr %0, sstatus")
XV6_REGISTER(sepc, "csrr %0, sepc")
XV6_REGISTER(scause, "csrr %0, scause")
XV6_REGISTER(stval, "csrr %0, stval")
XV6_REGISTER(satp, "csrr %0, satp")
XV6_REGISTER(mhartid, "csrr %0, mhartid")
#undef XV6_REGISTER
#endif

#endif
