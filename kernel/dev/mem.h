// mem.h: the devices that are no hardware: /dev/null, /dev/zero, /dev/random; and random bytes for the
// kernel.
#ifndef DEV_MEM_H
#define DEV_MEM_H

#include "lib/fdt.h"
#include "lib/kernel.h"

// Register the character device (CHARDEV_MEM) and seed the generator from the tree's /chosen rng-seed, the
// time, and seed (the boot argument; 0: none). With those three equal, all later bytes are equal. Once, at
// boot.
void mem_init(const struct fdt *fdt, uint64_t seed);

// Fill buf with random bytes. They are as unpredictable as rng-seed was: nothing is collected later. Any
// context.
void random_bytes(void *buf, size_t n);

#endif
