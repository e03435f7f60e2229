// <sys/statfs.h>: statfs(2). Portable programs use <sys/statvfs.h>.
#ifndef _SYS_STATFS_H
#define _SYS_STATFS_H

#include <sys/types.h>

struct statfs {
    unsigned long f_type; // magic number of the format: 0xef53 for ext2
    unsigned long f_bsize;
    fsblkcnt_t f_blocks, f_bfree, f_bavail;
    fsfilcnt_t f_files, f_ffree;
    unsigned long f_namelen, f_flags;
};

#ifdef __cplusplus
extern "C" {
#endif
int statfs(const char *path, struct statfs *st);
#ifdef __cplusplus
}
#endif

#endif
