// mutex.h: mutual exclusion for sections that may sleep.
//
// Uninterruptible. A free mutex goes to who comes first; but once one has waited for a tick in vain, the next
// release hands it to the oldest sleeper, so nobody waits for ever. Like a spinlock a mutex has a rank, and a
// thread takes mutexes only in rising rank; same rank together only through mutex_lock_nested. The default
// build panics on a mutex taken twice or out of rank, or while a spinlock is held.
#pragma once

#include "sched/waitq.h"

// In the order in which they may be taken.
enum mutex_rank {
    MUTEX_FLUSHING = 1, // fs/: times and all that is dirty are being written
    MUTEX_FILE,         // fs/: an open file's position
    MUTEX_TRACE,        // debug/trace.c: one reader at a time; held over user copies
    MUTEX_IO,           // fs/: one writer (write, truncate) of a file at a time; held over user copies
    MUTEX_SPACE,        // vm/: the regions of an address space (taken by faults, so inside user copies)
    MUTEX_RENAME,       // fs/: who needs two directories: one rename or rmdir at a time
    MUTEX_TXN,          // fs/: an open transaction counts as this, though many hold it at once
    MUTEX_DIR,          // fs/: a directory's entries; several: only under MUTEX_RENAME
    MUTEX_INODE,        // fs/: an inode's fields and block map (taken by a fault to read a file page)
    MUTEX_LAST,         // nothing is taken under this
};

struct mutex {
    uint64_t owner;       // atomic: the thread that has it, 0: free; bit 0: somebody sleeps on waiters
    struct spinlock lock; // RANK_MUTEX; only for who has to wait, and who wakes them
    struct waitq waiters; // guarded by lock
    bool hand_over; // guarded by lock: somebody has waited for long; the next release gives it to a sleeper
    uint8_t rank;
    uint16_t class; // of debug/lockdep.c
};

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name);
void mutex_lock(struct mutex *m);
// A second mutex of a rank already held; the caller says in a comment what orders the two.
void mutex_lock_nested(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(const struct mutex *m);
