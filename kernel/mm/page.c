// page.c: frames: the buddy lists, the stocks in front of them, and the arithmetic of promises.
#include "mm/page.h"

enum { SHRINK_BATCH = 32 };

struct page *page_array;
uint64_t page_first, page_count;
uint64_t (*page_shrinkers[PAGE_SHRINKERS])(uint64_t want, int how);
void (*page_wait)(int milliseconds);

// ---- what may be handed out

// All atomic. used[u]: frames in use as u; what is not used is free.
static int64_t available, promised, used[PAGE_USES];
// Set once by page_init.
static int64_t total, reserve;

static void add(int64_t *counter, int64_t n) { __atomic_fetch_add(counter, n, __ATOMIC_RELAXED); }

static bool was_promised(enum page_use use) { return use >= PAGE_ANON; }

static bool may_sleep(int how) { return how & (PAGE_NOFS | PAGE_WAIT); }

// How far below 0 `available` may go, which is how much of the reserve the caller may have. A promise to
// anybody gets nothing of it. What system calls allocate on the way may go somewhat further, since it is
// undone when a promise is refused; then come what finishes work in the file system; init, the console's
// shell and its helpers; page cache, which can be had back; and those who cannot wait or give memory back.
static inline int64_t reserve_for(enum page_use use, int how) {
    const struct vcpu *v = this_vcpu();
    if (!may_sleep(how) || v->writes_back)
        return reserve;
    return (reserve >> 4) * (use == PAGE_CACHE ? 12 : v->use_reserve ? 10 : how & PAGE_NOFS ? 6 : 4);
}

bool page_use_all(bool on) {
    struct vcpu *v = this_vcpu();
    bool before = v->writes_back;
    v->writes_back = on;
    return before;
}

// Ask the shrinkers from the given one on until they have freed want frames.
static uint64_t shrink(int first, uint64_t want, int how) {
    uint64_t freed = 0;
    for (int i = first; i < PAGE_SHRINKERS && page_shrinkers[i] && freed < want; i++)
        freed += page_shrinkers[i](want - freed, how);
    return freed;
}

static bool try_charge(int64_t n, int64_t below) {
    if (n > 1 && racy(available) - n < -below) // hopeless: others do not see it go down meanwhile
        return false;
    if (likely(__atomic_sub_fetch(&available, n, __ATOMIC_RELAXED) >= -below))
        return true;
    add(&available, n);
    return false;
}

// There is too little. Pages of the cache count as available already, so only the other shrinkers help; and
// who may wait gives others a moment to end. Under a fork bomb, that leaves the harts to those who would stop
// it.
static NOINLINE bool charge_slowly(int64_t n, int64_t below, int how) {
    shrink(1, SHRINK_BATCH, how);
    if (try_charge(n, below))
        return true;
    if (!(how & PAGE_WAIT) || !page_wait)
        return false;
    page_wait(50);
    return try_charge(n, below);
}

// Take n frames off what is available. False: refused.
static inline bool charge(int64_t n, int64_t below, int how) {
    return try_charge(n, below) || (may_sleep(how) && charge_slowly(n, below, how));
}

int page_promise(uint64_t n) {
    check_may_sleep("promising", "pages", NULL);
    if (n > (uint64_t)total || fail_now(FAIL_PAGE) ||
        !charge((int64_t)n, this_vcpu()->use_reserve ? (reserve >> 4) * 10 : 0, PAGE_WAIT))
        return -ENOMEM;
    add(&promised, (int64_t)n);
    return 0;
}

bool page_retry(int err, int *attempts) {
    enum { ATTEMPTS = 200 };
    if (err != -ENOMEM || ++*attempts > ATTEMPTS)
        return false;
    page_wait(10);
    return true;
}

void page_unpromise(uint64_t n) {
    add(&promised, -(int64_t)n);
    add(&available, (int64_t)n);
}

void page_reclaimable_add(int64_t n) { add(&available, n); }

// p->pins has just left 0. When this one is refused, another pin may have relied on it: then page_unpin does
// not give the frame back, which is right. What runs already may have more of the reserve than what begins.
NOINLINE bool page_pin_first(struct page *p, int how) {
    const int64_t below = (reserve >> 4) * (this_vcpu()->use_reserve ? 11 : how & PAGE_NOFS ? 6 : 8);
    check_may_sleep("pinning", "a page", NULL);
    for (int attempt = 1; __atomic_sub_fetch(&available, 1, __ATOMIC_RELAXED) < -below; attempt++) {
        page_unpin(p);
        if (attempt == 2)
            return false;
        shrink(1, SHRINK_BATCH, PAGE_NOFS);
        if (__atomic_fetch_add(&p->pins, 1, __ATOMIC_RELAXED) > 0)
            break;
    }
    return true;
}

