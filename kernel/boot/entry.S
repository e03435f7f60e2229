// entry.S: first instructions of the boot hart: from physical addresses to the high half and into C.
//
// OpenSBI enters with paging off, a0 = hart id, a1 = device tree.
#include "riscv/hart.h"

.section .text.entry, "ax"
.globl _entry
_entry:
    csrw sie, zero
    csrci sstatus, 2
    // A hart that harts.c starts may come here instead of to its own entry: OpenSBI 1.1 marks it as
    // starting before it stores the address to start at, and a hart that looks in between goes where the
    // first one went.
    la t0, boot_taken
    li t1, 1
    amoswap.w t1, t1, (t0)
    bnez t1, secondary_entry
    la t0, __bss_start          // the loader has zeroed it, a reboot may not have
    la t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    jal early_paging
    la sp, boot_stack + KSTACK_SIZE // high addresses from here on
    la tp, boot_thread
    mv s0, zero
    call boot_main              // does not return

.data
.balign 4
boot_taken:
    .word 0
