// printf.c: printf and fprintf, which keep nothing back: when they return, all is written.
#include <stdarg.h>

#include "user/user.h"

struct out {
    int fd;
    int used;
    char text[64];
};

static void flush(struct out *o) {
    write(o->fd, o->text, o->used);
    o->used = 0;
}

static void put(struct out *o, char c) {
    if (o->used == sizeof(o->text))
        flush(o);
    o->text[o->used++] = c;
}

static void put_string(struct out *o, const char *s) {
    for (s = s ? s : "(null)"; *s; s++)
        put(o, *s);
}

// At least `digits` digits.
static void put_number(struct out *o, uint64 n, uint base, int digits) {
    char text[20];
    int i = 0;
    do {
        text[i++] = "0123456789ABCDEF"[n % base];
        n /= base;
    } while (n > 0 || i < digits);
    while (i > 0)
        put(o, text[--i]);
}

// Without a letter behind it, `l` itself is a format: a long in decimal.
static void format(struct out *o, const char *f, va_list args) {
    for (; *f; f++) {
        if (*f != '%') {
            put(o, *f);
            continue;
        }
        int longs = 0;
        while (*++f == 'l' && longs < 2)
            longs++;
        char c = *f;
        if (longs && c != 'd' && c != 'u' && c != 'x') {
            c = 'u';
            f--;
        }
        if (c == 'd' || c == 'u' || c == 'x') {
            uint64 n = longs      ? va_arg(args, uint64)
                       : c == 'd' ? (uint64)va_arg(args, int)
                                  : va_arg(args, uint);
            if (c == 'd' && (long)n < 0) {
                put(o, '-');
                n = -n;
            }
            put_number(o, n, c == 'x' ? 16 : 10, 1);
        } else if (c == 'p') {
            put_string(o, "0x");
            put_number(o, va_arg(args, uint64), 16, 16);
        } else if (c == 's') {
            put_string(o, va_arg(args, const char *));
        } else if (c == 'c') {
            put(o, va_arg(args, int));
        } else if (c) {
            put(o, '%');
            if (c != '%') // an unknown one shows
                put(o, c);
        } else {
            break;
        }
    }
}

static void print(int fd, const char *f, va_list args) {
    struct out o = {.fd = fd};
    format(&o, f, args);
    flush(&o);
}

void fprintf(int fd, const char *f, ...) {
    va_list args;
    va_start(args, f);
    print(fd, f, args);
    va_end(args);
}

void printf(const char *f, ...) {
    va_list args;
    va_start(args, f);
    print(1, f, args);
    va_end(args);
}
