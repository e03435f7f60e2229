// timer.c: per-hart timers and the clock.
#include "sched/timer.h"

#include "riscv/spinlock.h"

static struct timer_hart {
    struct spinlock lock;
    // guarded by lock
    struct heap heap;
    struct timer *running; // its thread is being woken
    // used by its hart only, interrupts off
    uint64_t tick;  // when the scheduler wants to be called
    uint64_t armed; // when the next interrupt comes
} __attribute__((aligned(64))) timers[MAX_HARTS];

static int64_t realtime_offset; // nanoseconds to add to the monotonic clock
static uint64_t boot_time;      // of the time CSR

void timer_init(void) {
    boot_time = time_now();
    for (int i = 0; i < MAX_HARTS; i++) {
        spin_init(&timers[i].lock, RANK_TIMER, "timer");
        timers[i].tick = timers[i].armed = UINT64_MAX;
    }
}

// Set this hart's next interrupt. Interrupts off. Another hart's timer_cancel can only make it too early.
static void program(struct timer_hart *th) {
    spin_take(&th->lock);
    const struct heap_node *first = heap_min(&th->heap);
    th->armed = first ? min(first->key, th->tick) : th->tick;
    sbi_set_timer(th->armed);
    spin_release(&th->lock);
}

void timer_arm(struct timer *t, uint64_t deadline, bool (*wake)(struct thread *), struct thread *thread) {
    interrupts_off();
    *t = (struct timer){.node.key = deadline, .hart = this_hart()->index, .wake = wake, .thread = thread};
    struct timer_hart *th = &timers[t->hart];
    spin_take(&th->lock);
    heap_push(&th->heap, &t->node);
    spin_release(&th->lock);
    program(th);
    interrupts_restore();
}

void timer_cancel(struct timer *t) {
    struct timer_hart *th = &timers[t->hart];
    for (;;) {
        spin_lock(&th->lock);
        heap_remove(&th->heap, &t->node);
        bool busy = th->running == t;
        spin_unlock(&th->lock);
        if (!busy)
            return;
    }
}

static void run_due(struct timer_hart *th) {
    for (;;) {
        spin_lock(&th->lock);
        struct heap_node *n = heap_min(&th->heap);
        struct timer *t = n ? container_of(n, struct timer, node) : NULL;
        if (t == NULL || t->node.key > time_now())
            t = NULL;
        else
            heap_remove(&th->heap, n);
        th->running = t;
        spin_unlock(&th->lock);
        if (t == NULL)
            return;
        t->wake(t->thread); // t may be gone when th->running is cleared: it is only compared
    }
}

void timer_interrupt(void) {
    struct timer_hart *th = &timers[this_hart()->index];
    run_due(th);
    if (th->tick <= time_now())
        th->tick = UINT64_MAX; // the caller ticks the scheduler, which sets the next
    program(th);
}

void timer_set_tick(uint64_t at) {
    struct timer_hart *th = &timers[this_hart()->index];
    th->tick = at;
    if (at < th->armed) // else it is programmed when that interrupt comes
        program(th);
}

uint64_t clock_monotonic(void) { return ticks_to_ns(time_now() - boot_time); }

uint64_t clock_realtime(void) { return realtime_offset ? clock_monotonic() + realtime_offset : 0; }

void clock_set_realtime(uint64_t ns_since_1970) { realtime_offset = ns_since_1970 - clock_monotonic(); }
