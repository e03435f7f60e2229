// malloc.c: memory from sbrk, in boundary-tagged chunks on lists by size.
//
// A chunk starts with 16 bytes, the payload follows, 16-byte aligned:
//
//   before   size of the chunk before this one, valid only while that one is free
//   size     bytes of this chunk, a multiple of 16; bit 0: in use; bit 1: the chunk before is in use
//
// A free chunk's payload starts with its links, and its size is repeated in `before` of the next chunk, so
// that free joins both neighbours without a search: two free chunks never touch. While a chunk is in use, the
// `before` of the next one belongs to its payload: the cost is 8 bytes. A chunk in use of size 0 ends each
// area that sbrk gave.
//
// Bins: sizes below 1 KiB have one each, above there are four to a doubling. A bitmap finds the next one with
// a chunk in it, so malloc and free take constant time. Memory at the end of the heap goes back to the
// kernel, which has promised it to us, when TRIM bytes of it are free.

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib.h"

enum {
    ALIGN = 16,
    IN_USE = 1,
    BEFORE_IN_USE = 2,
    FLAGS = ALIGN - 1,
    MIN_CHUNK = 32, // header and links
    SMALL = 1024,   // below: a bin a size
    BINS = SMALL / ALIGN + 4 * 38,
    TRIES = 16,       // chunks looked at in a bin that holds several sizes
    GROW = 16 * 1024, // asked of sbrk on top of what is needed
    TRIM = 256 * 1024,
};

struct chunk {
    size_t before, size;
    struct chunk *next, *prev; // only while free
};
#define HEADER offsetof(struct chunk, next)

static struct chunk *bins[BINS]; // heads of doubly linked lists
static uint64_t filled[(BINS + 63) / 64];
static char *heap_end; // after the last area's end mark; NULL before the first

static size_t size_of(const struct chunk *c) { return c->size & ~(size_t)FLAGS; }

static struct chunk *after(const struct chunk *c) { return (struct chunk *)((char *)c + size_of(c)); }

static void *payload(struct chunk *c) { return (char *)c + HEADER; }

static size_t bin_of(size_t size) {
    if (size < SMALL)
        return size / ALIGN;
    unsigned log = 63 - (unsigned)__builtin_clzl(size);
    size_t bin = SMALL / ALIGN + (log - 10) * 4 + ((size >> (log - 2)) & 3);
    return bin < BINS ? bin : BINS - 1;
}

static void list_add(struct chunk *c) {
    size_t bin = bin_of(size_of(c));
    c->prev = NULL;
    c->next = bins[bin];
    if (c->next)
        c->next->prev = c;
    bins[bin] = c;
    filled[bin / 64] |= 1UL << bin % 64;
}

static void list_remove(struct chunk *c) {
    if (c->next)
        c->next->prev = c->prev;
    if (c->prev) {
        c->prev->next = c->next;
        return;
    }
    size_t bin = bin_of(size_of(c));
    bins[bin] = c->next;
    if (!c->next)
        filled[bin / 64] &= ~(1UL << bin % 64);
}

_Noreturn static void corrupt(const char *what) {
    if (write(STDERR_FILENO, what, strlen(what)) < 0)
        abort();
    abort();
}

// Make [c, c + size) a free chunk, joined with free neighbours. The chunk before c is in use unless c->size
// says else. Returns the whole chunk.
static struct chunk *release(struct chunk *c, size_t size) {
    if (!(c->size & BEFORE_IN_USE)) {
        size += c->before;
        c = (struct chunk *)((char *)c - c->before);
        list_remove(c);
    }
    struct chunk *next = (struct chunk *)((char *)c + size);
    if (!(next->size & IN_USE)) {
        list_remove(next);
        size += size_of(next);
        next = (struct chunk *)((char *)c + size);
    }
    c->size = size | BEFORE_IN_USE;
    next->before = size;
    next->size &= ~(size_t)BEFORE_IN_USE;
    list_add(c);
    return c;
}

// If the free chunk c is large and at the end of the heap, give most of it back to the kernel.
static void trim(struct chunk *c) {
    size_t size = size_of(c), back = (size - GROW) & ~(size_t)4095;
    if (size < TRIM || size_of(after(c)) != 0 || (char *)after(c) + HEADER != heap_end || sbrk(0) != heap_end)
        return;
    int saved = errno;
    if (sbrk(-(ptrdiff_t)back) != (void *)-1) {
        heap_end -= back;
        list_remove(c);
        c->size = (size - back) | BEFORE_IN_USE;
        after(c)->before = size - back;
        after(c)->size = IN_USE; // the new end mark
        list_add(c);
    }
    errno = saved;
}

// Take `size` bytes of the free chunk c, which is off its list. What is over goes back.
static struct chunk *take(struct chunk *c, size_t size) {
    size_t whole = size_of(c);
    after(c)->size |= BEFORE_IN_USE;
    if (whole - size >= MIN_CHUNK) {
        c->size = size | (c->size & BEFORE_IN_USE) | IN_USE;
        struct chunk *rest = after(c);
        rest->size = BEFORE_IN_USE;
        release(rest, whole - size);
    } else
        c->size |= IN_USE;
    return c;
}

