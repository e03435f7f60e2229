// kasan_memory.c: CONFIG=kasan stands before the functions that hand out memory: frames, objects, kernel
// stacks.
//
// The linker (--wrap, tools/config.mk) sends calls of page_alloc from other files to __wrap_page_alloc here,
// which calls the true one as __real_page_alloc; and so on.
//
// What is free is poisoned. An object has a header before it and a tail behind it, and who freed it does not
// give it back to slab.c: it takes a place in the quarantine, from which it drives out the one that has been
// there longest.
#include "debug/kasan.h"

#include "mm/pagetable.h"
#include "mm/slab.h"
#include "riscv/hart.h"

enum { HEADER = sizeof(struct kasan_header), OVERHEAD = HEADER + GRANULE };
_Static_assert(HEADER % 16 == 0, "objects are aligned to 16");

void *__real_memset(void *to, int c, size_t n);

// ---- traces

extern const char __text_start[];

static void take_trace(struct kasan_trace *t, const uint64_t *fp) {
    const struct vcpu *v = this_vcpu();
    for (size_t i = 0; i < ARRAY_SIZE(t->pc); i++) {
        // As in report.c: return address at fp - 8, the caller's frame pointer at fp - 16.
        bool there =
            (uint64_t)fp % 8 == 0 && (uint64_t)fp >= v->kstack_bottom + 16 && (uint64_t)fp <= v->kstack_top;
        t->pc[i] = there && fp[-1] ? (uint32_t)(fp[-1] - (uint64_t)__text_start) : 0;
        fp = there && fp[-2] > (uint64_t)fp ? (const uint64_t *)fp[-2] : NULL;
    }
}

// ---- frames

// In chunks, as there may be more than the largest block holds.
enum { CHUNK_ORDER = 8, CHUNK = (PAGE_SIZE << CHUNK_ORDER) / sizeof(struct kasan_frame), CHUNKS = 128 };
static struct kasan_frame *chunks[CHUNKS];

void kasan_memory_init(void) {
    for (uint64_t i = 0; i < div_up(page_count, CHUNK); i++) {
        struct page *p = i < CHUNKS ? page_alloc(CHUNK_ORDER, PAGE_KERNEL, PAGE_NOWAIT | PAGE_ZERO) : NULL;
        if (!p)
            panic("no memory to note who has which of %lu frames: give the machine another size (MEM=)",
                  page_count);
        chunks[i] = page_va(p);
    }
}

void kasan_memory_start(void) {
    for (uint64_t i = 0; i < page_count; i++)
        if (page_array[i].use == PAGE_FREE)
            kasan_poison((uint64_t)page_va(&page_array[i]), (uint64_t)PAGE_SIZE << page_array[i].order,
                         SHADOW_FREE_FRAME);
}

struct kasan_frame *kasan_frame(uint64_t address) {
    const struct page *p = page_of_va((void *)address);
    uint64_t i = p ? (uint64_t)(p - page_array) : 0;
    return p && i / CHUNK < CHUNKS && chunks[i / CHUNK] ? &chunks[i / CHUNK][i % CHUNK] : NULL;
}

// Note who allocates, or frees, the 2^order frames at start: who has these frame records.
static void note(uint64_t start, int order, bool freed, const uint64_t *fp) {
    struct kasan_trace t;
    take_trace(&t, fp);
    for (uint64_t i = 0; i < 1UL << order && kasan_frame(start); i++) {
        struct kasan_frame *f = kasan_frame(start + i * PAGE_SIZE);
        *(freed ? &f->freed : &f->allocated) = t;
    }
}

struct page *__real_page_alloc(int order, enum page_use use, int how);
struct page *__wrap_page_alloc(int order, enum page_use use, int how);
struct page *__wrap_page_alloc(int order, enum page_use use, int how) {
    struct page *p = __real_page_alloc(order, use, how & ~PAGE_ZERO);
    if (!p)
        return NULL;
    uint64_t start = (uint64_t)page_va(p), size = (uint64_t)PAGE_SIZE << order;
    kasan_poison(start, size, use == PAGE_SLAB ? SHADOW_NEVER_USED : 0);
    note(start, order, false, __builtin_frame_address(0));
    if (how & PAGE_ZERO)
        __real_memset((void *)start, 0, size);
    return p;
}

void __real_page_free(struct page *p);
void __wrap_page_free(struct page *p);
void __wrap_page_free(struct page *p) {
    uint64_t start = (uint64_t)page_va(p);
    if (p->use == PAGE_FREE)
        kasan_report_free(start, __builtin_return_address(0), "a frame that is free already");
    kasan_poison(start, (uint64_t)PAGE_SIZE << p->order, SHADOW_FREE_FRAME);
    note(start, p->order, true, __builtin_frame_address(0));
    __real_page_free(p);
}

// ---- objects: each in a cell of kmalloc's that has room for the header and a tail

void *__real_kmalloc(size_t size, int how);
void __real_kfree(void *p);

