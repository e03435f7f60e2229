// printf.c: formatted output, one character at a time into a function.
#include "lib/printf.h"

#include "lib/string.h"

struct sink {
    void (*put)(void *arg, char c);
    void *arg;
};

static void pad(struct sink *out, char c, int n) {
    for (; n > 0; n--)
        out->put(out->arg, c);
}

// Text of n bytes in a field of width columns: on the right, or (width < 0) on the left.
static void put_text(struct sink *out, int width, const char *s, int n) {
    pad(out, ' ', width - n);
    for (int i = 0; i < n; i++)
        out->put(out->arg, s[i]);
    pad(out, ' ', -width - n);
}

// zeros: they fill the field (to 20 digits), else blanks do.
static void put_number(struct sink *out, int width, bool zeros, uint64_t value, unsigned base,
                       bool negative) {
    char buf[24];
    int at = sizeof(buf), fill = zeros ? at - min(width, 20) + negative : at;
    do {
        buf[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0 || at > fill);
    if (negative)
        buf[--at] = '-';
    put_text(out, width, buf + at, sizeof(buf) - at);
}

void format_to(void (*put)(void *arg, char c), void *arg, const char *fmt, va_list args) {
    struct sink out = {put, arg};
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(arg, *fmt);
            continue;
        }
        bool left = *++fmt == '-', zeros = *fmt == '0', wide = false;
        int width = 0;
        fmt += left;
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            width = width * 10 + (*fmt - '0');
        if (left)
            width = -width;
        for (; *fmt == 'l' || *fmt == 'z'; fmt++)
            wide = true;
        switch (*fmt) {
        case 'd': {
            int64_t v = wide ? va_arg(args, int64_t) : va_arg(args, int);
            put_number(&out, width, zeros, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0);
            break;
        }
        case 'u':
        case 'x':
            put_number(&out, width, zeros, wide ? va_arg(args, uint64_t) : va_arg(args, unsigned),
                       *fmt == 'u' ? 10 : 16, false);
            break;
        case 'p':
            put_text(&out, 0, "0x", 2);
            put_number(&out, 16, true, (uintptr_t)va_arg(args, void *), 16, false);
            break;
        case 'c': put_text(&out, width, &(char){(char)va_arg(args, int)}, 1); break;
        case 's': {
            const char *s = va_arg(args, const char *);
            s = s ? s : "(null)";
            put_text(&out, width, s, (int)strlen(s));
            break;
        }
        case 0: return;
        default: put(arg, *fmt); // %%, and what is unknown
        }
    }
}

struct buffer {
    char *at, *last; // the last byte is the NUL's
};

static void buffer_put(void *arg, char c) {
    struct buffer *b = arg;
    if (b->at < b->last)
        *b->at++ = c;
}

void format(char *buf, size_t size, const char *fmt, ...) {
    struct buffer b = {buf, buf + size - 1};
    va_list args;
    va_start(args, fmt);
    format_to(buffer_put, &b, fmt, args);
    va_end(args);
    *b.at = 0;
}
