// race.c: what the compiler calls under CONFIG=race (-fsanitize=thread) at each access to memory: a detector
// of data races, by sampling.
//
// Now and then a hart stops before a plain access: it hangs a watch on the place, waits a while with
// interrupts off, and goes on. Another hart that comes by there meanwhile was kept away by no lock and no
// order of atomics. If one of the two writes, and not both are atomic, that is a race, and the kernel panics
// with both stacks. When the one that waited finds another value there and has seen nobody, it goes on
// waiting, much longer: a hart that had passed the check before the watch was hung there mostly comes again.
// If nobody does, a device or assembly wrote it, or code that runs once, which the list of latest accesses
// tells: that is a panic too. Accesses by racy() (lib/kernel.h), which are volatile, count on neither side.
//
// So there are no false alarms; and what one run does not meet, another may: seed= draws other places.
//
// Not seen are the files that tools/config.mk lists, and assembly; but copies to and from users, and those of
// lib/string.c, are seen as a whole where they are called (the __wrap functions below).
#pragma GCC optimize("O2,omit-frame-pointer") // most calls find nothing to do: make those short

#include "debug/race.h"

#include "debug/debug.h"
#include "lib/string.h"
#include "riscv/panic.h"
#include "riscv/sbi.h"
#include "riscv/usercopy.h"
#include "sched/thread.h"

// How often and how long: up to 2 * MEAN_SKIP accesses of a hart between two watches; a wait of MIN_WAIT to
// MIN_WAIT + WAIT_SPAN turns of a loop of two instructions, and one time in LONG_ONE_IN a second / LONG_PART,
// in which a host with few processors runs the other harts. INSIST: how many of those waits, each longer by
// one of them than the last, for someone who has changed the value unseen (0.6 s with interrupts off, and
// then a panic). Code that runs seldom gets more than its share: what has been watched n times is passed over
// n / SHARE times of n / SHARE + 1, at most COMMON of COMMON + 1.
enum { MEAN_SKIP = 200, MIN_WAIT = 200, WAIT_SPAN = 2000, LONG_ONE_IN = 64, LONG_PART = 2000, INSIST = 50 };
enum { SHARE = 8, COMMON = 31, PLACES = 8192 };
enum { DEPTH = 14, RECENT = 16, EXCUSES = 16 };
// What stays on the stack between the access and its report has a frame record.
#define FRAME __attribute__((optimize("no-omit-frame-pointer")))

// What an access is: size << SIZE_SHIFT | WRITE | ATOMIC.
enum { WRITE = 1, ATOMIC = 2, SIZE_SHIFT = 2 };

struct access {
    uint64_t addr;
    uint32_t what, hart, depth;
    uint64_t pc[DEPTH]; // innermost first
    char thread[16];
};

// The low bits of a watch's state. The others count, so that no two times of being SET are alike.
enum { FREE = 0, SET = 1, MET = 2, EXCUSED = 3, STATE_BITS = 3, ONE_MORE = 4 };

// A hart waits at one watch at a time. Whoever changes the state from SET to MET owns the rest from then on.
// EXCUSED: there was a racy() write, so that a new value is all right.
static struct watch {
    uint64_t state; // atomic
    struct access by;
} __attribute__((aligned(64))) watches[MAX_HARTS];
static uint64_t watching; // atomic: how many are SET

// Of each hart; a thread that changes harts in between, or an interrupt, at worst spoils a count.
static struct sampler {
    int64_t skip; // accesses until the next watch
    uint64_t random;
    uint64_t excused[EXCUSES][2];
    uint32_t excuses;           // the latest racy() writes: address, what; and how many there were
    uint64_t recent[RECENT][2]; // the latest accesses: address, pc << 16 | what
} __attribute__((aligned(512))) samplers[MAX_HARTS];

static uint32_t watched[PLACES]; // by pc: how often. A lost count does no harm
static bool started;             // set once by boot
// The race that is reported: set by the first hart that sees one.
static struct access mine;
static struct access *met; // NULL: nobody was seen
static uint64_t was, is;   // then: the value before and after

extern const char __text_start[], __rodata_end[];

void race_start(uint64_t seed) {
    for (uint64_t i = 0; i < MAX_HARTS; i++)
        samplers[i].random = hash_word(seed * MAX_HARTS + i + 1) | 1;
    started = true;
}

static uint64_t draw(struct sampler *s) {
    s->random ^= s->random << 13; // xorshift64
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random >> 11;
}

static uint64_t size_of(uint32_t what) { return what >> SIZE_SHIFT; }

static bool overlap(uint64_t a, uint32_t a_what, uint64_t b, uint32_t b_what) {
    return a < b + size_of(b_what) && b < a + size_of(a_what);
}

