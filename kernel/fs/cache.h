// cache.h: the page cache: (mapping, index) -> page, for file data and for metadata alike.
//
// A mapping is the pages of one inode, or of one block device (metadata: block number = index, since a block
// is a page). The only thing a file system adds is block_of: where on its device a page lives. One hash table
// finds all pages, and one spinlock (RANK_CACHE) guards it and everything else here. A page that somebody
// holds a reference to is never dropped to free memory.
//
// Flags of a page here: LOCKED while it is being read, DIRTY when it is newer than the disk, WRITEBACK while
// a copy of it is on the way there. What is not LOCKED holds what the file holds: a page that cannot be read
// leaves the cache with ERROR, for those who wait. A page under WRITEBACK may be changed and become DIRTY
// again. A clean page is in the policy's lists (cache_policy.h), a dirty one of a file in ours, a dirty one
// of metadata in the transaction. A page counts as reclaimable for mm from its insertion to its removal; that
// dirty pages need a write first and pages of running programs their exit is neglected. May call: dev
// (block), sched, mm, lib.
#ifndef FS_CACHE_H
#define FS_CACHE_H

#include "dev/block.h"
#include "lib/list.h"
#include "mm/page.h"
#include "sched/waitq.h"

struct mapping;

struct mapping_ops {
    // Block of the device that holds page index; 0 in *block: a hole, reads as zero (past the end of the file
    // everything is a hole). May sleep; takes MUTEX_INODE at most.
    int (*block_of)(struct mapping *m, uint64_t index, uint64_t *block);
};

struct mapping {
    // set once
    struct block_device *dev;
    const struct mapping_ops *ops; // NULL: a device's own mapping (metadata), block = index
    void *owner;                   // struct inode, or struct filesystem for metadata
    struct list pages;             // guarded by the cache's lock; by page->siblings
    int error;                     // a write has failed since fsync last told; atomic
    // a guess, no lock
    uint64_t read_next; // index that a sequential reader asks for next
};

void mapping_init(struct mapping *m, struct block_device *dev, const struct mapping_ops *ops, void *owner);

// The page at index, holding what the file holds, with a reference for the caller. A sequential reader gets
// the next pages read as well. 0, -EIO or -ENOMEM. May sleep.
int cache_read(struct mapping *m, uint64_t index, struct page **out);
// The same, but a page that is not there yet is not read, for a fresh block: it comes zeroed, or with
// anything in it if the caller overwrites all of it before anybody looks.
int cache_fresh(struct mapping *m, uint64_t index, bool zeroed, struct page **out);
// The page if it is in memory and not being read, else NULL. Does not sleep.
struct page *cache_peek(struct mapping *m, uint64_t index);
// Note that the page (reference held) is newer than the disk.
void cache_mark_dirty(struct page *p);
// Note that a metadata page is on disk now.
void cache_mark_clean(struct page *p);
// Forget pages from index on, after transfers in flight. Dirty contents are lost. May sleep.
void cache_truncate(struct mapping *m, uint64_t index);
// Forget one page (a freed metadata block), after transfers in flight.
void cache_forget(struct mapping *m, uint64_t index);
// Write all dirty pages of files, which live on dev, and wait. 0 or -EIO. One caller at a time (the commit).
int cache_write_all(struct block_device *dev);
// Write these pages (references held, of any mapping or none) to these blocks and wait. 0 or -EIO.
int cache_write_pages(struct block_device *dev, struct page **pages, const uint64_t *blocks, uint32_t count);
// Wait here while too much of memory is dirty. No lock held that a commit needs: MUTEX_IO at most.
void cache_throttle(void);

// The flusher is to write what is dirty in so many ticks, if not earlier. A page that gets dirty asks for
// half a second.
void cache_flush_in(uint64_t ticks);
// For the flusher: sleep until then.
void cache_wait_flush(void);
uint64_t cache_dirty_count(void); // pages

// For mm: give back up to want clean unmapped pages.
uint64_t cache_shrink(uint64_t want, int how);
void cache_init(void);

#endif
