// page.h: frames of memory: a struct page for each, buddy lists, per-hart stocks of single frames, promises.
//
// May call: riscv, lib. Guarding: the buddy lists by one spinlock (RANK_PAGE), each hart's stock by one in
// front of it (RANK_PAGE_STOCK); counters are atomic. Fields of a page belong to whoever owns it (see below).
//
// Promises (DESIGN.md section 7): fork, sbrk and exec promise frames before they are touched. One number,
// `available`, tells what may still be handed out or promised:
//     available = free + reclaimable - (promised - used by what was promised) - reserve
// A frame for PAGE_ANON or PAGE_TABLE moves from promised to used, so it leaves the number alone and never
// fails: a fault waits for reclaim at worst. A promise or any other frame lowers it, or is refused.
#pragma once

#include "riscv/fail.h"
#include "riscv/spinlock.h"
#include "uapi/info.h"

// Physical memory is mapped at DIRECT_MAP + pa.
#define DIRECT_MAP 0xffffffc000000000UL

enum page_use {
    PAGE_RESERVED, // firmware, kernel image, device tree, RAM disk
    PAGE_FREE,
    PAGE_KERNEL, // stacks, buffers, the kernel's page tables
    PAGE_SLAB,
    PAGE_CACHE, // fs/cache.c
    PAGE_ANON,  // private memory of processes: promised before
    PAGE_TABLE, // page tables of processes: promised before
    PAGE_USES,
};

// page->flags, changed with page_flag_set and page_flag_clear (atomic)
enum {
    PG_LOCKED = 1 << 0,     // cache: being read
    PG_ERROR = 1 << 1,      // cache: could not be read
    PG_DIRTY = 1 << 2,      // cache: newer than the disk
    PG_WRITEBACK = 1 << 3,  // cache: being written
    PG_REFERENCED = 1 << 4, // used since the replacement policy last looked
    PG_AHEAD = 1 << 5,      // cache: who reads it starts to read what comes behind it
};

struct page {
    uint32_t refs;    // atomic; who uses the frame: 0 = free. Freed by the page_put that takes it to 0
    uint32_t pins;    // atomic; page cache: who holds it for long (page_pin), user PTEs for example
    uint32_t flags;   // atomic; PG_*
    uint8_t use;      // enum page_use; of a free block, or of an allocation, in its first page
    uint8_t order;    // of a free block, or of an allocation, in its first page
    uint16_t objects; // slab: objects handed out
    void *owner;      // slab: the cache; page cache: struct mapping
    uint64_t index;   // page cache: page number in the mapping; slab: first free object
    struct list list; // free: buddy list or stock; page cache: clean or dirty; slab: of its cache; table:
                      // of its space
    struct page *hash_next; // page cache
    struct list siblings;   // page cache: of its mapping
};

// How an allocation may go about it. All but PAGE_NOWAIT need: no spinlock held.
enum page_how {
    PAGE_NOWAIT = 0,    // interrupt handlers, spinlock held: from what is free, reserve included
    PAGE_NOFS = 1 << 0, // may sleep and take clean cache pages, but not enter the file system
    PAGE_WAIT = 1 << 1, // may sleep and write back
    PAGE_ZERO = 1 << 2,
};

// Pieces of physical memory; ends exclusive.
struct page_ranges {
    uint64_t range[32][2];
    int count;
};
// Take over what is free in [ram_start, ram_end): all RAM but firmware, kernel image, device tree and RAM
// disk. Some of it goes for the struct pages, and out of free. Called once, on the boot hart.
void page_init(uint64_t ram_start, uint64_t ram_end, struct page_ranges *free);

