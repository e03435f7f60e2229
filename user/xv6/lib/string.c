// string.c: strings and memory.
#include "user/user.h"

uint strlen(const char *s) {
    uint n = 0;
    while (s[n])
        n++;
    return n;
}

char *strcpy(char *to, const char *from) {
    for (char *at = to; (*at++ = *from++) != 0;)
        ;
    return to;
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return (uchar)*a - (uchar)*b;
}

// Not for the NUL at the end.
char *strchr(const char *s, char c) {
    for (; *s; s++)
        if (*s == c)
            return (char *)s;
    return 0;
}

void *memset(void *to, int c, uint n) {
    for (char *at = to; n > 0; n--)
        *at++ = c;
    return to;
}

// They may overlap.
void *memmove(void *to, const void *from, int n) {
    char *t = to;
    const char *f = from;
    if (t <= f) {
        for (; n > 0; n--)
            *t++ = *f++;
    } else {
        while (n-- > 0)
            t[n] = f[n];
    }
    return to;
}

void *memcpy(void *to, const void *from, uint n) { return memmove(to, from, n); }

int memcmp(const void *a, const void *b, uint n) {
    const uchar *p = a, *q = b;
    for (; n > 0; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

// Decimal digits only: no sign, no blanks.
int atoi(const char *s) {
    int n = 0;
    for (; '0' <= *s && *s <= '9'; s++)
        n = n * 10 + (*s - '0');
    return n;
}

// A line from standard input with its newline, or as much of it as fits; "" at the end of the file.
char *gets(char *buf, int max) {
    int n = 0;
    while (n + 1 < max && read(0, buf + n, 1) == 1) {
        n++;
        if (buf[n - 1] == '\n' || buf[n - 1] == '\r')
            break;
    }
    buf[n] = 0;
    return buf;
}
