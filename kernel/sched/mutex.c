// mutex.c: sleeping locks.
#include "sched/mutex.h"

#include "riscv/panic.h"
#include "sched/thread.h"

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {
    spin_init(&m->lock, RANK_MUTEX, name);
    waitq_init(&m->waiters, name);
    m->owner = NULL;
    m->rank = rank;
}

#ifndef NDEBUG
static void check(const struct mutex *m, bool nested) {
    struct thread *t = current();
    if (spin_count() != 0)
        panic("mutex %s: taken while a spinlock is held", m->lock.name);
    if (m->owner == t)
        panic("mutex %s: taken twice", m->lock.name);
    uint32_t higher = t->mutex_ranks >> (nested ? m->rank + 1 : m->rank);
    if (higher)
        panic("mutex %s (rank %d): taken out of rank, held: %x", m->lock.name, m->rank, t->mutex_ranks);
}

// Several of one rank may be held (nested): they are counted.
static void note(const struct mutex *m, int change) {
    struct thread *t = current();
    t->mutex_count[m->rank] += change;
    if (t->mutex_count[m->rank])
        t->mutex_ranks |= 1u << m->rank;
    else
        t->mutex_ranks &= ~(1u << m->rank);
}
#else
static void check(const struct mutex *m, bool nested) {}
static void note(const struct mutex *m, int change) {}
#endif

static void lock(struct mutex *m) {
    spin_lock(&m->lock);
    while (m->owner)
        waitq_wait(&m->waiters, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    m->owner = current();
    spin_unlock(&m->lock);
    note(m, 1);
}

void mutex_lock(struct mutex *m) {
    check(m, false);
    lock(m);
}

void mutex_lock_nested(struct mutex *m) {
    check(m, true);
    lock(m);
}

bool mutex_trylock(struct mutex *m) {
    spin_lock(&m->lock);
    bool free = m->owner == NULL;
    if (free)
        m->owner = current();
    spin_unlock(&m->lock);
    if (free)
        note(m, 1);
    return free;
}

void mutex_unlock(struct mutex *m) {
    assert(mutex_held(m));
    note(m, -1);
    spin_lock(&m->lock);
    m->owner = NULL;
    waitq_wake_one(&m->waiters);
    spin_unlock(&m->lock);
}

bool mutex_held(const struct mutex *m) { return m->owner == current(); }