// 2^order (up to PAGE_MAX_ORDER) contiguous frames, aligned to their size, refs = 1 in the first, or NULL.
// PAGE_ANON and PAGE_TABLE with PAGE_WAIT: waits as long as it takes, does not fail.
enum { PAGE_MAX_ORDER = 10 };
struct page *page_alloc(int order, enum page_use use, int how);
// What this thread does from now on gives memory back, or cannot be refused (write-back, freeing a file): it
// may have all of the reserve, or not any more. What was so before.
bool page_use_all(bool on);
static inline void page_get(struct page *p) { __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED); }
// Drop a reference; the last frees the block. Any context.
void page_free(struct page *p); // only for page_put
static inline void page_put(struct page *p) {
    if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0)
        page_free(p);
}

// The struct pages of all frames from the lowest RAM to the highest, holes included (PAGE_RESERVED).
extern struct page *page_array;
extern uint64_t page_first, page_count; // number of the first frame, frames in the array

static inline uint64_t pa_of(const void *va) { return (uint64_t)va - DIRECT_MAP; }
static inline void *va_of(uint64_t pa) { return (void *)(pa + DIRECT_MAP); }
static inline uint64_t page_pa(const struct page *p) { return (p - page_array + page_first) << PAGE_SHIFT; }
static inline void *page_va(const struct page *p) { return va_of(page_pa(p)); } // in the direct map
// NULL: outside of RAM.
static inline struct page *page_of_pa(uint64_t pa) {
    uint64_t i = (pa >> PAGE_SHIFT) - page_first;
    return likely(i < page_count) ? page_array + i : NULL;
}
static inline struct page *page_of_va(const void *va) { return page_of_pa(pa_of(va)); }

static inline void page_flag_set(struct page *p, uint32_t bits) {
    __atomic_fetch_or(&p->flags, bits, __ATOMIC_ACQ_REL);
}
static inline void page_flag_clear(struct page *p, uint32_t bits) {
    __atomic_fetch_and(&p->flags, ~bits, __ATOMIC_ACQ_REL);
}
static inline bool page_flag(const struct page *p, uint32_t bits) {
    return __atomic_load_n(&p->flags, __ATOMIC_ACQUIRE) & bits;
}

// Promise n frames for PAGE_ANON and PAGE_TABLE. 0, or -ENOMEM and nothing changed, after waiting a moment
// for memory to come back. A thread with vcpu.use_reserve (the console's shell, ps and kill) may use part of
// the reserve. No spinlock held.
int page_promise(uint64_t n);
void page_unpromise(uint64_t n);

// The cache adds 1 for each page that it takes in, dirty or clean, and -1 when it lets go of it: between the
// two the frame can be had back, unless it is pinned.
void page_reclaimable_add(int64_t n);
// A page of the cache is to stay until page_unpin, for long: the caller holds a reference. It is refused
// (false) when too little would be left for what was promised; not if the page is pinned already. how:
// PAGE_NOFS or PAGE_WAIT, as for page_alloc.
bool page_pin_first(struct page *p, int how); // only for page_pin
static inline bool page_pin(struct page *p, int how) {
    return __atomic_fetch_add(&p->pins, 1, __ATOMIC_RELAXED) > 0 || page_pin_first(p, how);
}
static inline void page_unpin(struct page *p) {
    if (__atomic_sub_fetch(&p->pins, 1, __ATOMIC_RELAXED) == 0)
        page_reclaimable_add(1);
}

// A shrinker gives back frames it can do without: asked to free `want` frames, returns how many it freed.
// how: as for page_alloc, what it may do. Set by boot, in the order to ask; the page cache's is the first.
enum { PAGE_SHRINKERS = 2 };
extern uint64_t (*page_shrinkers[PAGE_SHRINKERS])(uint64_t want, int how);
// Is it worth to try again what has begun and cannot be taken back? Yes if err is -ENOMEM, but not for ever;
// then this has waited a moment for memory. *attempts is 0 at first. May sleep; no bracket open.
bool page_retry(int err, int *attempts);
// Set by boot: gets write-back going and sleeps so long.
extern void (*page_wait)(int milliseconds);

// Fill in what this file knows of the figures.
void page_stats(struct mem_info *info);
