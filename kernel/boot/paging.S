// paging.S: how a hart gets from physical addresses to the high half; the first instructions of all but the
// boot hart.
//
// The early page table maps the first 64 GiB twice: at DIRECT_MAP, where we stay, and at their own address,
// so that the next instruction is still there when paging goes on. mm/pagetable.c replaces it soon.
#include "riscv/hart.h"

#define EARLY_GIB 64
#define EARLY_PTE 0xef // valid, read, write, execute, global, accessed, dirty

.text
.globl early_paging, secondary_entry

// Paging on with the early table; returns to the caller's address in the high half.
early_paging:
    la t0, early_root
    srli t0, t0, 12
    li t1, SATP_SV39
    or t0, t0, t1
    csrw satp, t0
    sfence.vma
    li t0, SSTATUS_OPEN
    csrs sstatus, t0
    li t0, 0xffffffc000000000
    add ra, ra, t0
    ret

// Every other hart, started by harts.c through SBI HSM: goes on as secondary_thread.
secondary_entry:
    csrw sie, zero              // sstatus.SIE is off (SBI HSM)
    jal early_paging
    ld tp, secondary_thread
    ld t1, secondary_satp
    csrw satp, t1               // the kernel's own table, which has the stack
    sfence.vma
    ld sp, VCPU_CONTEXT+8(tp)
    ld ra, VCPU_CONTEXT(tp)
    mv s0, zero
    ret

.comm secondary_thread, 8, 8    // variables for harts.c to set: size, alignment
.comm secondary_satp, 8, 8

.data
.balign 4096
.macro gigapages                // half of the root table: a 1 GiB page in each of the first entries
    .set gib, 0
    .rept EARLY_GIB
    .quad gib << 28 | EARLY_PTE // a PTE counts addresses in units of 4
    .set gib, gib + 1
    .endr
    .skip 8 * (256 - EARLY_GIB)
.endm
early_root:
    gigapages
    gigapages
