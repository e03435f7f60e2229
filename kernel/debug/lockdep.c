// lockdep.c: CONFIG=lockdep learns the order of locks from what happens, and watches over what is held.
//
// Locks are told apart by class: kind, rank and name as given at init. "Held A, took B" is an edge from A to
// B in a graph of classes. If B leads back to A, two threads can each hold one and wait for the other, even
// if they never did so far: a panic that shows, for each edge of the circle, where both locks were taken. The
// lists of what a thread holds also tell any other panic where its locks were taken and its interrupts
// switched off.
#include "riscv/lockdep.h"

#include "debug/debug.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "uapi/lockstat.h"

enum { CLASSES = 128, EDGES = 4096 };

static struct class {
    uint8_t kind, rank;
    const char *name;
    // a bare lock: was it taken in a handler, and with interrupts on? Where first?
    bool in_handler, open;
    uint32_t handler_site[LOCKDEP_SITE], open_site[LOCKDEP_SITE];
    // Mutexes that were held each time that two of this class were: which of them orders the two.
    bool nested;
    uint64_t guards[CLASSES / 64];
    uint32_t nested_site[LOCKDEP_SITE];
    // for lockstat; atomic; times in ticks
    uint64_t taken, contended, waited, longest;
} classes[CLASSES] = {{.name = "interrupts off"}};

struct edge {
    uint32_t held_site[LOCKDEP_SITE], taken_site[LOCKDEP_SITE];
};

static uint32_t graph_lock; // taken with interrupts off; what follows only grows, and is read without it
static uint32_t class_count = 1;
static uint16_t edge_of[CLASSES][CLASSES]; // atomic; in edges; 0: none
static struct edge edges[EDGES];
static uint32_t edge_count = 1;

// For the report.
static uint16_t circle[CLASSES];
static uint32_t circle_length;
static const char *other_text; // what was done at the other site, which no list of held locks shows
static const uint32_t *other_site;

extern const char __text_start[];

// ---- sites

// The calls that led to the function with this frame pointer; zeros at the end.
static NOINLINE void save_site(uint32_t *site, uint64_t fp) {
    const struct vcpu *v = this_vcpu();
    int n = 0;
    while (n < LOCKDEP_SITE && fp % 8 == 0 && fp >= v->kstack_bottom + 16 && fp <= v->kstack_top) {
        const uint64_t *record = (const uint64_t *)fp; // see debug/report.c
        if (record[-1] == 0)
            break;
        site[n++] = (uint32_t)(record[-1] - 1 - (uint64_t)__text_start);
        if (record[-2] <= fp)
            break;
        fp = record[-2];
    }
    while (n < LOCKDEP_SITE)
        site[n++] = 0;
}

static void print_site(const uint32_t *site) {
    for (int i = 0; i < LOCKDEP_SITE && site[i]; i++) {
        uint64_t pc = (uint64_t)__text_start + site[i], off;
        const char *name = symbol_of(pc, &off);
        kalert("      %016lx %s+0x%lx\n", pc, name ? name : "?", name ? off : 0);
    }
}

// ---- classes

static bool hold_off(void) {
    bool on = interrupts_enabled();
    csr_clear(sstatus, SSTATUS_SIE);
    return on;
}

static void let_on(bool on) {
    if (on)
        csr_set(sstatus, SSTATUS_SIE);
}

static void lock_graph(void) {
    while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE) && !panicking)
        ;
}
static void unlock_graph(void) { __atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE); }

static uint16_t find_class(uint32_t from, uint32_t to, enum lock_kind kind, uint8_t rank, const char *name) {
    for (uint32_t i = from; i < to; i++)
        if (classes[i].kind == kind && classes[i].rank == rank && strcmp(classes[i].name, name) == 0)
            return (uint16_t)i;
    return 0;
}

static NOINLINE uint16_t learn_class(enum lock_kind kind, uint8_t rank, const char *name) {
    if (!name)
        name = "without a name";
    uint32_t known = __atomic_load_n(&class_count, __ATOMIC_ACQUIRE);
    uint16_t c = find_class(1, known, kind, rank, name);
    if (c)
        return c;
    lock_graph();
    c = find_class(known, class_count, kind, rank, name);
    if (!c) {
        if (class_count == CLASSES)
            panic("lockdep: more than %d classes of locks", CLASSES);
        c = (uint16_t)class_count;
        classes[c] = (struct class){.kind = (uint8_t)kind, .rank = rank, .name = name};
        __atomic_store_n(&class_count, c + 1, __ATOMIC_RELEASE);
    }
    unlock_graph();
    return c;
}

