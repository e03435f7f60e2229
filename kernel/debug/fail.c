// fail.c: failures on purpose. The N-th page allocation, slab allocation or block request fails, or each with
// some probability: by boot argument (fail_page=N, fail_slab=1/1000, fail_blk=N) or through /dev/fail.
//
// What /dev/fail takes, a line each:
//     page N [me|kernel|all]     the N-th page allocation from now on fails; N+: and all that follow
//     slab 1/N [me|kernel|all]   each slab allocation fails with that probability
//     blk 0 [me|kernel|all]      only count
//     off                        nothing fails any more; counts stay
//     drop                       give back all memory that can be had back, so that the next reader needs the
//     disk
// me: those of the thread that writes this (default); kernel: those of threads without a process (the
// flusher); all. A reader gets a line for each point, "page COUNTED FAILED", and then the end.
//
// What asks is in riscv/fail.h. A promise of pages (page_promise) counts as a page allocation, since it is
// where promised memory is refused. The allocation of a promised page cannot fail, as its users rely on; one
// that is told to goes the slow way instead, as if no frame were near (page.c).
#ifndef NDEBUG
#include "debug/debug.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "riscv/fail.h"
#include "mm/page.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"
#include "sched/thread.h"

enum scope { OFF, ME, KERNEL, ALL, USER_STARTED };

// Atomics all: an allocation may be made with any lock held. One writer changes a point at a time, or what
// comes out is a mixture: this is for tests.
static struct point {
    const char *name, *what;
    enum scope scope;
    struct thread *thread; // for ME
    uint64_t at, of;       // the at-th; with of > 0: at out of so many
    bool onward;           // and all that follow
    uint64_t counted, failed;
} points[FAIL_POINTS] = {
    [FAIL_PAGE] = {"page", "page allocation"},
    [FAIL_SLAB] = {"slab", "slab allocation"},
    [FAIL_BLK] = {"blk", "block request"},
};
static uint64_t random_state;

static uint64_t draw(void) {
    uint64_t x = __atomic_load_n(&random_state, __ATOMIC_RELAXED);
    x ^= x << 13; // xorshift64
    x ^= x >> 7;
    x ^= x << 17;
    __atomic_store_n(&random_state, x, __ATOMIC_RELAXED);
    return x;
}

// The functions that led here, innermost first, in one line.
static void print_callers(const struct point *p, uint64_t n) {
    enum { SKIP = 2, SHOWN = 10 }; // skip this function and debug_fail
    char text[320] = "";
    size_t used = 0;
    const struct vcpu *v = this_vcpu();
    uint64_t fp = (uint64_t)__builtin_frame_address(0), off;
    for (int depth = 0;
         depth < SHOWN + SKIP && fp % 8 == 0 && fp >= v->kstack_bottom + 16 && fp <= v->kstack_top; depth++) {
        const uint64_t *record = (const uint64_t *)fp;
        const char *name = symbol_of(record[-1] - 1, &off);
        if (!name || record[-2] <= fp)
            break;
        if (depth >= SKIP - 1 && used < sizeof(text) - 1) {
            format(text + used, sizeof(text) - used, " %s", name);
            used += strlen(text + used);
        }
        fp = record[-2];
    }
    kprintf("fail: %s %lu of %s:%s\n", p->what, n, current()->name, text);
}

static bool concerns(const struct point *p) {
    switch (__atomic_load_n(&p->scope, __ATOMIC_ACQUIRE)) {
    case ME: return p->thread == current();
    case KERNEL: return !current()->owner && !current()->idle;
    case ALL: return true;
    default: return false;
    }
}

// For fail_hook.
static bool fails(enum fail_point point) {
    struct point *p = &points[point];
    if (unlikely(p->scope == USER_STARTED) && current()->owner) // boot argument: the first process runs
        __atomic_store_n(&p->scope, ALL, __ATOMIC_RELEASE);
    if (!concerns(p) || panicking)
        return false;
    uint64_t n = __atomic_add_fetch(&p->counted, 1, __ATOMIC_RELAXED);
    bool hit = p->of ? draw() % p->of < p->at : n == p->at || (p->onward && p->at && n > p->at);
    if (hit) {
        __atomic_add_fetch(&p->failed, 1, __ATOMIC_RELAXED);
        print_callers(p, n);
    }
    return hit;
}

