// thread.h: threads: what runs. A thread knows its kernel stack, registers, state and scheduling data; what
// it runs for (a process) is an opaque owner, known to proc/.
//
// States are the textbook's: running, ready, blocked, stopped, zombie. State changes:
//   running -> ready     preempted or yielded (schedule, on its own hart)
//   running -> blocked   waitq_wait, thread_sleep
//   blocked -> ready     thread_wake: whoever wins the compare-and-swap puts it on a run queue
//   running -> zombie    thread_exit; the rest happens on another stack
// May call: riscv, mm, lib.
#pragma once

#include "riscv/frame.h"
#include "riscv/hart.h"
#include "sched/timer.h"

struct pagetable;

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_STOPPED, THREAD_ZOMBIE };

struct thread {
    struct vcpu vcpu;   // must be first: tp points here
    uint32_t state;     // atomic, enum thread_state
    bool interruptible; // blocked: thread_interrupt may wake it
    bool interrupted;   // atomic: a signal waits; cleared by who delivers it
    bool idle;
    bool need_resched;     // atomic: set by tick or wake-up, looked at on the way out of a trap
    const char *wait_name; // what it is blocked on, for ps
    void *owner;           // struct proc, and it has a user half; NULL: a kernel thread
    struct pagetable *pt;  // address space to run in; NULL: the kernel's. Set by thread_set_pagetable
    char name[16];
    void (*after)(struct thread *t); // set by thread_exit, called by thread_switched; NULL: goes on

    // guarded by the run queue's lock of the hart it is queued on
    struct list queue_link; // empty: on none
    uint32_t policy_level;  // policy data: mlfq level, tickets, ...
    uint64_t policy_used;   // timebase ticks it ran while others were ready; runq.c adds, the policy resets
    uint64_t policy_key;

    // accounting, written by the hart that runs it, in timebase ticks; user_time and cpu_time (that in the
    // kernel included) up to
    uint64_t user_time, user_stamp; // the last trap, or its end
    uint64_t cpu_time, cpu_stamp;   // the last switch
    uint64_t switches;

    uint8_t mutex_count[16]; // mutexes held, by rank (checked builds; mutex.c)

    uint32_t txn_blocks; // fs/txn.c: pages that its open bracket may change; 0: none is open

    uint64_t sig_mask;      // for proc/signal.c
    uint32_t trace_session; // for debug/trace.c: where it is followed
};

static inline struct thread *current(void) { return (struct thread *)this_vcpu(); }
static inline struct trap_frame *thread_frame(struct thread *t) {
    return (struct trap_frame *)(t->vcpu.kstack_top - sizeof(struct trap_frame));
}

// A new thread that will call fn(arg) on its own stack with interrupts on, blocked until thread_start. With
// an owner: one with a user half; fn is thread_enter_user, which begins with the frame at thread_frame(t),
// for the caller to fill in. NULL: no memory.
struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, void *owner);
// Set by boot: leaves for user mode with the current thread's frame (trap/trap.S).
extern void (*thread_enter_user)(void *unused);
// Put a new thread on a run queue (scheduling data inherited from the current one).
void thread_start(struct thread *t);
// Free a thread that was never started, or (in the `after` of thread_exit) one that has ended. Does not
// sleep.
void thread_free(struct thread *t);

// End the current thread. after(it) is called on another stack, interrupts off, once the thread is off its
// hart: it frees the thread (or is thread_free) and must not sleep.
void thread_exit(void (*after)(struct thread *t)) NORETURN;

// Does a signal wait for the current thread?
static inline bool thread_interrupted(void) {
    return __atomic_load_n(&current()->interrupted, __ATOMIC_ACQUIRE);
}

// Blocked -> ready. True if this call did it. Any context.
bool thread_wake(struct thread *t);
// A signal waits: note it, and wake t if it sleeps interruptibly, or kick the hart that it runs on. Any
// context.
void thread_interrupt(struct thread *t);

// Give the hart to another ready thread, if there is one.
void thread_yield(void);
// The same, if a tick or a wake-up asked for it: on the way out of a trap, interrupts off once.
void thread_preempt(void);
// Sleep until absolute time (timebase ticks). 0, or -EINTR if interruptible and a signal waits.
int thread_sleep_until(uint64_t deadline, bool interruptible);
// Run t in another address space, from now on if t is the current thread, and at every switch in. NULL: the
// kernel's. pt->harts tells on which harts it is loaded.
void thread_set_pagetable(struct thread *t, struct pagetable *pt);

// switch.c, for runq.c and thread.c. Interrupts off.
// Save prev, load next: registers, floating point, address space, accounting. Returns when prev runs again,
// perhaps on another hart. No spinlock held; next's registers are saved whole.
void thread_switch(struct thread *prev, struct thread *next);
// The current thread's program begins anew: its floating point registers are zero.
void thread_clear_fp(void);
// First thing a thread does after a switch in: lets others have the thread that ran before.
void thread_switched(void);

// Make the running boot code the idle thread of this hart.
void thread_adopt_idle(struct thread *t, struct hart *h, uint64_t stack_bottom, uint64_t stack_top);
