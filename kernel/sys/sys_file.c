// sys_file.c: system calls on descriptors. They check arguments and call fs; errnos are listed in
// trap/syscalls.def.
#include "proc/proc.h"
#include "syscall_protos.h"

static struct fdtable *my_files(void) { return &current_proc()->files; }

// The file at fd, or NULL: -EBADF. Only this thread could close it, so it needs no reference.
static struct file *file_of(int fd) {
    struct descriptor *d = fdtable_at(my_files(), fd);
    return d ? d->file : NULL;
}

// Open the file at a path of the user's.
static int open_file(const char *user, int flags, unsigned mode, struct file **out) {
    char path[UAPI_PATH_MAX];
    mode &= 07777 & ~current_proc()->umask;
    int err;
    do {
        ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
        err = n < 0 ? n : file_open(&current_proc()->walk, path, flags, mode, out);
    } while (err == -EEXIST && !(flags & O_EXCL)); // made by somebody else while we were about to
    return err;
}

long sys_open(const char *path, int flags, unsigned mode) {
    struct file *f;
    int fd = fdtable_lowest(my_files(), 0); // first, so that nothing is created or cut in vain
    int err = fd < 0 ? fd : open_file(path, flags, mode, &f);
    return err ? err : fdtable_set(my_files(), fd, f, flags & O_CLOEXEC);
}

long sys_close(int fd) {
    if (!file_of(fd))
        return -EBADF;
    fdtable_set(my_files(), fd, NULL, false);
    return 0;
}

static long transfer(int fd, bool write, const void *buf, size_t n, off_t *pos) {
    struct file *f = file_of(fd);
    long r = f ? file_transfer(f, write, (uint64_t)buf, n, pos) : -EBADF;
    if (r == -EPIPE)
        proc_kill(current_proc()->pid, SIGPIPE, NULL);
    return r;
}

long sys_read(int fd, void *buf, size_t n) { return transfer(fd, false, buf, n, NULL); }
long sys_write(int fd, const void *buf, size_t n) { return transfer(fd, true, buf, n, NULL); }
long sys_pread(int fd, void *buf, size_t n, int64_t off) { return transfer(fd, false, buf, n, &off); }
long sys_pwrite(int fd, const void *buf, size_t n, int64_t off) { return transfer(fd, true, buf, n, &off); }

long sys_lseek(int fd, int64_t off, int whence) {
    struct file *f = file_of(fd);
    return f ? file_seek(f, off, whence) : -EBADF;
}

// Give f the lowest free descriptor from `from` on. Takes over the reference.
static int install(struct file *f, long from, bool cloexec) {
    int fd = fdtable_lowest(my_files(), from);
    if (fd < 0)
        file_put(f);
    return fd < 0 ? fd : fdtable_set(my_files(), fd, f, cloexec);
}

static long duplicate(int fd, long from, bool cloexec) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    file_get(f);
    return install(f, from, cloexec);
}

long sys_dup(int fd) { return duplicate(fd, 0, false); }

long sys_dup2(int from, int to) {
    struct file *f = file_of(from);
    if (!f || from == to)
        return f ? to : -EBADF; // nothing to do, and close-on-exec stays
    file_get(f);
    to = fdtable_set(my_files(), to, f, false);
    if (to < 0)
        file_put(f);
    return to;
}

long sys_fcntl(int fd, int cmd, long arg) {
    struct descriptor *d = fdtable_at(my_files(), fd);
    if (!d)
        return -EBADF;
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return duplicate(fd, arg, cmd == F_DUPFD_CLOEXEC);
    case F_GETFD: return d->cloexec ? FD_CLOEXEC : 0;
    case F_SETFD: d->cloexec = arg & FD_CLOEXEC; return 0;
    case F_GETFL: return file_flags(d->file);
    case F_SETFL: file_set_flags(d->file, arg); return 0;
    default: return -EINVAL;
    }
}

long sys_pipe(int *fds) {
    struct file *f[2];
    long err = pipe_create(&f[0], &f[1]);
    if (err)
        return err;
    int fd[2] = {install(f[0], 0, false), install(f[1], 0, false)};
    err = fd[0] < 0 ? fd[0] : fd[1] < 0 ? fd[1] : copy_to_user((uint64_t)fds, fd, sizeof(fd));
    if (err) {
        sys_close(fd[0]); // those that are none stay as they are
        sys_close(fd[1]);
    }
    return err;
}

long sys_fstat(int fd, struct uapi_stat *st) {
    struct file *f = file_of(fd);
    struct uapi_stat s = {.mode = S_IFIFO | 0600, .nlink = 1, .blksize = UAPI_PIPE_BUF}; // of a pipe
    if (!f)
        return -EBADF;
    if (f->inode)
        inode_stat(f->inode, &s);
    return copy_to_user((uint64_t)st, &s, sizeof(s));
}

long sys_getdents(int fd, void *buf, size_t n) {
    struct file *f = file_of(fd);
    return f ? file_getdents(f, (uint64_t)buf, n) : -EBADF;
}

static int truncate(struct file *f, int64_t size) {
    if (f->ops != &regular_ops)
        return -EINVAL;
    return (file_flags(f) & O_ACCMODE) == O_RDONLY ? -EBADF : inode_truncate(f->inode, size);
}

long sys_ftruncate(int fd, int64_t size) {
    struct file *f = file_of(fd);
    return f ? truncate(f, size) : -EBADF;
}

long sys_truncate(const char *path, int64_t size) {
    struct file *f;
    long err = open_file(path, O_WRONLY, 0, &f);
    if (err)
        return err;
    err = truncate(f, size);
    file_put(f);
    return err;
}

long sys_fsync(int fd) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    return f->inode && !S_ISCHR(f->inode->mode) ? inode_sync(f->inode) : -EINVAL;
}

long sys_ioctl(int fd, unsigned long request, void *arg) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    return f->device && f->device->ioctl ? f->device->ioctl(request, (uint64_t)arg) : -ENOTTY;
}

long sys_sync(void) {
    vfs_sync();
    return 0;
}

long sys_klog_read(char *buf, size_t n, int64_t off) {
    char part[256];
    uint64_t at = off;
    size_t done = 0, got;
    if (off < 0)
        return -EINVAL;
    for (; done < n && (got = klog_copy(&at, part, min(n - done, sizeof(part)))) > 0; at += got, done += got)
        if (copy_to_user((uint64_t)buf + done, part, got))
            return -EFAULT;
    return done;
}
