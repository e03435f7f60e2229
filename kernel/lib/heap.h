// heap.h: a heap whose links live inside the elements: push, pop and remove are O(log n) amortized.
// No locks, no memory of its own.
#pragma once

#include "lib/kernel.h"

struct heap_node {
    struct heap_node *left, *right, *parent;
    uint64_t key;
    bool in; // is in a heap
};

struct heap {
    struct heap_node *root; // smallest key, or NULL
};

// n->key is set by the caller.
void heap_push(struct heap *h, struct heap_node *n);
static inline struct heap_node *heap_min(const struct heap *h) { return h->root; }
// Take n out, wherever it stands; harmless if it is in no heap.
void heap_remove(struct heap *h, struct heap_node *n);