// Each lock remembers its class.
static uint16_t class_of(const void *lock, enum lock_kind kind) {
    static uint16_t bracket_class;
    struct spinlock *l = (struct spinlock *)lock;
    struct mutex *m = (struct mutex *)lock;
    uint16_t *class = kind == LOCK_SPIN ? &l->class : kind == LOCK_BRACKET ? &bracket_class : &m->class;
    if (likely(*class))
        return *class;
    if (kind == LOCK_SPIN)
        return *class = learn_class(kind, l->rank, l->name);
    if (kind == LOCK_BRACKET)
        return *class = learn_class(kind, MUTEX_TXN, "transaction");
    return *class = learn_class(LOCK_MUTEX, m->rank, m->lock.name);
}

static const char *kind_of(uint16_t class) {
    static const char *const names[] = {
        [LOCK_SPIN] = "spinlock ", [LOCK_MUTEX] = "mutex ", [LOCK_BRACKET] = "open "};
    return class ? names[classes[class].kind] : "";
}

// ---- the graph

// The shortest way from one class to another along the edges becomes the circle. False: there is none. Graph
// locked.
static bool find_circle(uint16_t from, uint16_t to) {
    static uint16_t queue[CLASSES], before[CLASSES];
    uint32_t head = 0, tail = 0;
    memset(before, 0, sizeof(before));
    queue[tail++] = before[from] = from;
    while (head < tail && !before[to]) {
        uint16_t at = queue[head++];
        for (uint16_t next = 1; next < class_count; next++)
            if (edge_of[at][next] && !before[next]) {
                before[next] = at;
                queue[tail++] = next;
            }
    }
    if (!before[to])
        return false;
    uint32_t n = 1;
    for (uint16_t at = to; at != from; at = before[at])
        n++;
    circle_length = n;
    for (uint16_t at = to; n-- > 0; at = before[at])
        circle[n] = at;
    return true;
}

// h is held, and a lock of this class will be taken.
static NOINLINE void learn_edge(const struct held *h, uint16_t class, const uint32_t *site) {
    const struct class *a = &classes[h->class], *b = &classes[class];
    // Transactions have a rank among the mutexes, which nobody else checks.
    if (a->kind != LOCK_SPIN && b->kind != LOCK_SPIN && a->rank > b->rank)
        panic("%s%s (rank %d): taken after %s%s (rank %d)", kind_of(class), b->name, b->rank,
              kind_of(h->class), a->name, a->rank);
    lock_graph();
    if (!edge_of[h->class][class]) {
        if (edge_count == EDGES)
            panic("lockdep: more than %d edges", EDGES);
        struct edge *e = &edges[edge_count];
        memcpy(e->held_site, h->site, sizeof(e->held_site));
        memcpy(e->taken_site, site, sizeof(e->taken_site));
        bool deadlock = find_circle(class, h->class);
        __atomic_store_n(&edge_of[h->class][class], (uint16_t)edge_count++, __ATOMIC_RELEASE);
        if (deadlock)
            panic("lock order: %s%s is taken while %s%s is held, and elsewhere it is the other way round",
                  kind_of(class), b->name, kind_of(h->class), a->name);
    }
    unlock_graph();
}

static void other(const char *text, const uint32_t *site) {
    other_text = text;
    other_site = site;
}

// A second mutex of this class is taken. What orders the two, so that nobody takes them the other way round?
// There must be a mutex that is held each time.
static void check_nesting(struct class *c, uint16_t class, const struct lockdep *d, const uint32_t *site) {
    uint64_t guards[CLASSES / 64] = {0}, left = 0;
    for (int i = 0; i < d->count; i++)
        if (d->held[i].class != class && classes[d->held[i].class].kind == LOCK_MUTEX)
            guards[d->held[i].class / 64] |= 1UL << d->held[i].class % 64;
    lock_graph();
    for (size_t i = 0; i < ARRAY_SIZE(guards); i++) {
        guards[i] &= c->nested ? c->guards[i] : ~0UL;
        left |= guards[i];
    }
    if (!left) {
        if (c->nested)
            other("two of it were held before, under another mutex", c->nested_site);
        panic(
            "mutex %s: taken while another of its class is held, and no mutex held each time orders the two",
            c->name);
    }
    if (!c->nested || memcmp(guards, c->guards, sizeof(guards)) != 0) {
        memcpy(c->guards, guards, sizeof(guards));
        memcpy(c->nested_site, site, sizeof(c->nested_site));
        c->nested = true;
    }
    unlock_graph();
}

