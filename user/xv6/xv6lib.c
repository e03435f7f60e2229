// xv6lib: do printf, the string functions and malloc behave as the API of the other teaching kernel says? It
// enters through _main. Its standard input has the lines "first", "second" and, without an end, "third".

#include "kernel/types.h"
#include "kernel/fcntl.h"
#include "kernel/riscv.h"
#include "user/user.h"
#include "check.h"

enum { BLOCKS = 64 };

// What was printed since the last call, from the reading end of a pipe in which there is something.
static int from_pipe;
static char *printed(void) {
    static char text[256];
    int n = read(from_pipe, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

static void same(const char *saw, const char *want, const char *what) {
    check(strcmp(saw, want) == 0, what);
    if (strcmp(saw, want) != 0)
        printf("# saw \"%s\", want \"%s\"\n", saw, want);
}

static void test_printf(void) {
    int fds[2], out;
    pipe(fds);
    from_pipe = fds[0];
    out = fds[1];
    fprintf(out, "%d %d %d", 0, -12, 0x7fffffff);
    same(printed(), "0 -12 2147483647", "%d");
    fprintf(out, "%d %u %x", 1u << 31, ~0, ~0);
    same(printed(), "-2147483648 4294967295 FFFFFFFF", "the ends of an int");
    fprintf(out, "%ld %lu %lx", -1L << 63, ~0L, 0x123456789abcdefL);
    same(printed(), "-9223372036854775808 18446744073709551615 123456789ABCDEF", "%ld %lu %lx");
    fprintf(out, "%lld %llu %llx", -5LL, 5ULL, 255LL);
    same(printed(), "-5 5 FF", "%lld %llu %llx");
    fprintf(out, "%l, %l", 5L, 1L << 40);
    same(printed(), "5, 1099511627776", "%l alone");
    fprintf(out, "%p %p", 0, (void *)0x3ffffff000);
    same(printed(), "0x0000000000000000 0x0000003FFFFFF000", "%p has 16 digits");
    fprintf(out, "[%s] [%s] [%s] %c%c", "text", "", (char *)0, 'a', 'b');
    same(printed(), "[text] [] [(null)] ab", "%s %c");
    fprintf(out, "100%% %z %");
    same(printed(), "100% %z ", "%%, and what is unknown shows");
    fprintf(out, "a");
    same(printed(), "a", "nothing is kept back for later");
    fprintf(out, "%s%s", "0123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789");
    is(strlen(printed()), 80, "a line of 80");
    close(fds[0]);
    close(fds[1]);
}

static void test_string(void) {
    char a[16] = "abcdef", b[16];
    is(strlen(""), 0, "strlen of nothing");
    is(strlen("abc"), 3, "strlen");
    check(strcpy(b, "abc") == b && strcmp(b, "abc") == 0, "strcpy");
    check(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("a", "ab") < 0,
          "strcmp knows what comes first");
    check(strcmp("\x80", "a") > 0, "strcmp compares unsigned");
    check(strchr(a, 'c') == a + 2, "strchr");
    check(strchr(a, 'z') == 0 && strchr(a, 0) == 0, "strchr: what is not there, and the end");
    check(memset(b, 'x', 3) == b && b[0] == 'x' && b[2] == 'x' && b[3] == 0, "memset");
    memmove(a + 2, a, 4);
    same(a, "ababcd", "memmove upward");
    memmove(a, a + 1, 5);
    same(a, "babcdd", "memmove downward");
    check(memcpy(b, "xyz", 4) == b && memcmp(b, "xyz", 4) == 0, "memcpy and memcmp");
    check(memcmp("ab\0c", "ab\0d", 4) < 0 && memcmp("\xff", "a", 1) > 0 && memcmp("a", "b", 0) == 0,
          "memcmp goes by bytes, unsigned");
    is(atoi("123abc"), 123, "atoi stops at what is no digit");
    is(atoi("-5") + atoi(" 5") + atoi(""), 0, "and knows digits only");
}

static void test_gets(void) {
    char line[16];
    check(gets(line, sizeof(line)) == line, "gets");
    same(line, "first\n", "a line with its end");
    gets(line, 4);
    same(line, "sec", "as much of it as there is room for");
    gets(line, sizeof(line));
    same(line, "ond\n", "the rest comes next");
    gets(line, sizeof(line));
    same(line, "third", "the last line may have no end");
    gets(line, sizeof(line));
    same(line, "", "the end of the file is an empty string");
}

static void test_malloc(void) {
    char *p[BLOCKS], *top = 0;
    int i, round, wrong = 0;
    uint n;
    for (round = 0; round < 20; round++) {
        for (i = 0; i < BLOCKS; i++) {
            n = 1 + (i * 37 + round * 101) % 3000;
            p[i] = malloc(n);
            if (!p[i] || (uint64)p[i] % 16 != 0)
                wrong++;
            else
                memset(p[i], i, n);
        }
        for (i = 0; i < BLOCKS; i++) { // in another order than they came
            int k = (i * 29 + round) % BLOCKS;
            n = 1 + (k * 37 + round * 101) % 3000;
            if (p[k] && (p[k][0] != k || p[k][n - 1] != k))
                wrong++;
            free(p[k]);
        }
        if (round == 0)
            top = sbrk(0);
    }
    is(wrong, 0, "malloc gives blocks apart from each other, at multiples of 16");
    check(sbrk(0) == top, "what free gets back, malloc gives out again");
    free(0);
    check(1, "free of a null pointer does nothing");
    check(malloc(0xffffffff) == 0, "4 GiB are refused");
    sbrk(5);
    char *q = malloc(100000), *r = malloc(100000);
    check(q && r && (uint64)q % 16 == 0 && (q + 100000 <= r || r + 100000 <= q),
          "sbrk in between does no harm");
}

// As an instructor's memory test has it: take all, each block points to the one before; give all back.
static void all_blocks(void) {
    char *last = 0, *m;
    while ((m = malloc(10001)) != 0) {
        *(char **)m = last;
        last = m;
    }
    for (; last; last = m) {
        m = *(char **)last;
        free(last);
    }
    exit(malloc(20 * 1024) ? 0 : 1);
}

void _main(void) {
    test_printf();
    test_string();
    test_gets();
    test_malloc();
    is(child(all_blocks), 0, "malloc gives a null pointer when memory is gone, and it can all be given back");
    exit(failures > 0);
}
