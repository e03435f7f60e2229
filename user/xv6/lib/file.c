// file.c: files and names, as user.h has them.
#include "drupe.h"

#include "kernel/fcntl.h"
#include "kernel/file.h"
#include "kernel/fs.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#include "uapi/dirent.h"
#include "user/user.h"

// Of uapi/fcntl.h, whose names are the same as those of kernel/fcntl.h.
enum { DRUPE_O_CREAT = 0x40, DRUPE_O_TRUNC = 0x200, SEEK_SET = 0, SEEK_CUR = 1 };
enum { CONSOLE_DEVICE = 5 << 8 | 1 };

const char *xv6_path(const char *path, char *buf) {
    if (!xv6_readable(path))
        return 0;
    int n = 0, in_name = 0;
    for (int i = 0; path[i]; i++) {
        if (i == MAXPATH - 1)
            return 0;
        in_name = path[i] == '/' ? 0 : in_name + 1;
        if (in_name <= DIRSIZ)
            buf[n++] = path[i];
    }
    while (n > 1 && buf[n - 1] == '/')
        n--;
    if (n == 0)
        buf[n++] = '.';
    buf[n] = 0;
    return buf;
}

// ---- descriptors

// A new descriptor, if it is one of the first NOFILE.
static int keep(long fd) {
    if (fd >= NOFILE) {
        __sys_close(fd);
        fd = -1;
    }
    return result(fd);
}

int open(const char *path, int flags) {
    char buf[MAXPATH];
    int access = flags & O_WRONLY ? O_WRONLY : flags & O_RDWR ? O_RDWR : O_RDONLY;
    int create = flags & O_CREATE ? DRUPE_O_CREAT : 0, truncate = flags & O_TRUNC ? DRUPE_O_TRUNC : 0;
    path = xv6_path(path, buf);
    int fd = keep(__sys_open(path, access | create | truncate, 0777));
    if (fd >= 0 && truncate && access == O_RDONLY && __sys_truncate(path, 0) == -EISDIR) {
        __sys_close(fd);
        return -1;
    }
    return fd;
}

int close(int fd) { return result(__sys_close(fd)); }

int dup(int fd) { return keep(__sys_dup(fd)); }

int pipe(int *fds) {
    if (__sys_pipe(fds) < 0)
        return -1;
    if (fds[0] < NOFILE && fds[1] < NOFILE)
        return 0;
    __sys_close(fds[0]);
    __sys_close(fds[1]);
    return -1;
}

// Entries of a directory, sizeof(struct dirent) bytes each, as many as fit. The position goes behind the last
// of them.
static int read_directory(int fd, char *buf, int n) {
    static union {
        struct uapi_dirent first; // for its alignment
        char bytes[512];
    } records;
    int done = 0;
    if (n < (int)sizeof(struct dirent))
        return -1; // 0 would be the end
    while (n - done >= (int)sizeof(struct dirent)) {
        long got = __sys_getdents(fd, &records, sizeof(records)), next = 0;
        if (got <= 0)
            return done ? done : result(got);
        for (long at = 0; at < got && n - done >= (int)sizeof(struct dirent);) {
            struct uapi_dirent *from = (struct uapi_dirent *)(records.bytes + at);
            struct dirent *to = (struct dirent *)(buf + done);
            if (!xv6_writable(to))
                return -1;
            to->inum = (ushort)from->ino ? (ushort)from->ino : 0xffff; // 0 is an entry that is not there
            uint length = strlen(from->name);
            memset(to->name, 0, DIRSIZ);
            memmove(to->name, from->name, length < DIRSIZ ? length : DIRSIZ);
            done += sizeof(*to);
            at += from->reclen;
            next = from->off;
        }
        __sys_lseek(fd, next, SEEK_SET);
    }
    return done;
}

int read(int fd, void *buf, int n) {
    if (n < 0)
        return -1;
    long got = __sys_read(fd, buf, n);
    return got == -EISDIR ? read_directory(fd, buf, n) : result(got);
}

// There are no holes: a write behind the end of a file, which another has cut meanwhile, fails.
int write(int fd, const void *buf, int n) {
    struct uapi_stat st;
    long at = __sys_lseek(fd, 0, SEEK_CUR);
    if (n < 0 || (at > 0 && __sys_fstat(fd, &st) == 0 && st.size < (uint64)at))
        return -1;
    return result(__sys_write(fd, buf, n));
}

// ---- status

static int stat_result(long err, const struct uapi_stat *from, struct stat *st) {
    if (err < 0 || S_ISFIFO(from->mode) || !xv6_writable(st) || !xv6_writable((char *)st + sizeof(*st) - 16))
        return -1;
    int directory = S_ISDIR(from->mode);
    *st = (struct stat){
        .dev = from->dev,
        .ino = from->ino,
        .type = directory             ? T_DIR
                : S_ISREG(from->mode) ? T_FILE
                                      : T_DEVICE,
        .nlink = from->nlink - directory,
        .size = from->size,
    };
    return 0;
}

int fstat(int fd, struct stat *st) {
    struct uapi_stat got;
    return stat_result(__sys_fstat(fd, &got), &got, st);
}

int stat(const char *path, struct stat *st) {
    struct uapi_stat got;
    char buf[MAXPATH];
    return stat_result(__sys_stat(xv6_path(path, buf), &got), &got, st);
}

// ---- names

int unlink(const char *path) {
    char buf[MAXPATH];
    path = xv6_path(path, buf);
    long err = __sys_unlink(path);
    return result(err == -EISDIR ? __sys_rmdir(path) : err);
}

int link(const char *from, const char *to) {
    char from_buf[MAXPATH], to_buf[MAXPATH];
    return result(__sys_link(xv6_path(from, from_buf), xv6_path(to, to_buf)));
}

int mkdir(const char *path) {
    char buf[MAXPATH];
    return result(__sys_mkdir(xv6_path(path, buf), 0777));
}

int chdir(const char *path) {
    char buf[MAXPATH];
    return result(__sys_chdir(xv6_path(path, buf)));
}

int mknod(const char *path, short major_number, short minor_number) {
    char buf[MAXPATH];
    uint device = (major_number & 0xff) << 8 | (minor_number & 0xff);
    if (major_number == CONSOLE)
        device = CONSOLE_DEVICE;
    return result(__sys_mknod(xv6_path(path, buf), S_IFCHR | 0666, device));
}
