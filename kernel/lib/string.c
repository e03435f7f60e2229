// string.c: memory and strings, eight bytes a step where both sides are aligned.
//
// The word loops are unrolled, because page_zero and page_copy are most of what a page fault and fork cost.
// The compiler must not turn these loops back into calls of the very functions they make up.
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include "lib/string.h"

// A word that may stand for bytes of any type.
typedef uint64_t __attribute__((may_alias)) word;

enum { WORD = sizeof(word) };

static bool aligned(uintptr_t address) { return (address & (WORD - 1)) == 0; }

void *memcpy(void *to, const void *from, size_t n) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (aligned((uintptr_t)t ^ (uintptr_t)f)) {
        for (; n > 0 && !aligned((uintptr_t)t); n--)
            *t++ = *f++;
#pragma GCC unroll 8
        for (; n >= WORD; n -= WORD, t += WORD, f += WORD)
            *(word *)t = *(const word *)f;
    }
    for (; n > 0; n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    if ((uintptr_t)to - (uintptr_t)from >= n) // also when to lies below from
        return memcpy(to, from, n);
    while (n-- > 0)
        ((uint8_t *)to)[n] = ((const uint8_t *)from)[n];
    return to;
}

void *memset(void *to, int c, size_t n) {
    uint8_t *t = to;
    for (; n > 0 && !aligned((uintptr_t)t); n--)
        *t++ = (uint8_t)c;
#pragma GCC unroll 8
    for (; n >= WORD; n -= WORD, t += WORD)
        *(word *)t = (uint8_t)c * 0x0101010101010101UL;
    for (; n > 0; n--)
        *t++ = (uint8_t)c;
    return to;
}

void page_zero(void *to) {
    word *t = to;
#pragma GCC unroll 16
    for (int i = 0; i < PAGE_SIZE / WORD; i++)
        t[i] = 0;
}

void page_copy(void *to, const void *from) {
    word *t = to;
    const word *f = from;
#pragma GCC unroll 16
    for (int i = 0; i < PAGE_SIZE / WORD; i++)
        t[i] = f[i];
}

int memcmp(const void *a, const void *b, size_t n) {
    for (const uint8_t *x = a, *y = b; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strnlen(const char *s, size_t max) {
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s) { return strnlen(s, SIZE_MAX); }

int strcmp(const char *a, const char *b) {
    for (; *a && *a == *b; a++, b++)
        ;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n) {
    for (; n > 0 && *a && *a == *b; a++, b++)
        n--;
    return n == 0 ? 0 : (uint8_t)*a - (uint8_t)*b;
}

char *strrchr(const char *s, int c) {
    for (const char *p = s + strlen(s); p >= s; p--)
        if (*p == (char)c)
            return (char *)p;
    return NULL;
}

size_t strlcpy(char *to, const char *from, size_t size) {
    size_t length = strlen(from), n = min(length, size - 1);
    memcpy(to, from, n);
    to[n] = 0;
    return length;
}

uint32_t hash_bytes(const void *s, size_t n) {
    uint32_t hash = 2166136261u;
    for (const uint8_t *p = s; n > 0; n--)
        hash = (hash ^ *p++) * 16777619u;
    return hash;
}
