// memory.h: what the test programs of this lab measure with.
#pragma once

#include <child.h>
#include <drupe/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <uapi/info.h>

#define USER_END 0x3f00000000UL
enum { MIB = 1 << 20, STACK_LIMIT = 8 * MIB };

// Frames of the machine that are free.
static inline long free_frames(void) {
    struct mem_info info;
    if (meminfo(&info) < 0)
        lab_trouble("meminfo failed");
    return (long)info.free;
}

// New memory of the heap, from the start of a page to the end of one. Nobody has touched it.
static inline char *new_pages(long n) {
    char *end = sbrk(0);
    size_t gap = -(uintptr_t)end % PAGE;
    if (sbrk((ptrdiff_t)(gap + (size_t)n * PAGE)) == (void *)-1)
        lab_trouble("sbrk of %ld pages failed", n);
    return end + gap;
}

// Touch n pages.
static inline void fill(char *p, long n, char byte) {
    for (long i = 0; i < n; i++)
        *(volatile char *)(p + i * PAGE) = byte;
}
// How many of n pages do not begin with the byte.
static inline long wrong(const char *p, long n, char byte) {
    long count = 0;
    for (long i = 0; i < n; i++)
        count += *(const volatile char *)(p + i * PAGE) != byte;
    return count;
}

static inline int open_zero(void) {
    int fd = open("/dev/zero", O_RDONLY);
    if (fd < 0)
        lab_trouble("no /dev/zero");
    return fd;
}

static inline void open_pipe(int fd[2]) {
    if (pipe(fd) < 0)
        lab_trouble("pipe failed");
}
static inline void send(int fd, char c) {
    if (write(fd, &c, 1) != 1)
        _exit(50);
}
// Wait for a byte, or the end of file.
static inline void await(int fd) {
    char c;
    (void)!read(fd, &c, 1);
}

static inline const char *error_of(long r) {
    switch (r < 0 ? errno : 0) {
    case 0: return "worked";
    case EFAULT: return "EFAULT";
    case ENOENT: return "ENOENT";
    case ENOMEM: return "ENOMEM";
    default: return strerror(errno);
    }
}
