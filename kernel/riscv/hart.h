// hart.h: hardware threads, and the machine's part of a kernel thread.
//
// tp holds the current struct vcpu, which is the first member of sched's struct thread. It never changes
// while a thread runs, even when the thread moves to another hart; this_vcpu()->hart is valid only with
// interrupts off (interrupts_off() or a spinlock held).
#pragma once

#include "riscv/csr.h"

#define VCPU_HART          0
#define VCPU_KSTACK_TOP    8
#define VCPU_KSTACK_BOTTOM 16
#define VCPU_SCRATCH       24
#define VCPU_CONTEXT       32
#define HART_EMERGENCY_TOP 0

#define MAX_HARTS   8
#define KSTACK_SIZE 16384

#ifndef __ASSEMBLER__
#include "riscv/lockdep.h"
#include "riscv/sbi.h"

// Registers that a C function must preserve: what switch.S saves.
struct context {
    uint64_t ra, sp, s[12];
};

struct fp_state {
    uint64_t f[32];
    uint32_t fcsr;
};

struct hart {
    uint64_t emergency_top; // stack for reports of a kernel stack overflow
    uint64_t id;            // as firmware and FDT name it (mhartid)
    uint32_t index;         // 0 .. hart_count-1: ours
    bool online;
    int plic_context;  // set by dev/plic.c, -1: none
    struct vcpu *idle; // the thread that runs when nothing else does
};

// A virtual CPU: what assembly, spinlocks and the switch need to know of a thread.
struct vcpu {
    struct hart *hart; // where it runs now or ran last
    uint64_t kstack_top, kstack_bottom;
    uint64_t scratch;       // of trap.S
    struct context context; // valid while not running
    bool on_hart;           // is running, or its registers are not all saved yet
    // interrupts are off while this is > 0: in user mode and at first in a new thread, at boot and in
    // handlers, where nobody has called interrupts_off, 1
    uint32_t off_depth;
    bool use_reserve; // may allocate frames from the reserve (mm/page.c)
    bool writes_back; // and from all of it (page_use_all)
    struct fp_state fp;
    struct spinlock *held; // the spinlock taken last, of those held (checked builds)
    struct lockdep lockdep;
};

_Static_assert(offsetof(struct vcpu, kstack_top) == VCPU_KSTACK_TOP, "VCPU_KSTACK_TOP");
_Static_assert(offsetof(struct vcpu, scratch) == VCPU_SCRATCH, "VCPU_SCRATCH");
_Static_assert(offsetof(struct vcpu, context) == VCPU_CONTEXT, "VCPU_CONTEXT");

extern struct hart harts[MAX_HARTS];
extern uint32_t hart_count; // harts found by boot, all of them online once boot is done
extern uint64_t timebase;   // ticks of the time CSR a second

static inline struct vcpu *this_vcpu(void) { return __builtin_thread_pointer(); }

// Interrupts must be off.
static inline struct hart *this_hart(void) { return this_vcpu()->hart; }

// The harts in mask (bit = index) that are online, but for this one, as firmware names them (bit = id).
// Interrupts off.
uint64_t hart_ids_but_this(uint64_t mask);

// Switch interrupts off; calls nest, the last interrupts_restore lets them in again.
static inline void interrupts_off(void) {
    csr_clear(sstatus, SSTATUS_SIE);
    this_vcpu()->off_depth++;
    lockdep_off();
}
static inline void interrupts_restore(void) {
    lockdep_on();
    if (--this_vcpu()->off_depth == 0)
        csr_set(sstatus, SSTATUS_SIE);
}
// The same at the border to user mode, where they are off once, and where there is no way back.
static inline void interrupts_shut(void) {
    csr_clear(sstatus, SSTATUS_SIE);
    this_vcpu()->off_depth = 1;
}
static inline void interrupts_open(void) {
    this_vcpu()->off_depth = 0;
    csr_set(sstatus, SSTATUS_SIE);
}
static inline bool interrupts_enabled(void) { return csr_read(sstatus) & SSTATUS_SIE; }

// Save the callee-saved registers in from, load those in to (switch.S). Interrupts off.
void context_switch(struct context *from, struct context *to);
// Floating point registers (switch.S); sstatus.FS must not be off.
void fp_save(struct fp_state *fp);
void fp_restore(const struct fp_state *fp);

static inline uint64_t ticks_to_ns(uint64_t t) {
    return t / timebase * 1000000000 + t % timebase * 1000000000 / timebase;
}
static inline uint64_t ns_to_ticks(uint64_t ns) {
    return ns / 1000000000 * timebase + ns % 1000000000 * timebase / 1000000000;
}

#endif
