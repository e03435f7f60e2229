// protect: mprotect and munprotect.
//
//   protect WHAT TOKEN      WHAT is a name of the table at the end

#include <errno.h>
#include <fcntl.h>

#include <child.h>

int mprotect(void *start, int pages) __attribute__((weak));
int munprotect(void *start, int pages) __attribute__((weak));

// 0, or the name of the error.
static const char *said(long r) {
    switch (r < 0 ? errno : 0) {
    case 0: return "0";
    case EINVAL: return "EINVAL";
    case ENOMEM: return "ENOMEM";
    case EACCES: return "EACCES";
    case EFAULT: return "EFAULT";
    default: return strerror(errno);
    }
}

// New memory of the heap, at the start of a page and at its end.
static char *new_pages(int n) {
    char *end = sbrk(0);
    size_t gap = -(uintptr_t)end % PAGE;
    if (sbrk((ptrdiff_t)(gap + (size_t)n * PAGE)) == (void *)-1)
        lab_trouble("sbrk failed");
    return end + gap;
}

static void fill(char *p, int pages, char byte) { memset(p, byte, (size_t)pages * PAGE); }

// Let another process run, and with that this hart forget what it remembered of our page table.
static void switch_away(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid < 0 || waitpid(pid, NULL, 0) != pid)
        lab_trouble("fork or waitpid failed");
}

static int open_zero(void) {
    int fd = open("/dev/zero", O_RDONLY);
    if (fd < 0)
        lab_trouble("no /dev/zero");
    return fd;
}

// What the acts below work on: pages from area on, of which acts protect `count` from `first` on.
static char *area;
static int first, count;

static void protect(void) {
    if (mprotect(area + first * PAGE, count) < 0)
        _exit(99);
}
static void protect_and_load(char *p) {
    protect();
    switch_away();
    load(p);
}
static void protect_and_store(char *p) {
    protect();
    switch_away();
    store(p);
}

static void basic(void) {
    area = new_pages(5);
    first = 1, count = 3;
    fill(area, 5, 'a');
    lab_result("load", "%s", ending(protect_and_load, area + 2 * PAGE));
    lab_result("before", "%s", ending(protect_and_store, area + PAGE - 1));
    lab_result("first", "%s", ending(protect_and_store, area + PAGE));
    lab_result("middle", "%s", ending(protect_and_store, area + 2 * PAGE + 123));
    lab_result("last", "%s", ending(protect_and_store, area + 4 * PAGE - 1));
    lab_result("behind", "%s", ending(protect_and_store, area + 4 * PAGE));
}

static void unprotect_and_store(char *p) {
    protect();
    switch_away();
    if (munprotect(area + PAGE, 1) < 0)
        _exit(98);
    if (*p != 'a')
        _exit(97);
    store(p);
    if (*p != 'S')
        _exit(96);
}

static void unprotect(void) {
    area = new_pages(3);
    first = 0, count = 3;
    fill(area, 3, 'a');
    lab_result("free", "%s", ending(unprotect_and_store, area + PAGE));
    lab_result("before", "%s", ending(unprotect_and_store, area + PAGE - 1));
    lab_result("behind", "%s", ending(unprotect_and_store, area + 2 * PAGE));
    lab_result("never", "%s", said(munprotect(area, 3))); // nobody has protected it
}

static void shrink_and_grow(char *p) {
    protect();
    if (sbrk(-2 * PAGE) == (void *)-1 || sbrk(2 * PAGE) != p)
        _exit(95);
    if (p[0] != 0 || p[PAGE] != 0)
        _exit(94);
    store(p);
    store(p + PAGE);
}

static void regrow(void) {
    area = new_pages(2);
    first = 0, count = 2;
    fill(area, 2, 'a');
    lab_result("store", "%s", ending(shrink_and_grow, area));
}

