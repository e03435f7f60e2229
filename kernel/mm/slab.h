// slab.h: small objects of one size from whole frames.
//
// A slab is a frame cut into objects; each cache has a list of the slabs with free objects and keeps at most
// one that is empty, behind a spinlock (RANK_SLAB). Objects are not zeroed unless asked for. In checked
// builds free objects are full of 6b.
#pragma once

#include "mm/page.h"

struct slab_cache {
    // set once
    const char *name;
    uint32_t size;
    struct spinlock lock;
    // guarded by lock
    struct list partial; // slabs with free objects; the others are on no list
    uint32_t empty;      // of these, how many have nothing else: at most 1
    uint64_t objects;    // handed out
    // set at its first slab: the cache that had that before
    struct slab_cache *next;
};

// A cache of objects of size bytes, at most a page, aligned to 16.
#define SLAB_CACHE(cache, name_, size_)                                                                      \
    {                                                                                                        \
        .name = (name_), .size = ((size_) + 15) / 16 * 16, .lock = SPINLOCK(RANK_SLAB, name_),               \
        .partial = LIST_INIT((cache).partial)                                                                \
    }

// how: PAGE_NOWAIT, PAGE_WAIT ..., with PAGE_ZERO for a zeroed object. NULL: no memory.
void *slab_alloc(struct slab_cache *c, int how);
void slab_free(struct slab_cache *c, void *obj);
// Handed out and not freed, of all caches; a snapshot.
uint64_t slab_objects(void);

// Any size up to 4 MiB: up to 2 KiB from caches of powers of two, above in whole frames.
void *kmalloc(size_t size, int how);
void kfree(void *p); // NULL is fine

void slab_init(void);
