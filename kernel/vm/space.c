// space.c: address spaces and their regions: making, copying, growing, giving back.
#include "vm/space.h"

#include "fs/vfs.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"
#include "vm/leaves.h"

enum { STACK_START = 16 << 10, STACK_GUARD = 1 << 20 };

static struct slab_cache *space_cache, *region_cache;

void space_init(void) {
    space_cache = slab_create("space", sizeof(struct space));
    region_cache = slab_create("region", sizeof(struct region));
}

// ---- promises

// May every page of r come to need a frame of its own? Not if they all are the file's and cannot be written.
static bool is_private(const struct region *r) {
    return (r->prot & PROT_WRITE) || !r->inode || r->file_bytes <= r->end - r->start - PAGE_SIZE;
}

// Units of 2^shift bytes that r touches and that the region before it, which ended in unit *last, does not.
static uint64_t units(const struct region *r, int shift, uint64_t *last) {
    uint64_t first = r->start >> shift, n = ((r->end - 1) >> shift) - first + (first != *last);
    *last = (r->end - 1) >> shift;
    return n;
}

// Bring the promise in line with the regions as they are now. 0, or -ENOMEM: the promise is what it was, and
// the caller takes its change back.
static int settle(struct space *s) {
    uint64_t frames = 0, size = 0, tables = 1, last_table = UINT64_MAX, last_super = UINT64_MAX;
    struct region *r;
    list_for_each(r, &s->regions, link) {
        if (r->start == r->end)
            continue;
        size += r->end - r->start;
        if (is_private(r))
            frames += (r->end - r->start) >> PAGE_SHIFT;
        tables += units(r, TABLE_SHIFT, &last_table) + units(r, SUPER_SHIFT, &last_super);
    }
    tables = max(tables, s->tables);
    uint64_t want = frames + tables;
    if (want > s->promised) {
        int err = page_promise(want - s->promised);
        if (err)
            return err;
    } else {
        page_unpromise(s->promised - want);
    }
    s->promised = want;
    s->tables = tables;
    __atomic_store_n(&s->size, size, __ATOMIC_RELAXED);
    return 0;
}

// ---- birth and end

int space_create(struct space **out) {
    int err = page_promise(1); // the root table
    if (err)
        return err;
    struct space *s = slab_alloc(space_cache, PAGE_WAIT | PAGE_ZERO);
    if (!s) {
        page_unpromise(1);
        return -ENOMEM;
    }
    mutex_init(&s->lock, MUTEX_SPACE, "address space");
    list_init(&s->regions);
    s->promised = s->tables = 1;
    pagetable_create(&s->pt);
    *out = s;
    return 0;
}

static void region_free(struct region *r) {
    list_remove(&r->link);
    if (r->inode)
        inode_put(r->inode);
    slab_free(region_cache, r);
}

void space_destroy(struct space *s) {
    struct region *r, *next;
    list_for_each_safe(r, next, &s->regions, link) {
        leaves_drop(&s->pt, r->start, r->end);
        region_free(r);
    }
    pagetable_destroy(&s->pt);
    page_unpromise(s->promised); // now that the frames are back
    slab_free(space_cache, s);
}

static int copy_regions(struct space *to, const struct space *from) {
    struct region *r;
    list_for_each(r, &from->regions, link) {
        struct region *copy = slab_alloc(region_cache, PAGE_WAIT);
        if (!copy)
            return -ENOMEM;
        *copy = *r;
        list_append(&to->regions, &copy->link);
        if (r->inode)
            inode_get(r->inode);
        if (r == from->heap)
            to->heap = copy;
    }
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->stack_limit = from->stack_limit;
    return settle(to);
}

int space_fork(struct space *from, struct space **out) {
    struct space *to;
    int err = space_create(&to);
    if (err)
        return err;
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
    else
        *out = to;
    return err;
}

// ---- regions

static struct region *next_region(struct space *s, struct region *r) {
    return r->link.next == &s->regions ? NULL : list_entry(r->link.next, struct region, link);
}

struct region *space_region(struct space *s, uint64_t va) {
    struct region *r = s->last;
    if (likely(r && r->start <= va && va < r->end))
        return r;
    list_for_each(r, &s->regions, link) if (r->start <= va && va < r->end) return s->last = r;
    return NULL;
}

