// cache.c: the page cache: finding, reading, writing and dropping pages. Which page to drop is
// cache_policy.c's.
#include "fs/cache.h"

enum { READ_AHEAD = BLOCK_MAX_PAGES, REQUESTS_AHEAD = 8, SECTORS = PAGE_SIZE / SECTOR_SIZE, TRANSFERS = 16 };
enum { CHAIN_LOCKS = 64 };

// Pages on their way between memory and consecutive blocks. There are so many, and who needs one more waits:
// so writing to get memory back needs no memory.
struct transfer {
    struct block_request req;
    struct list link; // in idle_transfers
    struct page *pages[BLOCK_MAX_PAGES];
};

static struct transfer transfers[TRANSFERS];
// set by cache_init
static struct page **buckets; // chains by hash_next
static uint64_t bucket_mask, dirty_limit;

static struct spinlock lock = SPINLOCK(RANK_CACHE, "page cache");
// A chain is changed under lock and under the one of these for its bucket, and read under either: so those
// who find what is there do not meet.
static struct chain_lock { struct spinlock lock; } __attribute__((aligned(64))) chain_locks[CHAIN_LOCKS];
// guarded by lock
static struct list clean_pages = LIST_INIT(clean_pages);
static struct list dirty_pages = LIST_INIT(dirty_pages); // of files
static struct list idle_transfers = LIST_INIT(idle_transfers);
static struct waitq transfer_ended = WAITQ(transfer_ended, "disk");
static uint32_t writing;     // transfers
static bool write_failed;    // one of them, since wait_for_writes last told
static bool write_again;     // a page of a file for which it fails gets dirty again
static uint64_t dirty_count; // pages with PG_DIRTY
static struct waitq throttled = WAITQ(throttled, "dirty pages"); // there are fewer
static uint64_t flush_at = WAIT_FOREVER;                         // time in ticks
static struct waitq flusher = WAITQ(flusher, "dirty pages");     // it has come closer

// ---- pages in and out of a mapping

static uint64_t bucket_of(const struct mapping *m, uint64_t index) {
    return hash_word((uint64_t)m << 20 ^ index) & bucket_mask;
}

static struct spinlock *chain_of(uint64_t bucket) { return &chain_locks[bucket % CHAIN_LOCKS].lock; }

// Place of the pointer to the page; it points to NULL if there is none. lock or the chain's held.
static struct page **place_of(uint64_t bucket, const struct mapping *m, uint64_t index) {
    struct page **at = &buckets[bucket];
    while (*at && ((*at)->owner != m || (*at)->index != index))
        at = &(*at)->hash_next;
    return at;
}

// Wait for the end of some transfer. lock held.
static void wait_for_transfer(void) {
    waitq_wait(&transfer_ended, &lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
}

// Put a new page with these flags into m. 0 and a reference, -EEXIST: somebody was faster, or -ENOMEM. how:
// as for page_alloc.
static int add_page(struct mapping *m, uint64_t index, uint32_t flags, int how, struct page **out) {
    struct page *p = page_alloc(0, PAGE_CACHE, how);
    if (!p)
        return -ENOMEM;
    const uint64_t bucket = bucket_of(m, index);
    p->hash_next = NULL;
    p->owner = m;
    p->index = index;
    p->flags = flags;
    spin_lock(&lock);
    struct page **at = place_of(bucket, m, index);
    bool there = *at;
    if (!there) {
        page_get(p); // the cache's own
        spin_take(chain_of(bucket));
        *at = *out = p;
        spin_release(chain_of(bucket));
        list_append(&m->pages, &p->siblings);
        list_push(&clean_pages, &p->list);
        page_reclaimable_add(1);
    }
    spin_unlock(&lock);
    if (there)
        page_put(p);
    return there ? -EEXIST : 0;
}

// p, a page of m, is DIRTY from now on. lock held.
static void make_dirty(struct mapping *m, struct page *p) {
    page_flag_set(p, PG_DIRTY);
    list_remove(&p->list);
    if (m->block_of)
        list_append(&dirty_pages, &p->list);
    dirty_count++;
}

// p is not DIRTY any more. lock held.
static void make_clean(struct page *p) {
    page_flag_clear(p, PG_DIRTY);
    list_remove(&p->list);
    list_push(&clean_pages, &p->list);
    if (--dirty_count == dirty_limit)
        waitq_wake_all(&throttled);
}

// Take p out, dirty or not, and drop the cache's reference; if others have one, only with in_use. False: it
// stays. lock held.
static bool drop(struct page *p, bool in_use) {
    const uint64_t bucket = bucket_of(p->owner, p->index);
    spin_take(chain_of(bucket)); // nobody finds it any more
    bool goes = in_use || __atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) == 1;
    if (goes)
        *place_of(bucket, p->owner, p->index) = p->hash_next;
    spin_release(chain_of(bucket));
    if (!goes)
        return false;
    if (page_flag(p, PG_DIRTY))
        make_clean(p);
    list_remove(&p->siblings);
    list_remove(&p->list);
    p->owner = NULL;
    page_reclaimable_add(-1);
    page_put(p);
    return true;
}