// ---- buddy lists

// flags of the first page of a free block on a buddy list; nobody else's flags reach that far
enum { PG_BUDDY = 1 << 30 };

static struct spinlock buddy_lock = SPINLOCK(RANK_PAGE, "page");
// guarded by buddy_lock
static struct list buddy[PAGE_MAX_ORDER + 1];
static int64_t buddy_free; // frames on the lists; read without the lock as a hint

static void buddy_put_on_list(struct page *p, int order) {
    p->flags = PG_BUDDY;
    p->order = (uint8_t)order;
    p->use = PAGE_FREE;
    list_push(&buddy[order], &p->list);
}

static void buddy_take_off_list(struct page *p) {
    p->flags = 0;
    list_remove(&p->list);
}

// A block of 2^order frames, split off the smallest one that is large enough. NULL: none.
static struct page *buddy_take(int order) {
    int k = order;
    while (k <= PAGE_MAX_ORDER && list_empty(&buddy[k]))
        k++;
    if (k > PAGE_MAX_ORDER)
        return NULL;
    struct page *p = list_first(&buddy[k], struct page, list);
    buddy_take_off_list(p);
    while (k-- > order)
        buddy_put_on_list(p + (1L << k), k);
    p->order = (uint8_t)order;
    buddy_free -= 1L << order;
    return p;
}

// Give a block back and join it with its neighbour as long as that is free as a whole.
static void buddy_give(struct page *p, int order) {
    uint64_t frame = page_first + (uint64_t)(p - page_array);
    buddy_free += 1L << order;
    for (; order < PAGE_MAX_ORDER; order++) {
        uint64_t other = (frame ^ (1UL << order)) - page_first;
        struct page *b = page_array + other;
        // flags of a page in use change, but never to PG_BUDDY
        if (other >= page_count || racy(b->flags) != PG_BUDDY || b->order != order)
            break;
        buddy_take_off_list(b);
        frame &= ~(1UL << order);
    }
    buddy_put_on_list(page_array + (frame - page_first), order);
}

// ---- a hart's stock of single frames

enum { STOCK = 64, STOCK_BATCH = STOCK / 2 };

static struct stock {
    struct spinlock lock;
    // guarded by lock
    uint32_t count;
    struct list frames; // last in, first out
} __attribute__((aligned(64))) stocks[MAX_HARTS];

// A stock near the caller; if it moves to another hart meanwhile, that costs no more than time.
static struct stock *near_stock(void) { return &stocks[this_vcpu()->hart->index]; }

static void stock_push(struct stock *s, struct page *p) {
    list_push(&s->frames, &p->list);
    s->count++;
}

static struct page *stock_pop(struct stock *s) {
    struct page *p = list_first(&s->frames, struct page, list);
    if (likely(p)) {
        list_remove(&p->list);
        s->count--;
    }
    return p;
}

static NOINLINE void stock_drain(struct stock *s, uint32_t keep) {
    spin_lock(&buddy_lock);
    while (s->count > keep)
        buddy_give(stock_pop(s), 0);
    spin_unlock(&buddy_lock);
}

static void stock_drain_all(void) {
    for (uint32_t i = 0; i < MAX_HARTS; i++) {
        spin_lock(&stocks[i].lock);
        stock_drain(&stocks[i], 0);
        spin_unlock(&stocks[i].lock);
    }
}

// ---- allocation

// A block from the buddy lists that leaves so many frames there. A single frame brings company for this
// hart's stock.
static struct page *take_from_buddy(int order, int64_t leave) {
    struct stock *s = near_stock();
    struct page *p = NULL;
    spin_lock(&s->lock);
    spin_lock(&buddy_lock);
    if (buddy_free - (1L << order) >= leave)
        p = buddy_take(order);
    if (order == 0 && buddy_free > reserve)
        while (s->count < STOCK_BATCH)
            stock_push(s, buddy_take(0));
    spin_unlock(&buddy_lock);
    spin_unlock(&s->lock);
    return p;
}

// This hart's stock has none. If the lists have none either, that is since the frames are in other stocks, or
// hold what can be had back. The last ones are left to those who can wait less than the caller.
static NOINLINE struct page *take_slowly(int order, enum page_use use, int how) {
    int64_t leave = (reserve - reserve_for(use, how)) / 4;
    int rounds = was_promised(use) ? INT32_MAX : !may_sleep(how) ? 1 : order == 0 ? 100 : 4;
    struct page *p;
    for (int round = 0; !(p = take_from_buddy(order, leave)) && round < rounds; round++) {
        if (round > 0 && shrink(0, max(SHRINK_BATCH, 2 << order), how) == 0) {
            if (!(how & PAGE_WAIT) || !page_wait)
                break;
            page_wait(10);
        }
        stock_drain_all(); // single frames may join into blocks, too
    }
    return p;
}

