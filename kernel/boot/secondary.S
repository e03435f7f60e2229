// secondary.S: first instructions of every other hart, started by harts.c through SBI HSM.
//
// Entered with paging off, a1 = physical address of struct hart_start (harts.c).
#include "riscv/csr.h"

.text
.globl secondary_entry
secondary_entry:
    csrw sie, zero
    csrci sstatus, 2
    ld s1, 0(a1)
    ld s2, 8(a1)
    ld s3, 16(a1)
    ld s4, 24(a1)
    jal early_paging
    csrw satp, s3               // the kernel's own table, which has the stack
    sfence.vma
    mv tp, s1
    mv sp, s2
    mv s0, zero
    jalr s4
1:  wfi
    j 1b
