// printf.c: formatted output, one character at a time into a function.
#include "lib/printf.h"

#include "lib/string.h"

struct sink {
    void (*put)(void *arg, char c);
    void *arg;
};

// One conversion, as written: %[flags][width][.precision][size]letter
struct spec {
    bool left, zero, plus, space, alternate, upper;
    int width, precision; // precision < 0: none given
};

static void put_repeated(struct sink *out, char c, int n) {
    for (; n > 0; n--)
        out->put(out->arg, c);
}

static void put_bytes(struct sink *out, const char *s, int n) {
    for (int i = 0; i < n; i++)
        out->put(out->arg, s[i]);
}

static void put_text(struct sink *out, const struct spec *spec, const char *s, int n) {
    int pad = spec->width - n;
    if (!spec->left)
        put_repeated(out, ' ', pad);
    put_bytes(out, s, n);
    if (spec->left)
        put_repeated(out, ' ', pad);
}

// prefix: sign, 0x or nothing; it stands before zeros and after blanks.
static void put_number(struct sink *out, const struct spec *spec, uint64_t value, unsigned base,
                       const char *prefix) {
    const char *digits = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char buf[24];
    int n = 0;
    for (; value != 0; value /= base)
        buf[sizeof(buf) - (size_t)++n] = digits[value % base];
    int length = (int)strlen(prefix);
    int zeros = spec->precision < 0 ? n == 0 : spec->precision - n;
    if (spec->precision < 0 && spec->zero && !spec->left)
        zeros = spec->width - length - n;
    zeros = max(zeros, spec->precision < 0 && n == 0 ? 1 : 0);
    int pad = spec->width - length - zeros - n;
    if (!spec->left)
        put_repeated(out, ' ', pad);
    put_bytes(out, prefix, length);
    put_repeated(out, '0', zeros);
    put_bytes(out, buf + sizeof(buf) - n, n);
    if (spec->left)
        put_repeated(out, ' ', pad);
}

static const char *read_flags(const char *fmt, struct spec *spec) {
    for (;; fmt++) {
        switch (*fmt) {
        case '-': spec->left = true; break;
        case '0': spec->zero = true; break;
        case '+': spec->plus = true; break;
        case ' ': spec->space = true; break;
        case '#': spec->alternate = true; break;
        default: return fmt;
        }
    }
}

// *size becomes -2 for hh, -1 for h, 0 for int, 1 for all that is 64 bits wide.
static const char *read_size(const char *fmt, int *size) {
    for (*size = 0;; fmt++) {
        if (*fmt == 'h')
            --*size;
        else if (*fmt == 'l' || *fmt == 'z' || *fmt == 't' || *fmt == 'j')
            *size = 1;
        else
            return fmt;
    }
}

static int64_t narrow_signed(int64_t v, int size) {
    return size == 1 ? v : size == 0 ? (int32_t)v : size == -1 ? (int16_t)v : (int8_t)v;
}

static uint64_t narrow_unsigned(uint64_t v, int size) {
    return size == 1 ? v : size == 0 ? (uint32_t)v : size == -1 ? (uint16_t)v : (uint8_t)v;
}

// The value of a * or of the digits at *fmt.
static int read_int(const char **fmt, int star) {
    if (**fmt == '*') {
        ++*fmt;
        return star;
    }
    int n = 0;
    for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
        n = n * 10 + (**fmt - '0');
    return n;
}

static void put_unsigned(struct sink *out, struct spec *spec, char letter, uint64_t v) {
    spec->upper = letter == 'X';
    if (letter == 'o')
        put_number(out, spec, v, 8, spec->alternate ? "0" : "");
    else if (letter == 'u')
        put_number(out, spec, v, 10, "");
    else
        put_number(out, spec, v, 16, spec->alternate && v ? (spec->upper ? "0X" : "0x") : "");
}

void format_to(void (*put)(void *arg, char c), void *arg, const char *fmt, va_list args) {
    struct sink out = {put, arg};
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(arg, *fmt);
            continue;
        }
        const char *start = fmt;
        struct spec spec = {.precision = -1};
        fmt = read_flags(fmt + 1, &spec);
        spec.width = read_int(&fmt, *fmt == '*' ? va_arg(args, int) : 0);
        if (spec.width < 0) {
            spec.left = true;
            spec.width = -spec.width;
        }
        if (*fmt == '.') {
            fmt++;
            spec.precision = read_int(&fmt, *fmt == '*' ? va_arg(args, int) : 0);
        }
        int size;
        fmt = read_size(fmt, &size);
        switch (*fmt) {
        case 'd':
        case 'i': {
            int64_t v = narrow_signed(size == 1 ? va_arg(args, int64_t) : va_arg(args, int), size);
            const char *sign = v < 0 ? "-" : spec.plus ? "+" : spec.space ? " " : "";
            put_number(&out, &spec, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, sign);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            put_unsigned(&out, &spec, *fmt,
                         narrow_unsigned(size == 1 ? va_arg(args, uint64_t) : va_arg(args, unsigned), size));
            break;
        case 'p':
            spec.precision = 16;
            put_number(&out, &spec, (uintptr_t)va_arg(args, void *), 16, "0x");
            break;
        case 'c': {
            char c = (char)va_arg(args, int);
            put_text(&out, &spec, &c, 1);
            break;
        }
        case 's': {
            const char *s = va_arg(args, const char *);
            if (!s)
                s = "(null)";
            put_text(&out, &spec, s,
                     (int)strnlen(s, spec.precision < 0 ? INT32_MAX : (size_t)spec.precision));
            break;
        }
        case '%': put(arg, '%'); break;
        default: // unknown: show it as it is written
            put_bytes(&out, start, (int)(fmt - start));
            if (!*fmt)
                return;
            put(arg, *fmt);
        }
    }
}

struct buffer {
    char *at;
    size_t size, length; // length: of the whole text, even when cut
};

static void buffer_put(void *arg, char c) {
    struct buffer *b = arg;
    if (b->length + 1 < b->size)
        b->at[b->length] = c;
    b->length++;
}

int vformat(char *buf, size_t size, const char *fmt, va_list args) {
    struct buffer b = {buf, size, 0};
    format_to(buffer_put, &b, fmt, args);
    if (size > 0)
        buf[min(b.length, size - 1)] = 0;
    return (int)b.length;
}

int format(char *buf, size_t size, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vformat(buf, size, fmt, args);
    va_end(args);
    return n;
}