static inline struct page *alloc(int order, enum page_use use, int how) {
    int64_t n = 1L << order;
    assert(order <= PAGE_MAX_ORDER && use > PAGE_FREE && use < PAGE_USES);
    if (may_sleep(how))
        check_may_sleep("allocating", "a page", NULL);
    bool refused = fail_now(FAIL_PAGE); // what was promised only goes the slow way
    if (!was_promised(use) && (refused || !charge(n, reserve_for(use, how), how)))
        return NULL;
    struct page *p = NULL;
    if (order == 0 && !refused) {
        struct stock *s = near_stock();
        spin_lock(&s->lock);
        p = stock_pop(s);
        spin_unlock(&s->lock);
    }
    if (unlikely(!p) && !(p = take_slowly(order, use, how))) {
        if (!was_promised(use))
            add(&available, n);
        return NULL;
    }
    add(&used[use], n);
    p->use = (uint8_t)use;
    p->refs = 1;
    for (int i = 0; (how & PAGE_ZERO) && i < n; i++)
        page_zero(page_va(p + i));
    return p;
}

struct page *page_alloc(int order, enum page_use use, int how) {
    return likely(order == 0) ? alloc(0, use, how) : alloc(order, use, how); // the first is much shorter
}

void page_free(struct page *p) {
    enum page_use use = p->use;
    int order = p->order;
    assert(use > PAGE_FREE && use < PAGE_USES && p->refs == 0 && p->pins == 0);
    p->use = PAGE_FREE;
    p->flags = 0;
    if (likely(order == 0)) {
        struct stock *s = near_stock();
        spin_lock(&s->lock);
        if (unlikely(s->count == STOCK))
            stock_drain(s, STOCK - STOCK_BATCH);
        stock_push(s, p);
        spin_unlock(&s->lock);
    } else {
        spin_lock(&buddy_lock);
        buddy_give(p, order);
        spin_unlock(&buddy_lock);
    }
    add(&used[use], -(1L << order));
    if (!was_promised(use))
        add(&available, 1L << order);
}

// ---- boot

// Place the struct pages at the start of the first free range that has room.
static void make_array(struct page_ranges *free) {
    uint64_t size = page_count * sizeof(struct page);
    for (int i = 0; i < free->count && !page_array; i++) {
        uint64_t start = align_up(free->range[i][0], PAGE_SIZE);
        if (start + size <= free->range[i][1]) {
            page_array = va_of(start);
            free->range[i][0] = start + size;
        }
    }
    if (!page_array)
        panic("no room for the table of all %lu frames (%lu bytes)", page_count, size);
    memset(page_array, 0, size); // all are PAGE_RESERVED
}

// Put the frames of [pa, end) on the buddy lists, in the largest blocks that there are.
static void give_free(uint64_t pa, uint64_t end) {
    for (uint64_t size; pa < end; pa += size) {
        int order = PAGE_MAX_ORDER;
        for (size = PAGE_SIZE << PAGE_MAX_ORDER; pa % size != 0 || end - pa < size; size /= 2)
            order--;
        buddy_give(page_of_pa(pa), order);
    }
}

void page_init(uint64_t ram_start, uint64_t ram_end, struct page_ranges *free) {
    enum { RESERVE_PART = 64, RESERVE_MIN = 256 };
    for (int k = 0; k <= PAGE_MAX_ORDER; k++)
        list_init(&buddy[k]);
    for (int i = 0; i < MAX_HARTS; i++) {
        spin_init(&stocks[i].lock, RANK_PAGE_STOCK, "page stock");
        list_init(&stocks[i].frames);
    }
    page_first = ram_start >> PAGE_SHIFT;
    page_count = div_up(ram_end, PAGE_SIZE) - page_first;
    make_array(free);
    for (int i = 0; i < free->count; i++) // whole frames only
        give_free(align_up(free->range[i][0], PAGE_SIZE), align_down(free->range[i][1], PAGE_SIZE));
    total = buddy_free;
    reserve = max(total / RESERVE_PART, (int64_t)RESERVE_MIN);
    available = total - reserve;
}

void page_stats(struct mem_info *info) {
    int64_t in_use = 0;
    for (int u = PAGE_KERNEL; u < PAGE_USES; u++)
        in_use += racy(used[u]); // each is right at some moment, here and below
    info->total = (uint64_t)total;
    info->free = (uint64_t)(total - in_use);
    info->cached = (uint64_t)racy(used[PAGE_CACHE]);
    info->anon = (uint64_t)racy(used[PAGE_ANON]);
    info->slab = (uint64_t)racy(used[PAGE_SLAB]);
    info->promised = (uint64_t)racy(promised);
    info->available = (uint64_t)max(racy(available), (int64_t)0);
}
