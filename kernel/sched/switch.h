// switch.h: changing this hart from one thread to another (the mechanism below runq.c).
#pragma once

#include "sched/thread.h"

// Save prev, load next: registers, floating point, address space, accounting. Returns when prev runs again,
// perhaps on another hart. Interrupts off, no spinlock held; next's registers are saved whole.
void thread_switch(struct thread *prev, struct thread *next);
// First thing a thread does after a switch in: lets others have the thread that ran before.
void thread_switched(void);
// At thread_exit: what thread_switched calls, on the next thread's stack, once this thread is off the hart.
void thread_at_end(struct thread *t, void (*after)(struct thread *t));