static NOINLINE void wait_until_read(const struct page *p) {
    spin_lock(&lock);
    while (page_flag(p, PG_LOCKED))
        wait_for_transfer();
    spin_unlock(&lock);
}

// The page at index with a reference, or NULL; it may be in *out already, with a reference. One that is being
// read is waited for. 0 or -EIO.
static int find(struct mapping *m, uint64_t index, struct page **out) {
    if (!*out) {
        const uint64_t bucket = bucket_of(m, index);
        spin_lock(chain_of(bucket));
        if ((*out = *place_of(bucket, m, index)))
            page_get(*out);
        spin_unlock(chain_of(bucket));
    }
    struct page *p = *out;
    if (!p)
        return 0;
    if (unlikely(page_flag(p, PG_LOCKED)))
        wait_until_read(p);
    if (unlikely(page_flag(p, PG_ERROR))) {
        page_put(p);
        return -EIO;
    }
    if (!page_flag(p, PG_REFERENCED))
        page_flag_set(p, PG_REFERENCED);
    return 0;
}

// ---- transfers

// p has been transferred, or not. lock held.
static void end_transfer(struct page *p, enum block_op op, int error) {
    if (op == BLOCK_READ && error) {
        page_flag_set(p, PG_ERROR);
        drop(p, true); // the next one tries again
    } else if (error) {
        struct mapping *m = p->use == PAGE_CACHE ? p->owner : NULL;
        write_failed = true;
        if (m && m->block_of && write_again) {
            if (!page_flag(p, PG_DIRTY))
                make_dirty(m, p);
        } else if (m)
            __atomic_store_n(&m->error, -EIO, __ATOMIC_RELAXED);
    }
    page_flag_clear(p, op == BLOCK_READ ? PG_LOCKED : PG_WRITEBACK);
    page_put(p);
}

static void transfer_done(struct block_request *req) {
    struct transfer *t = container_of(req, struct transfer, req);
    spin_lock(&lock);
    for (uint32_t i = 0; i < req->page_count; i++)
        end_transfer(t->pages[i], req->op, req->error);
    writing -= req->op == BLOCK_WRITE;
    list_push(&idle_transfers, &t->link);
    waitq_wake_all(&transfer_ended);
    spin_unlock(&lock);
}

// Start to transfer these pages; those with consecutive blocks go in one request. Takes over a reference to
// each, until its transfer ends.
static void submit(struct block_device *dev, enum block_op op, struct page **pages, const uint64_t *blocks,
                   uint32_t count) {
    for (uint32_t n; count > 0; pages += n, blocks += n, count -= n) {
        struct transfer *t;
        for (n = 1; n < count && n < BLOCK_MAX_PAGES && blocks[n] == blocks[0] + n; n++)
            ;
        spin_lock(&lock);
        while (!(t = list_first(&idle_transfers, struct transfer, link)))
            wait_for_transfer();
        list_remove(&t->link);
        writing += op == BLOCK_WRITE;
        spin_unlock(&lock);
        memcpy(t->pages, pages, n * sizeof(*pages));
        t->req = (struct block_request){.op = op,
                                        .sector = blocks[0] * SECTORS,
                                        .page_count = n,
                                        .pages = t->pages,
                                        .done = transfer_done};
        block_submit(dev, &t->req);
    }
}

// The block of p, which is LOCKED or under WRITEBACK: that keeps its mapping alive. 0, or -errno: its
// transfer has ended, and there was none. -ENOENT: it has no block.
static int find_block(struct page *p, enum block_op op, uint64_t *block) {
    struct mapping *m = p->owner;
    *block = p->index;
    int err = 0, attempts = 0;
    do
        err = m->block_of ? m->block_of(m, p->index, block) : 0;
    while (op == BLOCK_WRITE && page_retry(err, &attempts));
    if (!err)
        return 0;
    bool hole = op == BLOCK_READ && err == -ENOENT;
    if (hole)
        page_zero(page_va(p));
    if (op == BLOCK_WRITE && err == -ENOMEM)
        cache_mark_dirty(p); // another time
    spin_lock(&lock);
    end_transfer(p, op, hole ? 0 : err);
    waitq_wake_all(&transfer_ended);
    spin_unlock(&lock);
    return err;
}

