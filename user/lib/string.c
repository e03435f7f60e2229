// string.c: the five functions on memory that everything leans on, eight bytes a step (picolibc's go byte by
// byte).
//
// Words are read and written aligned only: hardware may be slow at others. A word that holds a byte of an
// object never crosses its page, so reading the rest of that word is harmless. Little-endian, as RISC-V is.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Compiled the same in every configuration, and not back into calls of themselves.
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")
#ifdef __SANITIZE_ADDRESS__
#define WHOLE_WORDS __attribute__((no_sanitize("address")))
#else
#define WHOLE_WORDS
#endif

typedef uint64_t __attribute__((may_alias)) word;
enum { W = sizeof(word) };

WHOLE_WORDS void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    unsigned char *d = to;
    const unsigned char *s = from;
    if (n >= 2 * W) {
        while ((uintptr_t)d % W) {
            *d++ = *s++;
            n--;
        }
        unsigned shift = (uintptr_t)s % W * 8;
        if (shift == 0) {
            for (; n >= 8 * W; n -= 8 * W, d += 8 * W, s += 8 * W) {
                word a = ((const word *)s)[0], b = ((const word *)s)[1];
                word c = ((const word *)s)[2], e = ((const word *)s)[3];
                word f = ((const word *)s)[4], g = ((const word *)s)[5];
                word h = ((const word *)s)[6], i = ((const word *)s)[7];
                ((word *)d)[0] = a;
                ((word *)d)[1] = b;
                ((word *)d)[2] = c;
                ((word *)d)[3] = e;
                ((word *)d)[4] = f;
                ((word *)d)[5] = g;
                ((word *)d)[6] = h;
                ((word *)d)[7] = i;
            }
            for (; n >= W; n -= W, d += W, s += W)
                *(word *)d = *(const word *)s;
        } else { // each word is the end of one of the source and the start of the next
            const word *w = (const word *)(s - shift / 8);
            word low = *w;
            for (; n >= W; n -= W, d += W, s += W) {
                word high = *++w;
                *(word *)d = low >> shift | high << (64 - shift);
                low = high;
            }
        }
    }
    while (n--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    unsigned char *d = to;
    const unsigned char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) // the target does not start inside the source: forward is right
        if ((uintptr_t)s - (uintptr_t)d >= n)
            return memcpy(to, from, n);
    if (d < s) {
        if (((uintptr_t)d - (uintptr_t)s) % W == 0) {
            for (; n && (uintptr_t)d % W; n--)
                *d++ = *s++;
            for (; n >= W; n -= W, d += W, s += W)
                *(word *)d = *(const word *)s;
        }
        while (n--)
            *d++ = *s++;
    } else {
        d += n;
        s += n;
        if (((uintptr_t)d - (uintptr_t)s) % W == 0) {
            for (; n && (uintptr_t)d % W; n--)
                *--d = *--s;
            for (; n >= W; n -= W) {
                d -= W;
                s -= W;
                *(word *)d = *(const word *)s;
            }
        }
        while (n--)
            *--d = *--s;
    }
    return to;
}

void *memset(void *to, int byte, size_t n) {
    unsigned char *d = to;
    if (n >= 2 * W) {
        word fill = (unsigned char)byte * 0x0101010101010101UL;
        for (; (uintptr_t)d % W; n--)
            *d++ = (unsigned char)byte;
        for (; n >= 8 * W; n -= 8 * W, d += 8 * W)
            for (int i = 0; i < 8; i++)
                ((word *)d)[i] = fill;
        for (; n >= W; n -= W, d += W)
            *(word *)d = fill;
    }
    while (n--)
        *d++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *left, const void *right, size_t n) {
    const unsigned char *a = left, *b = right;
    if (((uintptr_t)a ^ (uintptr_t)b) % W == 0) {
        for (; n && (uintptr_t)a % W; n--, a++, b++)
            if (*a != *b)
                return *a - *b;
        while (n >= W && *(const word *)a == *(const word *)b) {
            n -= W;
            a += W;
            b += W;
        }
    }
    for (; n; n--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

WHOLE_WORDS size_t strlen(const char *string) {
    const char *s = string;
    for (; (uintptr_t)s % W; s++)
        if (!*s)
            return (size_t)(s - string);
    const word *w = (const word *)s;
    while (!((*w - 0x0101010101010101UL) & ~*w & 0x8080808080808080UL))
        w++;
    for (s = (const char *)w; *s;)
        s++;
    return (size_t)(s - string);
}
