// policy_rr.c: round robin: one queue, first come first served, a turn of one tick each.
#include "sched/policy.h"

static void rr_enqueue(struct policy_queue *q, struct thread *t, enum policy_why why) {
    list_append(&q->level[0], &t->queue_link);
}

static struct thread *rr_pick(struct policy_queue *q) {
    struct thread *t = list_first(&q->level[0], struct thread, queue_link);
    list_remove(&t->queue_link);
    return t;
}

static bool rr_tick(struct thread *t) { return true; }

static int rr_set(struct thread *t, int value) { return -EINVAL; }

const struct sched_policy policy_rr = {
    .name = "rr",
    .enqueue = rr_enqueue,
    .pick = rr_pick,
    .tick = rr_tick,
    .set = rr_set,
};
