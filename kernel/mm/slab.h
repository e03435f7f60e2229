// slab.h: small objects of one size from whole frames.
//
// Each cache has partial, full and at most one empty slab, per-hart stacks of ready objects in front (interrupts
// off), and a spinlock (RANK_SLAB) behind. Objects are not zeroed unless asked for. Debug builds poison free objects and
// check for a double free.
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "lib/kernel.h"
#include "lib/list.h"
#include "mm/page.h"
#include "riscv/spinlock.h"

struct slab_cache;

// A cache of objects of size bytes, aligned to 16. Called at boot or from a subsystem's init; panics without memory.
struct slab_cache *slab_create(const char *name, size_t size);
// how: PAGE_NOWAIT, PAGE_WAIT ..., with PAGE_ZERO for a zeroed object. NULL: no memory.
void *slab_alloc(struct slab_cache *c, int how);
void slab_free(struct slab_cache *c, void *obj);

// Any size up to 64 KiB, from caches of powers of two (and halves between), or whole frames above 2 KiB.
void *kmalloc(size_t size, int how);
void kfree(void *p); // NULL is fine

uint64_t slab_objects(void); // objects handed out and not freed, over all caches
void slab_init(void);

#endif