// ---- reading

// Bring the page at index in, or start to, and those behind it, `wanted` in all: they are a help, and stop at
// a hole (which may be the end of the file) or when something fails. 0 and a reference, or NULL if somebody
// else does it; -ENOMEM or -EIO.
static int start_reading(struct mapping *m, uint64_t index, uint32_t wanted, struct page **out) {
    struct page *pages[READ_AHEAD];
    uint64_t blocks[READ_AHEAD];
    uint32_t count = 0, i = 0;
    int err, first = 0;
    racy(m->read_next) = index + wanted; // a guess
    do {
        err = add_page(m, index + i, wanted > 1 && i == 0 ? PG_LOCKED | PG_AHEAD : PG_LOCKED, PAGE_NOFS,
                       &pages[count]);
        if (!err && i == 0)
            page_get(*out = pages[0]);
        // The block is asked for once the locked page is in the cache: then a truncate waits for us.
        if (!err && (err = find_block(pages[count], BLOCK_READ, &blocks[count])) == 0)
            count++;
        if (i == 0 && err != -EEXIST && err != -ENOENT)
            first = err;
    } while (++i < wanted && !err);
    submit(m->dev, BLOCK_READ, pages, blocks, count);
    if (first && *out)
        page_put(*out);
    return first;
}

// A reader has come to the first of some pages that were read ahead: start to read what will be twice as far
// ahead of it as last time, in requests of READ_AHEAD.
static void read_ahead(struct mapping *m, struct page *p) {
    page_flag_clear(p, PG_AHEAD);
    racy(m->read_window) = min(2 * racy(m->read_window), (uint32_t)READ_AHEAD * REQUESTS_AHEAD);
    uint64_t next; // not ahead: somebody else reads elsewhere in the file, and has left the guess there
    while ((next = racy(m->read_next)) > p->index && next < p->index + racy(m->read_window)) {
        struct page *first = NULL;
        if (start_reading(m, next, READ_AHEAD, &first) || !first)
            break;
        page_put(first);
    }
}

int cache_read(struct mapping *m, uint64_t index, struct page **out) {
    int err;
    *out = NULL;
    while (!(err = find(m, index, out)) && !*out) {
        racy(m->read_window) = m->block_of && index == racy(m->read_next) ? READ_AHEAD / 2 : 1;
        if ((err = start_reading(m, index, racy(m->read_window), out)))
            break;
    }
    if (!err && unlikely(page_flag(*out, PG_AHEAD)))
        read_ahead(m, *out);
    return err;
}

int cache_fresh(struct mapping *m, uint64_t index, int zero, struct page **out) {
    int err;
    do {
        *out = NULL;
        err = find(m, index, out);
        if (!err && !*out)
            err = add_page(m, index, 0, PAGE_NOFS | zero, out);
    } while (err == -EEXIST || err == -EIO); // an unreadable page has left
    return err;
}

// ---- dirty pages

// The flusher is to be at work by then. lock held.
static void flush_by(uint64_t when) {
    if (when < flush_at) {
        flush_at = when;
        waitq_wake_all(&flusher);
    }
}

void cache_flush_in(uint64_t ticks) {
    spin_lock(&lock);
    flush_by(time_now() + ticks);
    spin_unlock(&lock);
}

void cache_wait_flush(void) {
    spin_lock(&lock);
    while (time_now() < flush_at)
        waitq_wait(&flusher, &lock, WAIT_UNINTERRUPTIBLE, flush_at);
    flush_at = WAIT_FOREVER;
    spin_unlock(&lock);
}

uint64_t cache_dirty_count(void) { return racy(dirty_count); } // may change at once in any case

