// mem.h: the devices that are no hardware: /dev/null, /dev/zero, /dev/random.
#ifndef DEV_MEM_H
#define DEV_MEM_H

#include "lib/fdt.h"
#include "lib/kernel.h"

// Register the three character devices and seed the generator from the tree's /chosen rng-seed, the
// time, and seed (the boot argument; 0: none). With those three equal, all later bytes are equal. Once, at
// boot.
void mem_init(const struct fdt *fdt, uint64_t seed);

#endif
