// spinlock.c: test-and-test-and-set with backoff, and the checks of the default build.
//
// Not first come first served: under emulation the hart whose turn it is may not be running at all.
#include "riscv/spinlock.h"

#include "riscv/panic.h"

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {
    *l = (struct spinlock)SPINLOCK(rank, name);
}

#ifndef NDEBUG
// The one taken last has the highest rank of those that are held.
static void check_rank(const struct spinlock *l) {
    const struct spinlock *held = this_vcpu()->held;
    if (!held || held->rank < l->rank || panicking)
        return;
    if (l->holder == this_vcpu())
        panic("spinlock %s: taken twice", l->name);
    panic("spinlock %s (rank %d): taken after %s (rank %d)", l->name, l->rank, held->name, held->rank);
}

static void note_held(struct spinlock *l) {
    struct vcpu *v = this_vcpu();
    l->holder = v;
    l->outer = v->held;
    v->held = l;
}

// Locks need not be released in order: ranks are all that counts.
static void note_released(struct spinlock *l) {
    struct spinlock **at = &this_vcpu()->held;
    while (*at && *at != l)
        at = &(*at)->outer;
    if (*at)
        *at = l->outer;
    else if (!panicking)
        panic("spinlock %s: released by a thread that does not hold it", l->name);
    l->holder = NULL;
}

void spin_take(struct spinlock *l) {
    lockdep_off();
    check_rank(l);
    lockdep_take(l, LOCK_SPIN);
    if (!spin_try_raw(l))
        spin_wait_raw(l);
    note_held(l);
}

void spin_release(struct spinlock *l) {
    note_released(l);
    lockdep_release(l);
    spin_release_raw(l);
    lockdep_on();
}

void spin_lock(struct spinlock *l) {
    csr_clear(sstatus, SSTATUS_SIE);
    this_vcpu()->off_depth++;
    spin_take(l);
}

void spin_unlock(struct spinlock *l) {
    spin_release(l);
    if (--this_vcpu()->off_depth == 0)
        csr_set(sstatus, SSTATUS_SIE);
}

bool spin_held(const struct spinlock *l) { return l->locked && l->holder == this_vcpu(); }

void check_may_sleep(const char *what, const char *name, const struct spinlock *but) {
    const struct vcpu *v = this_vcpu();
    for (const struct spinlock *held = v->held; held; held = held->outer)
        if (held != but)
            panic("%s %s: with spinlock %s held", what, name, held->name);
    // Early in boot interrupts are not on yet; nothing has to sleep then.
    if (v->off_depth != (but != NULL) && v != v->hart->idle)
        panic("%s %s: with interrupts off", what, name);
}
#endif

void spin_wait_raw(struct spinlock *l) {
    uint64_t since = time_now();
    for (uint32_t wait = 1; racy(l->locked) || !spin_try_raw(l); wait = min(wait * 2, 1024u))
        for (uint32_t i = 0; i < wait && __atomic_load_n(&l->locked, __ATOMIC_RELAXED); i++)
            __asm__ volatile(".4byte 0x0100000f"); // pause (Zihintpause); a fence hint elsewhere
    lockdep_waited(l, since);
}
