// entry.S: first instructions of every hart: from physical addresses to the high half and into C.
//
// OpenSBI enters with paging off, a0 = hart id, a1 = device tree (boot hart) or what sbi_hart_start was given. The
// early page table maps the first 64 GiB twice: at DIRECT_MAP, where we stay, and at their own address, so that the next
// instruction is still there when paging goes on. mm/pagetable.c replaces it soon.
#include "riscv/csr.h"
#include "riscv/hart.h"

#define EARLY_GIB 64
#define EARLY_PTE 0xef // valid, read, write, execute, global, accessed, dirty

.section .text.entry, "ax"
.globl _entry
_entry:
    csrw sie, zero
    csrci sstatus, 2
    la t0, __bss_start          // the loader has zeroed it, a reboot may not have
    la t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    la t0, early_root
    li t1, 8 * 256              // DIRECT_MAP is root entry 256
    add t1, t1, t0
    li t2, EARLY_PTE
    li t3, 1 << 28              // 1 GiB, as a PTE counts it: address >> 2
    li t4, EARLY_GIB
2:  sd t2, 0(t0)
    sd t2, 0(t1)
    addi t0, t0, 8
    addi t1, t1, 8
    add t2, t2, t3
    addi t4, t4, -1
    bnez t4, 2b

    jal early_paging
    la sp, boot_stack_top       // high addresses from here on
    la tp, boot_thread
    mv s0, zero
    call boot_main
3:  wfi
    j 3b

// Another hart, started by boot/harts.c: a1 = physical address of struct hart_start.
.globl secondary_entry
secondary_entry:
    csrw sie, zero
    csrci sstatus, 2
    ld s1, 0(a1)
    ld s2, 8(a1)
    ld s3, 16(a1)
    jal early_paging
    csrw satp, s3               // the kernel's own table, which has the stack
    sfence.vma
    mv tp, s1
    mv sp, s2
    mv s0, zero
    call boot_secondary
4:  wfi
    j 4b

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

.bss
.balign 4096
early_root:
    .skip 4096
.globl boot_stack_bottom, boot_stack_top
boot_stack_bottom:
    .skip KSTACK_SIZE
boot_stack_top:
