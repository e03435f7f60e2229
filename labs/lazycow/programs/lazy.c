// lazy: heap and stack that come page by page.
//
//   lazy WHAT TOKEN      WHAT is a name of the table at the end

#include "memory.h"

static int initialized = 12345, zero_at_first[3000];

// What any address space must do.
static void basics(void) {
    char *old = sbrk(0), *p = sbrk(5000), word[32] = "";
    int zeros = 0;
    for (int i = 0; i < 5000; i++)
        zeros += p[i] == 0;
    lab_result("old", "%s", p == old ? "the old break" : "something else");
    lab_result("new", "%ld", (long)((char *)sbrk(0) - old));
    lab_result("zeros", "%d", zeros);
    lab_result("data", "%d", initialized);
    lab_result("bss", "%d", zero_at_first[0] | zero_at_first[2999]);
    lab_result("huge", "%s", error_of((long)(intptr_t)sbrk((ptrdiff_t)1 << 40)));
    lab_result("below", "%s", error_of((long)(intptr_t)sbrk(-((ptrdiff_t)1 << 30))));
    int fd = open("/out", O_RDONLY); // what a pipeline of three commands has written there
    if (fd >= 0 && read(fd, word, sizeof word - 1) > 0)
        word[strcspn(word, "\n")] = 0;
    lab_result("pipeline", "%s", word);
}

// How many frames do sbrk and the first touch take?
static void heap(void) {
    enum { PAGES = 32 * MIB / PAGE };
    free_frames();
    long before = free_frames();
    char *p = new_pages(PAGES);
    long grown = free_frames();
    fill(p + MIB, 10, 'h');
    long touched = free_frames();
    fill(p + MIB, 10, 'i');
    long again = free_frames();
    lab_result("grown", "%ld", before - grown);
    lab_result("touched", "%ld", grown - touched);
    lab_result("again", "%ld", touched - again);
    lab_result("zero", "%ld", wrong(p + 2 * MIB, 10, 0));
    lab_result("kept", "%ld", wrong(p + MIB, 10, 'i'));
}

// More heap than the machine has memory.
static void sparse(void) {
    enum { PLACES = 8 };
    char *p = sbrk((ptrdiff_t)PLACES * 128 * MIB);
    lab_result("sbrk", "%s", p == (void *)-1 ? strerror(errno) : "worked");
    int good = 0;
    for (long i = 0; i < PLACES; i++)
        p[i * 128 * MIB + 4321] = (char)('a' + i);
    for (long i = 0; i < PLACES; i++)
        good += p[i * 128 * MIB + 4321] == 'a' + i && p[i * 128 * MIB + 4320] == 0;
    lab_result("good", "%d", good);
    pid_t pid = fork(); // and such a process forks and ends, too
    if (pid == 0)
        _exit(p[5L * 128 * MIB + 4321] == 'f' ? 0 : 1);
    int status = -1;
    waitpid(pid, &status, 0);
    lab_result("child", "%d", status);
}

static __attribute__((noinline)) int down(int depth) {
    volatile char frame[8 * PAGE];
    for (size_t i = 0; i < sizeof frame; i += PAGE)
        frame[i] = (char)depth;
    int good = depth == 0 ? 1 : down(depth - 1);
    for (size_t i = 0; i < sizeof frame; i += PAGE)
        good &= frame[i] == (char)depth;
    return good;
}
static void use_4_mib(char *unused) { _exit(down(4 * MIB / (8 * PAGE)) ? 0 : 1); }
static void use_too_much(char *unused) { _exit(down(2 * STACK_LIMIT / (8 * PAGE)) ? 0 : 1); }

static void stack(void) {
    char *p = at(USER_END - 26 * PAGE); // nobody has been here, 80 KiB down
    free_frames();
    long before = free_frames();
    fill(p, 10, 's');
    lab_result("touched", "%ld", before - free_frames());
    lab_result("deep", "%s", ending(use_4_mib, NULL));
    lab_result("direct", "%s", ending(store, at(USER_END - STACK_LIMIT + 5)));
    lab_result("too-deep", "%s", ending(use_too_much, NULL));
}

static void edges(void) {
    char *p = new_pages(4), *end = p + 4 * PAGE;
    lab_result("last", "%s", ending(store, end - 1));
    lab_result("load-above", "%s", ending(load, end));
    lab_result("store-above", "%s", ending(store, end));
    lab_result("far-above", "%s", ending(store, end + 1024L * MIB));
    lab_result("run-heap", "%s", ending(jump, p));
    fill(p, 4, 'e');
    sbrk(-2 * PAGE);
    lab_result("kept", "%s", ending(store, p + 2 * PAGE - 1));
    lab_result("shrunk", "%s", ending(store, p + 2 * PAGE));
    lab_result("shrunk-load", "%s", ending(load, end - 1));
    lab_result("null", "%s", ending(load, at(0)));
    lab_result("under", "%s", ending(store, at(0x8000)));
    lab_result("guard", "%s", ending(store, at(USER_END - STACK_LIMIT - 1)));
    lab_result("end", "%s", ending(load, at(USER_END)));
    lab_result("kernel", "%s", ending(load, at(0xffffffc080200000)));
}

static void kernel(void) {
    int fd[2], zero = open_zero();
    char seen[100];
    open_pipe(fd);
    char *p = new_pages(20), *end = p + 20 * PAGE, *deep = at(USER_END - 2 * MIB);
    (void)!write(fd[1], "hello", 5);
    lab_result("read", "%s", error_of(read(fd[0], p + 100, 5)));
    lab_result("text", "%.5s", p + 100);
    lab_result("across", "%ld", (long)read(zero, p + 2 * PAGE + 50, 3 * PAGE));
    lab_result("stack", "%s", error_of(read(zero, deep, 10)));
    memset(seen, 'x', sizeof seen);
    lab_result("write", "%s", error_of(write(fd[1], p + 8 * PAGE, sizeof seen)));
    long n = read(fd[0], seen, sizeof seen), zeros = 0;
    for (long i = 0; i < n; i++)
        zeros += seen[i] == 0;
    lab_result("zeros", "%ld", zeros);
    lab_result("path", "%s", error_of(open(p + 10 * PAGE, O_RDONLY))); // an empty path
    lab_result("read-above", "%s", error_of(read(zero, end, 10)));
    lab_result("write-above", "%s", error_of(write(fd[1], end, 10)));
    lab_result("read-into-code", "%s", error_of(read(zero, at((uintptr_t)load), 1)));
    lab_result("over-the-end", "%s", read(zero, end - 10, 20) > 10 ? "too much" : "not too much");
}

static void shrink(void) {
    enum { PAGES = 200 };
    fill(new_pages(1), 1, 's'); // the heap ends with a page
    long before = free_frames();
    char *p = new_pages(PAGES);
    fill(p, PAGES, 's');
    long full = free_frames();
    sbrk(-PAGES * PAGE);
    long after = free_frames();
    lab_result("taken", "%ld", before - full);
    lab_result("kept", "%ld", before - after);
    p = new_pages(PAGES);
    lab_result("zero", "%ld", wrong(p, PAGES, 0));
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"basics", basics}, {"heap", heap},     {"sparse", sparse}, {"stack", stack},
    {"edges", edges},   {"kernel", kernel}, {"shrink", shrink},
};

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc > 1 && strcmp(argv[1], tests[i].name) == 0) {
            tests[i].run();
            return 0;
        }
    return 2;
}
