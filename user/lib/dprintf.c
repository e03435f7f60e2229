// dprintf.c: printf to a descriptor.

#include <stdarg.h>

#include "stream.h"

int vdprintf(int fd, const char *format, va_list args) {
    char buf[256];
    struct stream s;
    stream_init(&s, fd, __SWR, _IOFBF, buf, sizeof buf);
    int n = vfprintf(&s.ext.cfile.file, format, args);
    return stream_finish(&s) < 0 ? -1 : n;
}

int dprintf(int fd, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vdprintf(fd, format, args);
    va_end(args);
    return n;
}
