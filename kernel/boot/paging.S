// paging.S: how a hart gets from physical addresses to the high half; the first instructions of all but the
// boot hart.
//
// The early page table maps the first 64 GiB twice: at DIRECT_MAP, where we stay, and at their own address,
// so that the next instruction is still there when paging goes on. mm/pagetable.c replaces it soon.
#include "riscv/csr.h"
#include "riscv/hart.h"

#define EARLY_GIB 64
#define EARLY_PTE 0xef // valid, read, write, execute, global, accessed, dirty

.text
.globl early_table, early_paging, secondary_entry
early_table:
    la t0, early_root
    li t1, 8 * 256              // DIRECT_MAP is root entry 256
    add t1, t1, t0
    li t2, EARLY_PTE
    li t3, 1 << 28              // 1 GiB, as a PTE counts it: address >> 2
    li t4, EARLY_GIB
1:  sd t2, 0(t0)
    sd t2, 0(t1)
    addi t0, t0, 8
    addi t1, t1, 8
    add t2, t2, t3
    addi t4, t4, -1
    bnez t4, 1b
    ret

// Paging on with the early table; returns to the caller's address in the high half.
early_paging:
    la t0, early_root
    srli t0, t0, 12
    li t1, SATP_SV39
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    sfence.vma
    li t0, 0xffffffc000000000
    add ra, ra, t0
    ret

// Every other hart, started by harts.c through SBI HSM, which has filled in secondary_args.
secondary_entry:
    csrw sie, zero
    csrci sstatus, 2
    jal early_paging
    la t0, secondary_args
    ld tp, 0(t0)
    ld t1, 8(t0)
    csrw satp, t1               // the kernel's own table, which has the stack
    sfence.vma
    ld sp, VCPU_KSTACK_TOP(tp)
    mv s0, zero
    ld t1, 16(t0)
    jr t1

.data
.balign 8
.globl secondary_args
secondary_args:                 // struct secondary_args (harts.c)
    .skip 24

.bss
.balign 4096
early_root:
    .skip 4096
