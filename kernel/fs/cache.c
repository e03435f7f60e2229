// cache.c: the page cache: finding, reading, writing and dropping pages. Which page to drop is
// cache_policy.c's.
#include "fs/cache.h"

#include "fs/cache_policy.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"

enum { TAG_DIRTY, TAG_WRITEBACK };
enum { READ_AHEAD_MIN = 4, READ_AHEAD_MAX = 32, SECTORS = PAGE_SIZE / SECTOR_SIZE, SHRINK_BATCH = 32 };

static const struct cache_policy *policy = &cache_policy_clock;
static struct slab_cache *node_cache, *transfer_cache;

static struct spinlock lists_lock = SPINLOCK(RANK_CACHE_LRU, "cache lists");
// guarded by lists_lock; besides them it guards the policy's lists
static struct list dirty_mappings = LIST_INIT(dirty_mappings);
static struct waitq writers_done; // mapping->writers went to 0
static struct waitq throttled;    // fewer pages are dirty
static struct waitq flusher;      // something is dirty, or too much
static bool too_much;

// atomic
static uint64_t
    dirty_since; // clock_monotonic when something got dirty after the last commit began; 0: nothing
static uint64_t cached_count, dirty_count, hits, misses;
static uint64_t dirty_limit; // set by cache_init

