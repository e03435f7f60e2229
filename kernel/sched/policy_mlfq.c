// policy_mlfq.c: the multilevel feedback queue.
//
// The textbook's rules: a higher level runs first; equals take turns; a new thread starts on top; one that
// has used up its allotment at a level, however it was split up, moves down; after a while everybody is
// lifted to the top again.
#include "sched/policy.h"

#include "riscv/hart.h"

enum { LEVELS = 4 };

// A turn and an allotment, in ticks, by level: the lower, the longer.
static const uint32_t turn[LEVELS] = {1, 2, 4, 8};
static const uint32_t allotment[LEVELS] = {2, 4, 8, UINT32_MAX};

static uint64_t boost_period(void) { return timebase; } // one second

static void boost(struct policy_queue *q, uint64_t now) {
    q->next_boost = now + boost_period();
    for (int l = 1; l < LEVELS; l++) {
        struct thread *t;
        list_for_each(t, &q->level[l], queue_link) {
            t->policy_level = 0;
            t->policy_used = 0;
        }
        list_splice(&q->level[0], &q->level[l]);
    }
}

static void mlfq_enqueue(struct policy_queue *q, struct thread *t, enum policy_why why) {
    // Among equals, one that was asleep or is new goes first: it wants to answer somebody.
    // Known fault: a thread that always leaves before its tick ends is never charged (schedule starts a new
    // tick at each switch), so two that wake each other keep all others of the hart waiting.
    struct list *level = &q->level[t->policy_level];
    if (why == POLICY_WOKEN || why == POLICY_NEW)
        list_push(level, &t->queue_link);
    else
        list_append(level, &t->queue_link);
}

static struct thread *mlfq_pick(struct policy_queue *q) {
    for (int l = 0; l < LEVELS; l++) {
        struct thread *t = list_first(&q->level[l], struct thread, queue_link);
        if (t) {
            list_remove(&t->queue_link);
            return t;
        }
    }
    return NULL;
}

static void mlfq_remove(struct policy_queue *q, struct thread *t) { list_remove(&t->queue_link); }

static bool mlfq_tick(struct policy_queue *q, struct thread *t, uint64_t now) {
    if (now >= q->next_boost) {
        boost(q, now);
        t->policy_level = 0;
        t->policy_used = 0;
        return true;
    }
    t->policy_used++;
    if (t->policy_used >= allotment[t->policy_level]) {
        t->policy_level++;
        t->policy_used = 0;
        return true;
    }
    return t->policy_used % turn[t->policy_level] == 0;
}

static bool mlfq_preempts(const struct thread *t, const struct thread *running) {
    return t->policy_level < running->policy_level;
}

static void mlfq_fork(const struct thread *parent, struct thread *child) {
    child->policy_level = 0;
    child->policy_used = 0;
}

static int mlfq_set(struct thread *t, int value) {
    if (value < 0 || value >= LEVELS)
        return -EINVAL;
    t->policy_level = (uint32_t)value;
    t->policy_used = 0;
    return 0;
}

const struct sched_policy policy_mlfq = {
    .name = "mlfq",
    .enqueue = mlfq_enqueue,
    .pick = mlfq_pick,
    .remove = mlfq_remove,
    .tick = mlfq_tick,
    .preempts = mlfq_preempts,
    .fork = mlfq_fork,
    .set = mlfq_set,
};
