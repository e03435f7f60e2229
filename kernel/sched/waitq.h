// waitq.h: blocking and waking threads.
//
// A wait queue is a list of blocked threads plus nothing else: the condition they wait for, and the lock that
// guards both the condition and the queue, belong to the caller. The entry lives on the sleeper's stack:
// wakers only make the thread ready, the sleeper takes itself off. A wake-up between unlock and block is not
// lost. May call: runq, timer. Never call waitq_wait from an interrupt handler.
#pragma once

#include "riscv/spinlock.h"

#define WAIT_FOREVER UINT64_MAX

enum wait_how { WAIT_UNINTERRUPTIBLE, WAIT_INTERRUPTIBLE };

struct waitq {
    struct list waiters;
    const char *name; // shown by ps
};

#define WAITQ(queue, name_)                                                                                  \
    { LIST_INIT((queue).waiters), name_ }

void waitq_init(struct waitq *q, const char *name);

// Block the current thread on q until woken, the deadline, or (if how is WAIT_INTERRUPTIBLE) a signal.
// Needs: *lock held, the only spinlock held. Released while blocked, held again on return.
// deadline: absolute time in timebase ticks, or WAIT_FOREVER.
// Returns 0, -ETIMEDOUT or -EINTR. The caller re-checks its condition.
int waitq_wait(struct waitq *q, struct spinlock *lock, enum wait_how how, uint64_t deadline);

// Wake up to n threads that are not woken yet (oldest first). The caller's lock is held. Any context.
void waitq_wake(struct waitq *q, int n);
// Whom waitq_wake wakes first; NULL: nobody. The caller's lock is held.
struct thread *waitq_first(const struct waitq *q);
static inline void waitq_wake_one(struct waitq *q) {
    if (!list_empty(&q->waiters))
        waitq_wake(q, 1);
}
static inline void waitq_wake_all(struct waitq *q) {
    if (!list_empty(&q->waiters))
        waitq_wake(q, INT32_MAX);
}
