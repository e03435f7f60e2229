// switch.c: the context switch around the registers that riscv/switch.S moves.
#include "sched/thread.h"

#include "mm/pagetable.h"
#include "riscv/trace.h"

// By hart index; used with interrupts off.
static struct {
    struct thread *prev;       // the thread this hart is switching from
    struct pagetable *loaded;  // NULL: the kernel's
    const struct fp_state *fp; // what the registers hold, but for what a user thread has changed since
} state[MAX_HARTS];

static uint64_t fp_status(struct thread *t) { return thread_frame(t)->sstatus & SSTATUS_FS; }

// Floating point: registers go to memory only if the thread changed them, and come back unless they are there
// still. A program that has not used them since it began (initial) has zeros.
static void fp_switch(struct thread *prev, struct thread *next, struct hart *h) {
    static const struct fp_state zeros;
    const struct fp_state **fp = &state[h->index].fp, *wanted = &next->vcpu.fp;
    if (prev->owner && fp_status(prev) == SSTATUS_FS_DIRTY) {
        fp_save(&prev->vcpu.fp);
        thread_frame(prev)->sstatus -= SSTATUS_FS_DIRTY - SSTATUS_FS_CLEAN;
        *fp = &prev->vcpu.fp;
    }
    if (!next->owner)
        return;
    if (fp_status(next) == SSTATUS_FS_INITIAL)
        wanted = &zeros;
    else if (next->switches == 0 || next->vcpu.hart != h)
        *fp = NULL; // it has other values now than when it was here, or another thread was where it is
    if (*fp != wanted)
        fp_restore(*fp = wanted);
}

void thread_clear_fp(void) {
    struct thread *t = current();
    interrupts_off(); // a switch before this saves what the program before had
    t->vcpu.fp = (struct fp_state){0};
    fp_restore(&t->vcpu.fp);
    thread_frame(t)->sstatus = (thread_frame(t)->sstatus & ~SSTATUS_FS) | SSTATUS_FS_INITIAL;
    interrupts_restore();
}

static void load_pagetable(struct pagetable *pt, struct hart *h) {
    struct pagetable *old = state[h->index].loaded;
    if (pt == old)
        return;
    // Before the first access through pt: from now on flushes of pt must reach this hart.
    if (pt)
        __atomic_fetch_or(&pt->harts, 1UL << h->index, __ATOMIC_SEQ_CST);
    csr_write(satp, pt ? pt->satp : kernel_satp());
    __asm__ volatile("sfence.vma" ::: "memory");
    state[h->index].loaded = pt;
    if (old)
        __atomic_fetch_and(&old->harts, ~(1UL << h->index), __ATOMIC_SEQ_CST);
}

void thread_set_pagetable(struct thread *t, struct pagetable *pt) {
    interrupts_off();
    t->pt = pt;
    if (t == current())
        load_pagetable(pt, this_hart());
    interrupts_restore();
}

void thread_switch(struct thread *prev, struct thread *next) {
    struct hart *h = this_hart();
    assert(!next->vcpu.on_hart || next->idle);
    trace(TRACE_SWITCH, (uint64_t)next, 0);
    uint64_t now = time_now();
    prev->cpu_time += now - prev->cpu_stamp;
    next->cpu_stamp = next->user_stamp = now;
    fp_switch(prev, next, h);
    next->switches++;
    if (next->vcpu.hart != h) {
        next->vcpu.hart = h;
        if (next->owner)
            __asm__ volatile("fence.i" ::: "memory"); // code may have been loaded while it ran elsewhere
    }
    load_pagetable(next->pt, h);
    __atomic_store_n(&next->vcpu.on_hart, true, __ATOMIC_RELEASE); // after the stamps: for ps
    state[h->index].prev = prev;
    context_switch(&prev->vcpu.context, &next->vcpu.context);
    thread_switched();
}

void thread_switched(void) {
    struct thread *prev = state[this_hart()->index].prev;
    void (*after)(struct thread *) = prev->after;
    __atomic_store_n(&prev->vcpu.on_hart, false, __ATOMIC_RELEASE);
    if (after) // it has ended: nobody else looks at it any more
        after(prev);
}
