// <unistd.h>: POSIX, as far as Drupe has it: what is declared here works. docs/userland.md lists what is
// missing.
#ifndef _UNISTD_H_
#define _UNISTD_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

#define _POSIX_VERSION 200809L

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

// sysconf; -1 with errno unchanged for those without a limit, EINVAL for other names.
#define _SC_ARG_MAX          0
#define _SC_CHILD_MAX        1
#define _SC_CLK_TCK          2
#define _SC_NGROUPS_MAX      3
#define _SC_OPEN_MAX         4
#define _SC_VERSION          7
#define _SC_PAGESIZE         8
#define _SC_PAGE_SIZE        _SC_PAGESIZE
#define _SC_NPROCESSORS_CONF 9
#define _SC_NPROCESSORS_ONLN 10
#define _SC_PHYS_PAGES       11
#define _SC_AVPHYS_PAGES     12
#define _SC_LINE_MAX         13
#define _SC_SYMLOOP_MAX      14

#ifdef __cplusplus
extern "C" {
#endif

extern char **environ;

// processes
void _exit(int value) __attribute__((noreturn));
int execl(const char *path, const char *arg0, ...) __attribute__((sentinel));
int execle(const char *path, const char *arg0, ...) __attribute__((sentinel(1)));
int execlp(const char *file, const char *arg0, ...) __attribute__((sentinel));
int execv(const char *path, char *const argv[]);
int execve(const char *path, char *const argv[], char *const envp[]);
int execvp(const char *file, char *const argv[]);
int execvpe(const char *file, char *const argv[], char *const envp[]);
pid_t fork(void);
pid_t getpid(void);
pid_t getppid(void);
pid_t getpgid(pid_t pid);
pid_t getpgrp(void);
int setpgid(pid_t pid, pid_t pgid);
// A process has one user and one group: the real and the effective are the same.
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int setuid(uid_t uid);
int setgid(gid_t gid);
void *sbrk(ptrdiff_t increment);
unsigned sleep(unsigned seconds);
int usleep(useconds_t microseconds);

// files
int access(const char *path, int mode);
int chdir(const char *path);
int close(int fd);
int dup(int fd);
int dup2(int from, int to);
int fdatasync(int fd);
int fsync(int fd);
int ftruncate(int fd, off_t size);
char *getcwd(char *buf, size_t n); // buf NULL: allocates
int isatty(int fd);
int link(const char *from, const char *to);
off_t lseek(int fd, off_t off, int whence);
int pipe(int fds[2]);
ssize_t pread(int fd, void *buf, size_t n, off_t off);
ssize_t pwrite(int fd, const void *buf, size_t n, off_t off);
ssize_t read(int fd, void *buf, size_t n);
ssize_t readlink(const char *__restrict path, char *__restrict buf, size_t n);
int rmdir(const char *path);
int symlink(const char *target, const char *path);
void sync(void);
int truncate(const char *path, off_t size);
int unlink(const char *path);
ssize_t write(int fd, const void *buf, size_t n);

// terminal and system
pid_t tcgetpgrp(int fd);
int tcsetpgrp(int fd, pid_t pgid);
int getentropy(void *buf, size_t n);
int gethostname(char *name, size_t n);
int getpagesize(void);
long sysconf(int name);

// options
extern char *optarg;
extern int optind, opterr, optopt, optreset;
int getopt(int argc, char *const argv[], const char *options);

#ifdef __cplusplus
}
#endif

#endif