static void arguments(void) {
    char *p = new_pages(2), *code = at((uintptr_t)load & ~(uintptr_t)(PAGE - 1));
    lab_result("good", "%s", said(mprotect(p, 2)));
    lab_result("unaligned", "%s", said(mprotect(p + 1, 1)));
    lab_result("none", "%s", said(mprotect(p, 0)));
    lab_result("negative", "%s", said(mprotect(p, -1)));
    lab_result("null", "%s", said(mprotect(at(0), 1)));
    lab_result("nowhere", "%s", said(mprotect(at(0x2345678000), 1)));
    lab_result("above", "%s", said(mprotect(p + 2 * PAGE, 1)));
    lab_result("kernel", "%s", said(mprotect(at(0xffffffc080200000), 1)));
    lab_result("wrap", "%s", said(mprotect(at(-(uintptr_t)PAGE), 2)));
    lab_result("long", "%s", said(mprotect(p, INT32_MAX)));
    lab_result("code", "%s", said(mprotect(code, 1)));
    lab_result("un-unaligned", "%s", said(munprotect(p + 8, 1)));
    lab_result("un-none", "%s", said(munprotect(p, 0)));
    lab_result("un-nowhere", "%s", said(munprotect(at(0x2345678000), 1)));
    lab_result("un-code", "%s", said(munprotect(code, 1)));
}

static void protect_too_much(char *p) {
    if (mprotect(area, count + 2) == 0)
        _exit(93);
    switch_away();
    store(p);
}
static void unprotect_too_much(char *p) {
    protect();
    if (munprotect(area, count + 2) == 0)
        _exit(92);
    switch_away();
    store(p);
}

static void all_or_nothing(void) {
    area = new_pages(3);
    first = 0, count = 3;
    fill(area, 3, 'a');
    lab_result("protect-first", "%s", ending(protect_too_much, area));
    lab_result("protect-last", "%s", ending(protect_too_much, area + 2 * PAGE));
    lab_result("unprotect-first", "%s", ending(unprotect_too_much, area));
    lab_result("unprotect-last", "%s", ending(unprotect_too_much, area + 2 * PAGE));
}

static void store_protect_store(char *p) {
    *(volatile char *)p = 'a'; // the hart knows now that this page may be written
    protect();
    store(p);
}

static void tlb(void) {
    area = new_pages(1);
    first = 0, count = 1;
    lab_result("store", "%s", ending(store_protect_store, area));
}

static void fork_and_store(char *p) {
    const char *end = ending(store, p);
    _exit(strcmp(end, "SIGSEGV") == 0 ? 0 : 91);
}
static void unprotect_in_child(char *p) {
    if (munprotect(area, count) < 0)
        _exit(98);
    store(p);
}

static void inherit(void) {
    area = new_pages(2);
    first = 0, count = 2;
    fill(area, 2, 'a');
    protect();
    lab_result("child", "%s", ending(store, area));
    lab_result("grandchild", "%s", ending(fork_and_store, area + PAGE));
    lab_result("own", "%s", ending(unprotect_in_child, area));
    lab_result("still", "%s", ending(store, area)); // what a child does is its own affair
    lab_result("content", "%c", area[0]);
}

static void kernel_writes(void) {
    int zero = open_zero(), fd[2];
    char c;
    area = new_pages(3);
    first = 1, count = 1;
    fill(area, 3, 'a');
    if (mprotect(area + PAGE, 1) < 0 || pipe(fd) < 0)
        lab_trouble("mprotect of one page, or pipe, failed");
    lab_result("read", "%s", said(read(zero, area + PAGE, 16)));
    lab_result("pipe", "%s", said(pipe((int *)(void *)(area + PAGE))));
    if (read(zero, area, 2 * PAGE) > PAGE)
        lab_result("across", "too much");
    else
        lab_result("across", "not too much");
    int changed = 0;
    for (int i = 0; i < PAGE; i++)
        changed += area[PAGE + i] != 'a';
    lab_result("changed", "%d", changed);
    lab_result("from", "%s", write(fd[1], area + PAGE, 1) == 1 && read(fd[0], &c, 1) == 1 ? "1" : "failed");
    munprotect(area + PAGE, 1);
    lab_result("again", "%s", read(zero, area + PAGE, 16) == 16 ? "16" : "failed");
}

static char data[3 * PAGE] __attribute__((aligned(PAGE))) = {[PAGE] = 'd'};
static char bss[3 * PAGE] __attribute__((aligned(PAGE)));

static void check_zero(char *p) {
    protect();
    if (*(volatile char *)p != 0)
        _exit(90);
}

