// harts.h: the other harts, and what the device tree says of all of them.
#ifndef BOOT_HARTS_H
#define BOOT_HARTS_H

#include "lib/fdt.h"

// Fill harts[] from /cpus, the boot hart first; timebase; timer extension. Before anything uses time.
void harts_find(const struct fdt *fdt, uint64_t boot_hart_id);
// Start all but the boot hart; each becomes the idle thread of itself. Waits until they are there.
void harts_start(void);

#endif