// ---- reports

// pc: the return address into the function that does it; fp: the frame of one that it called, however far.
static void note_access(struct access *a, uint64_t addr, uint32_t what, uint64_t pc, uint64_t fp) {
    const struct vcpu *v = this_vcpu();
    a->addr = addr;
    a->what = what;
    a->hart = this_hart()->index;
    strlcpy(a->thread, current()->name, sizeof(a->thread));
    a->pc[0] = pc;
    a->depth = 1;
    bool ours = true; // the frame records (debug/report.c) outwards; those of this file come first
    while (a->depth < DEPTH && fp % 8 == 0 && fp >= v->kstack_bottom + 16 && fp <= v->kstack_top) {
        const uint64_t *record = (const uint64_t *)fp;
        if (!ours && record[-1])
            a->pc[a->depth++] = record[-1];
        ours = ours && record[-1] != pc;
        if (record[-2] <= fp)
            return;
        fp = record[-2];
    }
}

static const char *kind(uint32_t what) {
    static const char *const names[] = {"read", "write", "atomic read", "atomic write"};
    return names[what & (WRITE | ATOMIC)];
}

// pc: a return address; the call is before it.
static const char *function(uint64_t pc, uint64_t *off) {
    const char *name = symbol_of(pc - 1, off);
    if (!name)
        *off = 0;
    return name ? name : "?";
}

static void print_pc(uint64_t pc) {
    uint64_t off = 0;
    const char *name = function(pc, &off);
    kalert("  %016lx %s+0x%lx\n", pc - 1, name, off);
}

static void print_access(const struct access *a) {
    kalert("%s of %lu bytes at %016lx, hart %u, thread %s:\n", kind(a->what), size_of(a->what), a->addr,
           a->hart, a->thread);
    for (uint32_t i = 0; i < a->depth; i++)
        print_pc(a->pc[i]);
}

// Nobody was seen: who else wrote there not long ago?
static void print_recent(const struct access *a) {
    kalert("it changed from %lx to %lx meanwhile\n", was, is);
    for (uint32_t h = 0; h < hart_count; h++)
        for (int i = 0; i < RECENT && h != a->hart; i++) {
            const uint64_t *r = samplers[h].recent[i];
            if (!(r[1] & WRITE) || !overlap(a->addr, a->what, r[0], (uint16_t)r[1]))
                continue;
            kalert("perhaps this %s of %lu bytes at %016lx, hart %u, before the watch was seen:\n",
                   kind(r[1]), size_of((uint16_t)r[1]), r[0], h);
            print_pc((uint64_t)((int64_t)r[1] >> 16));
        }
}

bool race_report(void) {
    if (!mine.depth)
        return false;
    print_access(&mine);
    if (met)
        print_access(met);
    else
        print_recent(&mine);
    return true;
}

// The first hart that sees a race tells it; for others there is nothing more to do.
static void be_first(void) {
    static uint32_t taken;
    if (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQ_REL))
        for (;;)
            ;
    started = false;
}

// mine and met are filled in.
static NORETURN void report(void) {
    uint64_t off = 0, in, in_met;
    const char *place = data_symbol_of(met ? max(mine.addr, met->addr) : mine.addr, &off);
    const char *f = function(mine.pc[0], &in);
    if (!place)
        place = "memory";
    if (!met)
        panic("data race at %s+0x%lx: %s in %s+0x%lx, write of unknown origin", place, off, kind(mine.what),
              f, in);
    const char *g = function(met->pc[0], &in_met);
    panic("data race at %s+0x%lx: %s in %s+0x%lx, %s in %s+0x%lx", place, off, kind(mine.what), f, in,
          kind(met->what), g, in_met);
}

// ---- watching

