// timer.c: per-hart timers and the clock.
#include "sched/timer.h"

#include "riscv/spinlock.h"

static struct timer_hart {
    struct spinlock lock;
    struct heap heap; // guarded by lock
    uint64_t armed;   // when the next interrupt comes; used by its hart only, interrupts off
} __attribute__((aligned(64))) timers[MAX_HARTS];

static int64_t realtime_offset; // nanoseconds to add to the monotonic clock
static uint64_t boot_time;      // of the time CSR

void timer_init(void) {
    boot_time = time_now();
    for (int i = 0; i < MAX_HARTS; i++) {
        spin_init(&timers[i].lock, RANK_TIMER, "timer");
        timers[i].armed = UINT64_MAX;
    }
}

void timer_interrupt_by(uint64_t at) {
    struct timer_hart *th = &timers[this_hart()->index];
    if (at < th->armed)
        sbi_set_timer(th->armed = at);
}

void timer_arm(struct timer *t, uint64_t deadline, bool (*wake)(struct thread *), struct thread *thread) {
    interrupts_off();
    *t = (struct timer){.node.key = deadline, .hart = this_hart()->index, .wake = wake, .thread = thread};
    struct timer_hart *th = &timers[t->hart];
    spin_take(&th->lock);
    heap_push(&th->heap, &t->node);
    spin_release(&th->lock);
    timer_interrupt_by(deadline);
    interrupts_restore();
}

void timer_cancel(struct timer *t) {
    struct timer_hart *th = &timers[t->hart];
    spin_lock(&th->lock);
    heap_remove(&th->heap, &t->node);
    spin_unlock(&th->lock);
}

void timer_interrupt(void) {
    struct timer_hart *th = &timers[this_hart()->index];
    struct heap_node *first;
    th->armed = UINT64_MAX;
    spin_take(&th->lock);
    while ((first = heap_min(&th->heap)) && first->key <= time_now()) {
        struct timer *t = container_of(first, struct timer, node);
        heap_remove(&th->heap, first);
        t->wake(t->thread); // it has left this hart since it armed t, so there is nothing to wait for
    }
    if (first)
        th->armed = min(th->armed, first->key);
    sbi_set_timer(th->armed);
    spin_release(&th->lock);
}

uint64_t clock_monotonic(void) { return ticks_to_ns(time_now() - boot_time); }

uint64_t clock_realtime(void) { return realtime_offset ? clock_monotonic() + realtime_offset : 0; }

void clock_set_realtime(uint64_t ns_since_1970) { realtime_offset = ns_since_1970 - clock_monotonic(); }
