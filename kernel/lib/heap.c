// heap.c: a skew heap (Sleator and Tarjan): a binary tree whose every node is no larger than its children.
#include "lib/heap.h"

// Join two heaps: their right spines become one, in order of keys, and each node on it swaps its children. So
// a spine that was long is short the next time, which makes the cost logarithmic in the long run.
static struct heap_node *meld(struct heap_node *a, struct heap_node *b) {
    struct heap_node *root = NULL, *parent = NULL, **place = &root;
    while (a && b) {
        struct heap_node *small = b->key < a->key ? b : a, *large = small == a ? b : a;
        *place = small;
        small->parent = parent;
        parent = small;
        place = &small->left;
        a = small->right;
        b = large;
        small->right = small->left;
    }
    *place = a ? a : b;
    if (*place)
        (*place)->parent = parent;
    return root;
}

void heap_push(struct heap *h, struct heap_node *n) {
    n->left = n->right = n->parent = NULL;
    n->in = true;
    h->root = meld(h->root, n);
}

void heap_remove(struct heap *h, struct heap_node *n) {
    if (!n->in)
        return;
    n->in = false;
    struct heap_node *parent = n->parent, *below = meld(n->left, n->right);
    if (below)
        below->parent = parent;
    if (!parent)
        h->root = below;
    else if (parent->left == n)
        parent->left = below;
    else
        parent->right = below;
}
