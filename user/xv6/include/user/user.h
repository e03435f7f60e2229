// user.h: all that a program of the other teaching kernel can call. docs/xv6.md says where the meaning
// differs.
//
// A call that fails gives -1; there is no errno.
#ifndef XV6_USER_H
#define XV6_USER_H

#include "kernel/types.h"

#define SBRK_ERROR ((char *)-1)

struct stat;

// ---- system calls: lib/process.c, lib/file.c
int fork(void);
int exit(int) __attribute__((noreturn));
int wait(int *); // the whole value of exit; -1 if it was killed
int pipe(int *);
int write(int, const void *, int);
int read(int, void *, int);
int close(int);
int kill(int);
int exec(const char *, char **);
int open(const char *, int);
int mknod(const char *, short, short);
int unlink(const char *);
int fstat(int, struct stat *);
int link(const char *, const char *);
int mkdir(const char *);
int chdir(const char *);
int dup(int);
int getpid(void);
char *sys_sbrk(int, int);
int sleep(int); // ticks, ten a second
int pause(int); // the same
int uptime(void);

// ---- library: lib/string.c
int stat(const char *, struct stat *);
char *strcpy(char *, const char *);
void *memmove(void *, const void *, int);
char *strchr(const char *, char);
int strcmp(const char *, const char *);
char *gets(char *, int);
uint strlen(const char *);
void *memset(void *, int, uint);
int atoi(const char *);
int memcmp(const void *, const void *, uint);
void *memcpy(void *, const void *, uint);
char *sbrk(int);
char *sbrklazy(int);

// ---- lib/printf.c: %d %u %x, with l or ll in front; %p %s %c %%. Without a type attribute, as programs'
// older formats (%l alone) are not what a compiler expects.
void fprintf(int, const char *, ...);
void printf(const char *, ...);

// ---- lib/malloc.c
void *malloc(uint);
void free(void *);

#endif
