// printf.c: printf to a stream. The formatting is picolibc's vfprintf, floating point included; here its
// bytes are held together, so that a message to an unbuffered stream is one write.

#include <stdarg.h>
#include <string.h>

#include "lib.h"
#include "stream.h"

int picolibc_vfprintf(FILE *f, const char *format, va_list args) __asm__("vfprintf");

int vfprintf(FILE *f, const char *format, va_list args) {
    stream_hold(f);
    int n = picolibc_vfprintf(f, format, args);
    return stream_release(f) < 0 ? -1 : n;
}

int fprintf(FILE *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vfprintf(f, format, args);
    va_end(args);
    return n;
}

int vprintf(const char *format, va_list args) { return vfprintf(stdout, format, args); }

int printf(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vfprintf(stdout, format, args);
    va_end(args);
    return n;
}

void perror(const char *text) {
    const char *meaning = strerror(errno);
    if (text && *text)
        fprintf(stderr, "%s: %s\n", text, meaning);
    else
        fprintf(stderr, "%s\n", meaning);
}
