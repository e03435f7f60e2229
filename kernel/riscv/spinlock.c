// spinlock.c: interrupts on and off, and locks: test-and-test-and-set with backoff.
//
// Not first come first served: under emulation the hart whose turn it is may not be running at all.
#include "riscv/spinlock.h"

#include "riscv/panic.h"

void interrupts_off(void) {
    uint64_t before;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(before)::"memory");
    struct vcpu *v = this_vcpu();
    if (v->off_depth++ == 0)
        v->was_on = before & SSTATUS_SIE;
}

void interrupts_restore(void) {
    struct vcpu *v = this_vcpu();
    assert(v->off_depth > 0 && !interrupts_enabled());
    if (--v->off_depth == 0 && v->was_on)
        csr_set(sstatus, SSTATUS_SIE);
}

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {
    *l = (struct spinlock)SPINLOCK(rank, name);
}

static bool try_take(struct spinlock *l) {
    return __atomic_load_n(&l->locked, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE) == 0;
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
            v->held[i] = v->held[--v->held_count]; // locks need not be released in order; ranks are all that counts
            return;
        }
}
#else
static void check_rank(const struct spinlock *l) {}
static void note_held(struct spinlock *l) {}
static void note_released(struct spinlock *l) {}
#endif

void spin_lock(struct spinlock *l) {
    interrupts_off();
    check_rank(l);
    for (uint32_t wait = 1; !try_take(l); wait = min(wait * 2, 1024u))
        for (uint32_t i = 0; i < wait && __atomic_load_n(&l->locked, __ATOMIC_RELAXED); i++)
            __asm__ volatile(".4byte 0x0100000f"); // pause (Zihintpause); a fence hint elsewhere
    note_held(l);
}

bool spin_trylock(struct spinlock *l) {
    interrupts_off();
    if (try_take(l)) {
        note_held(l);
        return true;
    }
    interrupts_restore();
    return false;
}

void spin_unlock(struct spinlock *l) {
    note_released(l);
    __atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
    interrupts_restore();
}

bool spin_held(const struct spinlock *l) {
#ifdef NDEBUG
    return true;
#else
    return l->locked && l->holder == this_vcpu();
#endif
}

int spin_count(void) { return this_vcpu()->held_count; }