// Make one of the other harts' watches that this access meets go from SET to new_state. NULL: there is none.
static struct watch *meet(uint64_t addr, uint32_t what, uint64_t new_state) {
    for (uint32_t i = 0; i < hart_count; i++) {
        struct watch *w = &watches[i];
        uint64_t state = __atomic_load_n(&w->state, __ATOMIC_ACQUIRE);
        if (i == this_hart()->index || (state & STATE_BITS) != SET ||
            !overlap(addr, what, w->by.addr, w->by.what) || !((what | w->by.what) & WRITE))
            continue;
        // What was read of w holds if it is still the same time of being SET.
        if (__atomic_compare_exchange_n(&w->state, &state, state - SET + new_state, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return w;
    }
    return NULL;
}

// Is somebody waiting at a watch whom this access should not meet?
static void look(uint64_t addr, uint32_t what, uint64_t pc, uint64_t fp) {
    struct watch *w = meet(addr, what, MET);
    if (!w)
        return;
    be_first();
    note_access(&mine, addr, what, pc, fp);
    met = &w->by;
    report();
}

// A racy() write: nobody is to wonder about it.
static void excuse(uint64_t addr, uint32_t what) {
    uint64_t before;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(before)::"memory");
    struct sampler *s = &samplers[this_hart()->index];
    uint64_t *e = s->excused[s->excuses++ % EXCUSES];
    e[0] = addr;
    __atomic_store_n(&e[1], what, __ATOMIC_SEQ_CST); // before we look
    while (__atomic_load_n(&watching, __ATOMIC_SEQ_CST) && meet(addr, what, EXCUSED))
        ;
    csr_set(sstatus, before & SSTATUS_SIE);
}

// Has some hart done a racy() write there lately? It may have looked before the watch was SET, and written
// after.
static bool just_excused(uint64_t addr, uint32_t what) {
    for (uint32_t h = 0; h < hart_count; h++)
        for (int i = 0; i < EXCUSES; i++)
            if (overlap(addr, what, samplers[h].excused[i][0], samplers[h].excused[i][1]))
                return true;
    return false;
}

static uint64_t value_at(uint64_t addr, uint32_t what) {
    uint64_t value = 0;
    for (uint64_t i = 0; i < size_of(what); i++)
        value |= (uint64_t)((volatile uint8_t *)addr)[i] << (i * 8);
    return value;
}

static void wait_turns(uint64_t turns) {
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(turns)::"memory");
}

// The hart sleeps, for its timer or anything else that comes in, and finds its timer as it was.
static void wait_ticks(uint64_t ticks) {
    if (!sbi_have_sstc) // what is set cannot be read
        return wait_turns(ticks * 10);
    uint64_t timer = csr_read(0x14d); // stimecmp
    sbi_set_timer(time_now() + ticks);
    __asm__ volatile("wfi" ::: "memory");
    sbi_set_timer(timer);
}

// The value has changed, and w is still as it was SET: wait for the one who did it to come by once more.
// False: another hart insists already, and will report (if no racy() write excuses it); w's is to go on,
// perhaps to where that one waits.
static bool insist(const struct watch *w, uint64_t set) {
    static uint32_t insisting;
    if (__atomic_exchange_n(&insisting, 1, __ATOMIC_ACQ_REL))
        return false;
    for (uint64_t i = 1; i <= INSIST && !panicking; i++) {
        if (__atomic_load_n(&w->state, __ATOMIC_ACQUIRE) != set)
            break;
        uint64_t end = time_now() + i * timebase / LONG_PART, now;
        while ((now = time_now()) < end) // what is pending ends a sleep at once
            wait_ticks(end - now);
    }
    __atomic_store_n(&insisting, 0, __ATOMIC_RELEASE);
    return true;
}

// Wait for a race at this access. Interrupts off.
static void watch(struct sampler *s, uint64_t addr, uint32_t what, uint64_t pc, uint64_t fp) {
    struct watch *w = &watches[this_hart()->index];
    note_access(&w->by, addr, what, pc, fp);
    uint64_t set = (w->state & ~(uint64_t)STATE_BITS) + ONE_MORE + SET;
    __atomic_fetch_add(&watching, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&w->state, set, __ATOMIC_SEQ_CST);
    // Of two that hang one there at the same time, none has met the other's yet: now one does.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    struct watch *other = meet(addr, what, MET);
    if (other) {
        be_first();
        mine = w->by;
        met = &other->by;
        report();
    }
    uint64_t before = value_at(addr, what);
    if (draw(s) % LONG_ONE_IN)
        wait_turns(MIN_WAIT + draw(s) % WAIT_SPAN);
    else
        wait_ticks(timebase / LONG_PART);
    uint64_t after = value_at(addr, what);
    bool wonder = before != after && !just_excused(addr, what) && insist(w, set);
    uint64_t state = set;
    bool unseen = __atomic_compare_exchange_n(&w->state, &state, set - SET + FREE, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST);
    while (!unseen && (state & STATE_BITS) == MET)
        ; // the other one reports, and needs w
    __atomic_fetch_sub(&watching, 1, __ATOMIC_SEQ_CST);
    if (!wonder || !unseen || panicking)
        return;
    be_first();
    mine = w->by;
    was = before;
    is = after;
    report();
}

// Is there no sense in watching: nobody else to meet, or a place that is nobody else's, or that nobody
// writes?
static bool not_shared(uint64_t addr) {
    return addr - this_vcpu()->kstack_bottom < KSTACK_SIZE ||
           (addr >= (uint64_t)__text_start && addr < (uint64_t)__rodata_end);
}

