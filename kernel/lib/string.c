// string.c: memory and strings, eight bytes a step where both sides are aligned.
//
// The word loops are written out, because page_zero and page_copy are most of what a page fault and fork
// cost. The compiler must not turn these loops back into calls of the very functions they make up.
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include "lib/string.h"

// A word that may stand for bytes of any type.
typedef uint64_t __attribute__((may_alias)) word;

typedef uint32_t __attribute__((may_alias)) half;

enum { WORD = sizeof(word), HALF = sizeof(half), BLOCK = 8 * WORD };

static inline bool aligned(const void *a, const void *b) {
    return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

static inline void copy_block(word *to, const word *from) {
    word a = from[0], b = from[1], c = from[2], d = from[3];
    word e = from[4], f = from[5], g = from[6], h = from[7];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    to[4] = e, to[5] = f, to[6] = g, to[7] = h;
}

static inline void set_block(word *to, word w) {
    to[0] = w, to[1] = w, to[2] = w, to[3] = w;
    to[4] = w, to[5] = w, to[6] = w, to[7] = w;
}

void *memcpy(void *to, const void *from, size_t n) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((((uintptr_t)t ^ (uintptr_t)f) & (WORD - 1)) == 0) {
        for (; n > 0 && ((uintptr_t)t & (WORD - 1)) != 0; n--)
            *t++ = *f++;
        for (; n >= BLOCK; n -= BLOCK, t += BLOCK, f += BLOCK)
            copy_block((word *)t, (const word *)f);
        for (; n >= WORD; n -= WORD, t += WORD, f += WORD)
            *(word *)t = *(const word *)f;
    } else if ((((uintptr_t)t | (uintptr_t)f) & (HALF - 1)) == 0) {
        for (; n >= HALF; n -= HALF, t += HALF, f += HALF)
            *(half *)t = *(const half *)f;
    }
    for (; n > 0; n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    if ((uintptr_t)to - (uintptr_t)from >= n) // also when to lies below from
        return memcpy(to, from, n);
    uint8_t *t = (uint8_t *)to + n;
    const uint8_t *f = (const uint8_t *)from + n;
    if ((((uintptr_t)t ^ (uintptr_t)f) & (WORD - 1)) == 0) {
        for (; n > 0 && ((uintptr_t)t & (WORD - 1)) != 0; n--)
            *--t = *--f;
        for (; n >= WORD; n -= WORD) {
            t -= WORD, f -= WORD;
            *(word *)t = *(const word *)f;
        }
    }
    for (; n > 0; n--)
        *--t = *--f;
    return to;
}

void *memset(void *to, int c, size_t n) {
    uint8_t *t = to;
    word w = (uint8_t)c * 0x0101010101010101UL;
    for (; n > 0 && ((uintptr_t)t & (WORD - 1)) != 0; n--)
        *t++ = (uint8_t)c;
    for (; n >= BLOCK; n -= BLOCK, t += BLOCK)
        set_block((word *)t, w);
    for (; n >= WORD; n -= WORD, t += WORD)
        *(word *)t = w;
    for (; n > 0; n--)
        *t++ = (uint8_t)c;
    return to;
}

void page_zero(void *to) {
    word *t = to;
    for (word *end = t + PAGE_SIZE / WORD; t < end; t += 16) {
        set_block(t, 0);
        set_block(t + 8, 0);
    }
}

void page_copy(void *to, const void *from) {
    word *t = to;
    const word *f = from;
    for (word *end = t + PAGE_SIZE / WORD; t < end; t += 32, f += 32) {
        copy_block(t, f);
        copy_block(t + 8, f + 8);
        copy_block(t + 16, f + 16);
        copy_block(t + 24, f + 24);
    }
}

int memcmp(const void *a, const void *b, size_t n) {
    const uint8_t *x = a, *y = b;
    if (aligned(a, b))
        for (; n >= WORD && *(const word *)x == *(const word *)y; n -= WORD)
            x += WORD, y += WORD;
    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t n) {
    for (const uint8_t *p = s; n > 0; n--, p++)
        if (*p == (uint8_t)c)
            return (void *)p;
    return NULL;
}

size_t strlen(const char *s) {
    const char *p = s;
    while (*p)
        p++;
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max) {
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

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

char *strchr(const char *s, int c) {
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)s;
}

char *strrchr(const char *s, int c) {
    const char *last = NULL;
    do {
        if (*s == (char)c)
            last = s;
    } while (*s++);
    return (char *)last;
}

char *strstr(const char *s, const char *what) {
    size_t n = strlen(what);
    for (;; s++) {
        if (strncmp(s, what, n) == 0)
            return (char *)s;
        if (!*s)
            return NULL;
    }
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

static int digit_of(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' - 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

uint64_t str_to_u64(const char *s, const char **end) {
    int base = 10;
    if (s[0] == '0' && (s[1] | 0x20) == 'x' && digit_of(s[2]) < 16)
        base = 16, s += 2;
    else if (s[0] == '0')
        base = 8;
    uint64_t value = 0;
    for (; digit_of(*s) < base; s++)
        value = value * (uint64_t)base + (uint64_t)digit_of(*s);
    if (end)
        *end = s;
    return value;
}
