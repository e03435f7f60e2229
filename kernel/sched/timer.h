// timer.h: calling a function at a time, and the clock.
//
// Per hart a heap of timers under a spinlock (RANK_TIMER); the callback runs in the timer interrupt, with
// that lock held.
#pragma once

#include "lib/heap.h"

struct thread;

struct timer {
    struct heap_node node; // key: absolute deadline in timebase ticks
    uint32_t hart;         // whose heap
    bool (*wake)(struct thread *t);
    struct thread *thread;
};

// Call wake(thread), which is thread_wake, at absolute time deadline, on this hart, in interrupt context.
// (The scheduler stands above the clock, so the clock does not name it.)
void timer_arm(struct timer *t, uint64_t deadline, bool (*wake)(struct thread *), struct thread *thread);
// Afterwards wake is not running for t and will not be called. Not from wake.
void timer_cancel(struct timer *t);

// The timer interrupt: run what is due and set the next interrupt. What timer_interrupt_by wanted is to be
// asked for again.
void timer_interrupt(void);
// This hart is to have a timer interrupt at that time, or before. UINT64_MAX: need not. Interrupts off.
void timer_interrupt_by(uint64_t at);

// Nanoseconds since boot; since 1970 (0 until clock_set_realtime).
uint64_t clock_monotonic(void);
uint64_t clock_realtime(void);
void clock_set_realtime(uint64_t ns_since_1970);
void timer_init(void);
