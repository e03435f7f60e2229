// radix.c: a sparse array of pointers as a tree of 64-slot nodes.
//
// The tree is as high as its largest index needs. tags[t] of a node has a bit for each slot under which
// something carries tag t. A node without any filled slot does not exist.
#include "lib/radix.h"

struct radix_node {
    void *slot[RADIX_SLOTS];
    uint64_t filled; // bit per slot that is not NULL
    uint64_t tags[RADIX_TAGS];
};

const size_t radix_node_size = sizeof(struct radix_node);

enum { MAX_HEIGHT = (64 + RADIX_BITS - 1) / RADIX_BITS };

// Slot of index in a node that has `level` levels below it.
static unsigned slot_of(uint64_t index, int level) {
    return index >> (level * RADIX_BITS) & (RADIX_SLOTS - 1);
}

// Does a tree of this height have a place for index?
static bool fits(int height, uint64_t index) {
    return height >= MAX_HEIGHT || (height > 0 && index >> (height * RADIX_BITS) == 0);
}

// Number of the lowest bit set, x not 0. (The base instruction set has no such instruction.)
static unsigned lowest_bit(uint64_t x) {
    unsigned n = 0;
    for (unsigned width = 32; width > 0; width /= 2)
        if ((x & ((1UL << width) - 1)) == 0) {
            x >>= width;
            n += width;
        }
    return n;
}

static void set_bit(uint64_t *word, unsigned bit, bool on) {
    *word = on ? *word | 1UL << bit : *word & ~(1UL << bit);
}

void *radix_get(const struct radix *r, uint64_t index) {
    if (!fits(r->height, index))
        return NULL;
    struct radix_node *node = r->root;
    for (int level = r->height - 1; level > 0 && node; level--)
        node = node->slot[slot_of(index, level)];
    return node ? node->slot[slot_of(index, 0)] : NULL;
}

// Put one more level above the root. 0 or -ENOMEM.
static int grow(struct radix *r, const struct radix_alloc *alloc) {
    if (r->root) {
        struct radix_node *top = alloc->get();
        if (!top)
            return -ENOMEM;
        top->slot[0] = r->root;
        top->filled = 1;
        for (int t = 0; t < RADIX_TAGS; t++)
            top->tags[t] = r->root->tags[t] != 0;
        r->root = top;
    }
    r->height++;
    return 0;
}

// Take away levels that only lead to slot 0, and the root of an empty tree.
static void shrink(struct radix *r, const struct radix_alloc *alloc) {
    while (r->height > 1 && r->root && r->root->filled == 1) {
        struct radix_node *top = r->root;
        r->root = top->slot[0];
        r->height--;
        alloc->put(top);
    }
    if (!r->root)
        r->height = 0;
}

// Take empty nodes on the way to index away, from the bottom up.
static void prune(struct radix *r, uint64_t index, const struct radix_alloc *alloc) {
    struct radix_node *path[MAX_HEIGHT] = {r->root};
    int depth = 0;
    for (; depth + 1 < r->height && path[depth]; depth++)
        path[depth + 1] = path[depth]->slot[slot_of(index, r->height - 1 - depth)];
    for (; depth >= 0; depth--) {
        if (!path[depth])
            continue;
        if (path[depth]->filled)
            break;
        alloc->put(path[depth]);
        if (depth == 0) {
            r->root = NULL;
        } else {
            unsigned slot = slot_of(index, r->height - depth);
            path[depth - 1]->slot[slot] = NULL;
            set_bit(&path[depth - 1]->filled, slot, false);
        }
    }
    shrink(r, alloc);
}

int radix_insert(struct radix *r, uint64_t index, void *item, const struct radix_alloc *alloc) {
    while (!fits(r->height, index))
        if (grow(r, alloc) < 0)
            goto undo;
    if (!r->root && !(r->root = alloc->get()))
        goto undo;
    struct radix_node *node = r->root;
    for (int level = r->height - 1; level > 0; level--) {
        unsigned slot = slot_of(index, level);
        if (!node->slot[slot]) {
            if (!(node->slot[slot] = alloc->get()))
                goto undo;
            set_bit(&node->filled, slot, true);
        }
        node = node->slot[slot];
    }
    node->slot[slot_of(index, 0)] = item;
    set_bit(&node->filled, slot_of(index, 0), true);
    r->count++;
    return 0;
undo:
    if (r->root && fits(r->height, index))
        prune(r, index, alloc);
    shrink(r, alloc);
    return -ENOMEM;
}

void radix_tag(struct radix *r, uint64_t index, int tag, bool on) {
    struct radix_node *path[MAX_HEIGHT] = {r->root};
    if (!radix_get(r, index))
        return;
    for (int depth = 0; depth + 1 < r->height; depth++)
        path[depth + 1] = path[depth]->slot[slot_of(index, r->height - 1 - depth)];
    for (int depth = r->height - 1; depth >= 0; depth--) {
        uint64_t *tags = &path[depth]->tags[tag];
        set_bit(tags, slot_of(index, r->height - 1 - depth), on);
        if (!on && *tags) // something else below keeps the tag alive above
            return;
    }
}

void *radix_remove(struct radix *r, uint64_t index, const struct radix_alloc *alloc) {
    void *item = radix_get(r, index);
    if (!item)
        return NULL;
    for (int t = 0; t < RADIX_TAGS; t++)
        radix_tag(r, index, t, false);
    struct radix_node *node = r->root;
    for (int level = r->height - 1; level > 0; level--)
        node = node->slot[slot_of(index, level)];
    node->slot[slot_of(index, 0)] = NULL;
    set_bit(&node->filled, slot_of(index, 0), false);
    r->count--;
    prune(r, index, alloc);
    return item;
}

// First item in the tree below node (of `level` levels below it) at or after *index, which only counts its
// low digits.
static void *next_below(const struct radix_node *node, int level, uint64_t *index, int tag) {
    uint64_t candidates = tag >= 0 ? node->tags[tag] : node->filled;
    unsigned slot = slot_of(*index, level);
    uint64_t span = 1UL << (level * RADIX_BITS); // indexes below one slot
    for (candidates &= ~0UL << slot; candidates; candidates &= candidates - 1) {
        unsigned s = lowest_bit(candidates);
        if (s != slot) // start of a later slot
            *index =
                (*index & ~(span - 1) & ~((uint64_t)(RADIX_SLOTS - 1) << (level * RADIX_BITS))) | s * span;
        if (level == 0)
            return node->slot[s];
        void *item = next_below(node->slot[s], level - 1, index, tag);
        if (item)
            return item;
    }
    return NULL;
}

void *radix_next(const struct radix *r, uint64_t *index, int tag) {
    if (!r->root || !fits(r->height, *index))
        return NULL;
    uint64_t at = *index;
    void *item = next_below(r->root, r->height - 1, &at, tag);
    if (item)
        *index = at;
    return item;
}
