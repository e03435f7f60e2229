// cache.h: the page cache: (mapping, index) -> page, for file data and for metadata alike.
//
// A mapping is the pages of one inode, or of one block device (metadata: block number = index, since a block
// is a page). The only thing a file system adds is block_of: where on its device a page lives. Pages are
// found through a radix tree a mapping (RANK_CACHE); the lists over all mappings (replacement, mappings with
// dirty pages) have a lock of their own (RANK_CACHE_LRU). A page that somebody holds a reference to is never
// dropped to free memory.
//
// Flags of a page here: LOCKED while it is being read, UPTODATE when it holds what the file holds, DIRTY when
// it is newer than the disk, WRITEBACK while a copy of it is on the way there. A page under WRITEBACK may be
// changed and become DIRTY again. They change under the mapping's lock. A page counts as reclaimable for mm
// from its insertion to its removal; that dirty pages need a write first and pages of running programs their
// exit is neglected. May call: dev (block), sched, mm, lib.
#ifndef FS_CACHE_H
#define FS_CACHE_H

#include "dev/block.h"
#include "lib/radix.h"
#include "mm/page.h"
#include "sched/waitq.h"

struct mapping;

struct mapping_ops {
    // Block of the device that holds page index; 0 in *block: a hole, reads as zero (past the end of the file
    // everything is a hole). May sleep; takes MUTEX_INODE at most.
    int (*block_of)(struct mapping *m, uint64_t index, uint64_t *block);
};

struct mapping {
    struct block_device *dev;
    const struct mapping_ops *ops; // NULL: a device's own mapping, block = index
    void *owner;                   // struct inode, or struct filesystem for metadata
    bool metadata;                 // its dirty pages are written by the transaction, not by writeback
    struct spinlock lock;          // RANK_CACHE
    // guarded by lock
    struct radix pages;   // tag 0: dirty, tag 1: under writeback
    uint64_t dirty;       // pages with PG_DIRTY
    struct waitq wait;    // page unlocked or written back
    int error;            // first write error since it was last reported (fsync)
    uint64_t read_next;   // read-ahead: index that a sequential reader asks for next
    uint32_t read_window; // pages to read ahead
    // guarded by the lock of the lists
    struct list dirty_link; // in the list of mappings with dirty pages
    uint32_t writers;       // cache_write_all is busy with it
};

void mapping_init(struct mapping *m, struct block_device *dev, const struct mapping_ops *ops, void *owner);
// Drop every page, after reads and writes in flight; dirty ones are lost. Nobody holds any. May sleep.
void mapping_destroy(struct mapping *m);

// The page at index, holding what the file holds, with a reference for the caller. 0, -EIO or -ENOMEM. May
// sleep.
int cache_read(struct mapping *m, uint64_t index, struct page **out);
// The same, but a page that is not there yet comes up to date without being read, for a fresh block: zeroed,
// or with anything in it if the caller overwrites all of it before somebody else can look.
int cache_fresh(struct mapping *m, uint64_t index, bool zeroed, struct page **out);
// The page if it is in memory and up to date, else NULL. Fast path; does not sleep.
struct page *cache_peek(struct mapping *m, uint64_t index);
// Start reading [index, index + count) in the background.
void cache_read_ahead(struct mapping *m, uint64_t index, uint32_t count);
// Note that the page (reference held) is newer than the disk.
void cache_mark_dirty(struct page *p);
// Note that a metadata page is on disk now (its mapping is not written by cache_write_all).
void cache_mark_clean(struct page *p);
// Forget pages from index on, after writes in flight. Dirty contents are lost.
void cache_truncate(struct mapping *m, uint64_t index);
// Forget one page (a freed metadata block), after writes in flight.
void cache_forget(struct mapping *m, uint64_t index);
// Write all dirty pages of m and wait. 0 or the first error since the last call (fsync).
int cache_write(struct mapping *m);
// Write all dirty data pages of all mappings on dev and wait. 0 or -EIO. One caller at a time (the commit).
int cache_write_all(struct block_device *dev);
// Write these pages (references held, of any mapping of dev, blocks given) with several requests in flight,
// and wait.
int cache_write_pages(struct block_device *dev, struct page **pages, const uint64_t *blocks, uint32_t count);
// Wait here while too much of memory is dirty. No lock held.
void cache_throttle(void);

// For the flusher. Something in memory is newer than the disk from now on: start the clock, wake the flusher.
void cache_note_dirty(void);
// A commit starts: what gets dirty from now on is the business of the next one.
void cache_dirty_reset(void);
// How long the oldest dirty data has been waiting, ns; 0: nothing is dirty.
uint64_t cache_dirty_age(void);
// Sleep until the oldest dirty data has that age (while nothing is dirty: for good), or too much is dirty.
void cache_wait_dirty(uint64_t age);
// End that sleep now: memory is short.
void cache_flush_soon(void);

// For mm: give back up to want clean unmapped pages.
uint64_t cache_shrink(uint64_t want, int how);
struct cache_stats {
    uint64_t pages, dirty, hits, misses;
};
void cache_stats(struct cache_stats *s);
void cache_init(void);

#endif
