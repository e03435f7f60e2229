// kasan_range.c: CONFIG=kasan stands before the functions that use a range of memory: those of lib/string.c,
// which is not instrumented, so that a copy costs one check and not one for each word; and user copies, whose
// kernel side the compiler does not see either. (--wrap: see kasan_memory.c.)
#include "debug/kasan.h"

#include "lib/string.h"
#include "riscv/usercopy.h"

#define READS(start, n)  kasan_check((uint64_t)(start), n, false, __builtin_return_address(0))
#define WRITES(start, n) kasan_check((uint64_t)(start), n, true, __builtin_return_address(0))

// WRAP(type, name, parameters): the function itself is __real_name, ours is __wrap_name, whose body follows.
#define WRAP(type, name, ...)                                                                                \
    type __real_##name(__VA_ARGS__);                                                                         \
    type __wrap_##name(__VA_ARGS__);                                                                         \
    type __wrap_##name(__VA_ARGS__)

// ---- memory

WRAP(void *, memcpy, void *to, const void *from, size_t n) {
    READS(from, n);
    WRITES(to, n);
    return __real_memcpy(to, from, n);
}

WRAP(void *, memmove, void *to, const void *from, size_t n) {
    READS(from, n);
    WRITES(to, n);
    return __real_memmove(to, from, n);
}

WRAP(void *, memset, void *to, int c, size_t n) {
    WRITES(to, n);
    return __real_memset(to, c, n);
}

WRAP(int, memcmp, const void *a, const void *b, size_t n) {
    READS(a, n);
    READS(b, n);
    return __real_memcmp(a, b, n);
}

WRAP(void, page_zero, void *to) {
    WRITES(to, PAGE_SIZE);
    __real_page_zero(to);
}

WRAP(void, page_copy, void *to, const void *from) {
    READS(from, PAGE_SIZE);
    WRITES(to, PAGE_SIZE);
    __real_page_copy(to, from);
}

WRAP(uint32_t, hash_bytes, const void *s, size_t n) {
    READS(s, n);
    return __real_hash_bytes(s, n);
}

// ---- strings: as far as they are read, which the function itself finds out, reading no more than is mapped

WRAP(size_t, strlen, const char *s) {
    size_t n = __real_strlen(s);
    READS(s, n + 1);
    return n;
}

WRAP(size_t, strnlen, const char *s, size_t max) {
    size_t n = __real_strnlen(s, max);
    READS(s, min(n + 1, max));
    return n;
}

// What a comparison of up to n characters reads of each.
static size_t compared(const char *a, const char *b, size_t n) {
    size_t i = 0;
    while (i < n && a[i] == b[i] && a[i])
        i++;
    return min(i + 1, n);
}

WRAP(int, strcmp, const char *a, const char *b) {
    size_t n = compared(a, b, SIZE_MAX);
    READS(a, n);
    READS(b, n);
    return __real_strcmp(a, b);
}

WRAP(int, strncmp, const char *a, const char *b, size_t max) {
    size_t n = compared(a, b, max);
    READS(a, n);
    READS(b, n);
    return __real_strncmp(a, b, max);
}

WRAP(char *, strrchr, const char *s, int c) {
    READS(s, __real_strlen(s) + 1);
    return __real_strrchr(s, c);
}

WRAP(size_t, strlcpy, char *to, const char *from, size_t size) {
    size_t n = __real_strlen(from);
    READS(from, n + 1);
    WRITES(to, min(n + 1, size));
    return __real_strlcpy(to, from, size);
}

// ---- user copies

WRAP(int, copy_from_user, void *to, uint64_t from, size_t n) {
    WRITES(to, n);
    return __real_copy_from_user(to, from, n);
}

WRAP(int, copy_to_user, uint64_t to, const void *from, size_t n) {
    READS(from, n);
    return __real_copy_to_user(to, from, n);
}

WRAP(ssize_t, string_from_user, char *to, uint64_t from, size_t size) {
    WRITES(to, size);
    return __real_string_from_user(to, from, size);
}