static void untouched(void) {
    char stack[4 * PAGE];
    first = 1, count = 1;
    area = new_pages(3);
    lab_result("zero", "%s", ending(check_zero, area + PAGE));
    lab_result("heap", "%s", ending(protect_and_store, area + PAGE));
    area = bss;
    lab_result("bss", "%s", ending(protect_and_store, bss + PAGE + 5));
    area = data;
    lab_result("data", "%s", ending(protect_and_store, data + PAGE));
    lab_result("content", "%c", data[PAGE] ? data[PAGE] : '0');
    area = at(((uintptr_t)stack + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    area[0] = area[PAGE] = area[2 * PAGE] = 's';
    lab_result("stack", "%s", ending(protect_and_store, area + PAGE));
}

// A page is protected, then shared by fork, then unprotected by both: from then on each writes to its own.
static void shared(void) {
    int to_child[2], to_parent[2];
    char c;
    area = new_pages(1);
    fill(area, 1, 'a');
    if (pipe(to_child) < 0 || pipe(to_parent) < 0 || mprotect(area, 1) < 0)
        lab_trouble("pipe, or mprotect of one page, failed");
    pid_t pid = fork();
    if (pid == 0) {
        if (munprotect(area, 1) < 0 || read(to_child[0], &c, 1) != 1)
            _exit(1);
        lab_result("child", "%c", area[0]);
        area[0] = 'c';
        write(to_parent[1], "", 1);
        read(to_child[0], &c, 1);
        _exit(0);
    }
    munprotect(area, 1);
    area[0] = 'p';
    write(to_child[1], "", 1);
    close(to_parent[1]);
    read(to_parent[0], &c, 1);
    lab_result("parent", "%c", area[0]);
    write(to_child[1], "", 1);
    waitpid(pid, NULL, 0);
}

// ---- many processes at once

enum { WORKERS = 4, ROUNDS = 25, PAGES = 6 };

// How many pages of area are not as `locked` says; with system calls, which may be asked without dying.
static int wrong_pages(int zero, unsigned locked, char byte) {
    int wrong = 0;
    for (int i = 0; i < PAGES; i++) {
        char *p = area + i * PAGE;
        wrong += *p != byte;
        int may_write = read(zero, p + 1, 1) == 1;
        wrong += may_write != !(locked >> i & 1);
    }
    return wrong;
}

// A worker protects and unprotects its pages in turn; each round a child looks at what it got, unprotects all
// and writes there.
static int work(int number) {
    int zero = open_zero(), wrong = 0, status;
    unsigned locked = 0, random = (unsigned)number;
    char byte = (char)('A' + number);
    fill(area, PAGES, byte);
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1103515245 + 12345;
        int page = (int)(random >> 16) % PAGES, n = (int)(random >> 20) % (PAGES - page) + 1;
        unsigned bits = ((1U << n) - 1) << page;
        int lock = random >> 28 & 1;
        wrong += (lock ? mprotect : munprotect)(area + page * PAGE, n) != 0;
        locked = lock ? locked | bits : locked & ~bits;
        pid_t pid = fork();
        if (pid == 0) {
            int bad = wrong_pages(zero, locked, byte);
            bad += munprotect(area, PAGES) != 0;
            for (int i = 0; i < PAGES && !bad; i++)
                area[i * PAGE] = '!';
            _exit(bad + wrong_pages(zero, 0, bad ? byte : '!') != 0);
        }
        wrong += wrong_pages(zero, locked, byte);
        wrong += pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
    }
    return wrong;
}

static void many(void) {
    int good = 0, status;
    area = new_pages(PAGES);
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0)
            _exit(work(i) != 0);
    for (int i = 0; i < WORKERS; i++)
        good += wait(&status) > 0 && status == 0;
    lab_result("good", "%d", good);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"basic", basic},
    {"unprotect", unprotect},
    {"regrow", regrow},
    {"arguments", arguments},
    {"all-or-nothing", all_or_nothing},
    {"tlb", tlb},
    {"fork", inherit},
    {"kernel", kernel_writes},
    {"untouched", untouched},
    {"shared", shared},
    {"many", many},
};

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    if (!mprotect)
        lab_missing("mprotect()");
    if (!munprotect)
        lab_missing("munprotect()");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc > 1 && strcmp(argv[1], tests[i].name) == 0) {
            tests[i].run();
            return 0;
        }
    return 2;
}
