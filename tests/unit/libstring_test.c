// uses:
// libstring_test.c: the string functions of programs (user/lib/string.c), against the host's C library.
// Whatever they read or write lies between two pages that cannot be touched, as close to one of them as can
// be.
#define _GNU_SOURCE
#include "unit.h"

#include <stdio.h>
#include <sys/mman.h>

#define memcpy    our_memcpy
#define memmove   our_memmove
#define memset    our_memset
#define memcmp    our_memcmp
#define memchr    our_memchr
#define memrchr   our_memrchr
#define strlen    our_strlen
#define strnlen   our_strnlen
#define strcmp    our_strcmp
#define strchr    our_strchr
#define strchrnul our_strchrnul
#include "../../user/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef memrchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strchr
#undef strchrnul

enum { PAGE = 4096, LONGEST = 130, OFFSETS = 9 };

// A page between two others that cannot be touched.
struct island {
    char *start, *end;
};
static struct island one, two, three;

static struct island make_island(void) {
    char *p = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED && mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    return (struct island){p + PAGE, p + 2 * PAGE};
}

static void fill(struct island at, uint64_t seed) {
    for (char *p = at.start; p < at.end; p++)
        *p = (char)unit_random(&seed);
}

// The i-th of the places where n bytes lie close to the start of an island, then close to its end.
enum { PLACES = 2 * OFFSETS };
static char *place(struct island at, int i, size_t n) {
    return i < OFFSETS ? at.start + i : at.end - n - (size_t)(i - OFFSETS);
}

static int sign(int x) { return (x > 0) - (x < 0); }

static void copies(void **state) {
    fill(one, 1);
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++)
            for (size_t n = 0; n <= LONGEST; n++) {
                memset(two.start, 0x55, PAGE);
                memset(three.start, 0x55, PAGE);
                assert_ptr_equal(our_memcpy(place(two, a, n), place(one, b, n), n), place(two, a, n));
                memcpy(place(three, a, n), place(one, b, n), n);
                assert_memory_equal(two.start, three.start, PAGE);
            }
}

static void moves(void **state) {
    for (size_t a = 0; a < 80; a += 3)
        for (size_t b = 0; b < 80; b++)
            for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 7)
                for (int end = 0; end < 2; end++) {
                    char *ours = end ? two.end - 80 - n : two.start;
                    char *theirs = end ? three.end - 80 - n : three.start;
                    fill(two, a + b);
                    memcpy(three.start, two.start, PAGE);
                    assert_ptr_equal(our_memmove(ours + a, ours + b, n), ours + a);
                    memmove(theirs + a, theirs + b, n);
                    assert_memory_equal(two.start, three.start, PAGE);
                }
}

static void sets(void **state) {
    for (int a = 0; a < PLACES; a++)
        for (size_t n = 0; n <= LONGEST; n++) {
            fill(two, n);
            memcpy(three.start, two.start, PAGE);
            assert_ptr_equal(our_memset(place(two, a, n), 0x1a5, n), place(two, a, n));
            memset(place(three, a, n), 0x1a5, n);
            assert_memory_equal(two.start, three.start, PAGE);
        }
}

// Two equal runs of n bytes, which differ at the byte `at` if that is below n; and those around differ.
static void compare_runs(int a, int b, size_t n, size_t at, int by) {
    char *x = place(one, a, n), *y = place(two, b, n);
    fill(one, n);
    memset(two.start, 0x33, PAGE);
    memcpy(y, x, n);
    if (at < n)
        y[at] ^= (char)by;
    assert_int_equal(sign(our_memcmp(x, y, n)), sign(memcmp(x, y, n)));
}

static void compares(void **state) {
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++)
            for (size_t n = 0; n <= LONGEST; n += n < 40 ? 1 : 9)
                for (size_t at = n > 20 ? n - 20 : 0; at <= n; at++) // n: they are equal
                    compare_runs(a, b, n, at, at % 2 ? 0x80 : 0x01);
}

