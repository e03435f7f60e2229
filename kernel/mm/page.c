// page.c: frames: the buddy lists, the stocks in front of them, and the arithmetic of promises.
#include "mm/page.h"

#include "lib/string.h"
#include "riscv/hart.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"

struct page *page_array;
uint64_t page_first, page_count;

// ---- what may be handed out

// All atomic. used[u]: frames in use as u; what is not used is free.
static int64_t available, reclaimable, promised, used[PAGE_USES];
// Set once by page_init.
static int64_t total, reserve;

static bool was_promised(enum page_use use) { return use >= PAGE_ANON; }

static bool may_sleep(int how) { return how & (PAGE_NOFS | PAGE_WAIT); }

// How low `available` may go. Below 0 lies the reserve. A promise to anybody ends at 0. What system calls
// allocate on the way may go somewhat further, since it is undone when a promise is refused; then come the
// console's emergency helpers and what finishes work in the file system; page cache, which can be had back;
// and those who cannot wait.
static int64_t lowest_available(enum page_use use, int how) {
    if (!may_sleep(how) || (how & PAGE_USE_RESERVE))
        return -reserve;
    if (use == PAGE_CACHE)
        return -(reserve >> 2) * 3;
    return (how & PAGE_NOFS) || this_vcpu()->use_reserve ? -(reserve >> 1) : -(reserve >> 2);
}

static bool charge(int64_t n, int64_t lowest) {
    if (likely(__atomic_sub_fetch(&available, n, __ATOMIC_RELAXED) >= lowest))
        return true;
    __atomic_fetch_add(&available, n, __ATOMIC_RELAXED);
    return false;
}

void page_reclaimable_add(int64_t n) {
    __atomic_fetch_add(&reclaimable, n, __ATOMIC_RELAXED);
    __atomic_fetch_add(&available, n, __ATOMIC_RELAXED);
}

// ---- reclaim

enum { MAX_SHRINKERS = 4, SHRINK_BATCH = 32 };

static uint64_t (*shrinkers[MAX_SHRINKERS])(uint64_t want, int how);
static int shrinker_count;
static void (*wait_hook)(void);

void page_shrinker_register(uint64_t (*shrink)(uint64_t want, int how)) {
    assert(shrinker_count < MAX_SHRINKERS);
    shrinkers[shrinker_count++] = shrink;
}

void page_wait_register(void (*wait)(void)) { wait_hook = wait; }

void page_wait(void) {
    if (wait_hook)
        wait_hook();
}

// Ask the shrinkers, in order, until they have freed want frames.
static uint64_t shrink_some(uint64_t want, int how) {
    uint64_t freed = 0;
    for (int i = 0; i < shrinker_count && freed < want; i++)
        freed += shrinkers[i](want - freed, how);
    return freed;
}

// Cache pages count as available already; what can raise it is the kernel's own memory. So ask all of them.
static NOINLINE bool charge_after_shrinking(int64_t n, int64_t lowest, int how) {
    // After a pass that did not help nobody tries again for a moment: under a fork bomb all would do nothing
    // else.
    static uint64_t futile_until;
    int64_t want = n + lowest - __atomic_load_n(&available, __ATOMIC_RELAXED);
    if (want > used[PAGE_SLAB] || time_now() < __atomic_load_n(&futile_until, __ATOMIC_RELAXED))
        return false;
    for (int i = 0; i < shrinker_count; i++)
        shrinkers[i]((uint64_t)max(want, SHRINK_BATCH / 2), how);
    bool helped = charge(n, lowest);
    if (!helped)
        __atomic_store_n(&futile_until, time_now() + timebase / 50, __ATOMIC_RELAXED);
    return helped;
}

int page_promise(uint64_t n) {
    int64_t lowest = this_vcpu()->use_reserve ? -(reserve >> 1) : 0;
    assert(spin_count() == 0);
    if (n > (uint64_t)total)
        return -ENOMEM;
    if (!charge((int64_t)n, lowest) && !charge_after_shrinking((int64_t)n, lowest, PAGE_NOFS))
        return -ENOMEM;
    __atomic_fetch_add(&promised, n, __ATOMIC_RELAXED);
    return 0;
}

