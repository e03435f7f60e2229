// slab.c: objects of one size from blocks of frames.
//
// A slab's struct page holds its state: owner (the cache), index (first free object), objects (handed out),
// list. Free objects of a slab are chained through their first words.
#include "mm/slab.h"

#include "lib/string.h"
#include "riscv/hart.h"
#include "riscv/panic.h"

enum { ALIGN = 16, MAX_CACHES = 48, STACK = 32, BIG_OBJECT = 512, BIG_STACK = 8 };

// Ready objects of one hart; used with interrupts off there.
struct ready {
    uint32_t count;
    int64_t out; // objects handed out less objects taken back; only the sum over all harts means anything
    void *objects[STACK];
};

struct slab_cache {
    // set once
    const char *name;
    uint32_t size, per_slab, stack_size;
    int order;
    struct spinlock lock;
    // guarded by lock
    struct list partial, full;
    struct page *empty;
    struct ready ready[MAX_HARTS];
};

static struct slab_cache caches[MAX_CACHES];
static uint32_t cache_count; // atomic

// ---- checks

#ifndef NDEBUG
#define POISON 0x6b6b6b6b6b6b6b6bUL

// All but the first word, which chains free objects.
static void poison(const struct slab_cache *c, void *obj) {
    uint64_t *w = obj;
    for (uint32_t i = 1; i < c->size / sizeof(*w); i++)
        w[i] = POISON;
}

static void check_poison(const struct slab_cache *c, const void *obj) {
    const uint64_t *w = obj;
    for (uint32_t i = 1; i < c->size / sizeof(*w); i++)
        if (w[i] != POISON)
            panic("slab %s: object %p was written to after it was freed, at offset %lu", c->name, obj,
                  i * sizeof(*w));
}

// A poisoned object that comes back is probably free already; but it may just contain those bytes, so look
// for it where free objects of this hart and of its slab are.
static void check_double_free(struct slab_cache *c, const void *obj, struct page *slab) {
    if (((const uint64_t *)obj)[1] != POISON)
        return;
    const struct ready *r = &c->ready[this_hart()->index];
    for (uint32_t i = 0; i < r->count; i++)
        if (r->objects[i] == obj)
            panic("slab %s: object %p freed twice", c->name, obj);
    spin_lock(&c->lock);
    for (void *free = (void *)slab->index; free; free = *(void **)free)
        if (free == obj)
            panic("slab %s: object %p freed twice", c->name, obj);
    spin_unlock(&c->lock);
}
#else
static void poison(const struct slab_cache *c, void *obj) {}
static void check_poison(const struct slab_cache *c, const void *obj) {}
static void check_double_free(struct slab_cache *c, const void *obj, struct page *slab) {}
#endif

// ---- slabs

static struct page *slab_of(const struct slab_cache *c, const void *obj) {
    return page_of_va((void *)align_down((uint64_t)obj, (uint64_t)PAGE_SIZE << c->order));
}

// A fresh slab with all its objects free. NULL: no memory. No lock held, unless how is PAGE_NOWAIT.
static struct page *slab_new(struct slab_cache *c, int how) {
    struct page *slab = page_alloc(c->order, PAGE_SLAB, how & ~PAGE_ZERO);
    if (!slab)
        return NULL;
    for (int i = 0; i < 1 << c->order; i++) { // so that kfree can ask any of its frames
        slab[i].use = PAGE_SLAB;
        slab[i].owner = c;
    }
    slab->objects = 0;
    void *chain = NULL;
    for (uint32_t i = c->per_slab; i-- > 0;) {
        void **obj = (void **)((char *)page_va(slab) + i * c->size);
        poison(c, obj);
        *obj = chain;
        chain = obj;
    }
    slab->index = (uint64_t)chain;
    return slab;
}

// Give a slab's frames back. The tails of a block say free again.
static void slab_destroy(struct slab_cache *c, struct page *slab) {
    for (int i = 1; i < 1 << c->order; i++)
        slab[i].use = PAGE_FREE;
    page_put(slab);
}

// Move up to n free objects of slabs into r. c->lock held.
static void take_objects(struct slab_cache *c, struct ready *r, uint32_t n) {
    while (r->count < n) {
        struct page *slab = list_first(&c->partial, struct page, list);
        if (!slab) {
            if (!c->empty)
                return;
            slab = c->empty;
            c->empty = NULL;
            list_push(&c->partial, &slab->list);
        }
        for (void *obj; r->count < n && (obj = (void *)slab->index); slab->objects++) {
            slab->index = *(uint64_t *)obj;
            r->objects[r->count++] = obj;
        }
        if (!slab->index) {
            list_remove(&slab->list);
            list_push(&c->full, &slab->list);
        }
    }
}

// Put an object back into its slab. Returns the slab if it can go, or NULL. c->lock held.
static struct page *return_object(struct slab_cache *c, void *obj) {
    struct page *slab = slab_of(c, obj);
    bool was_full = !slab->index;
    *(uint64_t *)obj = slab->index;
    slab->index = (uint64_t)obj;
    if (--slab->objects > 0) {
        if (was_full) {
            list_remove(&slab->list);
            list_push(&c->partial, &slab->list);
        }
        return NULL;
    }
    list_remove(&slab->list);
    struct page *spare = c->empty;
    c->empty = slab;
    return spare;
}

