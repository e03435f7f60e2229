// sleeplock.h: programs include it before file.h; a program has no use for what is in it.
#ifndef XV6_SLEEPLOCK_H
#define XV6_SLEEPLOCK_H

#include "kernel/spinlock.h"

struct sleeplock {
    uint locked;
    struct spinlock lk; // guards the rest
    char *name;
    int pid; // that holds it
};

#endif