// A string of n bytes, none of which is 0 or `never`; what stands around it may be either.
static char *make_string(struct island at, int i, size_t n, char never) {
    uint64_t seed = n;
    memset(at.start, n % 2 ? never : 0, PAGE);
    char *s = place(at, i, n + 1);
    for (size_t k = 0; k < n; k++)
        do
            s[k] = (char)unit_random(&seed);
        while (!s[k] || s[k] == never);
    s[n] = '\0';
    return s;
}

static void string_compares(void **state) {
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++)
            for (size_t n = 0; n <= LONGEST; n += n < 40 ? 1 : 9) {
                char *x = make_string(one, a, n, 1), *y = make_string(two, b, n, 1);
                assert_int_equal(our_strcmp(x, y), 0);
                for (size_t at = n > 20 ? n - 20 : 0; at < n; at++) {
                    char was = y[at];
                    y[at] = (char)(was ^ (was == (char)0x80 ? 0x01 : 0x80)); // bytes are unsigned
                    assert_int_equal(sign(our_strcmp(x, y)), sign(strcmp(x, y)));
                    y[at] = '\0'; // shorter
                    assert_true(our_strcmp(x, y) > 0);
                    assert_true(our_strcmp(y, x) < 0);
                    y[at] = was;
                }
            }
}

static void lengths(void **state) {
    for (int a = 0; a < PLACES; a++)
        for (size_t n = 0; n <= LONGEST; n++) {
            char *s = make_string(one, a, n, 1);
            assert_int_equal(our_strlen(s), n);
            for (size_t max = 0; max <= n + 9; max++) // no more than max bytes are there to be read
                assert_int_equal(our_strnlen(s, max), max < n ? max : n);
            assert_int_equal(our_strnlen(s, SIZE_MAX), n);
        }
    fill(one, 1);
    memset(one.start, 'x', PAGE); // no end within reach
    for (size_t n = 0; n <= LONGEST; n++)
        assert_int_equal(our_strnlen(one.end - n, n), n);
}

static void finds(void **state) {
    for (int a = 0; a < PLACES; a++)
        for (size_t n = 0; n <= LONGEST; n++)
            for (int byte = 0; byte < 256; byte += 51) { // 0, 0x33, 0x66, 0x99, 0xcc, 0xff
                char *s = make_string(one, a, n, (char)byte);
                assert_null(our_memchr(s, byte, byte ? n : 0));
                assert_null(our_memrchr(s, byte, byte ? n : 0));
                assert_ptr_equal(our_strchr(s, byte), byte ? NULL : s + n);
                assert_ptr_equal(our_strchrnul(s, byte), s + n);
                for (size_t at = 0; at < n; at += n < 20 ? 1 : 7) { // twice, the first time at `at`
                    char was = s[at], last = s[n - 1];
                    s[n - 1] = s[at] = (char)byte;
                    assert_ptr_equal(our_memchr(s, byte | 0x100, n), s + at);
                    assert_null(our_memchr(s, byte, at));
                    assert_ptr_equal(our_memrchr(s, byte | 0x100, n), s + n - 1);
                    assert_ptr_equal(our_memrchr(s, byte, n - 1), at < n - 1 ? s + at : NULL);
                    assert_ptr_equal(our_strchr(s, byte), s + at);
                    assert_ptr_equal(our_strchrnul(s, byte), s + at);
                    s[n - 1] = last;
                    s[at] = was;
                }
            }
}

int main(void) {
    one = make_island();
    two = make_island();
    three = make_island();
    const struct CMUnitTest tests[] = {
        TEST(copies, "memcpy copies at every alignment and length, and touches nothing else"),
        TEST(moves, "memmove agrees with the host's for every overlap"),
        TEST(sets, "memset agrees with the host's at every alignment and length"),
        TEST(compares, "memcmp orders as the host's does, wherever the first difference is"),
        TEST(string_compares, "strcmp orders as the host's does, and reads no page behind an end"),
        TEST(lengths, "strlen and strnlen find the end, strnlen within its bounds"),
        TEST(finds, "memchr, memrchr, strchr and strchrnul find the right place, and nothing outside"),
    };
    return RUN_TESTS(tests);
}