// Is it the turn of the access at pc?
static bool choose(struct sampler *s, uint64_t pc) {
    uint32_t *n = &watched[hash_word(pc) % PLACES];
    if (draw(s) % (min(*n / SHARE, (uint32_t)COMMON) + 1) != 0)
        return false;
    ++*n;
    return true;
}

// The rare part of an access. Not inlined, so that the entries of plain accesses need no frame: they jump
// here.
static NOINLINE FRAME void rarely(uint64_t addr, uint32_t what, uint64_t pc) {
    uint64_t fp = (uint64_t)__builtin_frame_address(0);
    if (!started || panicking) // a panic looks at everything, and takes no lock
        return;
    uint64_t before;
    __asm__ volatile("csrrci %0, sstatus, 2"
                     : "=r"(before)::"memory"); // interrupts_off is itself instrumented
    if (__atomic_load_n(&watching, __ATOMIC_RELAXED))
        look(addr, what, pc, fp);
    struct sampler *s = &samplers[this_hart()->index];
    if (s->skip < 0 && !(what & ATOMIC) && !not_shared(addr) && hart_count > 1 && choose(s, pc)) {
        s->skip = (int64_t)(draw(s) % (2 * MEAN_SKIP));
        if (size_of(what) > sizeof(uint64_t)) { // one word of it
            addr += draw(s) % (size_of(what) / sizeof(uint64_t)) * sizeof(uint64_t);
            what = sizeof(uint64_t) << SIZE_SHIFT | (what & WRITE);
        }
        watch(s, addr, what, pc, fp);
    }
    csr_set(sstatus, before & SSTATUS_SIE);
}

static inline __attribute__((always_inline)) void seen(uint64_t addr, uint32_t what, uint64_t pc) {
    struct sampler *s = &samplers[this_vcpu()->hart->index];
    uint64_t *r = s->recent[(uint64_t)s->skip-- % RECENT];
    r[0] = addr;
    r[1] = pc << 16 | (uint16_t)what;
    if (unlikely(s->skip < 0 || __atomic_load_n(&watching, __ATOMIC_RELAXED)))
        rarely(addr, what, pc);
}

// ---- what the compiler calls: once a file, and before each access

#define PC ((uint64_t)__builtin_return_address(0))

void __tsan_init(void);
void __tsan_init(void) {}

#define PLAIN(name, size, flags)                                                                             \
    void __tsan_##name(void *p);                                                                             \
    void __tsan_##name(void *p) { seen((uint64_t)p, (size) << SIZE_SHIFT | (flags), PC); }
