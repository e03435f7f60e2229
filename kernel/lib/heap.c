// heap.c: a pairing heap: a tree whose every node is no larger than its children.
#include "lib/heap.h"

// Join two trees: the larger root becomes the first child of the smaller. Both are roots without siblings.
static struct heap_node *meld(struct heap_node *a, struct heap_node *b) {
    if (!a || !b)
        return a ? a : b;
    if (b->key < a->key) {
        struct heap_node *t = a;
        a = b;
        b = t;
    }
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

// Join a row of siblings into one tree: in pairs from the left, then all from the right.
static struct heap_node *meld_row(struct heap_node *first) {
    struct heap_node *pairs = NULL, *all = NULL;
    while (first) {
        struct heap_node *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs; // for now: a chain of pairs, last one first
        pairs = a;
    }
    while (pairs) {
        struct heap_node *a = pairs;
        pairs = a->next;
        a->next = NULL;
        all = meld(all, a);
    }
    return all;
}

void heap_push(struct heap *h, struct heap_node *n) {
    n->child = n->next = n->prev = NULL;
    n->in = true;
    h->root = meld(h->root, n);
}

void heap_remove(struct heap *h, struct heap_node *n) {
    if (!n->in)
        return;
    struct heap_node *below = meld_row(n->child);
    if (n == h->root) {
        h->root = below;
    } else {
        if (n->prev->child == n)
            n->prev->child = n->next;
        else
            n->prev->next = n->next;
        if (n->next)
            n->next->prev = n->prev;
        h->root = meld(h->root, below);
    }
    n->child = n->next = n->prev = NULL;
    n->in = false;
}
