// drupe.h: what this library uses of Drupe: its system calls as they are, with -errno as the result of a
// failure.
#ifndef XV6_DRUPE_H
#define XV6_DRUPE_H

#include "kernel/types.h"
#include "uapi/errno.h"
#include "uapi/info.h"
#include "uapi/signal.h"
#include "uapi/stat.h"
#include "uapi/time.h"

long __sys_fork(void);
long __sys_execve(const char *path, char **argv, char **envp);
long __sys_exit(int value) __attribute__((noreturn));
long __sys_waitpid(int pid, int *status, int options, int *value);
long __sys_kill(int pid, int sig);
long __sys_sigaction(int sig, const struct uapi_sigaction *act, struct uapi_sigaction *old);
long __sys_getpid(void);
long __sys_sbrk(long increment);
long __sys_meminfo(struct mem_info *buf);
long __sys_nanosleep(const struct uapi_timespec *want, struct uapi_timespec *left);
long __sys_clock_gettime(int clock, void *now);
long __sys_open(const char *path, int flags, uint mode);
long __sys_close(int fd);
long __sys_read(int fd, void *buf, uint64 n);
long __sys_write(int fd, const void *buf, uint64 n);
long __sys_lseek(int fd, long off, int whence);
long __sys_dup(int fd);
long __sys_pipe(int *fds);
long __sys_fstat(int fd, struct uapi_stat *st);
long __sys_stat(const char *path, struct uapi_stat *st);
long __sys_lstat(const char *path, struct uapi_stat *st);
long __sys_link(const char *from, const char *to);
long __sys_unlink(const char *path);
long __sys_rmdir(const char *path);
long __sys_mkdir(const char *path, uint mode);
long __sys_chdir(const char *path);
long __sys_getdents(int fd, void *buf, uint64 n);
long __sys_mknod(const char *path, uint mode, uint dev);
long __sys_truncate(const char *path, long size);

// Every failure is -1 to a program.
static inline int result(long r) { return r < 0 ? -1 : (int)r; }

// Names that a program may not happen to have: its own functions win over the library's.

// May the program read a byte at p? The library looks into strings and structures that programs hand to it,
// and a bad pointer has to give -1 there too. lstat says EFAULT if its path, up to the NUL, cannot be read,
// and otherwise takes it for some name. So strings may be read to their NUL, or for PGSIZE bytes if it comes
// later.
int xv6_readable(const void *p);
// The kernel's form of a path, in buf of MAXPATH bytes: names cut at DIRSIZ bytes, no slash at the end, "."
// for "". NULL, which is EFAULT to the kernel, if it cannot be read or has MAXPATH bytes or more.
const char *xv6_path(const char *path, char *buf);
// May it write the 16 bytes at p? They are changed.
int xv6_writable(void *p);

#endif
