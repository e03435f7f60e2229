// cache.h: the page cache: (mapping, index) -> page, for file data and for metadata alike.
//
// A mapping is the pages of one inode, or of one block device (metadata: block number = index, since a block
// is a page). The only thing a file system adds is block_of: where on its device a page lives. One hash table
// finds all pages; its chains are looked through under a spinlock for some of them (RANK_CACHE_CHAIN), and
// changed under the one that guards everything else here, too (RANK_CACHE). A page that somebody holds a
// reference to is never dropped to free memory.
//
// Flags of a page here: LOCKED while it is being read, DIRTY when it is newer than the disk, WRITEBACK while
// a copy of it is on the way there. What is not LOCKED holds what the file holds: a page that cannot be read
// leaves the cache with ERROR, for those who wait. A page under WRITEBACK may be changed and become DIRTY
// again. A clean page is in one list, a dirty one of a file in another, a dirty one of metadata in the
// transaction. A page counts as reclaimable for mm from its insertion to its removal; that
// dirty pages need a write first and pages of running programs their exit is neglected. May call: dev
// (block), sched, mm, lib.
#pragma once

#include "dev/block.h"
#include "mm/slab.h"
#include "sched/mutex.h"
#include "sched/timer.h"

struct mapping {
    // set once
    struct block_device *dev;
    // Block of the device that holds page index. -ENOENT: a hole, reads as zero (past the end of the file
    // everything is a hole). May sleep; takes MUTEX_INODE at most. NULL: a device's own mapping (metadata).
    int (*block_of)(struct mapping *m, uint64_t index, uint64_t *block);
    void *owner;       // struct inode, or struct filesystem for metadata
    struct list pages; // guarded by the cache's lock; by page->siblings
    int error;         // a write has failed since fsync last told; atomic
    // a guess, no lock
    uint64_t read_next;   // index that a sequential reader asks for next, or that is read ahead next
    uint32_t read_window; // pages that are read ahead of it
};

// The page at index, holding what the file holds, with a reference for the caller. A sequential reader gets
// the next pages read as well. 0, -EIO or -ENOMEM. May sleep.
int cache_read(struct mapping *m, uint64_t index, struct page **out);
// The same, but a page that is not there yet is not read, for a fresh block: it comes zeroed (zero =
// PAGE_ZERO), or (0) with anything in it, if the caller overwrites all of it before anybody looks.
int cache_fresh(struct mapping *m, uint64_t index, int zero, struct page **out);
// Note that the page (reference held) is newer than the disk.
void cache_mark_dirty(struct page *p);
// Note that a metadata page is on disk now.
void cache_mark_clean(struct page *p);
// Forget pages from index on, after transfers in flight. Dirty contents are lost. May sleep.
void cache_truncate(struct mapping *m, uint64_t index);
// Forget one page (a freed metadata block; or one of a file, unless it is dirty), after transfers in flight.
void cache_forget(struct mapping *m, uint64_t index);
// Write all dirty pages of files, which live on dev, and wait. 0 or -EIO. One caller at a time (the commit).
// again: those that could not be written are dirty again; else that is lost, and fsync tells.
int cache_write_all(struct block_device *dev, bool again);
// Write these pages (references held, of any mapping or none) to these blocks and wait. 0 or -EIO.
int cache_write_pages(struct block_device *dev, struct page **pages, const uint64_t *blocks, uint32_t count);
// Wait here while too much of memory is dirty. No lock held that a commit needs: MUTEX_IO at most.
void cache_throttle(void);

// The flusher is to write what is dirty in so many ticks, if not earlier. A page that gets dirty asks for
// half a second, or, if a sixteenth of memory is dirty, for now.
void cache_flush_in(uint64_t ticks);
// For the flusher: sleep until then.
void cache_wait_flush(void);
uint64_t cache_dirty_count(void); // pages

// For mm: give back up to want clean unmapped pages.
uint64_t cache_shrink(uint64_t want, int how);
void cache_init(void);

// cache_policy.c: which page to give up: policy apart from mechanism. From all clean pages, the one first
// that got clean last, the next best to drop, or NULL. It stays in the list, since it may turn out to be in
// use; so the next call names another one, as long as there are others. A page says by PG_REFERENCED that it
// has been used since the policy last looked. Runs under the cache's lock.
struct page *cache_policy_clock(struct list *clean);
