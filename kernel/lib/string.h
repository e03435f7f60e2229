// string.h: memory and strings. The C library's names and meanings, no state.
#pragma once

#include "lib/kernel.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strrchr(const char *s, int c);

// Copy from, cut to fit size bytes, always NUL terminated (size > 0). Returns strlen(from): cut if >= size.
size_t strlcpy(char *to, const char *from, size_t size);

// Zero one page; to is page aligned.
void page_zero(void *to);
// Copy one page; both aligned to a word.
void page_copy(void *to, const void *from);

// 32-bit FNV-1a hash of n bytes.
uint32_t hash_bytes(const void *s, size_t n);
// A well mixed hash of a word.
static inline uint64_t hash_word(uint64_t x) {
    x ^= x >> 32;
    x *= 0x9e3779b97f4a7c15ULL;
    return x ^ (x >> 29);
}