// ---- lockstat

static void count(uint64_t *counter, uint64_t n) { __atomic_fetch_add(counter, n, __ATOMIC_RELAXED); }

static void note_hold(struct class *c, uint64_t ticks) {
    uint64_t longest = __atomic_load_n(&c->longest, __ATOMIC_RELAXED);
    while (ticks > longest && !__atomic_compare_exchange_n(&c->longest, &longest, ticks, true,
                                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

ssize_t lockstat_read(uint64_t buf, size_t n, int flags) {
    size_t done = 0;
    for (uint16_t i = 1; i < __atomic_load_n(&class_count, __ATOMIC_ACQUIRE); i++) {
        const struct class *c = &classes[i];
        struct lock_stat s = {.taken = c->taken,
                              .contended = c->contended,
                              .waited = ticks_to_ns(c->waited),
                              .longest = ticks_to_ns(c->longest)};
        format(s.name, sizeof(s.name), "%s%s", kind_of(i), c->name);
        if (s.taken == 0)
            continue;
        if (n - done < sizeof(s))
            break;
        if (copy_to_user(buf + done, &s, sizeof(s)) < 0)
            return -EFAULT;
        done += sizeof(s);
    }
    return (ssize_t)done;
}

ssize_t lockstat_write(uint64_t buf, size_t n, int flags) {
    for (uint16_t i = 1; i < __atomic_load_n(&class_count, __ATOMIC_ACQUIRE); i++) {
        uint64_t *const counters[] = {&classes[i].taken, &classes[i].contended, &classes[i].waited,
                                      &classes[i].longest};
        for (size_t k = 0; k < ARRAY_SIZE(counters); k++)
            __atomic_store_n(counters[k], 0, __ATOMIC_RELAXED);
    }
    return (ssize_t)n;
}

// ---- what a thread holds

// Where the next comes.
static struct held *place(struct lockdep *d) {
    if (d->count == LOCKDEP_HELD)
        panic("lockdep: a thread holds more than %d locks", LOCKDEP_HELD);
    return &d->held[d->count];
}

static void take_out(struct lockdep *d, int i) {
    memmove(&d->held[i], &d->held[i + 1], (d->count - i - 1) * sizeof(d->held[0]));
    d->count--;
}

// A lock of this class will be taken: what of it does to those held below h. True: one of its class is held.
static bool check_order(const struct lockdep *d, const struct held *h, uint16_t class) {
    bool same = false;
    for (const struct held *i = &d->held[d->in_handler ? d->handler_from : 0]; i < h; i++) {
        if (i->class == class)
            same = true;
        else if (i->class && unlikely(!__atomic_load_n(&edge_of[i->class][class], __ATOMIC_ACQUIRE)))
            learn_edge(i, class, h->site);
    }
    return same;
}

void lockdep_take(const void *lock, enum lock_kind kind) {
    struct lockdep *d = &this_vcpu()->lockdep;
    if (panicking)
        return;
    bool on = hold_off();
    // A spinlock takes the place of the interrupts_off that came with it.
    struct held *h = kind == LOCK_SPIN ? &d->held[d->count - 1] : place(d);
    if (kind != LOCK_SPIN)
        save_site(h->site, (uint64_t)__builtin_frame_address(0));
    uint16_t class = class_of(lock, kind);
    struct class *c = &classes[class];
    bool same = check_order(d, h, class);
    if (same && kind == LOCK_NESTED)
        check_nesting(c, class, d, h->site);
    else if (same)
        panic("%s%s: taken while another of its class is held", kind_of(class), c->name);
    count(&c->taken, 1);
    h->lock = lock;
    h->class = class;
    h->since = time_now();
    d->count = (uint16_t)(h - d->held + 1);
    let_on(on);
}

void lockdep_copy(void) {
    static uint16_t class; // as vm/space.c names it
    struct lockdep *d = &this_vcpu()->lockdep;
    if (panicking)
        return;
    bool on = hold_off();
    if (!class)
        class = learn_class(LOCK_MUTEX, MUTEX_SPACE, "address space");
    struct held *h = place(d);
    save_site(h->site, (uint64_t)__builtin_frame_address(0));
    if (check_order(d, h, class))
        panic("copying user memory: with mutex address space held, which a page fault takes");
    let_on(on);
}

// Where the lock stands on the list, or -1.
static int find_held(const struct lockdep *d, const void *lock) {
    int i = d->count - 1;
    while (i >= 0 && d->held[i].lock != lock)
        i--;
    return i;
}

void lockdep_waited(const void *lock, uint64_t since) {
    struct lockdep *d = &this_vcpu()->lockdep;
    bool on = hold_off();
    int i = find_held(d, lock);
    if (i >= 0) {
        struct class *c = &classes[d->held[i].class];
        d->held[i].since = time_now();
        count(&c->contended, 1);
        count(&c->waited, d->held[i].since - since);
    }
    let_on(on);
}

void lockdep_release(const void *lock) {
    struct lockdep *d = &this_vcpu()->lockdep;
    bool on = hold_off();
    int i = find_held(d, lock);
    if (i >= 0) {
        struct held h = d->held[i];
        struct class *c = &classes[h.class];
        note_hold(c, time_now() - h.since);
        take_out(d, i);
        if (c->kind == LOCK_SPIN) { // interrupts_restore comes next
            h.lock = NULL;
            h.class = 0;
            d->held[d->count++] = h;
        }
    }
    let_on(on);
}

void lockdep_off(void) {
    struct lockdep *d = &this_vcpu()->lockdep;
    struct held *h = place(d);
    h->lock = NULL;
    h->class = 0;
    save_site(h->site, (uint64_t)__builtin_frame_address(0));
    d->count++;
}

void lockdep_on(void) {
    const struct vcpu *v = this_vcpu();
    struct lockdep *d = &this_vcpu()->lockdep;
    if (v->off_depth == 0 && !panicking)
        panic("interrupts_restore: interrupts are not switched off");
    for (int i = d->count - 1; i >= 0; i--)
        if (!d->held[i].class) {
            take_out(d, i);
            return;
        }
}

// ---- where nothing may be held

// What was left is the latest on the list.
static void check_left(const char *where, int depth, uint16_t from) {
    const struct vcpu *v = this_vcpu();
    const struct lockdep *d = &v->lockdep;
    if (panicking)
        return;
    for (int i = d->count - 1; i >= from; i--)
        if (d->held[i].class)
            panic("%s: %s%s is still held", where, kind_of(d->held[i].class), classes[d->held[i].class].name);
    if (v->off_depth != (uint32_t)depth)
        panic("%s: interrupts switched off %d times, not %d", where, v->off_depth, depth);
}

void lockdep_clean(const char *where, int depth) { check_left(where, depth, 0); }

void lockdep_handler(bool begins) {
    const struct vcpu *v = this_vcpu();
    struct lockdep *d = &this_vcpu()->lockdep;
    if (begins) {
        d->handler_from = d->count;
        d->depth_before = v->off_depth;
    } else {
        check_left("end of an interrupt handler", d->depth_before, d->handler_from);
    }
    d->in_handler = begins;
}

void lockdep_bare(const void *lock) {
    const struct lockdep *d = &this_vcpu()->lockdep;
    bool on = interrupts_enabled();
    if (panicking || (!on && !d->in_handler))
        return;
    hold_off();
    struct class *c = &classes[class_of(lock, LOCK_SPIN)];
    bool *seen = on ? &c->open : &c->in_handler;
    uint32_t *site = on ? c->open_site : c->handler_site;
    if (!*seen) {
        save_site(site, (uint64_t)__builtin_frame_address(0));
        *seen = true; // two harts may both think that they are the first: one of the two sites stays
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (c->open && c->in_handler) {
            other(on ? "in a handler it is taken" : "with interrupts on it is taken",
                  on ? c->handler_site : c->open_site);
            panic("spinlock %s: taken %s", c->name,
                  on ? "with interrupts on, and elsewhere in an interrupt handler"
                     : "in an interrupt handler, and elsewhere with interrupts on");
        }
    }
    let_on(on);
}

// ---- the report

void lockdep_print(void) {
    const struct lockdep *d = &this_vcpu()->lockdep;
    for (uint32_t i = 0; i < circle_length; i++) {
        uint16_t a = circle[i], b = circle[(i + 1) % circle_length];
        const struct edge *e = &edges[edge_of[a][b]];
        kalert("%u. with %s%s, taken here:\n", i + 1, kind_of(a), classes[a].name);
        print_site(e->held_site);
        kalert("   somebody takes %s%s here:\n", kind_of(b), classes[b].name);
        print_site(e->taken_site);
    }
    if (other_site) {
        kalert("%s here:\n", other_text);
        print_site(other_site);
    }
    kalert("held by this thread: %s\n", d->count ? "" : "nothing");
    for (int i = d->count - 1; i >= 0; i--) {
        kalert("   %s%s, since:\n", kind_of(d->held[i].class), classes[d->held[i].class].name);
        print_site(d->held[i].site);
    }
}
