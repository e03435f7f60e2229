// string.c: the functions on memory and strings that everything leans on, eight bytes a step (picolibc's go
// byte by byte).
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

#define EACH_BYTE(byte) ((unsigned char)(byte)*0x0101010101010101UL)

// Not 0 if a byte of w is 0. The lowest bit set is the highest bit of the first such byte.
static inline word zero_byte(word w) { return (w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80); }

// Which byte of the word that is: the ones below the bit, counted by the byte.
static inline size_t first_of(word marks) {
    word bit = (marks & -marks) >> 7;
    return ((bit - 1) & EACH_BYTE(1)) * EACH_BYTE(1) >> 56;
}

// The word that the byte is in, and how many bits of it stand before the byte.
static inline const word *word_of(const void *byte) {
    return (const word *)((uintptr_t)byte & -(uintptr_t)W);
}
static inline unsigned bits_before(const void *byte) { return (uintptr_t)byte % W * 8; }

// The eight bytes that start so many bits, neither 0 nor 64, into the first of two words.
static inline word across(word low, word high, unsigned bits) { return low >> bits | high << (64 - bits); }

// ---- copying

// From the first byte to the last, which memmove relies on: the target may start below the source and reach
// into it.
WHOLE_WORDS __attribute__((noinline)) void *memcpy(void *to, const void *from, size_t n) {
    unsigned char *d = to;
    const unsigned char *s = from;
    if (n >= W) {
        for (; (uintptr_t)d % W; n--)
            *d++ = *s++;
        unsigned bits = bits_before(s);
        if (bits == 0) {
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
            const word *w = word_of(s);
            word low = *w, high;
            for (; n >= W; n -= W, d += W, s += W, low = high) {
                high = *++w;
                *(word *)d = across(low, high, bits);
            }
        }
    }
    while (n--)
        *d++ = *s++;
    return to;
}

// From the last byte to the first.
WHOLE_WORDS static inline void copy_down(unsigned char *d, const unsigned char *s, size_t n) {
    d += n;
    s += n;
    if (n >= W) {
        for (; (uintptr_t)d % W; n--)
            *--d = *--s;
        unsigned bits = bits_before(s);
        if (bits == 0) {
            for (; n >= W; n -= W)
                *(word *)(d -= W) = *(const word *)(s -= W);
        } else {
            const word *w = word_of(s);
            word high = *w, low;
            for (; n >= W; n -= W, s -= W, high = low) {
                low = *--w;
                *(word *)(d -= W) = across(low, high, bits);
            }
        }
    }
    while (n--)
        *--d = *--s;
}

void *memmove(void *to, const void *from, size_t n) {
    if ((uintptr_t)to - (uintptr_t)from >= n) // also when it starts below
        return memcpy(to, from, n);
    copy_down(to, from, n);
    return to;
}

void *memset(void *to, int byte, size_t n) {
    unsigned char *d = to;
    if (n >= W) {
        for (; (uintptr_t)d % W; n--)
            *d++ = (unsigned char)byte;
        for (; n >= 8 * W; n -= 8 * W, d += 8 * W)
            for (int i = 0; i < 8; i++)
                ((word *)d)[i] = EACH_BYTE(byte);
        for (; n >= W; n -= W, d += W)
            *(word *)d = EACH_BYTE(byte);
    }
    while (n--)
        *d++ = (unsigned char)byte;
    return to;
}

// ---- comparing

WHOLE_WORDS int memcmp(const void *left, const void *right, size_t n) {
    const unsigned char *a = left, *b = right;
    if (n >= W) {
        for (; (uintptr_t)a % W; n--, a++, b++)
            if (*a != *b)
                return *a - *b;
        const word *w = word_of(b);
        unsigned bits = bits_before(b);
        if (bits == 0) {
            for (; n >= W && *(const word *)a == *(const word *)b; n -= W, a += W)
                b += W;
        } else {
            word low = *w, high;
            for (; n >= W; n -= W, a += W, b += W, low = high) {
                high = *++w;
                if (*(const word *)a != across(low, high, bits))
                    break;
            }
        }
    }
    for (; n; n--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

WHOLE_WORDS int strcmp(const char *left, const char *right) {
    const unsigned char *a = (const unsigned char *)left, *b = (const unsigned char *)right;
    for (; (uintptr_t)a % W; a++, b++)
        if (*a != *b || !*a)
            return *a - *b;
    const word *v = word_of(a), *w = word_of(b);
    unsigned bits = bits_before(b);
    if (bits == 0) {
        for (; *v == *w && !zero_byte(*v); v++)
            w++;
        b = (const unsigned char *)w;
    } else { // another word of b only once its end is not in this one
        word low = *w | (((word)1 << bits) - 1), high;
        for (; !zero_byte(low); v++, b += W, low = high) {
            high = *++w;
            if (*v != across(low, high, bits) || zero_byte(*v))
                break;
        }
    }
    for (a = (const unsigned char *)v; *a == *b && *a; a++)
        b++;
    return *a - *b;
}

// ---- finding

WHOLE_WORDS size_t strlen(const char *string) {
    const word *w = word_of(string);
    word marks = zero_byte(*w | (((word)1 << bits_before(string)) - 1)); // bytes before it do not count
    while (!marks)
        marks = zero_byte(*++w);
    return (size_t)((const char *)w + first_of(marks) - string);
}

WHOLE_WORDS void *memchr(const void *from, int byte, size_t n) {
    const char *start = from;
    if (n == 0)
        return NULL;
    const word *w = word_of(start);
    word marks = zero_byte((*w ^ EACH_BYTE(byte)) | (((word)1 << bits_before(start)) - 1));
    while (!marks) {
        if ((size_t)((const char *)++w - start) >= n)
            return NULL;
        marks = zero_byte(*w ^ EACH_BYTE(byte));
    }
    const char *at = (const char *)w + first_of(marks);
    return (size_t)(at - start) < n ? (void *)at : NULL;
}

WHOLE_WORDS void *memrchr(const void *from, int byte, size_t n) {
    const unsigned char *start = from, *s = start + n;
    for (; s > start && (uintptr_t)s % W; s--)
        if (s[-1] == (unsigned char)byte)
            return (void *)(s - 1);
    while (s - start >= W && !zero_byte(((const word *)s)[-1] ^ EACH_BYTE(byte)))
        s -= W;
    while (s > start)
        if (*--s == (unsigned char)byte)
            return (void *)s;
    return NULL;
}

size_t strnlen(const char *string, size_t max) {
    const char *end = memchr(string, '\0', max);
    return end ? (size_t)(end - string) : max;
}

// The first such byte, or the end.
WHOLE_WORDS char *strchrnul(const char *string, int byte) {
    const word *w = word_of(string), before = ((word)1 << bits_before(string)) - 1;
    word marks = zero_byte(*w | before) | zero_byte((*w ^ EACH_BYTE(byte)) | before);
    while (!marks) {
        w++;
        marks = zero_byte(*w) | zero_byte(*w ^ EACH_BYTE(byte));
    }
    return (char *)w + first_of(marks);
}

char *strchr(const char *string, int byte) {
    char *at = strchrnul(string, byte);
    return *at == (char)byte ? at : NULL;
}
