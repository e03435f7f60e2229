// runq.h: run queues, one a hart, and the mechanism of choosing: schedule(). Whom to choose is a policy
// (policy.h).
#pragma once

#include "sched/thread.h"
#include "uapi/info.h"

// Let this hart run what the policy picks. The current thread's state says what becomes of it. Interrupts
// off on entry and on return; no spinlock held.
void schedule(void);
// Queue a ready thread, on the hart that suits it best; wakes an idle hart or tells the target to arm its
// tick.
void runq_add(struct thread *t);
// The same for a new thread, whose scheduling data comes from its parent.
void runq_add_new(struct thread *t, const struct thread *parent);
// From each interrupt, interrupts off: if the tick has come, charge the current thread and ask the policy; if
// there is none, and somebody else is ready now (that is what an IPI says), start it.
void runq_tick(void);
// Body of every hart's idle thread. Interrupts off once.
void runq_idle(void) NORETURN;

// Choose the policy by name ("rr", "mlfq"); -ENOENT. Before the first thread starts.
int runq_set_policy(const char *name);
// Draw the length of every time slice from a generator with this seed (boot argument seed=).
void runq_set_seed(uint64_t seed);
void runq_init(void);

// Fill in what this file knows of the figures.
void runq_stats(struct mem_info *info);
