// radix.h: a sparse array of pointers, indexed by a 64-bit number: 64 slots a level.
//
// Lookup costs one step per 6 bits of the largest index that was stored. Each slot also carries two tags,
// kept up the tree, so that "the next dirty page" is found without a scan. The caller locks, and gives and
// takes node memory through the two functions, so that this file knows no allocator.
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include "lib/kernel.h"

enum { RADIX_BITS = 6, RADIX_SLOTS = 1 << RADIX_BITS, RADIX_TAGS = 2 };

struct radix {
    void *root; // struct radix_node
    int height; // levels that root has, or will have
    uint64_t count;
};

struct radix_alloc {
    void *(*get)(void); // memory for a struct radix_node (radix_node_size bytes), zeroed, or NULL
    void (*put)(void *node);
};

extern const size_t radix_node_size;

void *radix_get(const struct radix *r, uint64_t index);
// Store item (not NULL) at index, which must be empty. 0 or -ENOMEM, then no item has changed.
int radix_insert(struct radix *r, uint64_t index, void *item, const struct radix_alloc *alloc);
// Take the item at index out (tags cleared) and return it, or NULL.
void *radix_remove(struct radix *r, uint64_t index, const struct radix_alloc *alloc);
void radix_tag(struct radix *r, uint64_t index, int tag, bool on);
// First item at or after *index (with the tag, if tag >= 0); *index becomes its index. NULL: none.
void *radix_next(const struct radix *r, uint64_t *index, int tag);

#endif
