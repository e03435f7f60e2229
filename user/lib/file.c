// file.c: system calls on files, where POSIX's shape is not the kernel's.

#include <drupe/syscalls.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <uapi/stat.h>
#include <unistd.h>

#include "lib.h"

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return (int)__syscall_ret(__sys_open(path, flags, mode));
}

int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

ssize_t read(int fd, void *buf, size_t n) { return __syscall_ret(__sys_read(fd, buf, n)); }

ssize_t write(int fd, const void *buf, size_t n) { return __syscall_ret(__sys_write(fd, buf, n)); }

ssize_t pread(int fd, void *buf, size_t n, off_t off) { return __syscall_ret(__sys_pread(fd, buf, n, off)); }

ssize_t pwrite(int fd, const void *buf, size_t n, off_t off) {
    return __syscall_ret(__sys_pwrite(fd, buf, n, off));
}

off_t lseek(int fd, off_t off, int whence) { return __syscall_ret(__sys_lseek(fd, off, whence)); }

int fcntl(int fd, int cmd, ...) {
    va_list args;
    va_start(args, cmd);
    long arg = va_arg(args, long);
    va_end(args);
    return (int)__syscall_ret(__sys_fcntl(fd, cmd, arg));
}

int pipe(int fds[2]) { return (int)__syscall_ret(__sys_pipe(fds)); }

// ---- names

int rename(const char *from, const char *to) { return (int)__syscall_ret(__sys_rename(from, to)); }

int remove(const char *path) {
    int saved = errno;
    if (unlink(path) == 0)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    errno = saved;
    return rmdir(path);
}

int mkdir(const char *path, mode_t mode) { return (int)__syscall_ret(__sys_mkdir(path, mode)); }

int mknod(const char *path, mode_t mode, dev_t dev) {
    return (int)__syscall_ret(__sys_mknod(path, mode, dev));
}

mode_t umask(mode_t mask) { return (mode_t)__sys_umask(mask); }

int chmod(const char *path, mode_t mode) { return (int)__syscall_ret(__sys_chmod(path, mode)); }

char *getcwd(char *buf, size_t n) {
    char path[PATH_MAX];
    if (!buf) { // an extension that all systems have: allocate
        if (__syscall_ret(__sys_getcwd(path, sizeof path)) < 0)
            return NULL;
        return strdup(path);
    }
    return __syscall_ret(__sys_getcwd(buf, n)) < 0 ? NULL : buf;
}

// ---- status

static int stat_result(long result, const struct uapi_stat *from, struct stat *st) {
    if (__syscall_ret(result) < 0)
        return -1;
    *st = (struct stat){
        .st_dev = from->dev,
        .st_ino = from->ino,
        .st_mode = from->mode,
        .st_nlink = from->nlink,
        .st_uid = from->uid,
        .st_gid = from->gid,
        .st_rdev = from->rdev,
        .st_size = (off_t)from->size,
        .st_blksize = from->blksize,
        .st_blocks = (blkcnt_t)from->blocks,
        .st_atim = {from->atime, from->atime_nsec},
        .st_mtim = {from->mtime, from->mtime_nsec},
        .st_ctim = {from->ctime, from->ctime_nsec},
    };
    return 0;
}

int fstat(int fd, struct stat *st) {
    struct uapi_stat got;
    return stat_result(__sys_fstat(fd, &got), &got, st);
}

int stat(const char *__restrict path, struct stat *__restrict st) {
    struct uapi_stat got;
    return stat_result(__sys_stat(path, &got), &got, st);
}

int lstat(const char *__restrict path, struct stat *__restrict st) {
    struct uapi_stat got;
    return stat_result(__sys_lstat(path, &got), &got, st);
}

int access(const char *path, int mode) {
    struct stat st;
    const int any_x = S_IXUSR | S_IXGRP | S_IXOTH;
    if (mode & ~(R_OK | W_OK | X_OK)) {
        errno = EINVAL;
        return -1;
    }
    if (stat(path, &st) < 0)
        return -1;
    int shift = getuid() == st.st_uid ? 6 : getgid() == st.st_gid ? 3 : 0, may = st.st_mode >> shift & 7;
    if (getuid() == 0) // root may do anything, but run only what somebody may run
        may = R_OK | W_OK | (S_ISDIR(st.st_mode) || (st.st_mode & any_x) ? X_OK : 0);
    if (mode & ~may) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

int statfs(const char *path, struct statfs *st) {
    struct uapi_statfs got;
    if (__syscall_ret(__sys_statfs(path, &got)) < 0)
        return -1;
    *st = (struct statfs){
        .f_type = got.type,
        .f_bsize = got.bsize,
        .f_blocks = got.blocks,
        .f_bfree = got.bfree,
        .f_bavail = got.bavail,
        .f_files = got.files,
        .f_ffree = got.ffree,
        .f_namelen = got.namelen,
        .f_flags = got.flags,
    };
    return 0;
}

int statvfs(const char *__restrict path, struct statvfs *__restrict st) {
    struct statfs got;
    if (statfs(path, &got) < 0)
        return -1;
    *st = (struct statvfs){
        .f_bsize = got.f_bsize,
        .f_frsize = got.f_bsize,
        .f_blocks = got.f_blocks,
        .f_bfree = got.f_bfree,
        .f_bavail = got.f_bavail,
        .f_files = got.f_files,
        .f_ffree = got.f_ffree,
        .f_favail = got.f_ffree,
        .f_flag = got.f_flags & 1 ? ST_RDONLY : 0,
        .f_namemax = got.f_namelen,
    };
    return 0;
}

// ---- contents

int truncate(const char *path, off_t size) { return (int)__syscall_ret(__sys_truncate(path, size)); }

int ftruncate(int fd, off_t size) { return (int)__syscall_ret(__sys_ftruncate(fd, size)); }

int fdatasync(int fd) { return fsync(fd); }

void sync(void) { __sys_sync(); }
