// stat.h: what stat(2) and statfs(2) fill in, and the bits of a mode.
#pragma once

#include <stdint.h>

enum { UAPI_DEV_MAX = 0xfffff }; // largest rdev

struct uapi_stat {
    uint64_t ino;
    uint64_t size;               // bytes
    uint64_t blocks;             // units of 512 bytes that are allocated
    int64_t atime, mtime, ctime; // seconds since 1970
    uint32_t atime_nsec, mtime_nsec, ctime_nsec;
    uint32_t mode;
    uint32_t nlink;
    uint32_t uid, gid;
    uint32_t dev;  // device that holds the file
    uint32_t rdev; // for a device node: the device it names, major << 8 | minor
    uint32_t blksize;
};

struct uapi_statfs {
    uint32_t type; // magic number of the format: 0xef53 for ext2
    uint32_t bsize;
    uint64_t blocks, bfree, bavail;
    uint64_t files, ffree;
    uint32_t namelen;
    uint32_t flags; // 1: mounted read-only
};

#ifdef __drupe_kernel__
#define S_IFMT      0170000
#define S_IFSOCK    0140000
#define S_IFLNK     0120000
#define S_IFREG     0100000
#define S_IFBLK     0060000
#define S_IFDIR     0040000
#define S_IFCHR     0020000
#define S_IFIFO     0010000
#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISCHR(m)  (((m)&S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m)&S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m)&S_IFMT) == S_IFIFO)
#endif