#define PLAIN_SIZES(name, flags)                                                                             \
    PLAIN(name##1, 1, flags)                                                                                 \
    PLAIN(name##2, 2, flags) PLAIN(name##4, 4, flags) PLAIN(name##8, 8, flags) PLAIN(name##16, 16, flags)
PLAIN_SIZES(read, 0)
PLAIN_SIZES(write, WRITE)
PLAIN_SIZES(unaligned_read, 0)
PLAIN_SIZES(unaligned_write, WRITE)

// racy(), and the registers of devices. Such a read is none of our business.
#define VOLATILE(size)                                                                                       \
    void __tsan_volatile_read##size(void *p);                                                                \
    void __tsan_volatile_read##size(void *p) {}                                                              \
    void __tsan_volatile_write##size(void *p);                                                               \
    void __tsan_volatile_write##size(void *p) { excuse((uint64_t)p, (size) << SIZE_SHIFT | WRITE); }
VOLATILE(1)
VOLATILE(2)
VOLATILE(4)
VOLATILE(8)

void __tsan_read_range(void *p, size_t n);
void __tsan_write_range(void *p, size_t n);
FRAME void __tsan_read_range(void *p, size_t n) { seen((uint64_t)p, (uint32_t)n << SIZE_SHIFT, PC); }
FRAME void __tsan_write_range(void *p, size_t n) { seen((uint64_t)p, (uint32_t)n << SIZE_SHIFT | WRITE, PC); }

// Atomic builtins: the compiler leaves them to us. All in the strictest order, which other files cannot rely
// on more than on the one that they ask for: no other thing here makes a race visible, but the watches.
#define ATOMIC_ENTRY(bits, flags) seen((uint64_t)p, (bits) / 8 << SIZE_SHIFT | ATOMIC | (flags), PC)
#define LOAD_AND_STORE(bits)                                                                                 \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile void *p, int order);                            \
    FRAME uint##bits##_t __tsan_atomic##bits##_load(const volatile void *p, int order) {                     \
        ATOMIC_ENTRY(bits, 0);                                                                               \
        return __atomic_load_n((const volatile uint##bits##_t *)p, __ATOMIC_SEQ_CST);                        \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile void *p, uint##bits##_t value, int order);                     \
    FRAME void __tsan_atomic##bits##_store(volatile void *p, uint##bits##_t value, int order) {              \
        ATOMIC_ENTRY(bits, WRITE);                                                                           \
        __atomic_store_n((volatile uint##bits##_t *)p, value, __ATOMIC_SEQ_CST);                             \
    }
LOAD_AND_STORE(8)
LOAD_AND_STORE(16)
LOAD_AND_STORE(32)
LOAD_AND_STORE(64)

#define CHANGE(bits, name, builtin)                                                                          \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile void *p, uint##bits##_t value, int order);          \
    FRAME uint##bits##_t __tsan_atomic##bits##_##name(volatile void *p, uint##bits##_t value, int order) {   \
        ATOMIC_ENTRY(bits, WRITE);                                                                           \
        return builtin((volatile uint##bits##_t *)p, value, __ATOMIC_SEQ_CST);                               \
    }
#define COMPARE_AND_SWAP(bits, name)                                                                         \
    bool __tsan_atomic##bits##_##name(volatile void *p, void *expected, uint##bits##_t value, int order,     \
                                      int failure);                                                          \
    FRAME bool __tsan_atomic##bits##_##name(volatile void *p, void *expected, uint##bits##_t value,          \
                                            int order, int failure) {                                        \
        ATOMIC_ENTRY(bits, WRITE);                                                                           \
        return __atomic_compare_exchange_n((volatile uint##bits##_t *)p, (uint##bits##_t *)expected, value,  \
                                           false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                       \
    }
#define CHANGES(bits)                                                                                        \
    CHANGE(bits, exchange, __atomic_exchange_n)                                                              \
    CHANGE(bits, fetch_add, __atomic_fetch_add)                                                              \
    CHANGE(bits, fetch_sub, __atomic_fetch_sub)                                                              \
    CHANGE(bits, fetch_and, __atomic_fetch_and)                                                              \
    CHANGE(bits, fetch_or, __atomic_fetch_or)                                                                \
    CHANGE(bits, fetch_xor, __atomic_fetch_xor)                                                              \
    COMPARE_AND_SWAP(bits, compare_exchange_strong)                                                          \
    COMPARE_AND_SWAP(bits, compare_exchange_weak)
CHANGES(32)
CHANGES(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// ---- what stands for many accesses: the linker sends calls of NAME from other files to __wrap_NAME

static inline __attribute__((always_inline)) void range(const void *p, size_t n, uint32_t flags,
                                                        uint64_t pc) {
    if (n)
        seen((uint64_t)p, (uint32_t)n << SIZE_SHIFT | flags, pc);
}

#define WRAP(type, name, parameters, arguments, accesses)                                                    \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    FRAME type __wrap_##name parameters {                                                                    \
        accesses;                                                                                            \
        return __real_##name arguments;                                                                      \
    }                                                                                                        \
    type racy_##name parameters;                                                                             \
    type racy_##name parameters { return __real_##name arguments; }
#define READS(p, n)  range(p, n, 0, PC)
#define WRITES(p, n) range(p, n, WRITE, PC)
WRAP(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n), READS(from, n); WRITES(to, n))
WRAP(void *, memmove, (void *to, const void *from, size_t n), (to, from, n), READS(from, n); WRITES(to, n))
WRAP(void *, memset, (void *to, int c, size_t n), (to, c, n), WRITES(to, n))
WRAP(int, memcmp, (const void *a, const void *b, size_t n), (a, b, n), READS(a, n); READS(b, n))
WRAP(void, page_zero, (void *to), (to), WRITES(to, PAGE_SIZE))
WRAP(void, page_copy, (void *to, const void *from), (to, from), READS(from, PAGE_SIZE); WRITES(to, PAGE_SIZE))
WRAP(size_t, strlen, (const char *s), (s), READS(s, 1))
WRAP(size_t, strlcpy, (char *to, const char *from, size_t size), (to, from, size),
     READS(from, strnlen(from, size - 1) + 1);
     WRITES(to, strnlen(from, size - 1) + 1))
WRAP(uint32_t, hash_bytes, (const void *s, size_t n), (s, n), READS(s, n))
WRAP(int, copy_from_user, (void *to, uint64_t from, size_t n), (to, from, n), WRITES(to, n))
WRAP(int, copy_to_user, (uint64_t to, const void *from, size_t n), (to, from, n), READS(from, n))
