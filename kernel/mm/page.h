// page.h: physical memory: one struct page a frame, a buddy allocator, per-hart lists of single frames, promises.
//
// May call: riscv, lib. Guarding: the buddy lists by one spinlock (RANK_PAGE); per-hart lists by interrupts
// off; counters are atomic. Fields of a page belong to whoever owns it (see below).
//
// Promises (DESIGN.md section 7): fork, sbrk and exec promise frames before they are touched. The allocator keeps
//     free + reclaimable >= (promised - anon) + reserve
// so an allocation with PAGE_PROMISED never fails: it waits for reclaim at worst.
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "lib/kernel.h"
#include "lib/list.h"

// Physical memory is mapped at DIRECT_MAP + pa.
#define DIRECT_MAP 0xffffffc000000000UL

enum page_use {
    PAGE_FREE,
    PAGE_RESERVED, // firmware, kernel image, device tree, RAM disk
    PAGE_KERNEL,   // page tables, stacks, buffers
    PAGE_SLAB,
    PAGE_ANON,     // private memory of processes
    PAGE_CACHE,    // fs/cache.c
};

// page->flags, changed with page_flag_set and page_flag_clear (atomic)
enum {
    PG_UPTODATE = 1 << 0,   // cache: holds what the file holds
    PG_DIRTY = 1 << 1,      // cache: newer than the disk
    PG_WRITEBACK = 1 << 2,  // cache: being written
    PG_LOCKED = 1 << 3,     // cache: being filled or changed
    PG_ERROR = 1 << 4,      // cache: the last transfer failed
    PG_REFERENCED = 1 << 5, // used since the replacement policy last looked
    PG_LRU = 1 << 6,        // stands on a replacement list
    PG_META = 1 << 7,       // cache: metadata, written by the transaction only
    PG_TXN = 1 << 8,        // cache: part of the running transaction
    PG_CHECKED = 1 << 9,    // cache: the file system has checked what it holds (directories)
};

struct page {
    uint32_t refs;     // atomic; who uses the frame: 0 = free. Freed by the page_put that takes it to 0
    uint32_t maps;     // atomic; user PTEs that point here
    uint32_t flags;    // atomic; PG_*
    uint8_t use;       // enum page_use
    uint8_t order;     // of a free block, or of an allocation, in its first page
    uint16_t pad;
    void *owner;       // slab: the cache; page cache: struct mapping
    uint64_t index;    // page cache: page number in the mapping
    struct list list;  // free: buddy list; page cache: LRU list
};

// How an allocation may go about it.
enum page_how {
    PAGE_NOWAIT = 0,        // interrupt handlers, spinlock held: from what is free, reserve included
    PAGE_NOFS = 1 << 0,     // may sleep and take clean cache pages, but not enter the file system
    PAGE_WAIT = 1 << 1,     // may sleep and write back
    PAGE_PROMISED = 1 << 2, // with PAGE_WAIT: anonymous memory that was promised: does not fail
    PAGE_ZERO = 1 << 3,
    PAGE_USE_RESERVE = 1 << 4, // write-back and the console's emergency helpers
};

// Take over all memory the FDT names except what is reserved. Called once, on the boot hart.
// ranges: count pairs of physical start, end (exclusive) to leave out.
void page_init(const uint64_t (*memory)[2], int memory_count, const uint64_t (*reserved)[2], int reserved_count);

// 2^order contiguous frames, aligned to their size, refs = 1 in the first; use is noted. NULL: no memory.
struct page *page_alloc(int order, enum page_use use, int how);
static inline struct page *page_alloc_one(enum page_use use, int how) { return page_alloc(0, use, how); }
void page_get(struct page *p);
// Drop a reference; the last frees the block. Any context.
void page_put(struct page *p);

uint64_t page_pa(const struct page *p);
void *page_va(const struct page *p);   // in the direct map
struct page *page_of_pa(uint64_t pa);  // NULL if it is no RAM of ours
struct page *page_of_va(const void *va);
static inline uint64_t pa_of(const void *va) { return (uint64_t)va - DIRECT_MAP; }
static inline void *va_of(uint64_t pa) { return (void *)(pa + DIRECT_MAP); }

static inline void page_flag_set(struct page *p, uint32_t bits) { __atomic_fetch_or(&p->flags, bits, __ATOMIC_ACQ_REL); }
static inline void page_flag_clear(struct page *p, uint32_t bits) { __atomic_fetch_and(&p->flags, ~bits, __ATOMIC_ACQ_REL); }
static inline bool page_flag(const struct page *p, uint32_t bits) { return __atomic_load_n(&p->flags, __ATOMIC_ACQUIRE) & bits; }

// Promise n frames of anonymous memory. 0, or -ENOMEM and nothing changed. privileged: may use the part of the
// reserve kept for the console's shell, ps and kill.
int page_promise(uint64_t n, bool privileged);
void page_unpromise(uint64_t n);

// Cache pages that could be dropped now or after write-back; kept up to date by the cache.
void page_reclaimable_add(int64_t n);

// A shrinker gives back frames it can do without: asked to free `want` frames, returns how many it freed. how: as for
// page_alloc, what it may do. Registered by boot, in the order to ask.
void page_shrinker_register(uint64_t (*shrink)(uint64_t want, int how));

struct page_stats {
    uint64_t total, free, kernel, slab, anon, cache, reclaimable, promised, reserve, available;
};
void page_stats(struct page_stats *s);
// Check the free lists against the struct pages; panics on a contradiction. For tests.
void page_check(void);

#endif