static uint64_t load(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static void add(uint64_t *p, int64_t n) { __atomic_fetch_add(p, (uint64_t)n, __ATOMIC_RELAXED); }

static void *node_get(void) { return slab_alloc(node_cache, PAGE_NOWAIT | PAGE_ZERO); }
static void node_put(void *node) { slab_free(node_cache, node); }
static const struct radix_alloc nodes = {node_get, node_put};

void mapping_init(struct mapping *m, struct block_device *dev, const struct mapping_ops *ops, void *owner) {
    memset(m, 0, sizeof *m);
    m->dev = dev;
    m->ops = ops;
    m->owner = owner;
    spin_init(&m->lock, RANK_CACHE, "page cache");
    waitq_init(&m->wait, "page");
    list_init(&m->dirty_link);
}

// ---- pages in and out of a mapping

// Put p into m. m->lock held. 0 or -ENOMEM.
static int insert(struct mapping *m, uint64_t index, struct page *p, uint32_t flags) {
    int err = radix_insert(&m->pages, index, p, &nodes);
    if (err)
        return err;
    p->owner = m;
    p->index = index;
    __atomic_store_n(&p->flags, flags, __ATOMIC_RELEASE);
    page_get(p); // the cache's own
    spin_lock(&lists_lock);
    policy->insert(p);
    spin_unlock(&lists_lock);
    add(&cached_count, 1);
    page_reclaimable_add(1);
    return 0;
}

static void clear_dirty(struct mapping *m, struct page *p) {
    page_flag_clear(p, PG_DIRTY);
    radix_tag(&m->pages, p->index, TAG_DIRTY, false);
    m->dirty--;
}

// One page less is dirty or being written.
static void count_clean(void) {
    if (__atomic_sub_fetch(&dirty_count, 1, __ATOMIC_RELAXED) == dirty_limit) {
        spin_lock(&lists_lock);
        too_much = false;
        waitq_wake_all(&throttled);
        spin_unlock(&lists_lock);
    }
}

// Take p out; the caller drops the cache's reference. m->lock and lists_lock held.
static void take_out(struct mapping *m, struct page *p) {
    radix_remove(&m->pages, p->index, &nodes);
    policy->remove(p);
    p->owner = NULL;
    add(&cached_count, -1);
    page_reclaimable_add(-1);
}

// Take p out, dirty or not, and drop the cache's reference. m->lock held.
static void drop(struct mapping *m, struct page *p) {
    if (page_flag(p, PG_DIRTY)) {
        clear_dirty(m, p);
        count_clean();
    }
    spin_lock(&lists_lock);
    take_out(m, p);
    spin_unlock(&lists_lock);
    page_put(p);
}

// ---- transfers: pages with consecutive blocks gather into one request; many requests are in flight

// Waiting for the end of several requests. NULL where nobody waits.
struct batch {
    struct spinlock lock; // RANK_WAITQ
    uint32_t in_flight;
    int error;
    struct waitq wait;
};

struct transfer {
    struct block_request req;
    struct mapping *m; // whose pages' flags to change at the end; NULL: nobody's
    struct batch *batch;
    struct page *pages[BLOCK_MAX_PAGES];
};

// A transfer that grows page by page.
struct gather {
    struct block_device *dev;
    enum block_op op;
    struct mapping *m;
    struct batch *batch;
    struct transfer *t; // NULL: nothing gathered
};

static void batch_init(struct batch *b) {
    memset(b, 0, sizeof *b);
    spin_init(&b->lock, RANK_WAITQ, "transfers");
    waitq_init(&b->wait, "disk");
}

static int batch_wait(struct batch *b) {
    spin_lock(&b->lock);
    while (b->in_flight > 0)
        waitq_wait(&b->wait, &b->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    spin_unlock(&b->lock);
    return b->error;
}

static void batch_start(struct batch *b) {
    if (!b)
        return;
    spin_lock(&b->lock);
    b->in_flight++;
    spin_unlock(&b->lock);
}

static void batch_end(struct batch *b, int error) {
    if (!b)
        return;
    spin_lock(&b->lock);
    if (error)
        b->error = error;
    if (--b->in_flight == 0)
        waitq_wake_all(&b->wait);
    spin_unlock(&b->lock);
}

// The pages have been transferred, or not. Any context.
static void finish(struct mapping *m, enum block_op op, struct page **pages, uint32_t count, int error) {
    if (!m)
        return;
    spin_lock(&m->lock);
    for (uint32_t i = 0; i < count; i++) {
        struct page *p = pages[i];
        if (op == BLOCK_READ) {
            page_flag_set(p, error ? PG_ERROR : PG_UPTODATE);
            page_flag_clear(p, PG_LOCKED);
        } else {
            page_flag_clear(p, PG_WRITEBACK);
            radix_tag(&m->pages, p->index, TAG_WRITEBACK, false);
            if (error)
                m->error = -EIO;
            count_clean();
        }
        page_put(p);
    }
    waitq_wake_all(&m->wait);
    spin_unlock(&m->lock);
}

static void transfer_done(struct block_request *req) {
    struct transfer *t = container_of(req, struct transfer, req);
    struct batch *b = t->batch;
    int error = req->error;
    finish(t->m, req->op, t->pages, req->page_count, error);
    slab_free(transfer_cache, t);
    batch_end(b, error);
}

static void gather_submit(struct gather *g) {
    struct transfer *t = g->t;
    g->t = NULL;
    if (!t)
        return;
    batch_start(g->batch);
    block_submit(g->dev, &t->req);
}

// Add a page (with a reference that finish drops, if there is a mapping). Without memory for a request it is
// transferred alone, on this stack.
static void gather_add(struct gather *g, struct page *p, uint64_t block) {
    if (g->t && (g->t->req.page_count == BLOCK_MAX_PAGES ||
                 g->t->req.sector + (uint64_t)g->t->req.page_count * SECTORS != block * SECTORS))
        gather_submit(g);
    if (!g->t) {
        g->t = slab_alloc(transfer_cache, PAGE_NOFS | PAGE_USE_RESERVE);
        if (!g->t) {
            int err = block_rw(g->dev, g->op, block * SECTORS, p);
            finish(g->m, g->op, &p, 1, err);
            batch_start(g->batch);
            batch_end(g->batch, err);
            return;
        }
        *g->t = (struct transfer){.req = {.op = g->op, .sector = block * SECTORS, .done = transfer_done},
                                  .m = g->m,
                                  .batch = g->batch};
        g->t->req.pages = g->t->pages;
    }
    g->t->pages[g->t->req.page_count++] = p;
}

static int block_of(struct mapping *m, uint64_t index, uint64_t *block) {
    *block = index;
    return m->ops ? m->ops->block_of(m, index, block) : 0;
}

// ---- reading

struct page *cache_peek(struct mapping *m, uint64_t index) {
    spin_lock(&m->lock);
    struct page *p = radix_get(&m->pages, index);
    if (p && page_flag(p, PG_UPTODATE))
        page_get(p);
    else
        p = NULL;
    spin_unlock(&m->lock);
    if (p) {
        if (!page_flag(p, PG_REFERENCED))
            page_flag_set(p, PG_REFERENCED);
        add(&hits, 1);
    }
    return p;
}

// Start reading the page at index, gathered in g, unless it is in the cache. 0, 1: a hole, done; or an error.
static int start_page(struct mapping *m, uint64_t index, struct gather *g) {
    spin_lock(&m->lock);
    bool there = radix_get(&m->pages, index) != NULL;
    spin_unlock(&m->lock);
    if (there)
        return 0;
    struct page *p = page_alloc_one(PAGE_CACHE, PAGE_NOFS);
    if (!p)
        return -ENOMEM;
    spin_lock(&m->lock);
    there = radix_get(&m->pages, index) != NULL;
    int err = there ? 0 : insert(m, index, p, PG_LOCKED);
    spin_unlock(&m->lock);
    if (there || err) {
        page_put(p);
        return err;
    }
    // The block is asked for once the locked page is in the cache: then a truncate waits for us.
    uint64_t block;
    err = block_of(m, index, &block);
    if (!err && (block != 0 || !m->ops)) {
        gather_add(g, p, block);
        return 0;
    }
    if (!err)
        page_zero(page_va(p));
    finish(m, BLOCK_READ, &p, 1, err);
    return err ? err : 1;
}

// Bring pages [index, index + count) in, without waiting. Those after the first are a help: they stop at a
// hole (which may be the end of the file), and when something fails. 0: the first is in the cache or on its
// way.
static int start_reading(struct mapping *m, uint64_t index, uint32_t count) {
    struct gather g = {.dev = m->dev, .op = BLOCK_READ, .m = m};
    int first = start_page(m, index, &g), next = first;
    for (uint32_t i = 1; i < count && next == 0; i++)
        next = start_page(m, index + i, &g);
    gather_submit(&g);
    return min(first, 0);
}

// Wait until the page at index is read. The page with a reference in *out or NULL: it has gone again. 0 or
// -EIO.
static int wait_read(struct mapping *m, uint64_t index, struct page **out) {
    int err = 0;
    spin_lock(&m->lock);
    struct page *p = radix_get(&m->pages, index);
    if (p) {
        page_get(p);
        while (page_flag(p, PG_LOCKED))
            waitq_wait(&m->wait, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
        if (!page_flag(p, PG_UPTODATE)) {
            err = -EIO;
            if (p->owner == m)
                drop(m, p); // the next one tries again
            page_put(p);
            p = NULL;
        }
    }
    spin_unlock(&m->lock);
    *out = p;
    return err;
}

int cache_read(struct mapping *m, uint64_t index, struct page **out) {
    for (;;) {
        if ((*out = cache_peek(m, index)))
            return 0;
        add(&misses, 1);
        uint32_t count = 1;
        if (m->ops) {
            // Guesses only, so without the lock.
            if (index != m->read_next)
                m->read_window = 0;
            else if (m->read_window < READ_AHEAD_MAX)
                m->read_window = m->read_window ? m->read_window * 2 : READ_AHEAD_MIN;
            count = max(m->read_window, 1U);
            m->read_next = index + count;
        }
        int err = start_reading(m, index, count);
        if (!err)
            err = wait_read(m, index, out);
        if (err || *out)
            return err;
    }
}

void cache_read_ahead(struct mapping *m, uint64_t index, uint32_t count) { start_reading(m, index, count); }

int cache_fresh(struct mapping *m, uint64_t index, bool zeroed, struct page **out) {
    for (;;) {
        int err = wait_read(m, index, out);
        if (*out)
            return 0;
        if (err)
            continue; // an unreadable page has been dropped
        struct page *p = page_alloc_one(PAGE_CACHE, PAGE_NOFS | (zeroed ? PAGE_ZERO : 0));
        if (!p)
            return -ENOMEM;
        spin_lock(&m->lock);
        bool there = radix_get(&m->pages, index) != NULL;
        if (!there)
            err = insert(m, index, p, PG_UPTODATE);
        spin_unlock(&m->lock);
        if (!there && !err) {
            *out = p;
            return 0;
        }
        page_put(p);
        if (err)
            return err;
    }
}

// ---- dirty pages

void cache_note_dirty(void) {
    if (load(&dirty_since) != 0)
        return;
    spin_lock(&lists_lock);
    __atomic_store_n(&dirty_since, max(clock_monotonic(), (uint64_t)1), __ATOMIC_RELAXED);
    waitq_wake_all(&flusher);
    spin_unlock(&lists_lock);
}

void cache_dirty_reset(void) { __atomic_store_n(&dirty_since, 0, __ATOMIC_RELAXED); }

uint64_t cache_dirty_age(void) {
    uint64_t since = load(&dirty_since), now = clock_monotonic();
    return since == 0 ? 0 : max(now - min(since, now), (uint64_t)1);
}

void cache_wait_dirty(uint64_t age) {
    spin_lock(&lists_lock);
    uint64_t now_age;
    while (!too_much && (now_age = cache_dirty_age()) < age)
        waitq_wait(&flusher, &lists_lock, WAIT_UNINTERRUPTIBLE,
                   now_age == 0 ? WAIT_FOREVER : time_now() + ns_to_ticks(age - now_age));
    too_much = false;
    spin_unlock(&lists_lock);
}

void cache_flush_soon(void) {
    spin_lock(&lists_lock);
    too_much = true;
    waitq_wake_all(&flusher);
    spin_unlock(&lists_lock);
}

void cache_mark_dirty(struct page *p) {
    struct mapping *m = p->owner;
    if (!m)
        return; // cut off meanwhile
    spin_lock(&m->lock);
    bool fresh = p->owner == m && !page_flag(p, PG_DIRTY);
    if (fresh) {
        page_flag_set(p, PG_DIRTY);
        radix_tag(&m->pages, p->index, TAG_DIRTY, true);
        add(&dirty_count, 1);
        if (m->dirty++ == 0 && !m->metadata) {
            spin_lock(&lists_lock);
            if (list_empty(&m->dirty_link))
                list_append(&dirty_mappings, &m->dirty_link);
            spin_unlock(&lists_lock);
        }
    }
    spin_unlock(&m->lock);
    if (fresh)
        cache_note_dirty();
}

void cache_mark_clean(struct page *p) {
    struct mapping *m = p->owner;
    if (!m)
        return;
    spin_lock(&m->lock);
    if (p->owner == m && page_flag(p, PG_DIRTY)) {
        clear_dirty(m, p);
        count_clean();
    }
    spin_unlock(&m->lock);
}

// Remove all pages in [index, end), each after its reading or writing.
static void remove_range(struct mapping *m, uint64_t index, uint64_t end) {
    spin_lock(&m->lock);
    struct page *p;
    while ((p = radix_next(&m->pages, &index, -1)) && index < end) {
        if (page_flag(p, PG_LOCKED | PG_WRITEBACK))
            waitq_wait(&m->wait, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
        else
            drop(m, p);
    }
    spin_unlock(&m->lock);
}

void cache_truncate(struct mapping *m, uint64_t index) { remove_range(m, index, UINT64_MAX); }
void cache_forget(struct mapping *m, uint64_t index) { remove_range(m, index, index + 1); }

void mapping_destroy(struct mapping *m) {
    cache_truncate(m, 0);
    spin_lock(&lists_lock);
    list_remove(&m->dirty_link);
    while (m->writers > 0)
        waitq_wait(&writers_done, &lists_lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    spin_unlock(&lists_lock);
}

// ---- writing

// The next dirty page at or after *index goes over to WRITEBACK; a reference. NULL: none left.
static struct page *next_to_write(struct mapping *m, uint64_t *index) {
    spin_lock(&m->lock);
    struct page *p;
    while ((p = radix_next(&m->pages, index, TAG_DIRTY)) && page_flag(p, PG_WRITEBACK))
        waitq_wait(&m->wait, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER); // its last write comes first
    if (p) {
        page_get(p);
        clear_dirty(m, p);
        page_flag_set(p, PG_WRITEBACK);
        radix_tag(&m->pages, *index, TAG_WRITEBACK, true);
    }
    spin_unlock(&m->lock);
    return p;
}

// Start writing all dirty pages of m, once each.
static void write_mapping(struct mapping *m, struct batch *b) {
    struct gather g = {.dev = m->dev, .op = BLOCK_WRITE, .m = m, .batch = b};
    struct page *p;
    for (uint64_t index = 0;; index++) {
        if (!(p = next_to_write(m, &index)))
            break;
        uint64_t block;
        int err = block_of(m, index, &block);
        if (!err && block != 0) {
            gather_add(&g, p, block);
            continue;
        }
        // No place on disk: allocate did not run before it got dirty. No memory to find out: it stays dirty.
        page_get(p);
        finish(m, BLOCK_WRITE, &p, 1, err == -ENOMEM ? 0 : -EIO);
        if (err == -ENOMEM)
            cache_mark_dirty(p);
        page_put(p);
    }
    gather_submit(&g);
}

int cache_write(struct mapping *m) {
    struct batch b;
    batch_init(&b);
    write_mapping(m, &b);
    batch_wait(&b);
    spin_lock(&m->lock);
    uint64_t index = 0;
    while (radix_next(&m->pages, &index, TAG_WRITEBACK)) { // somebody else's writes
        waitq_wait(&m->wait, &m->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
        index = 0;
    }
    int err = m->error;
    m->error = 0;
    spin_unlock(&m->lock);
    return err;
}

int cache_write_all(struct block_device *dev) {
    struct list todo, *at, *next;
    struct batch b;
    batch_init(&b);
    list_init(&todo);
    spin_lock(&lists_lock);
    for (at = dirty_mappings.next; at != &dirty_mappings; at = next) {
        next = at->next;
        if (list_entry(at, struct mapping, dirty_link)->dev == dev) {
            list_remove(at);
            list_append(&todo, at);
        }
    }
    struct mapping *m;
    while ((m = list_first(&todo, struct mapping, dirty_link))) {
        list_remove(&m->dirty_link);
        m->writers++; // keeps mapping_destroy waiting
        spin_unlock(&lists_lock);
        write_mapping(m, &b);
        spin_lock(&m->lock);
        spin_lock(&lists_lock);
        if (m->dirty > 0 && list_empty(&m->dirty_link))
            list_append(&dirty_mappings, &m->dirty_link);
        spin_unlock(&lists_lock);
        spin_unlock(&m->lock);
        spin_lock(&lists_lock);
        if (--m->writers == 0)
            waitq_wake_all(&writers_done);
    }
    spin_unlock(&lists_lock);
    return batch_wait(&b) ? -EIO : 0;
}

int cache_write_pages(struct block_device *dev, struct page **pages, const uint64_t *blocks, uint32_t count) {
    struct batch b;
    batch_init(&b);
    struct gather g = {.dev = dev, .op = BLOCK_WRITE, .batch = &b};
    for (uint32_t i = 0; i < count; i++)
        gather_add(&g, pages[i], blocks[i]);
    gather_submit(&g);
    return batch_wait(&b) ? -EIO : 0;
}

void cache_throttle(void) {
    if (load(&dirty_count) <= dirty_limit)
        return;
    spin_lock(&lists_lock);
    while (load(&dirty_count) > dirty_limit) {
        too_much = true;
        waitq_wake_all(&flusher);
        waitq_wait(&throttled, &lists_lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    }
    spin_unlock(&lists_lock);
}

// ---- giving memory back

// Drop p if nobody uses it. lists_lock held; since p is on a list its mapping exists. The mapping's lock
// comes before ours, so it is only tried for.
static bool try_drop(struct page *p) {
    struct mapping *m = p->owner;
    if (!spin_trylock(&m->lock))
        return false;
    bool ok = __atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) == 1 &&
              !page_flag(p, PG_DIRTY | PG_WRITEBACK | PG_LOCKED);
    if (ok)
        take_out(m, p);
    spin_unlock(&m->lock);
    return ok;
}

uint64_t cache_shrink(uint64_t want, int how) {
    uint64_t freed = 0;
    for (uint64_t looked = 0; freed < want && looked < 4 * want + 256; looked += SHRINK_BATCH) {
        struct page *gone[SHRINK_BATCH];
        int n = 0;
        spin_lock(&lists_lock);
        for (int i = 0; i < SHRINK_BATCH && freed + (uint64_t)n < want; i++) {
            struct page *p = policy->next();
            if (p && try_drop(p))
                gone[n++] = p;
        }
        spin_unlock(&lists_lock);
        for (int i = 0; i < n; i++)
            page_put(gone[i]);
        freed += n;
    }
    return freed;
}

void cache_stats(struct cache_stats *s) {
    *s = (struct cache_stats){load(&cached_count), load(&dirty_count), load(&hits), load(&misses)};
}

void cache_init(void) {
    struct page_stats mem;
    page_stats(&mem);
    dirty_limit = max(mem.total / 4, (uint64_t)64);
    node_cache = slab_create("radix node", radix_node_size);
    transfer_cache = slab_create("transfer", sizeof(struct transfer));
    waitq_init(&writers_done, "write-back");
    waitq_init(&throttled, "dirty pages");
    waitq_init(&flusher, "dirty pages");
}
