// policy.h: whom to run: the interface between the mechanism (runq.c) and a policy (policy_*.c).
//
// All calls are made with the run queue's lock held, so they touch only this queue and the thread. A new
// policy is one file with one table, named in policies[] of runq.c.
#pragma once

#include "sched/thread.h"

enum { POLICY_LEVELS = 8, TICKS_PER_SECOND = 100 };

// The ready threads of one hart, in the form the policies share: a FIFO list a level.
struct policy_queue {
    struct list level[POLICY_LEVELS];
    uint32_t count;
    uint64_t key; // policy's own
};

enum policy_why { POLICY_NEW, POLICY_WOKEN, POLICY_PREEMPTED, POLICY_YIELDED };

struct sched_policy {
    const char *name;
    void (*enqueue)(struct policy_queue *q, struct thread *t, enum policy_why why);
    // Take the thread to run next off the queue; NULL: none.
    struct thread *(*pick)(struct policy_queue *q);
    // t has run for a whole tick since it was switched to, or since the last tick. True: its turn is over.
    bool (*tick)(struct thread *t);
    // Should t, just queued, run instead of running at once? NULL: never.
    bool (*preempts)(const struct thread *t, const struct thread *running);
    // A new thread's scheduling data, from its parent's. NULL: it keeps the zeros it was born with.
    void (*fork)(const struct thread *parent, struct thread *child);
    // Set a parameter of t (tickets, level). 0 or -EINVAL.
    int (*set)(struct thread *t, int value);
};

extern const struct sched_policy policy_rr, policy_mlfq;
