// benchlib: what functions of the C library cost, in guest instructions. As for bench: under QEMU's -icount
// shift=0 a tick of the time CSR is 100 instructions.
//     tools/run CONFIG=release CPUS=1 ICOUNT=0 RAM=1 benchlib

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: benchlib\n"
                           "Measure string functions, in guest instructions (QEMU -icount shift=0).\n"
                           "A line each; columns: bytes, both sides aligned or one of them not.\n";

enum { INSTRUCTIONS_PER_TICK = 100, TIMES = 1000, LONGEST = 4096, ASIDE = 3 };

static inline uint64_t ticks(void) {
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

static int result; // 0: what they returned was right
static char left[LONGEST + 64] __attribute__((aligned(64))), right[LONGEST + 64] __attribute__((aligned(64)));

// Each works on the n bytes at `a` and at `b`, which are equal and end in a NUL.
static void do_nothing(char *a, const char *b, size_t n) {}
static void do_memcpy(char *a, const char *b, size_t n) { memcpy(a, b, n); }
static void do_memmove(char *a, const char *b, size_t n) { memmove(a + 16, a + (b - right), n); }
static void do_memset(char *a, const char *b, size_t n) { memset(a + (b - right), 'x', n); }
static void do_memcmp(char *a, const char *b, size_t n) { result |= memcmp(a, b, n); }
static void do_memchr(char *a, const char *b, size_t n) { result |= memchr(b, 'y', n) != NULL; }
static void do_strlen(char *a, const char *b, size_t n) { result |= strlen(b) != n; }
static void do_strnlen(char *a, const char *b, size_t n) { result |= strnlen(b, 2 * n) != n; }
static void do_strcmp(char *a, const char *b, size_t n) { result |= strcmp(a, b); }
static void do_strchr(char *a, const char *b, size_t n) { result |= strchr(b, 'y') != NULL; }

static const struct {
    const char *name;
    void (*run)(char *a, const char *b, size_t n);
} functions[] = {
    {"memcpy", do_memcpy},   {"memmove, upwards", do_memmove},
    {"memset", do_memset},   {"memcmp", do_memcmp},
    {"memchr", do_memchr},   {"strlen", do_strlen},
    {"strnlen", do_strnlen}, {"strcmp", do_strcmp},
    {"strchr", do_strchr},
};

static uint64_t cost(void (*volatile run)(char *, const char *, size_t), size_t n, size_t aside) {
    memset(left, 'x', sizeof left);
    memset(right, 'x', sizeof right);
    left[n] = right[aside + n] = '\0';
    uint64_t start = ticks();
    for (int i = 0; i < TIMES; i++)
        run(left, right + aside, n);
    return (ticks() - start) * INSTRUCTIONS_PER_TICK / TIMES;
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {8, 64, 4096};
    cmd_start(argv, help);
    if (getopt(argc, argv, "") != -1 || optind != argc)
        cmd_usage();
    printf("%-18s %8s %8s %8s %8s %8s %8s\n", "instructions", "8", "8 aside", "64", "64 aside", "4096",
           "4096 aside");
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        printf("%-18s", functions[i].name);
        for (size_t k = 0; k < 6; k++) {
            size_t n = sizes[k / 2], aside = k % 2 * ASIDE;
            printf(" %8ju", (uintmax_t)(cost(functions[i].run, n, aside) - cost(do_nothing, n, aside)));
        }
        printf("\n");
    }
    return result;
}
