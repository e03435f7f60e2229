// lockstat.h: what a read of /dev/lockstat gives in a kernel that counts (CONFIG=lockdep): a record for each
// class of locks. A write sets all counters to 0.
#pragma once

#include <stdint.h>

struct lock_stat {
    char name[32]; // with its kind: "mutex inode"
    uint64_t taken, contended;
    uint64_t waited, longest; // nanoseconds, of all waits together, and of one hold
};
