// heaptest: what the grader asks of heap.c, a part a run.
//
//   heaptest part
//
// "Growth" is by how many bytes the break has moved up: sbrk(0). "heap" is how large it is at the end. What
// was not as it should be is reported in words, the first case only, "none" if there is none. A block that
// could not be had (NULL) ends the part.

#include <errno.h>
#include <lab.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"

static char wrong[200] = "none"; // the first thing that was not as it should be

#define WRONG(...)                                                                                           \
    do {                                                                                                     \
        if (strcmp(wrong, "none") == 0)                                                                      \
            snprintf(wrong, sizeof wrong, __VA_ARGS__);                                                      \
    } while (0)

static char *start_of_heap;

static char *brk_now(void) { return sbrk(0); }

static unsigned long state = 88172645463325252;
static unsigned long draw(unsigned long below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void *must(void *p, const char *call, size_t n) {
    if (!p) {
        lab_result("refused", "%s of %zu bytes gave NULL, with %zu KiB in the heap", call, n,
                   (size_t)(brk_now() - start_of_heap) / 1024);
        exit(1);
    }
    return p;
}
static void *get(size_t n) { return must(heap_alloc(n), "heap_alloc", n); }

// A block and what its bytes should be: a pattern that starts with seed.
struct piece {
    unsigned char *p;
    size_t n;
    unsigned seed;
};

static unsigned char pattern(const struct piece *b, size_t i) {
    return (unsigned char)(b->seed * 31 + i * 7);
}

static void fill(struct piece *b, size_t from) {
    for (size_t i = from; i < b->n; i++)
        b->p[i] = pattern(b, i);
}

static void check(const struct piece *b, size_t n, const char *when) {
    for (size_t i = 0; i < n; i++)
        if (b->p[i] != pattern(b, i)) {
            WRONG("byte %zu of a block of %zu bytes has changed %s", i, b->n, when);
            return;
        }
}

static struct piece make(size_t n) {
    static unsigned seed;
    struct piece b = {get(n), n, ++seed};
    if ((char *)b.p < start_of_heap || (char *)b.p + n > brk_now())
        WRONG("a block of %zu bytes that ends %td bytes behind the heap", n, (char *)b.p + n - brk_now());
    else
        fill(&b, 0);
    return b;
}

// ---- the parts

static void aligned(void) {
    for (size_t n = 0; n <= 2000; n += n < 100 ? 1 : 37) {
        void *p = get(n);
        if ((uintptr_t)p % 16)
            WRONG("heap_alloc(%zu) gave %p", n, p);
        void *q = get(n);
        if (p == q)
            WRONG("heap_alloc(%zu) gave %p twice", n, p);
        if (n % 3)
            heap_free(p);
    }
    lab_result("wrong", "%s", wrong);
}

// Sizes that are odd in every way but two: with headers of 8 or 16 bytes blocks are multiples of 32.
static size_t draw_size(size_t below) { return 32 * draw(below / 32) + 16 - draw(8); }

static void own_bytes(void) {
    enum { SLOTS = 200, STEPS = 6000 };
    static struct piece slots[SLOTS];
    for (int step = 0; step < STEPS; step++) {
        struct piece *b = &slots[draw(SLOTS)];
        if (b->p) {
            check(b, b->n, "between heap_alloc and heap_free");
            heap_free(b->p);
            b->p = NULL;
        } else {
            *b = make(draw_size(step % 10 ? 300 : 9000));
        }
    }
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].p)
            check(&slots[i], slots[i].n, "between heap_alloc and heap_free");
    lab_result("wrong", "%s", wrong);
}

static void reuse(void) {
    heap_free(get(1000));
    char *before = brk_now();
    for (int i = 0; i < 3000; i++)
        heap_free(get(1000));
    lab_result("growth", "%td", brk_now() - before);
}

static void split(void) {
    void *large = get(400016);
    get(16); // so that the large one is not the last
    heap_free(large);
    char *before = brk_now();
    for (int i = 0; i < 390; i++)
        get(976);
    lab_result("growth", "%td", brk_now() - before);
}

enum { JOINED = 300, JOINED_SIZE = 5008 };

