// trap.S: the one way into the kernel (stvec) and the way back.
//
// In user mode sscratch holds the current thread (struct vcpu), in the kernel 0. So one swap tells where the
// trap came from. All registers go into a struct trap_frame (riscv/frame.h).
#include "riscv/csr.h"
#include "riscv/frame.h"
#include "riscv/hart.h"

// Save every register but sp and tp into the frame at sp.
.macro save_registers
    sd ra, 0(sp)
    sd gp, 16(sp)
    sd t0, 32(sp)
    sd t1, 40(sp)
    sd t2, 48(sp)
    sd s0, 56(sp)
    sd s1, 64(sp)
    sd a0, 72(sp)
    sd a1, 80(sp)
    sd a2, 88(sp)
    sd a3, 96(sp)
    sd a4, 104(sp)
    sd a5, 112(sp)
    sd a6, 120(sp)
    sd a7, 128(sp)
    sd s2, 136(sp)
    sd s3, 144(sp)
    sd s4, 152(sp)
    sd s5, 160(sp)
    sd s6, 168(sp)
    sd s7, 176(sp)
    sd s8, 184(sp)
    sd s9, 192(sp)
    sd s10, 200(sp)
    sd s11, 208(sp)
    sd t3, 216(sp)
    sd t4, 224(sp)
    sd t5, 232(sp)
    sd t6, 240(sp)
    csrr t1, sepc
    sd t1, FRAME_SEPC(sp)
    li t1, SSTATUS_SUM          // user memory is open to user copies only
    csrrc t2, sstatus, t1
    sd t2, FRAME_SSTATUS(sp)
    csrr t1, scause
    sd t1, FRAME_SCAUSE(sp)
    csrr t1, stval
    sd t1, FRAME_STVAL(sp)
.endm

// The reverse; sp last.
.macro restore_registers
    ld t1, FRAME_SEPC(sp)
    csrw sepc, t1
    ld t1, FRAME_SSTATUS(sp)
    csrw sstatus, t1
    ld ra, 0(sp)
    ld gp, 16(sp)
    ld t0, 32(sp)
    ld t1, 40(sp)
    ld t2, 48(sp)
    ld s0, 56(sp)
    ld s1, 64(sp)
    ld a0, 72(sp)
    ld a1, 80(sp)
    ld a2, 88(sp)
    ld a3, 96(sp)
    ld a4, 104(sp)
    ld a5, 112(sp)
    ld a6, 120(sp)
    ld a7, 128(sp)
    ld s2, 136(sp)
    ld s3, 144(sp)
    ld s4, 152(sp)
    ld s5, 160(sp)
    ld s6, 168(sp)
    ld s7, 176(sp)
    ld s8, 184(sp)
    ld s9, 192(sp)
    ld s10, 200(sp)
    ld s11, 208(sp)
    ld t3, 216(sp)
    ld t4, 224(sp)
    ld t5, 232(sp)
    ld t6, 240(sp)
.endm

.text
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
    mv s0, zero                 // ends the frame-pointer chain for backtraces
    mv a0, sp
    call trap_user

// Leave for user mode with the frame at the top of the current thread's kernel stack. Interrupts are off.
// Also the way in for a new thread (boot registers it with sched).
.globl trap_return_user
trap_return_user:
    ld sp, VCPU_KSTACK_TOP(tp)
    addi sp, sp, -FRAME_SIZE
    csrw sscratch, tp
    restore_registers
    ld tp, 24(sp)
    ld sp, 8(sp)
    sret

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