// Put a region like *like in its place. 0, -EINVAL: overlaps, or -ENOMEM. s->lock held.
static int add_region(struct space *s, const struct region *like, struct region **out) {
    struct region *after;
    struct list *at = &s->regions; // the new one goes before the first that lies higher
    list_for_each(after, &s->regions, link) {
        if (after->start < like->end && like->start < after->end)
            return -EINVAL;
        if (after->start >= like->end) {
            at = &after->link;
            break;
        }
    }
    struct region *r = slab_alloc(region_cache, PAGE_WAIT);
    if (!r)
        return -ENOMEM;
    *r = *like;
    list_append(at, &r->link);
    if (r->inode)
        inode_get(r->inode);
    int err = settle(s);
    if (err)
        region_free(r);
    else if (out)
        *out = r;
    return err;
}

int space_map(struct space *s, uint64_t start, uint64_t end, int prot, enum region_kind kind,
              struct inode *inode, uint64_t offset, uint64_t file_bytes) {
    if (start < PAGE_SIZE || start >= end || end > USER_END || (start | end | offset) % PAGE_SIZE != 0)
        return -EINVAL;
    struct region r = {.start = start,
                       .end = end,
                       .prot = (uint8_t)prot,
                       .kind = (uint8_t)kind,
                       .inode = inode,
                       .offset = offset,
                       .file_bytes = file_bytes};
    mutex_lock(&s->lock);
    int err = add_region(s, &r, NULL);
    mutex_unlock(&s->lock);
    return err;
}

int space_set_heap(struct space *s, uint64_t start) {
    start = align_up(start, PAGE_SIZE);
    struct region r = {.start = start, .end = start, .prot = PROT_READ | PROT_WRITE, .kind = REGION_HEAP};
    mutex_lock(&s->lock);
    int err = add_region(s, &r, &s->heap);
    if (!err)
        s->brk_start = s->brk = start;
    mutex_unlock(&s->lock);
    return err;
}

int space_set_stack(struct space *s, uint64_t limit_bytes, uint64_t *top) {
    *top = USER_END;
    s->stack_limit = USER_END - limit_bytes;
    return space_map(s, USER_END - STACK_START, USER_END, PROT_READ | PROT_WRITE, REGION_STACK, NULL, 0, 0);
}

int space_grow_stack(struct space *s, uint64_t va) {
    struct region *stack = list_last(&s->regions, struct region, link);
    if (!stack || stack->kind != REGION_STACK || va < s->stack_limit || va >= stack->start)
        return -EFAULT;
    uint64_t start = stack->start;
    stack->start = align_down(va, PAGE_SIZE);
    int err = settle(s);
    if (err)
        stack->start = start;
    return err;
}

// The heap ends below what follows it: a guard below the lowest place the stack may grow to, or another
// region.
static uint64_t heap_limit(struct space *s) {
    uint64_t limit = (s->stack_limit ? s->stack_limit : USER_END) - STACK_GUARD;
    struct region *next = next_region(s, s->heap);
    return next ? min(limit, next->start) : limit;
}

// Move the end of the heap's region.
static int resize_heap(struct space *s, uint64_t end) {
    uint64_t old = s->heap->end;
    s->heap->end = end;
    if (end < old)
        s->resident -= leaves_unmap(&s->pt, end, old, false);
    int err = end == old ? 0 : settle(s);
    if (err)
        s->heap->end = old;
    return err;
}

int64_t space_sbrk(struct space *s, int64_t increment) {
    mutex_lock(&s->lock);
    uint64_t old = s->brk, brk = old + (uint64_t)increment;
    int err = 0;
    if (!s->heap || (increment > 0 && (uint64_t)increment > heap_limit(s) - old) ||
        (increment < 0 && -(uint64_t)increment > old - s->brk_start))
        err = -ENOMEM;
    else
        err = resize_heap(s, align_up(brk, PAGE_SIZE));
    if (!err)
        s->brk = brk;
    mutex_unlock(&s->lock);
    return err ? err : (int64_t)old;
}
