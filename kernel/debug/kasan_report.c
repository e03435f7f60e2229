// kasan_report.c: CONFIG=kasan: what a panic says of a bad access or free: what, to which object, and who had
// it.
#include "debug/kasan.h"

#include "debug/debug.h"
#include "mm/slab.h"
#include "riscv/csr.h"
#include "riscv/panic.h"

extern const char __text_start[];

// What the report is about. Set once, by the hart that reports.
static uint64_t first_bad;
static void (*report_of_panic)(void);

static uint8_t shadow(uint64_t address) { return kasan_has_shadow(address) ? *shadow_of(address) : 0; }

// Why the byte at address must not be touched: the shadow of its granule, or where that is part of an object,
// of the next one.
static uint8_t reason(uint64_t address) {
    uint8_t s = shadow(address);
    return s < GRANULE ? shadow(address + GRANULE) : s;
}

static const char *kind_of(uint64_t address) {
    switch (reason(address)) {
    case SHADOW_DEAD_STACK: return "use of the stack of a thread that has ended";
    case SHADOW_FREE_FRAME: return "use of a free frame";
    case SHADOW_NEVER_USED: return "use of a free object";
    case SHADOW_FREED: return "use after free";
    case SHADOW_FRAME_TAIL:
    case SHADOW_HEADER:
    case SHADOW_TAIL: return "heap out of bounds";
    case SHADOW_GLOBAL: return "global out of bounds";
    case SHADOW_STACK_LEFT:
    case SHADOW_STACK_MID:
    case SHADOW_STACK_RIGHT: return "stack out of bounds";
    case SHADOW_SCOPE: return "use of a variable out of scope";
    default: return "use of memory that is not to be used";
    }
}

// ---- what was known of the object

static void print_trace(const char *what, const struct kasan_trace *t) {
    if (!t->pc[0])
        return;
    kalert("%s:\n", what);
    for (size_t i = 0; i < ARRAY_SIZE(t->pc) && t->pc[i]; i++)
        debug_print_pc((uint64_t)__text_start + t->pc[i] - 1); // in the call, not behind it
}

// "byte 3 of it", "2 bytes before it", ...
static void print_place(uint64_t address, uint64_t start, uint64_t size) {
    if (address < start)
        kalert("%lu bytes before it\n", start - address);
    else if (address < start + size)
        kalert("byte %lu of it\n", address - start);
    else
        kalert("%lu bytes behind its end\n", address - start - size);
}

// The header of the object that address lies in or behind, on the same page; NULL: none.
static const struct kasan_header *find_header(uint64_t address) {
    uint64_t page = align_down(address, PAGE_SIZE), a = align_down(address, GRANULE);
    while (shadow(a) != SHADOW_HEADER)
        if (a == page)
            return NULL;
        else
            a -= GRANULE;
    while (a > page && shadow(a - GRANULE) == SHADOW_HEADER)
        a -= GRANULE;
    return (const struct kasan_header *)a;
}

static void print_object(uint64_t address) {
    const struct kasan_header *h = find_header(address);
    if (!h)
        return;
    kalert("object: slab %s, %u bytes at %016lx, %s; the byte at %016lx is ",
           h->cache ? h->cache->name : "kmalloc", h->size, (uint64_t)(h + 1),
           h->state == KASAN_FREED ? "free" : "in use", address);
    print_place(address, (uint64_t)(h + 1), h->size);
    print_trace("allocated at", &h->allocated);
    if (h->state == KASAN_FREED)
        print_trace("freed at", &h->freed);
}

static void print_frame(uint64_t address) {
    const struct kasan_frame *f = kasan_frame(address);
    bool is_free = shadow(address) == SHADOW_FREE_FRAME;
    if (!f)
        return;
    kalert("object: frame at %016lx, %s; the byte at %016lx is byte %lu of it\n",
           align_down(address, PAGE_SIZE), is_free ? "free" : "in use", address, address % PAGE_SIZE);
    print_trace("allocated at", &f->allocated);
    if (is_free)
        print_trace("freed at", &f->freed);
}

