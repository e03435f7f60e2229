// space.c: address spaces and their regions: making, copying, growing, giving back.
#include "vm/space.h"

#include "fs/vfs.h"
#include "mm/slab.h"

enum { STACK_START = 16 << 10, STACK_GUARD = 1 << 20 }; // promised at first; free below its limit

static struct slab_cache space_cache = SLAB_CACHE(space_cache, "space", sizeof(struct space));
static struct slab_cache region_cache = SLAB_CACHE(region_cache, "region", sizeof(struct region));

// ---- promises

// May every page of r come to need a frame of its own? Not if they all are the file's and cannot be written.
static bool is_private(const struct region *r) {
    return (r->prot & PROT_WRITE) || !r->inode || r->file_bytes <= r->end - r->start - PAGE_SIZE;
}

// Units of 2^shift bytes that [start, end) touches and that the region before it, which ended in unit *last,
// does not.
static uint64_t units(uint64_t start, uint64_t end, int shift, uint64_t *last) {
    uint64_t first = start >> shift, n = ((end - 1) >> shift) - first + (first != *last);
    *last = (end - 1) >> shift;
    return n;
}

// Bring the promise in line with the regions as they are now. 0, or -ENOMEM: the promise is what it was, and
// the caller takes its change back.
static int settle(struct space *s) {
    uint64_t want = 1, size = 0, last_table = UINT64_MAX, last_super = UINT64_MAX; // 1: the root table
    struct region *r;
    list_for_each(r, &s->regions, link) {
        const uint64_t top = r == s->heap ? max(r->end, s->heap_top) : r->end; // the stack only grows
        if (r->start == top)
            continue;
        size += r->end - r->start;
        if (is_private(r))
            want += (r->end - r->start) >> PAGE_SHIFT;
        want +=
            units(r->start, top, TABLE_SHIFT, &last_table) + units(r->start, top, SUPER_SHIFT, &last_super);
    }
    if (want > s->promised && page_promise(want - s->promised))
        return -ENOMEM;
    if (want < s->promised)
        page_unpromise(s->promised - want);
    s->promised = want;
    if (s->heap)
        s->heap_top = max(s->heap->end, s->heap_top);
    __atomic_store_n(&s->size, size, __ATOMIC_RELAXED);
    return 0;
}

// ---- birth and end

int space_create(struct space **out) {
    if (page_promise(1)) // the root table
        return -ENOMEM;
    struct space *s = slab_alloc(&space_cache, PAGE_WAIT | PAGE_ZERO);
    if (!s) {
        page_unpromise(1);
        return -ENOMEM;
    }
    mutex_init(&s->lock, MUTEX_SPACE, "address space");
    list_init(&s->regions);
    s->promised = 1;
    pagetable_create(&s->pt);
    *out = s;
    return 0;
}

void space_destroy(struct space *s) {
    struct region *r, *next;
    list_for_each_safe(r, next, &s->regions, link) {
        leaves_unmap(&s->pt, r->start, r->end, false);
        if (r->inode)
            inode_put(r->inode);
        slab_free(&region_cache, r);
    }
    pagetable_destroy(&s->pt);
    page_unpromise(s->promised); // now that the frames are back
    slab_free(&space_cache, s);
}

// Put a region like *like behind the others. NULL: no memory.
static struct region *region_add(struct space *s, const struct region *like) {
    struct region *r = slab_alloc(&region_cache, PAGE_WAIT);
    if (!r)
        return NULL;
    *r = *like;
    list_append(&s->regions, &r->link);
    if (r->inode)
        inode_get(r->inode);
    return r;
}

static int copy_regions(struct space *to, const struct space *from) {
    struct region *r;
    list_for_each(r, &from->regions, link) {
        struct region *copy = region_add(to, r);
        if (!copy)
            return -ENOMEM;
        if (r == from->heap)
            to->heap = copy;
        if (r == from->stack)
            to->stack = copy;
    }
    to->brk = from->brk;
    to->stack_limit = from->stack_limit;
    return settle(to);
}

int space_fork(struct space *from, struct space **out) {
    int err = space_create(out);
    if (err)
        return err;
    struct space *to = *out;
    mutex_lock(&from->lock);
    err = copy_regions(to, from);
    if (!err) {
        struct region *r;
        list_for_each(r, &from->regions, link) to->resident +=
            leaves_share(&from->pt, &to->pt, r->start, r->end);
        pagetable_flush(&from->pt, 0, 0); // what could be written cannot any more
    }
    mutex_unlock(&from->lock);
    if (err)
        space_destroy(to);
    return err;
}

// ---- regions

int space_map(struct space *s, const struct region *like) {
    const struct region *last = list_last(&s->regions, struct region, link);
    if (last && like->start < last->end)
        return -ENOEXEC;
    return region_add(s, like) ? settle(s) : -ENOMEM; // if refused, the caller destroys the space
}

int space_map_heap_and_stack(struct space *s, uint64_t heap, uint64_t stack_bytes) {
    struct region like = {.start = heap, .end = heap, .prot = PROT_READ | PROT_WRITE};
    s->brk = heap;
    s->stack_limit = USER_END - stack_bytes;
    s->heap = region_add(s, &like);
    like.start = USER_END - min(stack_bytes, (uint64_t)STACK_START);
    like.end = USER_END;
    s->stack = region_add(s, &like);
    return s->heap && s->stack ? settle(s) : -ENOMEM;
}

int space_find(struct space *s, uint64_t va, struct region **out) {
    struct region *stack = s->stack;
    for (struct list *l = s->regions.prev; l != &s->regions; l = l->prev) { // stack and heap fault most
        *out = list_entry(l, struct region, link);
        if ((*out)->start <= va && va < (*out)->end)
            return 0;
    }
    if (va < s->stack_limit || va >= stack->start)
        return -EFAULT;
    uint64_t start = stack->start;
    stack->start = align_down(va, PAGE_SIZE);
    int err = settle(s);
    if (err)
        stack->start = start;
    *out = stack;
    return err;
}

int64_t space_sbrk(struct space *s, int64_t increment) {
    struct region *heap = s->heap;
    int err = -ENOMEM;
    mutex_lock(&s->lock);
    uint64_t old = s->brk, end = heap->end, room = s->stack_limit - STACK_GUARD - old;
    if (increment > 0 ? (uint64_t)increment <= room : -(uint64_t)increment <= old - heap->start) {
        heap->end = align_up(old + (uint64_t)increment, PAGE_SIZE);
        if (heap->end < end)
            s->resident -= leaves_unmap(&s->pt, heap->end, end, false);
        err = heap->end == end ? 0 : settle(s);
        if (err)
            heap->end = end;
        else
            s->brk = old + (uint64_t)increment;
    }
    mutex_unlock(&s->lock);
    return err ? err : (int64_t)old;
}
