// malloc.c: memory from sbrk.
//
// Free blocks are on a list by rising address; neighbours are joined, so two on the list never touch. malloc
// takes the first that is large enough. Nothing goes back to the kernel.
#include "user/user.h"

enum { GROW = 64 * 1024 };

struct block {
    uint64 size;        // bytes, this header included; a multiple of 16
    struct block *next; // free
};

static struct block *list;

static struct block *end_of(struct block *b) { return (struct block *)((char *)b + b->size); }

void free(void *p) {
    if (!p)
        return;
    struct block *b = (struct block *)p - 1, *before = 0, *after = list;
    for (; after && after < b; after = after->next)
        before = after;
    b->next = after;
    if (after && end_of(b) == after) {
        b->size += after->size;
        b->next = after->next;
    }
    if (before && end_of(before) == b) {
        before->size += b->size;
        before->next = b->next;
    } else if (before) {
        before->next = b;
    } else {
        list = b;
    }
}

// Puts a block of size bytes or more on the list.
static int grow(uint64 size) {
    uint64 odd = (uint64)sbrk(0) % 16; // a program may have moved the break by any number
    if (size + 16 > 0x7fffffff || (odd && sbrk(16 - odd) == SBRK_ERROR))
        return 0;
    uint64 want = size < GROW ? GROW : size;
    char *p = sbrk(want);
    if (p == SBRK_ERROR && (p = sbrk(want = size)) == SBRK_ERROR)
        return 0;
    struct block *b = (struct block *)p;
    b->size = want;
    free(b + 1);
    return 1;
}

void *malloc(uint n) {
    uint64 size = ((uint64)n + 15) / 16 * 16 + sizeof(struct block);
    do {
        for (struct block **at = &list; *at; at = &(*at)->next) {
            struct block *b = *at;
            if (b->size < size)
                continue;
            if (b->size - size <= sizeof(struct block)) {
                *at = b->next;
            } else { // its end is enough
                b->size -= size;
                b = end_of(b);
                b->size = size;
            }
            return b + 1;
        }
    } while (grow(size));
    return 0;
}
