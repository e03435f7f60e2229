// <sys/statvfs.h>: how full a file system is. There is no fstatvfs.
#ifndef _SYS_STATVFS_H
#define _SYS_STATVFS_H

#include <sys/types.h>

struct statvfs {
    unsigned long f_bsize, f_frsize;
    fsblkcnt_t f_blocks, f_bfree, f_bavail; // in units of f_frsize
    fsfilcnt_t f_files, f_ffree, f_favail;
    unsigned long f_fsid, f_flag, f_namemax;
};
enum { ST_RDONLY = 1, ST_NOSUID = 2 };

#ifdef __cplusplus
extern "C" {
#endif
int statvfs(const char *__restrict path, struct statvfs *__restrict st);
#ifdef __cplusplus
}
#endif

#endif
