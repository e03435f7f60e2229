// spinlock.h: short mutual exclusion between harts and interrupt handlers.
//
// Interrupts are off while a spinlock is held, so the kernel is not preempted and a holder never sleeps.
// Each lock has a rank (table below and docs/locking.md): a hart takes locks only in rising rank. The
// default build panics on a lock taken twice, out of rank, released by another, or held while blocking.
#pragma once

#include "lib/kernel.h"
#include "riscv/hart.h"

// In the order in which they may be taken. Locks of the same rank are never held together.
enum lock_rank {
    RANK_PROC_TREE = 1, // proc/: parent, children, the process table, signals
    RANK_NAMECACHE,     // fs/namecache.c
    RANK_INODE_TABLE,   // fs/: inodes in memory
    RANK_FILE,          // fs/: one open file, pipes
    RANK_EXT2,          // fs/ext2_*.c: a block group, the orphans
    RANK_TXN,           // fs/: transaction state
    RANK_CACHE,         // fs/cache.c: the page cache
    RANK_CACHE_CHAIN,   // fs/cache.c: some of its hash chains
    RANK_TTY,           // dev/tty.c
    RANK_BLOCK,         // dev/: queue of a block device
    RANK_DEVICE,        // dev/: registers of one device
    RANK_MUTEX,         // sched/mutex.c: a mutex's inner lock
    RANK_WAITQ,         // free-standing wait queues
    RANK_SLAB,          // mm/slab.c
    RANK_PAGE_STOCK,    // mm/page.c: a hart's stock of single frames
    RANK_PAGE,          // mm/page.c: buddy lists
    RANK_KMAP,          // mm/pagetable.c: kernel half
    RANK_TIMER,         // sched/timer.c
    RANK_RUNQ,          // sched/runq.c
};

struct spinlock {
    uint64_t locked; // a whole register: no instruction is needed to extend it
    uint8_t rank;
    uint16_t class; // of debug/lockdep.c
    const char *name;
#ifndef NDEBUG
    struct vcpu *holder;
    struct spinlock *outer; // of those that the holder holds, the one taken before
#endif
};

#define SPINLOCK(rank_, name_)                                                                               \
    { .rank = (rank_), .name = (name_) }

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name);

// The bare lock: atomic instructions, no interrupts, no checks. For spin_lock below.
static inline bool spin_try_raw(struct spinlock *l) {
    lockdep_bare(l);
    return __atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE) == 0;
}
void spin_wait_raw(struct spinlock *l);
static inline void spin_release_raw(struct spinlock *l) { __atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE); }

// spin_take and spin_release leave interrupts as they are: for who has switched them off already, or keeps
// them off until its interrupts_restore.
#ifdef NDEBUG // a few instructions each, so no call
static inline void spin_take(struct spinlock *l) {
    if (unlikely(!spin_try_raw(l)))
        spin_wait_raw(l);
}
static inline void spin_release(struct spinlock *l) { spin_release_raw(l); }
static inline void spin_lock(struct spinlock *l) {
    interrupts_off();
    spin_take(l);
}
static inline void spin_unlock(struct spinlock *l) {
    spin_release(l);
    interrupts_restore();
}
static inline bool spin_held(const struct spinlock *l) { return true; }
static inline void check_may_sleep(const char *what, const char *name, const struct spinlock *but) {}
#else
void spin_take(struct spinlock *l);
void spin_release(struct spinlock *l);
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
// Is l held by the current thread? For assertions; always true in release builds.
bool spin_held(const struct spinlock *l);
// What comes (to name) may sleep: panic if a spinlock is held, or interrupts are off, but for this lock
// (NULL: none).
void check_may_sleep(const char *what, const char *name, const struct spinlock *but);
#endif
