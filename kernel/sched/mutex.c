// mutex.c: sleeping locks.
#include "sched/mutex.h"

#include "riscv/panic.h"
#include "sched/thread.h"

enum { HAS_WAITERS = 1 }; // in mutex->owner: a struct thread is aligned

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {
    *m = (struct mutex){.rank = rank};
    spin_init(&m->lock, RANK_MUTEX, name);
    waitq_init(&m->waiters, name);
}

#ifndef NDEBUG
static void check(const struct mutex *m, bool nested) {
    struct thread *t = current();
    check_may_sleep("taking mutex", m->lock.name, NULL);
    if (mutex_held(m))
        panic("mutex %s: taken twice", m->lock.name);
    for (int held = nested ? m->rank + 1 : m->rank; held <= MUTEX_LAST; held++)
        if (t->mutex_count[held])
            panic("mutex %s (rank %d): taken after one of rank %d", m->lock.name, m->rank, held);
    lockdep_take(m, nested ? LOCK_NESTED : LOCK_MUTEX);
}

// Several of one rank may be held (nested): they are counted.
static void note(const struct mutex *m, int change) { current()->mutex_count[m->rank] += change; }
#else
static void check(const struct mutex *m, bool nested) {}
static void note(const struct mutex *m, int change) {}
#endif

static bool take_free(struct mutex *m, uint64_t value) {
    uint64_t nobody = 0;
    return __atomic_compare_exchange_n(&m->owner, &nobody, value, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// Somebody has it: wait. While a sleeper is on the list and the mutex is taken, HAS_WAITERS is set, so that
// its release comes through wake_next; whoever sleeps or wakes up sees to that. Who was woken may find it
// taken again, by one who came running; after a tick of that, the next release hands it to the oldest
// sleeper.
static NOINLINE void lock_slowly(struct mutex *m) {
    uint64_t me = (uint64_t)current(), since = time_now();
    spin_lock(&m->lock);
    for (;;) {
        uint64_t owner = __atomic_load_n(&m->owner, __ATOMIC_RELAXED);
        if (owner == (me | HAS_WAITERS))
            break;
        if (owner == 0) {
            if (take_free(m, list_empty(&m->waiters.waiters) ? me : me | HAS_WAITERS))
                break;
        } else if (owner & HAS_WAITERS ||
                   __atomic_compare_exchange_n(&m->owner, &owner, owner | HAS_WAITERS, false,
                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            m->hand_over |= time_now() - since > timebase / 100;
            waitq_wait(&m->waiters, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
        }
    }
    spin_unlock(&m->lock);
    lockdep_waited(m, since);
}

static void lock(struct mutex *m, bool nested) {
    check(m, nested);
    if (unlikely(!take_free(m, (uint64_t)current())))
        lock_slowly(m);
    note(m, 1);
}

void mutex_lock(struct mutex *m) { lock(m, false); }
void mutex_lock_nested(struct mutex *m) { lock(m, true); }

static NOINLINE void wake_next(struct mutex *m) {
    spin_lock(&m->lock);
    struct thread *next = m->hand_over ? waitq_first(&m->waiters) : NULL;
    m->hand_over &= !next;
    __atomic_store_n(&m->owner, next ? (uint64_t)next | HAS_WAITERS : 0, __ATOMIC_RELEASE);
    waitq_wake_one(&m->waiters);
    spin_unlock(&m->lock);
}

void mutex_unlock(struct mutex *m) {
    assert(mutex_held(m));
    note(m, -1);
    lockdep_release(m);
    uint64_t me = (uint64_t)current();
    if (unlikely(!__atomic_compare_exchange_n(&m->owner, &me, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)))
        wake_next(m);
}

bool mutex_held(const struct mutex *m) {
    return (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) & ~(uint64_t)HAS_WAITERS) == (uint64_t)current();
}