// A free chunk of at least size bytes from the kernel, on its list. Returns false when there is no memory.
static bool grow(size_t size) {
    size_t have = 0;
    struct chunk *end = heap_end ? (struct chunk *)(heap_end - HEADER) : NULL;
    if (end && !(end->size & BEFORE_IN_USE) && end->before < size)
        have = end->before;
    // Room for another end mark and for alignment, in case the area is a new one; whole pages.
    size_t least = (size - have + 2 * ALIGN + 4095) & ~(size_t)4095, n = least + GROW;
    char *area = sbrk((ptrdiff_t)n);
    if (area == (char *)-1)
        area = sbrk((ptrdiff_t)(n = least));
    if (area != (char *)-1 && area != heap_end &&
        have) { // someone else called sbrk: the free end is of no use
        sbrk(-(ptrdiff_t)n);
        n = (size + 2 * ALIGN + 4095) & ~(size_t)4095;
        area = sbrk((ptrdiff_t)n);
    }
    if (area == (char *)-1) {
        errno = ENOMEM;
        return false;
    }
    struct chunk *c = end;
    if (area != heap_end) {
        size_t skip = -(uintptr_t)area & (ALIGN - 1);
        c = (struct chunk *)(area + skip);
        n -= skip;
        n &= ~(size_t)(ALIGN - 1);
        n -= HEADER; // the end mark
        c->size = BEFORE_IN_USE;
        heap_end = (char *)c + n + HEADER;
    } else
        heap_end += n;
    ((struct chunk *)((char *)c + n))->size = IN_USE; // the new end mark
    release(c, n);
    return true;
}

static struct chunk *find(size_t size) {
    size_t bin = bin_of(size);
    int tries = TRIES;
    for (struct chunk *c = bins[bin]; c && tries; c = c->next, tries--)
        if (size_of(c) >= size)
            return c;
    if (++bin >= BINS)
        return NULL;
    uint64_t word = filled[bin / 64] & (~0UL << bin % 64);
    for (size_t i = bin / 64;;) {
        if (word)
            return bins[i * 64 + (size_t)__builtin_ctzl(word)];
        if (++i == sizeof filled / sizeof filled[0])
            return NULL;
        word = filled[i];
    }
}

// The chunk size for a payload of n bytes; 0 if there can be none.
static size_t chunk_size(size_t n) {
    if (n > PTRDIFF_MAX / 2) {
        errno = ENOMEM;
        return 0;
    }
    size_t size = (n + sizeof(size_t) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    return size < MIN_CHUNK ? MIN_CHUNK : size;
}

// malloc, under a name that the compiler does not know, and so does not make calloc of malloc and memset in
// calloc.
static void *allocate(size_t n) {
    size_t size = chunk_size(n);
    if (!size)
        return NULL;
    struct chunk *c = find(size);
    if (!c) {
        if (!grow(size))
            return NULL;
        c = find(size);
        if (!c) // it is in this size's own bin, behind smaller ones
            for (c = bins[bin_of(size)]; size_of(c) < size;)
                c = c->next;
    }
    list_remove(c);
    return payload(take(c, size));
}

void *malloc(size_t n) { return allocate(n); }

static struct chunk *chunk_of(void *p) {
    struct chunk *c = (struct chunk *)((char *)p - HEADER);
    if ((uintptr_t)p % ALIGN || !(c->size & IN_USE) || !(after(c)->size & BEFORE_IN_USE))
        corrupt("free: not from malloc, freed before, or overwritten\n");
    return c;
}

void free(void *p) {
    if (!p)
        return;
    struct chunk *c = chunk_of(p);
    c->size &= ~(size_t)IN_USE;
    trim(release(c, size_of(c)));
}

void *calloc(size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = allocate(n);
    return p ? memset(p, 0, n) : NULL;
}

void *realloc(void *old, size_t n) {
    if (!old)
        return malloc(n);
    size_t size = chunk_size(n);
    if (!size)
        return NULL;
    struct chunk *c = chunk_of(old), *next = after(c);
    size_t whole = size_of(c);
    if (whole < size && !(next->size & IN_USE) && whole + size_of(next) >= size) {
        list_remove(next);
        whole += size_of(next);
        c->size = whole | (c->size & FLAGS);
    }
    if (whole >= size) {
        take(c, size);
        return old;
    }
    void *p = malloc(n);
    if (!p)
        return NULL;
    memcpy(p, old, size_of(c) - sizeof(size_t));
    free(old);
    return p;
}

// align: a power of two.
static void *allocate_aligned(size_t align, size_t n) {
    if (align <= ALIGN)
        return malloc(n);
    size_t size = chunk_size(n);
    if (!size || align > PTRDIFF_MAX / 4) {
        errno = ENOMEM;
        return NULL;
    }
    char *p = malloc(size + align + MIN_CHUNK);
    if (!p)
        return NULL;
    struct chunk *c = chunk_of(p);
    char *aligned = (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
    if (aligned != p) {
        if (aligned - p < MIN_CHUNK) // the part before must be a chunk
            aligned += align;
        struct chunk *second = chunk_of(p);
        size_t before = (size_t)(aligned - p), whole = size_of(c);
        second = (struct chunk *)(aligned - HEADER);
        second->size = (whole - before) | IN_USE;
        c->size &= ~(size_t)IN_USE;
        release(c, before);
        c = second;
    }
    return payload(take(c, size));
}

void *memalign(size_t align, size_t n) {
    if (align == 0 || (align & (align - 1))) {
        errno = EINVAL;
        return NULL;
    }
    return allocate_aligned(align, n);
}

void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }

int posix_memalign(void **result, size_t align, size_t n) {
    if (align < sizeof(void *) || (align & (align - 1)))
        return EINVAL;
    int saved = errno;
    void *p = allocate_aligned(align, n);
    errno = saved;
    if (!p)
        return ENOMEM;
    *result = p;
    return 0;
}

size_t malloc_usable_size(void *p) { return p ? size_of(chunk_of(p)) - sizeof(size_t) : 0; }
