// trap.c: what a trap means and who deals with it.
#include "trap/trap.h"

#include "dev/device.h"
#include "proc/proc.h"
#include "riscv/csr.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"
#include "sched/runq.h"
#include "sched/timer.h"
#include "trap/syscall.h"
#include "vm/space.h"

void trap_entry(void); // trap.S

void trap_init_hart(void) {
    csr_write(sscratch, 0); // we are in the kernel
    csr_write(stvec, trap_entry);
    csr_write(scounteren, 7);           // user programs may read cycle, time and instret
    csr_set(sstatus, SSTATUS_FS_CLEAN); // so that fp_save and fp_restore work
    static const struct fp_state zero;
    fp_restore(&zero); // what hart->fp_owner == NULL promises
    csr_write(sie, SIE_SSIE | SIE_STIE | SIE_SEIE);
}

static const char *cause_name(uint64_t cause) {
    static const char *const names[] = {
        [CAUSE_FETCH_MISALIGNED] = "misaligned fetch",
        [CAUSE_FETCH_ACCESS] = "fetch access fault",
        [CAUSE_ILLEGAL] = "illegal instruction",
        [CAUSE_BREAKPOINT] = "breakpoint",
        [CAUSE_LOAD_MISALIGNED] = "misaligned load",
        [CAUSE_LOAD_ACCESS] = "load access fault",
        [CAUSE_STORE_MISALIGNED] = "misaligned store",
        [CAUSE_STORE_ACCESS] = "store access fault",
        [CAUSE_ECALL_USER] = "system call",
        [CAUSE_FETCH_PAGE] = "bad jump",
        [CAUSE_LOAD_PAGE] = "bad read",
        [CAUSE_STORE_PAGE] = "bad write",
    };
    return cause < ARRAY_SIZE(names) && names[cause] ? names[cause] : "unknown trap";
}

static bool is_page_fault(uint64_t cause) {
    return cause == CAUSE_FETCH_PAGE || cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE;
}

static int page_fault(struct trap_frame *f) {
    struct proc *p = current_proc();
    if (p == NULL || p->space == NULL)
        return -EFAULT;
    enum fault_access access = f->scause == CAUSE_FETCH_PAGE   ? FAULT_EXEC
                               : f->scause == CAUSE_STORE_PAGE ? FAULT_WRITE
                                                               : FAULT_READ;
    return vm_fault(p->space, f->stval, access);
}

// Interrupts off.
static void interrupt(uint64_t cause) {
    if (panicking)
        for (;;)
            __asm__ volatile("wfi"); // another hart reports
    if (cause == CAUSE_TIMER) {
        timer_interrupt();
        runq_tick(time_now());
    } else if (cause == CAUSE_IPI) {
        csr_clear(sip, SIE_SSIE);
        runq_ipi();
    } else if (cause == CAUSE_EXTERNAL) {
        irq_external();
    } else {
        panic("unknown interrupt, scause %lx", cause);
    }
}

// An exception in user mode that is no system call. Interrupts on.
static void user_fault(struct trap_frame *f) {
    uint64_t cause = f->scause;
    int err = -EFAULT;
    if (is_page_fault(cause)) {
        err = page_fault(f);
        if (err == 0)
            return;
    }
    int sig = SIGSEGV;
    if (cause == CAUSE_ILLEGAL)
        sig = SIGILL;
    else if (cause == CAUSE_BREAKPOINT)
        sig = SIGTRAP;
    else if (cause == CAUSE_FETCH_MISALIGNED || cause == CAUSE_LOAD_MISALIGNED ||
             cause == CAUSE_STORE_MISALIGNED || err == -EIO)
        sig = SIGBUS;
    signal_fault(sig, err == -ENOMEM ? "no memory for the stack" : cause_name(cause), f);
}

// From user mode, called by trap.S on the thread's kernel stack, interrupts off.
void trap_user(struct trap_frame *f) {
    struct thread *t = current();
    assert(t->vcpu.off_depth == 0);
    uint64_t now = time_now();
    t->user_time += now - t->last_stamp;
    t->last_stamp = now;
    if (likely(f->scause == CAUSE_ECALL_USER)) {
        f->sepc += 4;
        csr_set(sstatus, SSTATUS_SIE);
        syscall(f);
        csr_clear(sstatus, SSTATUS_SIE);
    } else if (f->scause & CAUSE_INTERRUPT) {
        interrupt(f->scause);
    } else {
        csr_set(sstatus, SSTATUS_SIE);
        user_fault(f);
        csr_clear(sstatus, SSTATUS_SIE);
    }
    trap_way_out(f);
    now = time_now();
    t->system_time += now - t->last_stamp;
    t->last_stamp = now;
}

// From kernel mode, on the current stack, interrupts off. No spinlock is held if it is an interrupt.
void trap_kernel(struct trap_frame *f) {
    if (f->scause & CAUSE_INTERRUPT) {
        interrupt(f->scause);
        if (!current()->idle)
            runq_preempt();
        return;
    }
    uint64_t fixup = usercopy_fixup(f->sepc);
    if (fixup) {
        assert(f->sstatus & SSTATUS_SPIE);
        csr_set(sstatus, SSTATUS_SIE);
        int err = is_page_fault(f->scause) ? page_fault(f) : -EFAULT;
        csr_clear(sstatus, SSTATUS_SIE);
        if (err)
            f->sepc = fixup;
        return;
    }
    panic_frame = f;
    panic("%s in the kernel: scause %lx, stval %016lx, sepc %016lx", cause_name(f->scause), f->scause,
          f->stval, f->sepc);
}

void trap_stack_overflow(struct trap_frame *f) {
    panic_frame = f;
    panic("kernel stack overflow: sp %016lx, sepc %016lx", f->sp, f->sepc);
}
