// thread.c: life of a thread: birth, waking, sleep, end.
#include "sched/thread.h"

#include "mm/pagetable.h"
#include "mm/slab.h"
#include "riscv/trace.h"
#include "sched/runq.h"

void thread_trampoline(void); // switch.S

static struct slab_cache thread_cache = SLAB_CACHE(thread_cache, "thread", sizeof(struct thread));
void (*thread_enter_user)(void *unused);

// First code of every thread, called by thread_trampoline with interrupts off.
static void thread_begin(void) {
    thread_switched();
    interrupts_restore();
}

struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, void *owner) {
    struct thread *t = slab_alloc(&thread_cache, PAGE_WAIT | PAGE_ZERO);
    void *stack = t ? kstack_alloc() : NULL;
    if (!stack) {
        if (t)
            slab_free(&thread_cache, t);
        return NULL;
    }
    t->vcpu.kstack_bottom = (uint64_t)stack;
    t->vcpu.kstack_top = (uint64_t)stack + KSTACK_SIZE;
    t->vcpu.hart = racy(current()->vcpu.hart); // a guess where to run first: near its parent
    t->vcpu.off_depth = 1;                     // thread_begin lets interrupts in
    t->vcpu.context.ra = (uint64_t)thread_trampoline;
    t->vcpu.context.sp = t->vcpu.kstack_top - sizeof(struct trap_frame); // the frame's place stays free
    t->vcpu.context.s[0] = (uint64_t)fn;
    t->vcpu.context.s[1] = (uint64_t)arg;
    t->vcpu.context.s[2] = (uint64_t)thread_begin;
    t->state = THREAD_BLOCKED;
    t->owner = owner;
    t->trace_session = current()->trace_session;
    list_init(&t->queue_link);
    strlcpy(t->name, name, sizeof(t->name));
    return t;
}

void thread_start(struct thread *t) {
    __atomic_store_n(&t->state, THREAD_READY, __ATOMIC_RELEASE);
    runq_add_new(t, current());
}

void thread_free(struct thread *t) {
    kstack_free((void *)t->vcpu.kstack_bottom);
    slab_free(&thread_cache, t);
}

void thread_exit(void (*after)(struct thread *t)) {
    interrupts_off();
    lockdep_clean("end of a thread", 1);
    current()->after = after;
    __atomic_store_n(&current()->state, THREAD_ZOMBIE, __ATOMIC_RELEASE);
    schedule();
    panic("a thread that has ended runs again");
}

NOINLINE bool thread_wake(struct thread *t) {
    uint32_t blocked = THREAD_BLOCKED;
    if (!__atomic_compare_exchange_n(&t->state, &blocked, THREAD_READY, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return false;
    trace(TRACE_WAKE, (uint64_t)t, 0);
    // It may still be on its way off its hart. That hart's interrupts are off and it waits for nobody.
    while (__atomic_load_n(&t->vcpu.on_hart, __ATOMIC_ACQUIRE))
        ;
    runq_add(t);
    return true;
}

void thread_interrupt(struct thread *t) {
    __atomic_store_n(&t->interrupted, true, __ATOMIC_SEQ_CST);
    uint32_t state = __atomic_load_n(&t->state, __ATOMIC_SEQ_CST);
    if (state == THREAD_BLOCKED && racy(t->interruptible)) // blocked again meanwhile: it looks again
        thread_wake(t);
    else if (state == THREAD_RUNNING && t != current()) // the trap's way out looks at t->interrupted
        sbi_send_ipi(1UL << racy(t->vcpu.hart)->id);    // if it moves, it comes by the way out there
}

void thread_yield(void) {
    interrupts_off();
    schedule();
    interrupts_restore();
}

void thread_preempt(void) {
    if (racy(current()->need_resched)) // not yet: then after the IPI
        schedule();
}

void thread_adopt_idle(struct thread *t, struct hart *h, uint64_t stack_bottom, uint64_t stack_top) {
    t->vcpu.hart = h;
    t->vcpu.off_depth = 1; // for runq_idle
    t->vcpu.kstack_bottom = stack_bottom;
    t->vcpu.kstack_top = stack_top;
    t->vcpu.on_hart = true;
    t->state = THREAD_RUNNING;
    t->idle = true;
    format(t->name, sizeof(t->name), "idle/%u", h->index);
    h->idle = &t->vcpu;
}
