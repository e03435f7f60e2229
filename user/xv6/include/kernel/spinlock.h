// spinlock.h: programs include it before file.h; a program has no use for what is in it.
#ifndef XV6_SPINLOCK_H
#define XV6_SPINLOCK_H

#include "kernel/types.h"

struct cpu;
struct spinlock {
    uint locked;
    char *name;
    struct cpu *cpu; // that holds it
};

#endif
