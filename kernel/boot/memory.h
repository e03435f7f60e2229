// memory.h: what the device tree says about memory: RAM, what is taken of it, the RAM disk.
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include "lib/fdt.h"

// Hand all free RAM to mm/page.c and switch to the final kernel page table.
void memory_find(const struct fdt *fdt, uint64_t fdt_pa);
// Register the initrd, if there is one, as block device "ram".
void ramdisk_find(const struct fdt *fdt);

#endif
