// radix.c: a tree of nodes with 64 slots each: items in those of the lowest level, nodes in the others.
//
// It grows at the top, by a level when an index asks for it, and does not shrink before it is empty.
#include "lib/radix.h"

#include "lib/bits.h"

struct radix_node {
    void *slot[RADIX_SLOTS];
    struct radix_node *parent; // NULL: the root
    unsigned parent_slot;
    uint64_t marks[1 + RADIX_TAGS]; // a bit per slot: an item, or one with the tag, is there or below
};

const size_t radix_node_size = sizeof(struct radix_node);

// Slot of index in a node that has `level` levels below it.
static unsigned slot_of(uint64_t index, int level) {
    return index >> (level * RADIX_BITS) & (RADIX_SLOTS - 1);
}

// Does the tree have a place for index?
static bool fits(const struct radix *r, uint64_t index) {
    return r->height * RADIX_BITS >= 64 || (r->height > 0 && index >> (r->height * RADIX_BITS) == 0);
}

// The node that has index's slot, or NULL.
static inline struct radix_node *leaf_of(const struct radix *r, uint64_t index) {
    struct radix_node *node = fits(r, index) ? r->root : NULL;
    for (int level = r->height - 1; level > 0 && node; level--)
        node = node->slot[slot_of(index, level)];
    return node;
}

void *radix_get(const struct radix *r, uint64_t index) {
    const struct radix_node *leaf = leaf_of(r, index);
    return leaf ? leaf->slot[slot_of(index, 0)] : NULL;
}

// Set or clear a mark of a leaf's slot, and above as far as that changes something.
static void mark(struct radix_node *node, unsigned slot, int tag, bool on) {
    for (; node; slot = node->parent_slot, node = node->parent) {
        const uint64_t bit = 1UL << slot, others = node->marks[1 + tag] & ~bit;
        node->marks[1 + tag] = on ? others | bit : others;
        if (others)
            return;
    }
}

void radix_tag(struct radix *r, uint64_t index, int tag, bool on) {
    struct radix_node *leaf = leaf_of(r, index);
    const unsigned slot = slot_of(index, 0);
    if (leaf && leaf->slot[slot])
        mark(leaf, slot, tag, on);
}

// Give node back if nothing is in it or below, then what that empties above.
static void prune(struct radix *r, struct radix_node *node, const struct radix_alloc *alloc) {
    while (node && !node->marks[0]) {
        struct radix_node *parent = node->parent;
        if (parent)
            parent->slot[node->parent_slot] = NULL;
        else
            *r = (struct radix){0};
        alloc->put(node);
        node = parent;
    }
}

// Put levels above the root until index fits. 0 or -ENOMEM.
static int grow(struct radix *r, uint64_t index, const struct radix_alloc *alloc) {
    for (; !fits(r, index); r->height++) {
        struct radix_node *old = r->root, *top;
        if (!old)
            continue;
        if (!(top = alloc->get()))
            return -ENOMEM;
        top->slot[0] = old;
        for (int t = 0; t < 1 + RADIX_TAGS; t++)
            top->marks[t] = old->marks[t] != 0;
        old->parent = top;
        r->root = top;
    }
    return 0;
}

int radix_insert(struct radix *r, uint64_t index, void *item, const struct radix_alloc *alloc) {
    if (grow(r, index, alloc) < 0)
        return -ENOMEM;
    void **place = &r->root;
    struct radix_node *node = NULL;
    for (int level = r->height - 1; level >= 0; level--) {
        if (!*place) {
            struct radix_node *child = alloc->get();
            if (!child) {
                prune(r, node, alloc);
                return -ENOMEM;
            }
            child->parent = node;
            child->parent_slot = node ? slot_of(index, level + 1) : 0;
            *place = child;
        }
        node = *place;
        place = &node->slot[slot_of(index, level)];
    }
    *place = item;
    mark(node, slot_of(index, 0), -1, true);
    r->count++;
    return 0;
}

void *radix_remove(struct radix *r, uint64_t index, const struct radix_alloc *alloc) {
    struct radix_node *leaf = leaf_of(r, index);
    const unsigned slot = slot_of(index, 0);
    void *item = leaf ? leaf->slot[slot] : NULL;
    if (!item)
        return NULL;
    leaf->slot[slot] = NULL;
    for (int tag = -1; tag < RADIX_TAGS; tag++)
        mark(leaf, slot, tag, false);
    r->count--;
    prune(r, leaf, alloc);
    return item;
}

// First marked item at or after *index in the tree below node, which has `level` levels below it.
static void *next_below(const struct radix_node *node, int level, uint64_t *index, int tag) {
    const int shift = level * RADIX_BITS;
    uint64_t marked = node->marks[1 + tag] & ~0UL << slot_of(*index, level);
    for (; marked; marked &= marked - 1) {
        unsigned slot = bit_lowest(marked);
        if (slot != slot_of(*index, level)) // then from its start
            *index = (*index >> shift >> RADIX_BITS << RADIX_BITS | slot) << shift;
        void *item = level > 0 ? next_below(node->slot[slot], level - 1, index, tag) : node->slot[slot];
        if (item)
            return item;
    }
    return NULL;
}

void *radix_next(const struct radix *r, uint64_t *index, int tag) {
    return r->root && fits(r, *index) ? next_below(r->root, r->height - 1, index, tag) : NULL;
}
