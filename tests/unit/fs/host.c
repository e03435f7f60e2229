// host.c: frames, locks that check their rank, slabs that are malloc, and user copies that are memcpy. A wait
// would last for ever, since there is only one thread, so it is an error.
#include <stdio.h>
#include <stdlib.h>

#include "dev/chardev.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "sched/timer.h"

#if defined(__SANITIZE_ADDRESS__) || defined(FUZZ) // a frame that is free may not be touched
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)
#define ASAN_UNPOISON_MEMORY_REGION(at, size)
#endif

// Frames from SINGLE on are for larger blocks, never freed. (A mount keeps some for good, and there are
// many.)
#ifndef HOST_FRAMES
#define HOST_FRAMES (1 << 18)
#endif
enum { FRAMES = HOST_FRAMES, SINGLE = FRAMES - 1400, TOTAL = 16384 };
static struct page frames[FRAMES];
struct page *page_array = frames;
uint64_t page_first, page_count = FRAMES;
uint64_t timebase = 10000000;
static char (*memory)[PAGE_SIZE];
static struct list free_frames;
static int64_t reclaimable;
uint64_t host_frames_used;
bool page_retry(int err, int *attempts) { return err == -ENOMEM && ++*attempts < 200; }
bool host_quiet;
int64_t host_fail_after = -1; // the allocation after so many fails (< 0: none), and so many behind it
int32_t host_fail_times;

uint64_t cache_shrink(uint64_t want, int how);

void *host_page(const struct page *p) { return memory[p - frames]; }

void page_init(uint64_t ram_start, uint64_t ram_end, struct page_ranges *free) {
    memory = aligned_alloc(PAGE_SIZE, (size_t)FRAMES * PAGE_SIZE);
    list_init(&free_frames);
    for (int i = 0; i < SINGLE; i++)
        list_append(&free_frames, &frames[i].list);
    ASAN_POISON_MEMORY_REGION(memory, (size_t)SINGLE * PAGE_SIZE);
}

static bool fails(void) {
    if (host_fail_after < 0 || host_fail_after-- > 0)
        return false;
    host_fail_after = --host_fail_times > 0 ? 0 : -1;
    return true;
}

struct page *page_alloc(int order, enum page_use use, int how) {
    if (order > 0) {
        static int next = SINGLE;
        struct page *first = &frames[next];
        next += 1 << order;
        assert(next <= FRAMES);
        memset(host_page(first), 0, PAGE_SIZE << order);
        return first;
    }
    if (fails())
        return NULL;
    if (list_empty(&free_frames) && how != PAGE_NOWAIT)
        cache_shrink(64, how);
    struct page *p = list_first(&free_frames, struct page, list);
    if (!p)
        return NULL;
    list_remove(&p->list);
    ASAN_UNPOISON_MEMORY_REGION(host_page(p), PAGE_SIZE);
    host_frames_used++;
    *p = (struct page){.refs = 1, .use = (uint8_t)use};
    list_init(&p->list);
    memset(host_page(p), how & PAGE_ZERO ? 0 : 0xa5, PAGE_SIZE);
    return p;
}

void page_free(struct page *p) {
    p->use = PAGE_FREE;
    host_frames_used--;
    ASAN_POISON_MEMORY_REGION(host_page(p), PAGE_SIZE);
    list_push(&free_frames, &p->list);
}

void page_reclaimable_add(int64_t n) {
    reclaimable += n;
    assert(reclaimable >= 0);
}

bool page_use_all(bool on) { return false; }

bool page_pin_first(struct page *p, int how) {
    page_reclaimable_add(-1);
    if (!fails())
        return true;
    page_unpin(p);
    return false;
}

void page_stats(struct mem_info *info) {
    *info = (struct mem_info){.total = TOTAL, .cached = (uint64_t)reclaimable};
}

void *kmalloc(size_t size, int how) {
    bool none = size > (size_t)PAGE_SIZE << PAGE_MAX_ORDER || fails();
    return none ? NULL : how & PAGE_ZERO ? calloc(1, size) : malloc(size);
}
void kfree(void *p) { free(p); }
void *slab_alloc(struct slab_cache *c, int how) { return kmalloc(c->size, how); }
void slab_free(struct slab_cache *c, void *obj) { free(obj); }

// ---- locks

static struct thread self;
struct thread *host_thread(void) {
    return &self;
}
static uint8_t ranks[16];
static int held, mutexes[MUTEX_LAST + 1];

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {
    *l = (struct spinlock)SPINLOCK(rank, name);
}
void spin_lock(struct spinlock *l) {
    assert(!l->locked);
    assert(held == 0 || ranks[held - 1] < l->rank);
    l->locked = 1;
    ranks[held++] = l->rank;
}
void spin_unlock(struct spinlock *l) {
    assert(l->locked && held > 0);
    l->locked = 0;
    held--;
}
void spin_take(struct spinlock *l) { spin_lock(l); }
void spin_release(struct spinlock *l) { spin_unlock(l); }
void waitq_init(struct waitq *q, const char *name) { list_init(&q->waiters); }
int waitq_wait(struct waitq *q, struct spinlock *lock, enum wait_how how, uint64_t deadline) {
    panic("a wait that nobody ends");
}
void waitq_wake(struct waitq *q, int n) {}

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {
    memset(m, 0, sizeof *m);
    m->rank = rank;
}
static void lock(struct mutex *m, int highest) {
    assert(!m->owner && held == 0);
    for (int r = highest; r <= MUTEX_LAST; r++)
        assert(mutexes[r] == 0);
    m->owner = (uint64_t)&self;
    mutexes[m->rank]++;
}
void mutex_lock(struct mutex *m) {
    if (self.txn_blocks)
        assert(m->rank > MUTEX_TXN);
    lock(m, m->rank);
}
void mutex_lock_nested(struct mutex *m) { lock(m, m->rank + 1); }
void mutex_unlock(struct mutex *m) {
    assert(m->owner);
    m->owner = 0;
    mutexes[m->rank]--;
}
bool mutex_held(const struct mutex *m) { return m->owner != 0; }

// ---- the rest

void page_zero(void *to) { memset(to, 0, PAGE_SIZE); }
uint32_t hash_bytes(const void *s, size_t n) {
    uint32_t h = 2166136261u;
    for (const uint8_t *p = s; n > 0; n--)
        h = (h ^ *p++) * 16777619u;
    return h;
}
size_t strlcpy(char *to, const char *from, size_t size) { return (size_t)snprintf(to, size, "%s", from); }
uint64_t clock_monotonic(void) {
    static uint64_t now;
    return now += 1000;
}
uint64_t clock_realtime(void) { return 1700000000UL * 1000000000 + clock_monotonic() * 1000; }
static void say(const char *fmt, va_list args) {
    if (!host_quiet)
        vfprintf(stderr, fmt, args);
}
void kprintf(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
}
void kalert(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
}
void panic(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
int copy_from_user(void *to, uint64_t from, size_t n) {
    memcpy(to, (void *)from, n);
    return 0;
}
int copy_to_user(uint64_t to, const void *from, size_t n) {
    memcpy((void *)to, from, n);
    return 0;
}
const struct chardev *chardev_find(dev_t number) { return NULL; }
struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, void *owner) {
    return NULL;
}
void thread_start(struct thread *t) {}
