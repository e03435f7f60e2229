// spinlock.c: test-and-test-and-set with backoff, and the checks of the default build.
//
// Not first come first served: under emulation the hart whose turn it is may not be running at all.
#include "riscv/spinlock.h"

#include "riscv/panic.h"

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {
    *l = (struct spinlock)SPINLOCK(rank, name);
}

#ifndef NDEBUG
static void check_rank(const struct spinlock *l) {
    const struct vcpu *v = this_vcpu();
    if (panicking)
        return;
    for (int i = 0; i < v->held_count; i++) {
        if (v->held[i] == l)
            panic("spinlock %s: taken twice", l->name);
        if (v->held[i]->rank >= l->rank)
            panic("spinlock %s (rank %d): taken after %s (rank %d)", l->name, l->rank, v->held[i]->name,
                  v->held[i]->rank);
    }
}

static void note_held(struct spinlock *l) {
    struct vcpu *v = this_vcpu();
    if (v->held_count == HELD_LOCKS)
        panic("spinlock %s: more than %d locks held", l->name, HELD_LOCKS);
    v->held[v->held_count++] = l;
    l->holder = v;
}

static void note_released(struct spinlock *l) {
    struct vcpu *v = this_vcpu();
    if (l->holder != v && !panicking)
        panic("spinlock %s: released by a thread that does not hold it", l->name);
    l->holder = NULL;
    for (int i = v->held_count - 1; i >= 0; i--)
        if (v->held[i] == l) {
            v->held[i] =
                v->held[--v->held_count]; // locks need not be released in order; ranks are all that counts
            return;
        }
}

void spin_lock(struct spinlock *l) {
    interrupts_off();
    check_rank(l);
    if (!spin_try_raw(l))
        spin_wait_raw(l);
    note_held(l);
}

void spin_unlock(struct spinlock *l) {
    note_released(l);
    spin_release_raw(l);
    interrupts_restore();
}

bool spin_held(const struct spinlock *l) { return l->locked && l->holder == this_vcpu(); }

int spin_count(void) { return this_vcpu()->held_count; }
#endif

void spin_wait_raw(struct spinlock *l) {
    for (uint32_t wait = 1; !spin_try_raw(l); wait = min(wait * 2, 1024u))
        for (uint32_t i = 0; i < wait && __atomic_load_n(&l->locked, __ATOMIC_RELAXED); i++)
            __asm__ volatile(".4byte 0x0100000f"); // pause (Zihintpause); a fence hint elsewhere
}
