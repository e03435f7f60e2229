// waitq.c: blocking and waking.
#include "sched/waitq.h"

#include "riscv/panic.h"
#include "sched/runq.h"
#include "sched/thread.h"
#include "sched/timer.h"

struct waiter {
    struct list link;
    struct thread *thread;
    bool woken; // by waitq_wake: a second wake-up goes to somebody else
};

struct wait_timer {
    struct timer timer;
    struct thread *thread;
};

void waitq_init(struct waitq *q, const char *name) {
    list_init(&q->waiters);
    q->name = name;
}

static void time_is_up(struct timer *timer) {
    thread_wake(container_of(timer, struct wait_timer, timer)->thread);
}

// Block until thread_wake; the caller has interrupts off and has made sure that wakers can find the thread
// (before before_block is called, which drops the lock that keeps them out).
static int block(enum wait_how how, const char *name, struct spinlock *lock, uint64_t deadline) {
    struct thread *t = current();
    struct wait_timer alarm = {.thread = t};
    t->wait_name = name;
    t->interruptible = how == WAIT_INTERRUPTIBLE;
    __atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
    if (lock)
        spin_unlock(lock);
    if (t->interruptible && __atomic_load_n(&t->interrupted, __ATOMIC_SEQ_CST)) {
        uint32_t blocked = THREAD_BLOCKED;
        if (__atomic_compare_exchange_n(&t->state, &blocked, THREAD_RUNNING, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            goto awake;
        // Somebody has made us ready already and waits for us to leave the hart: go through with it.
    }
    if (deadline != WAIT_FOREVER)
        timer_arm(&alarm.timer, deadline, time_is_up);
    schedule();
    if (deadline != WAIT_FOREVER)
        timer_cancel(&alarm.timer);
awake:
    t->interruptible = false;
    t->wait_name = NULL;
    return 0;
}

int waitq_wait(struct waitq *q, struct spinlock *lock, enum wait_how how, uint64_t deadline) {
    assert(spin_held(lock));
#ifndef NDEBUG
    if (spin_count() != 1)
        panic("blocking on %s with another spinlock held", q->name);
#endif
    struct thread *t = current();
    struct waiter me = {.thread = t};
    list_append(&q->waiters, &me.link);
    interrupts_off();
    block(how, q->name, lock, deadline);
    interrupts_restore();
    spin_lock(lock);
    list_remove(&me.link);
    if (me.woken)
        return 0;
    if (how == WAIT_INTERRUPTIBLE && __atomic_load_n(&t->interrupted, __ATOMIC_ACQUIRE))
        return -EINTR;
    if (deadline != WAIT_FOREVER && time_now() >= deadline)
        return -ETIMEDOUT;
    return 0;
}

int waitq_wake(struct waitq *q, int n) {
    int done = 0;
    struct waiter *w;
    list_for_each(w, &q->waiters, link) {
        if (done == n)
            break;
        if (w->woken)
            continue;
        w->woken = true;
        thread_wake(w->thread); // false: a signal or the clock was faster; it will see `woken` all the same
        done++;
    }
    return done;
}

int thread_sleep_until(uint64_t deadline, bool interruptible) {
    struct thread *t = current();
    while (time_now() < deadline) {
        if (interruptible && __atomic_load_n(&t->interrupted, __ATOMIC_ACQUIRE))
            return -EINTR;
        interrupts_off();
        block(interruptible ? WAIT_INTERRUPTIBLE : WAIT_UNINTERRUPTIBLE, "sleep", NULL, deadline);
        interrupts_restore();
    }
    return 0;
}
