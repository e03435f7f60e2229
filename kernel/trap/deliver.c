// deliver.c: the way out of a trap: signals and rescheduling, in one place.
#include "proc/proc.h"
#include "trap/trap.h"

static NOINLINE void deliver(struct trap_frame *f) {
    interrupts_open();
    int sig = thread_interrupted() ? signal_take() : 0;
    // Signals that do nothing are never posted. User handlers come next: build a frame on the user stack and
    // let f return into the handler. Stop and continue likewise; so far nothing continues, and only init is
    // stopped, when the machine ends: it would start a new shell.
    while (sig == SIGSTOP)
        thread_sleep_until(WAIT_FOREVER, false);
    if (sig)
        proc_exit(0, sig);
    interrupts_shut();
    thread_preempt();
}

void trap_way_out(struct trap_frame *f) {
    while (unlikely(racy(current()->need_resched) || racy(current()->interrupted))) // not yet: after the IPI
        deliver(f);
    lockdep_clean("return to user mode", 1);
}
