// policy_mlfq.c: the multilevel feedback queue.
//
// The textbook's rules: a higher level runs first; equals take turns; a new thread starts on top; one that
// has used up its turn at a level, however it was split up, moves down; after a while everybody is lifted to
// the top again.
#include "sched/policy.h"

enum { LEVELS = 4 };

// A turn, in ticks, by level: the lower, the longer. It may end up to a tick late: a thread that has just
// been switched to is not stopped before a whole tick.
static const uint32_t turn[LEVELS] = {1, 2, 4, 8};

static bool turn_over(const struct thread *t) {
    return t->policy_used >= turn[t->policy_level] * (timebase / TICKS_PER_SECOND);
}

// Everybody is lifted once a second: runners and sleepers when they are next looked at, a queue as a whole.
static uint64_t period_now(void) { return time_now() / timebase; }

// Back to the top, if the last time was in an earlier period. True if so.
static bool lift(struct thread *t, uint64_t period) {
    if (t->policy_key == period)
        return false;
    t->policy_key = period;
    t->policy_level = 0; // where new threads begin, too
    t->policy_used = 0;
    return true;
}

// Among equals, one in the middle of its turn goes on with it: it was stopped for a higher level, or slept
// and wants to answer somebody. Whose turn begins goes to the end; so who waits has no more before him than
// the rest of a turn of each of the others.
static void mlfq_enqueue(struct policy_queue *q, struct thread *t, enum policy_why why) {
    bool lifted = lift(t, period_now());
    bool over = turn_over(t);
    if (over) {
        t->policy_used = 0;
        if (t->policy_level < LEVELS - 1)
            t->policy_level++;
    }
    struct list *level = &q->level[t->policy_level];
    if (over || lifted || why == POLICY_NEW || why == POLICY_YIELDED)
        list_append(level, &t->queue_link);
    else
        list_push(level, &t->queue_link);
}

static void boost(struct policy_queue *q, uint64_t period) {
    q->key = period;
    for (int l = 1; l < LEVELS; l++) {
        struct thread *t;
        list_for_each(t, &q->level[l], queue_link) { lift(t, period); }
        list_splice(&q->level[0], &q->level[l]);
    }
}

static struct thread *mlfq_pick(struct policy_queue *q) {
    uint64_t period = period_now();
    if (q->key != period)
        boost(q, period);
    for (int l = 0; l < LEVELS; l++) {
        struct thread *t = list_first(&q->level[l], struct thread, queue_link);
        if (t) {
            list_remove(&t->queue_link);
            return t;
        }
    }
    return NULL;
}

static bool mlfq_tick(struct thread *t) { return turn_over(t) || t->policy_key != period_now(); }

static bool mlfq_preempts(const struct thread *t, const struct thread *running) {
    return t->policy_level < running->policy_level;
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
    .tick = mlfq_tick,
    .preempts = mlfq_preempts,
    .set = mlfq_set,
};