// Frees 300 blocks that lie side by side in some order, then asks for nearly as much as one.
static void join(const char *order) {
    static char *p[JOINED];
    heap_free(get(JOINED * (JOINED_SIZE + 32))); // one piece, not one from each growth of the heap
    for (int i = 0; i < JOINED; i++)
        p[i] = get(JOINED_SIZE);
    get(16);
    char *before = brk_now();
    for (int i = 0; i < JOINED; i++)
        if (strcmp(order, "up") == 0)
            heap_free(p[i]);
        else if (strcmp(order, "down") == 0)
            heap_free(p[JOINED - 1 - i]);
        else if (i % 2 == 0)
            heap_free(p[i]);
    for (int i = 1; i < JOINED && strcmp(order, "gaps") == 0; i += 2)
        heap_free(p[(i * 7) % JOINED]); // 7 and 300 share no divisor: each of them once
    get((size_t)JOINED * JOINED_SIZE);
    lab_result("growth", "%td", brk_now() > before ? brk_now() - before : (ptrdiff_t)0);
}

// What happens in a child, which starts with this heap: a block of n bytes, and what comes after it.
static void at_the_end(size_t n) {
    struct piece last = make(n), small = make(40), other = make(20);
    check(&last, n, "when small blocks came behind it");
    heap_free(small.p);
    heap_free(last.p);
    last = make(n + 300);
    small = make(40);
    check(&other, other.n, "when its neighbours were freed and came again");
    check(&last, last.n, "when a small one came");
}

// The largest block that moves the break by nothing.
static size_t fits(void) {
    size_t low = 0, high = 200000; // low fits, high does not
    while (high - low > 1) {
        size_t n = (low + high) / 2;
        pid_t pid = fork();
        if (pid == 0) {
            char *before = brk_now();
            get(n);
            _exit(brk_now() != before);
        }
        int status = -1;
        waitpid(pid, &status, 0);
        *(status == 0 ? &low : &high) = n;
    }
    return low;
}

// Blocks behind which 90 bytes are left before the heap ends, or 89, or 88, ...
static void end_of_heap(void) {
    int ends[2];
    make(100);
    heap_free(get(5000));
    size_t most = fits();
    if (pipe(ends) < 0)
        lab_trouble("no pipe");
    for (size_t n = most > 90 ? most - 90 : 0; n <= most + 20 && strcmp(wrong, "none") == 0; n++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            at_the_end(n);
            _exit(write(ends[1], wrong, sizeof wrong) != sizeof wrong);
        }
        waitpid(pid, &status, 0);
        if (status != 0)
            WRONG("killed by signal %d when a block of %zu bytes had left %td of the last area",
                  WTERMSIG(status), n, (ptrdiff_t)(most - n));
        else if (read(ends[0], wrong, sizeof wrong) != sizeof wrong)
            lab_trouble("an empty pipe");
    }
    lab_result("wrong", "%s", wrong);
}

static void resize(void) {
    struct piece b = {heap_realloc(NULL, 48), 48, 7};
    must(b.p, "heap_realloc(NULL)", 48);
    fill(&b, 0);
    heap_free(get(200000)); // a free one behind it, to grow into
    for (int i = 0; i < 400; i++) {
        size_t old = b.n, n = i % 5 == 4 ? draw_size(2000) : old + 32 * draw(47);
        if (i % 3 == 0)
            get(80); // something behind it, so that it has to move
        b.p = must(heap_realloc(b.p, n), "heap_realloc", n);
        b.n = n;
        check(&b, n < old ? n : old, "in heap_realloc");
        fill(&b, n < old ? n : old);
    }
    lab_result("wrong", "%s", wrong);
    void *p = heap_realloc(b.p, (size_t)4 << 30);
    lab_result("too-large", "%s", p ? "a block" : "NULL");
    if (!p)
        check(&b, b.n, "in heap_realloc that gave NULL");
    lab_result("kept", "%s", wrong);
}

static void shrink(void) {
    char *p = get(400016);
    get(16);
    char *q = must(heap_realloc(p, 1000), "heap_realloc", 1000);
    char *before = brk_now();
    get(380000);
    lab_result("growth", "%td", brk_now() - before);
    heap_free(q);
}

