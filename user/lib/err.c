// err.c: complaints, each one write.

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib.h"
#include "stream.h"

static void complain(const char *meaning, const char *format, va_list args) {
    stream_hold(stderr);
    fprintf(stderr, "%s: ", getprogname());
    if (format)
        vfprintf(stderr, format, args);
    if (meaning)
        fprintf(stderr, "%s%s", format ? ": " : "", meaning);
    fputc('\n', stderr);
    stream_release(stderr);
}

void vwarn(const char *format, va_list args) { complain(strerror(errno), format, args); }

void vwarnx(const char *format, va_list args) { complain(NULL, format, args); }

void verr(int status, const char *format, va_list args) {
    vwarn(format, args);
    exit(status);
}

void verrx(int status, const char *format, va_list args) {
    vwarnx(format, args);
    exit(status);
}

void warn(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vwarn(format, args);
    va_end(args);
}

void warnx(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vwarnx(format, args);
    va_end(args);
}

void err(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    verr(status, format, args);
}

void errx(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    verrx(status, format, args);
}
