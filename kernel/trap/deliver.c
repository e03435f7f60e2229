// deliver.c: the way out of a trap: signals and rescheduling, in one place.
#include "proc/proc.h"
#include "riscv/panic.h"
#include "sched/runq.h"
#include "trap/trap.h"

// Act on one signal of the current process. Its action is neither "ignore" nor "nothing": those are never
// posted.
static void deliver(int sig, struct trap_frame *f) {
    // User handlers come next: build a frame on the user stack and return into the handler. Stop and continue
    // likewise.
    proc_exit(0, sig);
}

void trap_way_out(struct trap_frame *f) {
    struct thread *t = current();
    while (unlikely(t->need_resched || signal_waits())) {
        csr_set(sstatus, SSTATUS_SIE);
        if (signal_waits()) {
            int sig = signal_take();
            if (sig)
                deliver(sig, f);
        }
        runq_preempt();
        csr_clear(sstatus, SSTATUS_SIE);
    }
}