void page_unpromise(uint64_t n) {
    __atomic_fetch_sub(&promised, n, __ATOMIC_RELAXED);
    __atomic_fetch_add(&available, n, __ATOMIC_RELAXED);
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
        if (other >= page_count || b->flags != PG_BUDDY || b->order != order)
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

// Frames that stay on the buddy lists for those who can wait less than the caller.
static int64_t left_for_others(int how) {
    return !may_sleep(how) || (how & PAGE_USE_RESERVE) ? 0 : (how & PAGE_NOFS) ? reserve >> 3 : reserve >> 2;
}

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

// A block from the buddy lists, as far as those who can wait less than the caller do not need it. A single
// frame brings company for this hart's stock.
static struct page *take_from_buddy(int order, int how) {
    int64_t leave = left_for_others(how);
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

// There was nothing: see what can be done, in the given round. False: give up.
static bool make_room(int order, int how, int round) {
    enum { ROUNDS = 100, ROUNDS_FOR_BLOCKS = 4 };
    stock_drain_all();
    if (round == 0)
        return true;
    if (!may_sleep(how) || (!(how & PAGE_PROMISED) && round > (order == 0 ? ROUNDS : ROUNDS_FOR_BLOCKS)))
        return false;
    if (shrink_some(max(SHRINK_BATCH, 2 << order), how) > 0) {
        stock_drain_all(); // single frames may join into blocks
        return true;
    }
    if (!(how & PAGE_WAIT) || !wait_hook)
        return false;
    page_wait();
    return true;
}

static NOINLINE struct page *take_slowly(int order, int how) {
    struct page *p;
    for (int round = 0; !(p = take_from_buddy(order, how)); round++)
        if (!make_room(order, how, round))
            return NULL;
    return p;
}

// Take n frames for use from what is available.
static inline bool may_have(int64_t n, enum page_use use, int how) {
    if (was_promised(use))
        return true;
    int64_t lowest = lowest_available(use, how);
    return charge(n, lowest) || (may_sleep(how) && charge_after_shrinking(n, lowest, how));
}

static inline struct page *hand_out(struct page *p, int order, enum page_use use) {
    if (unlikely(!p)) {
        if (!was_promised(use))
            __atomic_fetch_add(&available, 1L << order, __ATOMIC_RELAXED);
        return NULL;
    }
    __atomic_fetch_add(&used[use], 1L << order, __ATOMIC_RELAXED);
    p->use = (uint8_t)use;
    p->order = (uint8_t)order;
    p->refs = 1;
    return p;
}

struct page *page_alloc_one(enum page_use use, int how) {
    assert(use > PAGE_RESERVED && use < PAGE_USES && (!may_sleep(how) || spin_count() == 0));
    if (!may_have(1, use, how))
        return NULL;
    struct stock *s = near_stock();
    spin_lock(&s->lock);
    struct page *p = stock_pop(s);
    spin_unlock(&s->lock);
    if (unlikely(!p))
        p = take_slowly(0, how);
    p = hand_out(p, 0, use);
    if (p && (how & PAGE_ZERO))
        page_zero(page_va(p));
    return p;
}

struct page *page_alloc(int order, enum page_use use, int how) {
    if (order == 0)
        return page_alloc_one(use, how);
    assert(order <= PAGE_MAX_ORDER && use > PAGE_RESERVED && use < PAGE_USES);
    assert(!may_sleep(how) || spin_count() == 0);
    if (!may_have(1L << order, use, how))
        return NULL;
    struct page *p = hand_out(take_slowly(order, how), order, use);
    for (int i = 0; p && (how & PAGE_ZERO) && i < 1 << order; i++)
        page_zero(page_va(p + i));
    return p;
}

void page_free(struct page *p) {
    enum page_use use = p->use;
    int order = p->order;
    assert(use > PAGE_RESERVED && use < PAGE_USES && p->refs == 0 && p->maps == 0);
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
    __atomic_fetch_sub(&used[use], 1L << order, __ATOMIC_RELAXED);
    if (!was_promised(use))
        __atomic_fetch_add(&available, 1L << order, __ATOMIC_RELAXED);
}

// ---- boot

enum { MAX_RANGES = 32 };

struct range {
    uint64_t start, end;
};

static struct range memory[MAX_RANGES], holes[MAX_RANGES];
static int memory_count, hole_count;

// The first stretch of free memory at or after from. False: no more.
static bool next_gap(uint64_t from, struct range *gap) {
    *gap = (struct range){UINT64_MAX, 0};
    for (int i = 0; i < memory_count; i++) {
        uint64_t start = max(memory[i].start, from);
        for (int k = 0; k < hole_count; k++) // holes are sorted by start
            if (holes[k].start <= start && start < holes[k].end)
                start = holes[k].end;
        if (start < memory[i].end && start < gap->start)
            *gap = (struct range){start, memory[i].end};
    }
    for (int k = 0; k < hole_count; k++)
        if (holes[k].start >= gap->start)
            gap->end = min(gap->end, holes[k].start);
    return gap->start != UINT64_MAX;
}

static void add_hole(uint64_t start, uint64_t end) {
    if (start >= end)
        return;
    assert(hole_count < MAX_RANGES);
    int at = hole_count++;
    for (; at > 0 && holes[at - 1].start > start; at--)
        holes[at] = holes[at - 1];
    holes[at] = (struct range){start, end};
}

// Place the struct pages in the first gap that holds them; nothing is in them yet.
static void make_array(void) {
    uint64_t low = UINT64_MAX, high = 0;
    for (int i = 0; i < memory_count; i++) {
        low = min(low, memory[i].start);
        high = max(high, memory[i].end);
    }
    page_first = low >> PAGE_SHIFT;
    page_count = (high - low) >> PAGE_SHIFT;
    uint64_t size = align_up(page_count * sizeof(struct page), PAGE_SIZE);
    struct range gap = {0, 0};
    do {
        if (!next_gap(gap.end, &gap))
            panic("no room for the table of all %lu frames (%lu bytes)", page_count, size);
    } while (gap.end - gap.start < size);
    add_hole(gap.start, gap.start + size);
    page_array = va_of(gap.start);
    memset(page_array, 0, size);
    for (uint64_t i = 0; i < page_count; i++)
        page_array[i].use = PAGE_RESERVED;
}

// Hand [start, end) to the buddy lists in the largest aligned blocks.
static void give_range(uint64_t start, uint64_t end) {
    uint64_t frame = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
    total += (int64_t)(last - frame);
    while (frame < last) {
        int order = 0;
        while (order < PAGE_MAX_ORDER && (frame & (1UL << order)) == 0 && frame + (2UL << order) <= last)
            order++;
        for (uint64_t i = frame; i < frame + (1UL << order); i++)
            page_array[i - page_first].use = PAGE_FREE;
        buddy_give(page_array + (frame - page_first), order);
        frame += 1UL << order;
    }
}

void page_init(const uint64_t (*ram)[2], int ram_count, const uint64_t (*reserved)[2], int reserved_count) {
    enum { RESERVE_PART = 64, RESERVE_MIN = 256 };
    assert(ram_count <= MAX_RANGES);
    for (int i = 0; i < ram_count; i++) {
        struct range r = {align_up(ram[i][0], PAGE_SIZE), align_down(ram[i][1], PAGE_SIZE)};
        if (r.start < r.end)
            memory[memory_count++] = r;
    }
    for (int i = 0; i < reserved_count; i++)
        add_hole(align_down(reserved[i][0], PAGE_SIZE), align_up(reserved[i][1], PAGE_SIZE));
    for (int k = 0; k <= PAGE_MAX_ORDER; k++)
        list_init(&buddy[k]);
    for (int i = 0; i < MAX_HARTS; i++) {
        spin_init(&stocks[i].lock, RANK_PAGE_STOCK, "page stock");
        list_init(&stocks[i].frames);
    }
    make_array();
    for (struct range gap = {0, 0}; next_gap(gap.end, &gap);)
        give_range(gap.start, gap.end);
    reserve = max(total / RESERVE_PART, (int64_t)RESERVE_MIN);
    available = total - reserve;
}

// ---- looking

void page_stats(struct page_stats *s) {
    int64_t in_use = 0;
    for (int u = PAGE_KERNEL; u < PAGE_USES; u++)
        in_use += used[u];
    *s = (struct page_stats){
        .total = (uint64_t)total,
        .free = (uint64_t)(total - in_use),
        .kernel = (uint64_t)used[PAGE_KERNEL],
        .slab = (uint64_t)used[PAGE_SLAB],
        .anon = (uint64_t)used[PAGE_ANON],
        .tables = (uint64_t)used[PAGE_TABLE],
        .cache = (uint64_t)used[PAGE_CACHE],
        .reclaimable = (uint64_t)reclaimable,
        .promised = (uint64_t)promised,
        .reserve = (uint64_t)reserve,
        .available = (uint64_t)max(available, (int64_t)0),
    };
}

void page_check(void) {
    int64_t count = 0;
    for (int i = 0; i < MAX_HARTS; i++) {
        spin_lock(&stocks[i].lock);
        struct page *p;
        list_for_each(p, &stocks[i].frames, list) if (p->use != PAGE_FREE || p->refs != 0 || p->flags != 0)
            panic("page_check: frame %lx in stock %d is in use", page_pa(p), i);
        spin_unlock(&stocks[i].lock);
    }
    spin_lock(&buddy_lock);
    for (int order = 0; order <= PAGE_MAX_ORDER; order++) {
        struct page *p;
        list_for_each(p, &buddy[order], list) {
            if (p->use != PAGE_FREE || p->refs != 0 || p->flags != PG_BUDDY || p->order != order ||
                (page_pa(p) >> PAGE_SHIFT & ((1UL << order) - 1)) != 0)
                panic("page_check: block %lx on list %d is not free", page_pa(p), order);
            count += 1L << order;
        }
    }
    if (count != buddy_free)
        panic("page_check: %ld frames on the lists, %ld counted", count, buddy_free);
    spin_unlock(&buddy_lock);
}
