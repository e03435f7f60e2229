// trap.c: what a trap means and who deals with it.
#include "trap/trap.h"

#include "dev/device.h"
#include "proc/proc.h"
#include "riscv/trace.h"
#include "sched/runq.h"

void trap_entry(void); // trap.S

void trap_init_hart(void) {
    csr_write(sscratch, 0); // we are in the kernel
    csr_write(stvec, trap_entry);
    csr_write(scounteren, 7);           // user programs may read cycle, time and instret
    csr_set(sstatus, SSTATUS_FS_CLEAN); // so that fp_save and fp_restore work
    csr_write(sie, SIE_SSIE | SIE_STIE | SIE_SEIE);
}

// What an exception is called, and the signal that a program gets for it.
static const struct cause {
    const char *name;
    int sig;
} causes[] = {
    [CAUSE_FETCH_MISALIGNED] = {"misaligned fetch", SIGBUS},
    [CAUSE_FETCH_ACCESS] = {"fetch access fault", SIGSEGV},
    [CAUSE_ILLEGAL] = {"illegal instruction", SIGILL},
    [CAUSE_BREAKPOINT] = {"breakpoint", SIGTRAP},
    [CAUSE_LOAD_MISALIGNED] = {"misaligned load", SIGBUS},
    [CAUSE_LOAD_ACCESS] = {"load access fault", SIGSEGV},
    [CAUSE_STORE_MISALIGNED] = {"misaligned store", SIGBUS},
    [CAUSE_STORE_ACCESS] = {"store access fault", SIGSEGV},
    [CAUSE_FETCH_PAGE] = {"bad jump", SIGSEGV},
    [CAUSE_LOAD_PAGE] = {"bad read", SIGSEGV},
    [CAUSE_STORE_PAGE] = {"bad write", SIGSEGV},
};

static struct cause cause_of(const struct trap_frame *f) {
    static const struct cause unknown = {"unknown trap", SIGSEGV};
    return f->scause < ARRAY_SIZE(causes) && causes[f->scause].name ? causes[f->scause] : unknown;
}

// 0: mended. -EFAULT also if the trap is no page fault.
static int page_fault(const struct trap_frame *f) {
    const struct proc *p = current_proc();
    if (!p || !p->space)
        return -EFAULT;
    switch (f->scause) {
    case CAUSE_FETCH_PAGE: return vm_fault(p->space, f->stval, FAULT_EXEC);
    case CAUSE_LOAD_PAGE: return vm_fault(p->space, f->stval, FAULT_READ);
    case CAUSE_STORE_PAGE: return vm_fault(p->space, f->stval, FAULT_WRITE);
    default: return -EFAULT;
    }
}

// Interrupts off.
static void interrupt(uint64_t cause) {
    if (panicking)
        for (;;)
            __asm__ volatile("wfi"); // another hart reports
    lockdep_handler(true);
    trace(TRACE_INTERRUPT, cause, 0);
    if (cause == CAUSE_TIMER)
        timer_interrupt();
    else if (cause == CAUSE_IPI)
        csr_clear(sip, SIE_SSIE);
    else if (cause == CAUSE_EXTERNAL)
        irq_external();
    else
        panic("unknown interrupt, scause %lx", cause);
    runq_tick();
    trace(TRACE_INTERRUPT + TRACE_END, cause, 0);
    lockdep_handler(false);
}

// An exception in user mode that is no system call. Interrupts on.
static NOINLINE void user_fault(struct trap_frame *f) {
    int err = page_fault(f);
    if (err == 0)
        return;
    struct cause why = cause_of(f);
    if (err == -EIO)
        why.sig = SIGBUS;
    if (err == -ENOMEM)
        why.name = "no memory";
    signal_fault(why.sig, why.name, f);
}

// From user mode, called by trap.S on the thread's kernel stack, interrupts off.
void trap_user(struct trap_frame *f, uint64_t cause) {
    struct thread *t = current();
    assert(t->vcpu.off_depth == 1);
    uint64_t now = time_now();
    t->user_time += now - t->user_stamp;
    t->user_stamp = now;
    if (cause & CAUSE_INTERRUPT) {
        interrupt(cause);
    } else {
        interrupts_open();
        if (likely(cause == CAUSE_ECALL_USER)) {
            f->sepc += 4;
            syscall(f);
        } else {
            user_fault(f);
        }
        assert(t->vcpu.off_depth == 0);
        interrupts_shut();
    }
    trap_way_out(f);
    t->user_stamp = time_now();
}

// From kernel mode, on the current stack, interrupts off. No spinlock is held if it is an interrupt.
void trap_kernel(struct trap_frame *f, uint64_t cause) {
    if (cause & CAUSE_INTERRUPT) {
        struct thread *t = current();
        t->vcpu.off_depth++;
        interrupt(cause);
        if (!t->idle)
            thread_preempt();
        t->vcpu.off_depth--;
        return;
    }
    uint64_t fixup = usercopy_fixup(f->sepc);
    if (fixup) {
        assert(f->sstatus & SSTATUS_SPIE);
        csr_set(sstatus, SSTATUS_SIE);
        int err = page_fault(f);
        csr_clear(sstatus, SSTATUS_SIE);
        if (err)
            f->sepc = fixup;
        return;
    }
    panic_frame = f;
    panic("%s in the kernel: scause %lx, stval %016lx, sepc %016lx", cause_of(f).name, f->scause, f->stval,
          f->sepc);
}

void trap_stack_overflow(struct trap_frame *f) {
    panic_frame = f;
    panic("kernel stack overflow: sp %016lx, sepc %016lx", f->sp, f->sepc);
}
