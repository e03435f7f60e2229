// slab.c: objects of one size from single frames.
//
// A slab's struct page holds its state: owner (the cache), index (first free object, 0: none), objects
// (handed out), list. Free objects of a slab are chained through their first words.
#include "mm/slab.h"

static struct slab_cache last, *caches = &last; // atomic: those that have had a slab, by next

// ---- objects of one size

// Add a slab with all its objects free. False: no memory. No lock held, unless how is PAGE_NOWAIT.
static NOINLINE bool slab_add(struct slab_cache *c, int how) {
    struct page *slab = page_alloc(0, PAGE_SLAB, how & ~PAGE_ZERO);
    if (!slab)
        return false;
    slab->owner = c;
    slab->index = slab->objects = 0;
    for (uint32_t i = PAGE_SIZE / c->size; i-- > 0;) {
        uint64_t *obj = page_va(slab) + i * c->size;
        *obj = slab->index;
        slab->index = (uint64_t)obj;
    }
    spin_lock(&c->lock);
    list_push(&c->partial, &slab->list);
    c->empty++;
    if (!c->next)
        for (c->next = racy(caches);
             !__atomic_compare_exchange_n(&caches, &c->next, c, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);)
            ;
    spin_unlock(&c->lock);
    return true;
}

void *slab_alloc(struct slab_cache *c, int how) {
    struct page *slab;
    if (fail_now(FAIL_SLAB))
        return NULL;
    spin_lock(&c->lock);
    while (unlikely(!(slab = list_first(&c->partial, struct page, list)))) {
        spin_unlock(&c->lock);
        if (!slab_add(c, how))
            return NULL;
        spin_lock(&c->lock);
    }
    void *obj = (void *)slab->index;
    slab->index = *(uint64_t *)obj;
    c->objects++;
    if (slab->objects++ == 0)
        c->empty--;
    if (!slab->index)
        list_remove(&slab->list);
    spin_unlock(&c->lock);
    if (how & PAGE_ZERO)
        memset(obj, 0, c->size);
    return obj;
}

void slab_free(struct slab_cache *c, void *obj) {
    struct page *slab = page_of_va(obj);
    assert(slab && slab->use == PAGE_SLAB && slab->owner == c && (uint64_t)obj % PAGE_SIZE % c->size == 0);
    spin_lock(&c->lock);
#ifndef NDEBUG
    memset(obj, 0x6b, c->size); // so that it shows if it is used after this
#endif
    if (!slab->index)
        list_push(&c->partial, &slab->list);
    *(uint64_t *)obj = slab->index;
    slab->index = (uint64_t)obj;
    c->objects--;
    bool spare = --slab->objects == 0 && c->empty++ > 0;
    if (spare) {
        list_remove(&slab->list);
        c->empty--;
    }
    spin_unlock(&c->lock);
    if (spare)
        page_put(slab);
}

uint64_t slab_objects(void) {
    uint64_t sum = 0;
    for (struct slab_cache *c = __atomic_load_n(&caches, __ATOMIC_ACQUIRE); c != &last; c = c->next)
        sum += racy(c->objects);
    return sum;
}

// ---- any size

// Caches of 16, 32, ... 2048 bytes; above, whole frames.
enum { SMALLEST = 16, CLASSES = 8 };

static struct slab_cache by_size[CLASSES];

void slab_init(void) {
    for (int i = 0; i < CLASSES; i++)
        by_size[i] = (struct slab_cache)SLAB_CACHE(by_size[i], "kmalloc", SMALLEST << i);
}

void *kmalloc(size_t size, int how) {
    for (int i = 0; i < CLASSES; i++)
        if (size <= (size_t)SMALLEST << i)
            return slab_alloc(&by_size[i], how);
    int order = 0;
    while (order <= PAGE_MAX_ORDER && size > (size_t)PAGE_SIZE << order)
        order++;
    struct page *p = order <= PAGE_MAX_ORDER ? page_alloc(order, PAGE_KERNEL, how) : NULL;
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