// ---- setting it up

// The word at *s, which moves behind it.
static bool take_word(const char **s, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*s, word, n) != 0 || ((*s)[n] != 0 && (*s)[n] != ' ' && (*s)[n] != '\n'))
        return false;
    *s += n;
    while (**s == ' ' || **s == '\n')
        ++*s;
    return true;
}

static uint64_t take_number(const char **s) {
    uint64_t value = 0;
    for (; **s >= '0' && **s <= '9'; ++*s)
        value = value * 10 + (uint64_t)(**s - '0');
    return value;
}

// "N", "N+" or "N/M", and a scope if another than the one given. False: it is none of these.
static bool set(struct point *p, const char *s, enum scope scope) {
    if (*s < '0' || *s > '9')
        return false;
    struct point new = {p->name, p->what, OFF, current(), take_number(&s), 0, false, 0, 0};
    if (*s == '/') {
        s++;
        new.of = take_number(&s);
        if (new.of == 0)
            return false;
    } else if (*s == '+') {
        s++;
        new.onward = true;
    }
    while (*s == ' ' || *s == '\n')
        s++;
    scope = take_word(&s, "me") ? ME : take_word(&s, "kernel") ? KERNEL : take_word(&s, "all") ? ALL : scope;
    if (*s)
        return false;
    __atomic_store_n(&p->scope, OFF, __ATOMIC_RELEASE);
    *p = new;
    __atomic_store_n(&p->scope, scope, __ATOMIC_RELEASE);
    return true;
}

// The replacement policy gives pages a second chance: all are passed twice before it is of no use to go on.
static void drop(void) {
    enum { BATCH = 256 };
    struct mem_info mem;
    page_stats(&mem);
    for (uint64_t idle = 0; idle < 4 + 2 * mem.cached / BATCH; idle++)
        for (int i = 0; i < PAGE_SHRINKERS; i++)
            if (page_shrinkers[i](BATCH, PAGE_WAIT) > 0)
                idle = 0;
}

static bool command(const char *s) {
    if (take_word(&s, "off")) {
        for (int i = 0; i < FAIL_POINTS; i++)
            __atomic_store_n(&points[i].scope, OFF, __ATOMIC_RELEASE);
    } else if (take_word(&s, "drop")) {
        drop();
    } else {
        for (int i = 0; i < FAIL_POINTS; i++)
            if (take_word(&s, points[i].name))
                return set(&points[i], s, ME);
        return false;
    }
    return *s == 0;
}

ssize_t debug_fail_write(uint64_t buf, size_t n, int flags) {
    char line[64];
    if (n >= sizeof(line))
        return -EINVAL;
    if (copy_from_user(line, buf, n))
        return -EFAULT;
    line[n] = 0;
    return command(line) ? (ssize_t)n : -EINVAL;
}

ssize_t debug_fail_read(uint64_t buf, size_t n, int flags) {
    static const struct thread *told; // who has read all, and gets the end of the file next
    char text[160] = "";
    if (__atomic_exchange_n(&told, NULL, __ATOMIC_RELAXED) == current())
        return 0;
    for (int i = 0; i < FAIL_POINTS; i++)
        format(text + strlen(text), sizeof(text) - strlen(text), "%s %lu %lu\n", points[i].name,
               points[i].counted, points[i].failed);
    if (n < strlen(text))
        return -EINVAL;
    if (copy_to_user(buf, text, strlen(text)))
        return -EFAULT;
    told = current();
    return (ssize_t)strlen(text);
}

void debug_fail_init(const char *(*argument)(const char *name), uint64_t seed) {
    random_state = hash_word(seed + 1) | 1;
    fail_hook = fails;
    for (int i = 0; i < FAIL_POINTS; i++) {
        char name[16];
        format(name, sizeof(name), "fail_%s", points[i].name);
        const char *value = argument(name);
        if (value && !set(&points[i], value, USER_STARTED))
            panic("boot argument %s=%s: write a number, or 1/1000 for a probability", name, value);
    }
}
#endif
