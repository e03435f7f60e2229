// <stdio.h>: picolibc's, over streams of our own (stdio.c), with what POSIX adds.

// Under another name at link time, so that a message to an unbuffered stream is one write: picolibc's
// vfprintf, which puts byte after byte, is called by ours.
struct __file;
int vfprintf(struct __file *, const char *, __builtin_va_list) __asm__("__drupe_vfprintf");

#define BUFSIZ       4096 // picolibc leaves these alone when they are there
#define FOPEN_MAX    1024
#define FILENAME_MAX 1024
#include_next <stdio.h>

#ifndef _DRUPE_STDIO_H
#define _DRUPE_STDIO_H

#undef P_tmpdir
#define P_tmpdir "/tmp"

#ifdef __cplusplus
extern "C" {
#endif
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vdprintf(int fd, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
__ssize_t getdelim(char **__restrict line, size_t *__restrict room, int delimiter, FILE *__restrict f);
__ssize_t getline(char **__restrict line, size_t *__restrict room, FILE *__restrict f);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *f);
#ifdef __cplusplus
}
#endif

#endif