static void zeroed(void) {
    for (int i = 0; i < 50; i++) {
        struct piece b = make(500 + (size_t)i * 100);
        heap_free(b.p);
        unsigned char *p = must(heap_calloc(b.n, 1), "heap_calloc", b.n);
        for (size_t j = 0; j < b.n; j++)
            if (p[j])
                WRONG("byte %zu of heap_calloc(%zu, 1) was %d", j, b.n, p[j]);
        memset(p, 0xff, b.n);
        heap_free(p);
    }
    lab_result("wrong", "%s", wrong);
}

static void too_much(void) {
    static const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - 8,    SIZE_MAX - 15,
                                   SIZE_MAX - 16,    SIZE_MAX - 40,   SIZE_MAX / 2,
                                   SIZE_MAX / 2 + 1, (size_t)1 << 40, (size_t)1 << 31};
    struct piece b = make(100);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        errno = 0;
        void *p = heap_alloc(sizes[i]);
        if (p || errno != ENOMEM)
            WRONG("heap_alloc(%zu) gave %p, errno %d", sizes[i], p, errno);
    }
    errno = 0;
    void *p = heap_calloc(((size_t)1 << 63) + 8, 2); // 16, modulo 2^64
    if (p || errno != ENOMEM)
        WRONG("heap_calloc(2^63 + 8, 2) gave %p, errno %d", p, errno);
    check(&b, b.n, "when others were refused");
    b = make(5000);
    check(&b, b.n, "after others were refused");
    lab_result("wrong", "%s", wrong);
}

// Somebody else who calls sbrk: their memory is not the heap's.
static void others(void) {
    static struct piece theirs[40], mine[400];
    int count = 0;
    for (int i = 0; i < 40; i++) {
        size_t n = 100 + draw(5000);
        theirs[i] = (struct piece){sbrk((ptrdiff_t)n), n, (unsigned)i};
        fill(&theirs[i], 0);
        for (int j = 0; j < 10; j++)
            mine[count++] = make(draw_size(9000));
        for (int j = 0; j < 3; j++) { // some come and go
            struct piece *b = &mine[draw((unsigned long)count)];
            check(b, b->n, "while somebody else used sbrk");
            heap_free(b->p);
            *b = make(draw_size(9000));
        }
    }
    for (int i = 0; i < count; i++)
        check(&mine[i], mine[i].n, "while somebody else used sbrk");
    for (int i = 0; i < 40; i++)
        check(&theirs[i], theirs[i].n, "that is not of the heap, but of somebody else's sbrk");
    lab_result("wrong", "%s", wrong);
}

static void costs(void) {
    enum { LIVE = 5000, ROUNDS = 3000 };
    static void *live[LIVE];
    for (int i = 0; i < LIVE; i++)
        live[i] = get(48);
    for (int i = LIVE / 2; i < LIVE / 2 + 10; i++)
        heap_free(live[i * 7 % LIVE]);
    heap_free(get(176));
    uint64_t before = lab_instructions();
    for (int i = 0; i < ROUNDS; i++)
        heap_free(get(176));
    lab_result("instructions", "%lu", (unsigned long)((lab_instructions() - before) / ROUNDS));
}

static void fragments(void) {
    enum { SLOTS = 600, STEPS = 20000 };
    static struct piece slots[SLOTS];
    size_t live = 0, most = 0;
    for (int step = 0; step < STEPS; step++) {
        struct piece *b = &slots[draw(SLOTS)];
        if (b->p) {
            heap_free(b->p);
            live -= b->n;
            b->p = NULL;
        } else {
            b->n = draw_size(draw(4) ? 200 : 4000);
            b->p = get(b->n);
            live += b->n;
        }
        most = live > most ? live : most;
    }
    lab_result("percent", "%zu", (size_t)(brk_now() - start_of_heap) * 100 / most);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"aligned", aligned},   {"own-bytes", own_bytes}, {"reuse", reuse},
                 {"split", split},       {"shrink", shrink},       {"end-of-heap", end_of_heap},
                 {"realloc", resize},    {"calloc", zeroed},       {"others", others},
                 {"too-much", too_much}, {"fragments", fragments}, {"costs", costs}};
    lab_start(&argc, &argv);
    start_of_heap = brk_now();
    if (argc == 3 && strcmp(argv[1], "join") == 0)
        join(argv[2]);
    for (size_t i = 0; argc == 2 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(argv[1], parts[i].name) == 0)
            parts[i].run();
    lab_result("heap", "%td", brk_now() - start_of_heap);
    return 0;
}