void cache_throttle(void) {
    if (likely(cache_dirty_count() <= dirty_limit))
        return;
    spin_lock(&lock);
    while (dirty_count > dirty_limit) {
        flush_by(0);
        waitq_wait(&throttled, &lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    }
    spin_unlock(&lock);
}

void cache_mark_dirty(struct page *p) {
    spin_lock(&lock);
    struct mapping *m = p->owner; // NULL: cut off meanwhile
    if (m && !page_flag(p, PG_DIRTY)) {
        make_dirty(m, p);
        flush_by(dirty_count < dirty_limit / 4 ? time_now() + timebase / 2 : 0); // much is not held back
    }
    spin_unlock(&lock);
}

void cache_mark_clean(struct page *p) {
    spin_lock(&lock);
    if (page_flag(p, PG_DIRTY))
        make_clean(p);
    spin_unlock(&lock);
}

// Drop p, unless it is in a transfer: then wait for one to end, and the caller looks again. lock held.
static bool drop_idle(struct page *p) {
    bool idle = !page_flag(p, PG_LOCKED | PG_WRITEBACK);
    if (idle)
        drop(p, true);
    else
        wait_for_transfer();
    return idle;
}

void cache_truncate(struct mapping *m, uint64_t index) {
    // Who adds a page now might as well add it later; who drops the last one writes m's ends last of all.
    if (racy(m->pages.next) == &m->pages && racy(m->pages.prev) == &m->pages)
        return;
    spin_lock(&lock);
    for (struct list *at = m->pages.next; at != &m->pages;) {
        struct page *p = list_entry(at, struct page, siblings);
        at = at->next;
        if (p->index >= index && !drop_idle(p))
            at = m->pages.next;
    }
    spin_unlock(&lock);
}

void cache_forget(struct mapping *m, uint64_t index) {
    struct page *p;
    spin_lock(&lock);
    while ((p = *place_of(bucket_of(m, index), m, index)) && !(m->block_of && page_flag(p, PG_DIRTY)) &&
           !drop_idle(p))
        ;
    spin_unlock(&lock);
}

// ---- writing

static int wait_for_writes(void) {
    spin_lock(&lock);
    while (writing > 0)
        wait_for_transfer();
    int err = write_failed ? -EIO : 0;
    write_failed = false;
    spin_unlock(&lock);
    return err;
}

int cache_write_all(struct block_device *dev, bool again) {
    struct page *pages[BLOCK_MAX_PAGES], *p;
    uint64_t blocks[BLOCK_MAX_PAGES];
    uint32_t count = 0;
    struct list todo = LIST_INIT(todo); // what gets dirty again meanwhile is left for the next time
    spin_lock(&lock);
    write_again = again;
    list_splice(&todo, &dirty_pages);
    while ((p = list_first(&todo, struct page, list))) {
        make_clean(p);
        page_flag_set(p, PG_WRITEBACK);
        page_get(p);
        spin_unlock(&lock);
        pages[count] = p;
        if (find_block(p, BLOCK_WRITE, &blocks[count]) == 0)
            count++;
        if (count == BLOCK_MAX_PAGES) {
            submit(dev, BLOCK_WRITE, pages, blocks, count);
            count = 0;
        }
        spin_lock(&lock);
    }
    spin_unlock(&lock);
    submit(dev, BLOCK_WRITE, pages, blocks, count);
    return wait_for_writes();
}

int cache_write_pages(struct block_device *dev, struct page **pages, const uint64_t *blocks, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        page_get(pages[i]);
    submit(dev, BLOCK_WRITE, pages, blocks, count);
    return wait_for_writes();
}

// ---- giving memory back

uint64_t cache_shrink(uint64_t want, int how) {
    struct mem_info mem;
    page_stats(&mem);
    uint64_t freed = 0; // after twice round at most, by the policy's 16 pages a step: once for their marks
    for (uint64_t looked = 0; freed < want && looked < 4 * want + 256 + mem.cached / 8; looked++) {
        spin_lock(&lock);
        struct page *p = cache_policy_clock(&clean_pages);
        freed += p && drop(p, false);
        spin_unlock(&lock);
    }
    return freed;
}

void cache_init(void) {
    struct mem_info mem;
    page_stats(&mem);
    dirty_limit = max(mem.total / 4, (uint64_t)64);
    int order = 0; // about a bucket for two frames
    while (order < PAGE_MAX_ORDER && (PAGE_SIZE << order) / sizeof(*buckets) < mem.total / 2)
        order++;
    buckets = page_va(page_alloc(order, PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO));
    bucket_mask = (PAGE_SIZE << order) / sizeof(*buckets) - 1;
    for (int i = 0; i < CHAIN_LOCKS; i++)
        spin_init(&chain_locks[i].lock, RANK_CACHE_CHAIN, "page cache chain");
    for (int i = 0; i < TRANSFERS; i++)
        list_push(&idle_transfers, &transfers[i].link);
}
