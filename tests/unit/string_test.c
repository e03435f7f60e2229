// uses:
// string_test.c: memory and strings, against the host's C library. Ours get other names, to stand beside it.
#include "unit.h"

#include <stdio.h>

#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#define strlen  our_strlen
#define strnlen our_strnlen
#define strcmp  our_strcmp
#define strncmp our_strncmp
#define strrchr our_strrchr
#define strlcpy our_strlcpy
#include "../../kernel/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strrchr

enum { SIZE = 256, LENGTHS = 150, OFFSETS = 9 };

static void fill(uint8_t *buf, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; i++)
        buf[i] = (uint8_t)unit_random(&seed);
}

static void copies(void **state) {
    uint8_t from[SIZE], ours[SIZE], theirs[SIZE];
    fill(from, SIZE, 1);
    for (size_t a = 0; a < OFFSETS; a++)
        for (size_t b = 0; b < OFFSETS; b++)
            for (size_t n = 0; n < LENGTHS; n++) {
                fill(ours, SIZE, 2);
                fill(theirs, SIZE, 2);
                assert_ptr_equal(our_memcpy(ours + a, from + b, n), ours + a);
                memcpy(theirs + a, from + b, n);
                assert_memory_equal(ours, theirs, SIZE);
            }
}

static void moves(void **state) {
    uint8_t ours[SIZE], theirs[SIZE];
    for (size_t a = 0; a < 80; a += 3)
        for (size_t b = 0; b < 80; b++)
            for (size_t n = 0; n < LENGTHS; n += 7) {
                fill(ours, SIZE, 3);
                fill(theirs, SIZE, 3);
                our_memmove(ours + a, ours + b, n);
                memmove(theirs + a, theirs + b, n);
                assert_memory_equal(ours, theirs, SIZE);
            }
}

static void sets(void **state) {
    uint8_t ours[SIZE], theirs[SIZE];
    for (size_t a = 0; a < OFFSETS; a++)
        for (size_t n = 0; n < LENGTHS; n++) {
            fill(ours, SIZE, 4);
            fill(theirs, SIZE, 4);
            our_memset(ours + a, 0x1a5, n);
            memset(theirs + a, 0x1a5, n);
            assert_memory_equal(ours, theirs, SIZE);
        }
}

static void pages(void **state) {
    static uint8_t area[3 * PAGE_SIZE + 2] __attribute__((aligned(PAGE_SIZE))), whole[PAGE_SIZE];
    fill(area, sizeof(area), 5);
    memcpy(whole, area, PAGE_SIZE);
    uint8_t after = area[2 * PAGE_SIZE];
    page_copy(area + PAGE_SIZE, area);
    assert_memory_equal(area + PAGE_SIZE, whole, PAGE_SIZE);
    assert_int_equal(area[2 * PAGE_SIZE], after);
    page_zero(area + PAGE_SIZE);
    memset(whole, 0, PAGE_SIZE);
    assert_memory_equal(area + PAGE_SIZE, whole, PAGE_SIZE);
    assert_int_equal(area[2 * PAGE_SIZE], after);
}

static int sign(int x) { return (x > 0) - (x < 0); }

static void compares(void **state) {
    uint8_t a[64], b[64];
    fill(a, sizeof(a), 6);
    for (size_t off = 0; off < 3; off++)
        for (size_t n = 0; n < 40; n++)
            for (size_t at = 0; at < 40; at++) {
                memcpy(b, a, sizeof(a));
                b[off + at] ^= 0x81;
                assert_int_equal(sign(our_memcmp(a + off, b + off, n)), sign(memcmp(a + off, b + off, n)));
            }
    static const char *words[] = {"", "a", "ab", "b", "abc", "\xff", "abd"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
            assert_int_equal(sign(our_strcmp(words[i], words[j])), sign(strcmp(words[i], words[j])));
            for (size_t n = 0; n < 4; n++)
                assert_int_equal(sign(our_strncmp(words[i], words[j], n)),
                                 sign(strncmp(words[i], words[j], n)));
        }
}

static void searches(void **state) {
    const char *s = "/a/path/to";
    assert_ptr_equal(our_strrchr(s, '/'), s + 7);
    assert_null(our_strrchr(s, 'x'));
    assert_int_equal(our_strlen(s), 10);
    assert_int_equal(our_strnlen(s, 4), 4);
    assert_int_equal(our_strnlen(s, 40), 10);
}

static void cuts(void **state) {
    char buf[4];
    assert_int_equal(our_strlcpy(buf, "abc", sizeof(buf)), 3);
    assert_string_equal(buf, "abc");
    assert_int_equal(our_strlcpy(buf, "abcdef", sizeof(buf)), 6);
    assert_string_equal(buf, "abc");
}

static void hashes(void **state) {
    assert_int_equal(hash_bytes("", 0), 0x811c9dc5);
    assert_int_equal(hash_bytes("foobar", 6), 0xbf9cf968); // published FNV-1a value
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(copies, "memcpy agrees with the host's at every alignment and length"),
        TEST(moves, "memmove agrees with the host's for every overlap"),
        TEST(sets, "memset agrees with the host's at every alignment and length"),
        TEST(pages, "page_zero and page_copy touch one page and no more"),
        TEST(compares, "memcmp, strcmp and strncmp order as the host's do"),
        TEST(searches, "strrchr and the lengths find the right place"),
        TEST(cuts, "strlcpy cuts, ends with NUL and tells the whole length"),
        TEST(hashes, "hash_bytes is FNV-1a"),
    };
    return RUN_TESTS(tests);
}
