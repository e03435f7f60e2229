// waitq.c: blocking and waking.
#include "sched/waitq.h"

#include "sched/runq.h"

struct waiter {
    struct list link;
    struct thread *thread;
    bool woken; // by waitq_wake: a second wake-up goes to somebody else
};

void waitq_init(struct waitq *q, const char *name) { *q = (struct waitq)WAITQ(*q, name); }

// The current thread does not go on before thread_wake. It is where wakers find it; the lock, released, lets
// them come.
static void block(struct spinlock *lock, uint64_t deadline) {
    struct thread *t = current();
    struct timer alarm;
    uint32_t blocked = THREAD_BLOCKED;
    __atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
    spin_release(lock);
    // If a signal came before that, nobody wakes us for it. But if somebody has made us ready already, he
    // waits for us to leave the hart: go through with it.
    if (t->interruptible && __atomic_load_n(&t->interrupted, __ATOMIC_SEQ_CST) &&
        __atomic_compare_exchange_n(&t->state, &blocked, THREAD_RUNNING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
        return;
    if (deadline != WAIT_FOREVER)
        timer_arm(&alarm, deadline, thread_wake, t);
    schedule();
    if (deadline != WAIT_FOREVER)
        timer_cancel(&alarm);
}

int waitq_wait(struct waitq *q, struct spinlock *lock, enum wait_how how, uint64_t deadline) {
    assert(spin_held(lock));
    check_may_sleep("blocking on", q->name, lock);
    struct thread *t = current();
    struct waiter me = {.thread = t};
    list_append(&q->waiters, &me.link);
    t->wait_name = q->name;
    t->interruptible = how == WAIT_INTERRUPTIBLE;
    block(lock, deadline);
    t->wait_name = NULL;
    spin_take(lock);
    list_remove(&me.link);
    if (me.woken)
        return 0;
    if (how == WAIT_INTERRUPTIBLE && thread_interrupted())
        return -EINTR;
    return time_now() >= deadline ? -ETIMEDOUT : 0;
}

NOINLINE void waitq_wake(struct waitq *q, int n) {
    struct waiter *w;
    list_for_each(w, &q->waiters, link) {
        if (w->woken)
            continue;
        if (n-- == 0)
            return;
        w->woken = true;
        thread_wake(w->thread); // false: a signal or the clock was faster; it will see `woken` all the same
    }
}

struct thread *waitq_first(const struct waitq *q) {
    struct waiter *w;
    list_for_each(w, &q->waiters, link) if (!w->woken) return w->thread;
    return NULL;
}

int thread_sleep_until(uint64_t deadline, bool interruptible) {
    struct spinlock lock = SPINLOCK(RANK_WAITQ, "sleep");
    struct waitq nobody = WAITQ(nobody, "sleep");
    int err;
    spin_lock(&lock);
    do
        err = waitq_wait(&nobody, &lock, interruptible ? WAIT_INTERRUPTIBLE : WAIT_UNINTERRUPTIBLE, deadline);
    while (err == 0);
    spin_unlock(&lock);
    return err == -EINTR ? err : 0;
}