// A new object of cache c (NULL: kmalloc's), for who has these frame records.
static void *new_object(struct slab_cache *c, size_t size, int how, const uint64_t *fp) {
    struct kasan_header *h = __real_kmalloc(size + OVERHEAD, how & ~PAGE_ZERO);
    if (!h)
        return NULL;
    uint64_t room = 16, object = (uint64_t)(h + 1); // slab.h says how large the cell is
    while (room < size + OVERHEAD)
        room *= 2;
    h->cache = c;
    h->size = (uint32_t)size;
    take_trace(&h->allocated, fp);
    __atomic_store_n(&h->state, KASAN_ALLOCATED, __ATOMIC_RELAXED);
    kasan_poison((uint64_t)h, HEADER, SHADOW_HEADER);
    kasan_poison(object, room - HEADER, SHADOW_TAIL);
    kasan_unpoison(object, size);
    if (how & PAGE_ZERO)
        __real_memset((void *)object, 0, size);
    return (void *)object;
}

void *__wrap_slab_alloc(struct slab_cache *c, int how);
void *__wrap_slab_alloc(struct slab_cache *c, int how) {
    return new_object(c, c->size, how, __builtin_frame_address(0));
}

void *__wrap_kmalloc(size_t size, int how);
void *__wrap_kmalloc(size_t size, int how) {
    if (size <= PAGE_SIZE - OVERHEAD)
        return new_object(NULL, size, how, __builtin_frame_address(0));
    void *p = __real_kmalloc(size, how); // whole frames
    if (p) {
        uint64_t end = align_up((uint64_t)p + size, PAGE_SIZE), tail = align_up((uint64_t)p + size, GRANULE);
        kasan_poison(tail, end - tail, SHADOW_FRAME_TAIL);
        kasan_unpoison((uint64_t)p, size);
    }
    return p;
}

// slab.c fills a cell that is free; but the header tells of whom that was.
void *kasan_fill_cell(void *cell, int c, size_t n);
void *kasan_fill_cell(void *cell, int c, size_t n) {
    __real_memset((char *)cell + HEADER, c, n - HEADER);
    return cell;
}

// ---- quarantine

enum { QUARANTINE = 1024 };

// atomic, all
static struct kasan_header *quarantine[QUARANTINE];
static uint32_t next_place;

// Put h (may be NULL) in a place, and give back what was there.
static void replace(uint32_t place, struct kasan_header *h) {
    __real_kfree(__atomic_exchange_n(&quarantine[place % QUARANTINE], h, __ATOMIC_ACQ_REL));
}

static void free_object(void *object, const struct slab_cache *c, void *pc, const uint64_t *fp) {
    struct kasan_header *h = (struct kasan_header *)object - 1;
    if ((uint64_t)object % 16 || !kasan_has_shadow((uint64_t)object) ||
        *shadow_of((uint64_t)object - 1) != SHADOW_HEADER || *shadow_of((uint64_t)object) == SHADOW_HEADER)
        kasan_report_free((uint64_t)object, pc, "what is no object");
    uint32_t state = __atomic_exchange_n(&h->state, KASAN_FREED, __ATOMIC_ACQ_REL);
    if (state != KASAN_ALLOCATED)
        kasan_report_free((uint64_t)object, pc, "an object that is free already");
    if (h->cache != c)
        kasan_report_free((uint64_t)object, pc, "an object of another slab");
    kasan_poison((uint64_t)object, h->size, SHADOW_FREED);
    take_trace(&h->freed, fp);
    replace(__atomic_fetch_add(&next_place, 1, __ATOMIC_RELAXED), h);
}

void __wrap_slab_free(struct slab_cache *c, void *object);
void __wrap_slab_free(struct slab_cache *c, void *object) {
    free_object(object, c, __builtin_return_address(0), __builtin_frame_address(0));
}

void __wrap_kfree(void *p);
void __wrap_kfree(void *p) {
    void *pc = __builtin_return_address(0);
    if (!p)
        return;
    if ((uint64_t)p % PAGE_SIZE) { // an object stands behind its header
        free_object(p, NULL, pc, __builtin_frame_address(0));
        return;
    }
    const struct page *page = page_of_va(p);
    if (!page || page->use != PAGE_KERNEL)
        kasan_report_free((uint64_t)p, pc, "a frame that is not the kernel's");
    __real_kfree(p);
}

// Who asks how much memory is free, or how many objects are not, gets to know what would be without us.
static void empty_quarantine(void) {
    for (uint32_t i = 0; i < QUARANTINE; i++)
        replace(i, NULL);
}

void __real_page_stats(struct mem_info *info);
void __wrap_page_stats(struct mem_info *info);
void __wrap_page_stats(struct mem_info *info) {
    empty_quarantine();
    __real_page_stats(info);
}

uint64_t __real_slab_objects(void);
uint64_t __wrap_slab_objects(void);
uint64_t __wrap_slab_objects(void) {
    empty_quarantine();
    return __real_slab_objects();
}

// ---- kernel stacks

void *__real_kstack_alloc(void);
void *__wrap_kstack_alloc(void);
void *__wrap_kstack_alloc(void) {
    if (!kasan_add_stack())
        return NULL;
    void *bottom = __real_kstack_alloc();
    if (bottom)
        kasan_unpoison((uint64_t)bottom, KSTACK_SIZE);
    else
        kasan_drop_stack();
    return bottom;
}

void __real_kstack_free(void *bottom);
void __wrap_kstack_free(void *bottom);
void __wrap_kstack_free(void *bottom) {
    // but for the first word, which chains it to others that are free
    kasan_poison((uint64_t)bottom + GRANULE, KSTACK_SIZE - GRANULE, SHADOW_DEAD_STACK);
    __real_kstack_free(bottom);
    kasan_drop_stack();
}
