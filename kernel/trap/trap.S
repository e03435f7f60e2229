// trap.S: the one way into the kernel (stvec) and the way back.
//
// In user mode sscratch holds the current thread (struct vcpu), in the kernel 0. So one swap tells where the
// trap came from. All registers go into a struct trap_frame (riscv/frame.h).
#include "riscv/frame.h"
#include "riscv/hart.h"

// sd or ld every register but sp (x2) and tp (x4) in the frame at sp, where x1 comes first.
.macro all_registers op
    .irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op x\n, (8 * (\n - 1))(sp)
    .endr
.endm

// Save them and the CSRs of the trap. a1 = scause.
.macro save_registers
    all_registers sd
    csrr t1, sepc
    sd t1, FRAME_SEPC(sp)
    li t1, SSTATUS_SUM & ~SSTATUS_OPEN  // a fault in a user copy has it open
    csrrc t2, sstatus, t1
    sd t2, FRAME_SSTATUS(sp)
    csrr a1, scause
    sd a1, FRAME_SCAUSE(sp)
    csrr t1, stval
    sd t1, FRAME_STVAL(sp)
.endm

// The reverse; sp last.
.macro restore_registers
    ld t1, FRAME_SEPC(sp)
    csrw sepc, t1
    ld t1, FRAME_SSTATUS(sp)
    csrw sstatus, t1
    all_registers ld
.endm

.text
// Leave for user mode with the frame at the top of the current thread's kernel stack. Interrupts are off.
// Also the way in for a new thread (boot registers it with sched).
.globl trap_return_user
trap_return_user:
    ld sp, VCPU_KSTACK_TOP(tp)
    addi sp, sp, -FRAME_SIZE
1:  csrw sscratch, tp
    restore_registers
    ld tp, 24(sp)
    ld sp, 8(sp)
    sret

.balign 4
.globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, from_kernel

    // From user mode: tp = current thread, sscratch = the user's tp. The frame goes to the top of the kernel
    // stack.
    sd sp, VCPU_SCRATCH(tp)
    ld sp, VCPU_KSTACK_TOP(tp)
    addi sp, sp, -FRAME_SIZE
    save_registers
    ld t0, VCPU_SCRATCH(tp)
    sd t0, 8(sp)
    csrrw t0, sscratch, zero
    sd t0, 24(sp)
    sd a0, FRAME_ORIG_A0(sp)
    mv s0, zero                 // ends the frame-pointer chain for backtraces
    mv a0, sp
    call trap_user
    j 1b

from_kernel:
    csrrw tp, sscratch, zero    // tp is the current thread again, sscratch 0
    sd t0, VCPU_SCRATCH(tp)
    ld t0, VCPU_KSTACK_BOTTOM(tp)
    addi t0, t0, FRAME_SIZE
    bltu sp, t0, stack_overflow
    ld t0, VCPU_SCRATCH(tp)
    sd sp, -FRAME_SIZE + 8(sp)
    addi sp, sp, -FRAME_SIZE
    save_registers
    csrr t0, sepc
    sd s0, FRAME_SIZE - 16(sp)  // a frame record, so that a backtrace goes on into the interrupted code
    sd t0, FRAME_SIZE - 8(sp)
    addi s0, sp, FRAME_SIZE
    mv a0, sp
    call trap_kernel
    // tp is not restored: it is the current thread here as it was there.
    restore_registers
    ld sp, 8(sp)
    sret

// No room for a frame: report on the hart's emergency stack.
stack_overflow:
    ld t0, VCPU_HART(tp)
    ld t0, HART_EMERGENCY_TOP(t0)
    addi t0, t0, -FRAME_SIZE
    sd sp, 8(t0)
    mv sp, t0
    ld t0, VCPU_SCRATCH(tp)
    save_registers
    mv a0, sp
    call trap_stack_overflow