// ---- caches

struct slab_cache *slab_create(const char *name, size_t size) {
    uint32_t i = __atomic_fetch_add(&cache_count, 1, __ATOMIC_RELAXED);
    if (i >= MAX_CACHES)
        panic("slab %s: more than %d caches", name, MAX_CACHES);
    struct slab_cache *c = &caches[i];
    c->name = name;
    c->size = (uint32_t)align_up(max(size, (size_t)ALIGN), ALIGN);
    // One frame, or two or four if that wastes less than an eighth where one does not.
    uint32_t bytes = PAGE_SIZE;
    for (; c->order < 2 && bytes % c->size > bytes / 8; bytes *= 2)
        c->order++;
    c->per_slab = bytes / c->size;
    assert(c->per_slab > 0);
    c->stack_size = c->size < BIG_OBJECT ? STACK : BIG_STACK;
    spin_init(&c->lock, RANK_SLAB, name);
    list_init(&c->partial);
    list_init(&c->full);
    return c;
}

// The hart has no ready object: get some. False: no memory. Interrupts off on entry and return, on while it
// sleeps, so that the caller may be on another hart afterwards.
static NOINLINE bool refill(struct slab_cache *c, int how) {
    struct ready *r = &c->ready[this_hart()->index];
    spin_lock(&c->lock);
    take_objects(c, r, c->stack_size / 2);
    spin_unlock(&c->lock);
    if (r->count > 0)
        return true;
    interrupts_restore();
    struct page *slab = slab_new(c, how);
    interrupts_off();
    if (!slab)
        return false;
    spin_lock(&c->lock);
    list_push(&c->partial, &slab->list);
    take_objects(c, &c->ready[this_hart()->index], c->stack_size / 2);
    spin_unlock(&c->lock);
    return true;
}

void *slab_alloc(struct slab_cache *c, int how) {
    interrupts_off();
    struct ready *r;
    while (unlikely((r = &c->ready[this_hart()->index])->count == 0))
        if (!refill(c, how)) {
            interrupts_restore();
            return NULL;
        }
    void *obj = r->objects[--r->count];
    r->out++;
    interrupts_restore();
    check_poison(c, obj);
    if (how & PAGE_ZERO)
        memset(obj, 0, c->size);
    return obj;
}

// The hart's stack is full: half of it goes back to the slabs. Interrupts off.
static NOINLINE void drain(struct slab_cache *c, struct ready *r) {
    spin_lock(&c->lock);
    while (r->count > c->stack_size / 2) {
        struct page *spare = return_object(c, r->objects[--r->count]);
        if (spare)
            slab_destroy(c, spare);
    }
    spin_unlock(&c->lock);
}

void slab_free(struct slab_cache *c, void *obj) {
    struct page *slab = slab_of(c, obj);
    assert(slab && slab->use == PAGE_SLAB && slab->owner == c);
    assert(((uint64_t)obj - (uint64_t)page_va(slab)) % c->size == 0);
    interrupts_off();
    check_double_free(c, obj, slab);
    poison(c, obj);
    struct ready *r = &c->ready[this_hart()->index];
    if (unlikely(r->count == c->stack_size))
        drain(c, r);
    r->objects[r->count++] = obj;
    r->out--;
    interrupts_restore();
}

uint64_t slab_objects(void) {
    int64_t n = 0;
    for (uint32_t i = 0; i < cache_count; i++)
        for (int h = 0; h < MAX_HARTS; h++)
            n += caches[i].ready[h].out;
    return (uint64_t)n;
}

// ---- any size

enum { KMALLOC_MAX = 2048 };

static const uint16_t sizes[] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, KMALLOC_MAX};
static struct slab_cache *by_size[ARRAY_SIZE(sizes)];
static uint8_t class_of[KMALLOC_MAX / ALIGN]; // by (size - 1) / ALIGN

void slab_init(void) {
    for (uint32_t i = 0, from = 0; i < ARRAY_SIZE(sizes); i++) {
        by_size[i] = slab_create("kmalloc", sizes[i]);
        for (; from < sizes[i] / ALIGN; from++)
            class_of[from] = (uint8_t)i;
    }
}

void *kmalloc(size_t size, int how) {
    if (likely(size <= KMALLOC_MAX))
        return slab_alloc(by_size[class_of[size ? (size - 1) / ALIGN : 0]], how);
    int order = 0;
    while (order < PAGE_MAX_ORDER && (size_t)PAGE_SIZE << order < size)
        order++;
    if ((size_t)PAGE_SIZE << order < size)
        return NULL;
    struct page *p = page_alloc(order, PAGE_KERNEL, how);
    return p ? page_va(p) : NULL;
}

void kfree(void *p) {
    if (!p)
        return;
    struct page *page = page_of_va(p);
    if (page->use == PAGE_SLAB) {
        slab_free(page->owner, p);
    } else {
        assert(page->use == PAGE_KERNEL && (uint64_t)p % PAGE_SIZE == 0);
        page_put(page);
    }
}