static void print_global(uint64_t address) {
    const struct kasan_global *g = kasan_find_global(address);
    if (!g)
        return;
    kalert("object: global %s of %s, %lu bytes at %016lx; the byte at %016lx is ", g->name, g->file, g->size,
           g->start, address);
    print_place(address, g->start, g->size);
}

static uint64_t number(const char **s) {
    uint64_t n = 0;
    for (; **s >= '0' && **s <= '9'; ++*s)
        n = n * 10 + (uint64_t)(**s - '0');
    *s += **s == ' ';
    return n;
}

// A frame with variables that are guarded begins with three words: GCC's magic number; a description; the
// function. The description is: number of variables, then for each: offset, size, length of the name, name,
// which may have :line behind it.
static void print_stack(uint64_t address) {
    uint64_t a = align_down(address, GRANULE), best = 0;
    while (shadow(a) != SHADOW_STACK_LEFT) // nothing on this stack lies below
        if (!kasan_has_shadow(a -= GRANULE))
            return;
    while (shadow(a - GRANULE) == SHADOW_STACK_LEFT)
        a -= GRANULE;
    const uint64_t *frame = (const uint64_t *)a;
    if (frame[0] != 0x41b58ab3)
        return;
    const char *s = (const char *)frame[1], *name = "";
    uint64_t start = 0, size = 0, length = 0;
    for (uint64_t n = number(&s); n > 0; n--) {
        uint64_t offset = number(&s), bytes = number(&s), letters = number(&s);
        if (a + offset <= address && offset >= best) {
            best = offset;
            start = a + offset;
            size = bytes;
            name = s;
            length = letters;
        }
        s += letters;
        s += *s == ' ';
    }
    uint64_t unused;
    const char *function = symbol_of(frame[2], &unused);
    kalert("object: variable ");
    for (uint64_t i = 0; i < length; i++)
        kalert("%c", name[i]);
    kalert(" of %s, %lu bytes at %016lx on the stack; the byte at %016lx is ", function ? function : "?",
           size, start, address);
    print_place(address, start, size);
}

static void report(void) {
    switch (reason(first_bad)) {
    case SHADOW_FREE_FRAME:
    case SHADOW_FRAME_TAIL:
    case SHADOW_NEVER_USED: print_frame(first_bad); break;
    case SHADOW_DEAD_STACK: kalert("object: a kernel stack that is free\n"); break;
    case SHADOW_GLOBAL: print_global(first_bad); break;
    case SHADOW_STACK_LEFT:
    case SHADOW_STACK_MID:
    case SHADOW_STACK_RIGHT:
    case SHADOW_SCOPE: print_stack(first_bad); break;
    default: print_object(first_bad); break;
    }
    report_of_panic();
}

// From here on there is one hart that reports. What it prints of the object comes behind the reason, before
// the rest of panic's report.
static void begin(uint64_t bad) {
    static uint32_t begun;
    interrupts_shut();
    while (__atomic_exchange_n(&begun, 1, __ATOMIC_ACQ_REL))
        __asm__ volatile("wfi");
    first_bad = bad;
    report_of_panic = panic_report;
    panic_report = report;
}

static const char *function_of(void *pc, uint64_t *offset) {
    const char *name = symbol_of((uint64_t)pc - 1, offset);
    return name ? name : "?";
}

void kasan_report_access(uint64_t start, uint64_t n, bool write, void *pc, uint64_t bad) {
    uint64_t offset = 0;
    const char *by = function_of(pc, &offset);
    begin(bad);
    panic("kasan: %s: %s of %lu byte%s at %016lx by %s+0x%lx", kind_of(bad), write ? "write" : "read", n,
          n == 1 ? "" : "s", start, by, offset);
}

void kasan_report_free(uint64_t address, void *pc, const char *why) {
    uint64_t offset = 0;
    const char *by = function_of(pc, &offset);
    begin(address);
    panic("kasan: bad free: %s, at %016lx by %s+0x%lx", why, address, by, offset);
}
