// uses: kernel/lib/printf.c
// printf_test.c: formatted output, against the host's snprintf.
#include "unit.h"

#include <stdio.h>

#include "lib/printf.h"

// Format with both and compare text and length.
#define SAME(...)                                                                                            \
    do {                                                                                                     \
        char ours[128], theirs[128];                                                                         \
        int n = format(ours, sizeof(ours), __VA_ARGS__);                                                     \
        int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                               \
        assert_string_equal(ours, theirs);                                                                   \
        assert_int_equal(n, m);                                                                              \
    } while (0)

#pragma GCC diagnostic ignored "-Wformat"

static void integers(void **state) {
    static const int64_t values[] = {0, 1, -1, 42, -4200, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        int64_t v = values[i];
        SAME("%d|%i|%u|%x|%X|%o", (int)v, (int)v, (unsigned)v, (unsigned)v, (unsigned)v, (unsigned)v);
        SAME("%ld|%lu|%lx|%llx|%zu|%jd|%td", v, v, v, (long long)v, (size_t)v, v, v);
        SAME("%hd|%hhd|%hu|%hhx", (int)v, (int)v, (int)v, (int)v);
        SAME("%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%-8.3d|", (int)v, (int)v, (int)v, (int)v, (int)v, (int)v,
             (int)v, (int)v);
        SAME("%#x|%08x|%#10x|%-10x|%.0d", (unsigned)v, (unsigned)v, (unsigned)v, (unsigned)v, (int)v);
    }
    SAME("%*d|%-*d|%.*d", 6, 42, 6, 42, 4, 42);
    SAME("%*d", -6, 42);
}

static void texts(void **state) {
    SAME("plain 100%% text");
    SAME("%s|%8s|%-8s|%.2s|%.*s", "abc", "abc", "abc", "abc", 1, "abc");
    SAME("%c%3c%-3c|", 'x', 'y', 'z');
    char buf[16];
    const char *volatile null = NULL; // volatile: the compiler warns of one that it sees
    format(buf, sizeof(buf), "%s", null);
    assert_string_equal(buf, "(null)");
    char unterminated[3] = {'a', 'b', 'c'};
    format(buf, sizeof(buf), "%.3s", unterminated);
    assert_string_equal(buf, "abc");
}

static void pointers(void **state) {
    char buf[32];
    format(buf, sizeof(buf), "%p", (void *)0x1234abcd);
    assert_string_equal(buf, "0x000000001234abcd");
}

static void cuts(void **state) {
    char buf[5] = "....";
    assert_int_equal(format(buf, sizeof(buf), "%d", 1234567), 7);
    assert_string_equal(buf, "1234");
    assert_int_equal(format(buf, 1, "abc"), 3);
    assert_string_equal(buf, "");
    assert_int_equal(format(NULL, 0, "abc"), 3);
}

static void unknown(void **state) {
    char buf[32];
    format(buf, sizeof(buf), "%5k|%");
    assert_string_equal(buf, "%5k|%");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(integers,
             "format: integers of every size, with flags, width and precision, as snprintf has them"),
        TEST(texts, "format: strings and characters; a null string prints (null)"),
        TEST(pointers, "format: %p has 16 digits"),
        TEST(cuts, "format: cuts to the buffer, ends with NUL, returns the whole length"),
        TEST(unknown, "format: an unknown conversion is shown as written"),
    };
    return RUN_TESTS(tests);
}
