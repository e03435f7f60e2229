// uses: kernel/lib/printf.c
// printf_test.c: formatted output, against the host's snprintf.
#include "unit.h"

#include <stdio.h>

#include "lib/printf.h"

// Format with both and compare.
#define SAME(...)                                                                                            \
    do {                                                                                                     \
        char ours[128], theirs[128];                                                                         \
        format(ours, sizeof(ours), __VA_ARGS__);                                                             \
        snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                                       \
        assert_string_equal(ours, theirs);                                                                   \
    } while (0)

#pragma GCC diagnostic ignored "-Wformat"

static void integers(void **state) {
    static const int64_t values[] = {0, 1, -1, 42, -4200, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        int64_t v = values[i];
        SAME("%d|%u|%x", (int)v, (unsigned)v, (unsigned)v);
        SAME("%ld|%lu|%lx|%zu", v, v, v, (size_t)v);
        SAME("%5d|%-5d|%05d|%-12x|%012x|", (int)v, (int)v, (int)v, (unsigned)v, (unsigned)v);
        SAME("%16lx|%016lx|%-16lx|%020ld|", v, v, v, v);
    }
}

static void texts(void **state) {
    SAME("plain 100%% text");
    SAME("%s|%8s|%-8s|%2s|", "abc", "abc", "abc", "abc");
    SAME("%c%3c%-3c|", 'x', 'y', 'z');
    char buf[16];
    const char *volatile null = NULL; // volatile: the compiler warns of one that it sees
    format(buf, sizeof(buf), "%s", null);
    assert_string_equal(buf, "(null)");
}

static void pointers(void **state) {
    char buf[32];
    format(buf, sizeof(buf), "%p", (void *)0x1234abcd);
    assert_string_equal(buf, "0x000000001234abcd");
}

static void cuts(void **state) {
    char buf[5] = "....";
    format(buf, sizeof(buf), "%d", 1234567);
    assert_string_equal(buf, "1234");
    format(buf, 1, "abc");
    assert_string_equal(buf, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(integers, "format: integers of both sizes, with flags and width, as snprintf has them"),
        TEST(texts, "format: strings and characters; a null string prints (null)"),
        TEST(pointers, "format: %p has 16 digits"),
        TEST(cuts, "format: cuts to the buffer and ends with NUL"),
    };
    return RUN_TESTS(tests);
}
