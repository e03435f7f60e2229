// heap.c: a pairing heap: a tree whose every node is no larger than its children.
#include "lib/heap.h"

// Join two trees: the larger root becomes the first child of the smaller. Both are roots without siblings.
static struct heap_node *meld(struct heap_node *a, struct heap_node *b) {
    if (!a || !b)
        return a ? a : b;
    if (b->key < a->key)
        return meld(b, a);
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

// Take the first of a row of siblings off it.
static struct heap_node *first_of(struct heap_node **row) {
    struct heap_node *n = *row;
    if (n) {
        *row = n->next;
        n->next = n->prev = NULL;
    }
    return n;
}

// Join a row of siblings into one tree: in pairs from the left, then all from the right.
static struct heap_node *meld_row(struct heap_node *row) {
    struct heap_node *pairs = NULL, *all = NULL, *a;
    while ((a = first_of(&row))) {
        a = meld(a, first_of(&row));
        a->next = pairs; // a row of pairs, last one first
        pairs = a;
    }
    while ((a = first_of(&pairs)))
        all = meld(all, a);
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
    n->in = false;
    if (n->next)
        n->next->prev = n->prev;
    if (n == h->root)
        h->root = NULL;
    else if (n->prev->child == n)
        n->prev->child = n->next;
    else
        n->prev->next = n->next;
    h->root = meld(h->root, meld_row(n->child));
}
