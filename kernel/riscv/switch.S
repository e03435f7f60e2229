// switch.S: changing from one kernel thread to another, and floating point registers.
#include "riscv/hart.h"

// sd or ld what a function must preserve, in the struct context at reg: ra, sp, s0-s11.
.macro context_all op, reg
    \op ra, 0(\reg)
    \op sp, 8(\reg)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    \op s\n, (16 + 8 * \n)(\reg)
    .endr
.endm

// context_switch(a0: struct context *from, a1: struct context *to)
// A call like any other for the compiler, so only what a function must preserve is saved.
// tp, the current thread, is changed too: it is the address of the context less its offset in struct vcpu.
.text
.globl context_switch
context_switch:
    context_all sd, a0
    context_all ld, a1
    addi tp, a1, -VCPU_CONTEXT
    ret

// A new thread starts here, out of context_switch: s0 = function, s1 = its argument, s2 = thread_begin, which
// finishes the switch and lets interrupts in.
.globl thread_trampoline
thread_trampoline:
    jalr s2
    mv a0, s1
    jalr s0
    unimp // thread functions do not return: thread_begin's caller ends them

.option push
.option arch, +d
.macro fp_all op
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op f\n, (8 * \n)(a0)
    .endr
.endm

// fp_save(a0: struct fp_state *), fp_restore(a0: const struct fp_state *)
.globl fp_save
fp_save:
    fp_all fsd
    frcsr t0
    sw t0, 256(a0)
    ret
.globl fp_restore
fp_restore:
    fp_all fld
    lw t0, 256(a0)
    fscsr t0
    ret
.option pop
