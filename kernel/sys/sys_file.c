// sys_file.c: system calls on descriptors. They check arguments and call fs; errnos are listed in
// trap/syscalls.def.
#include "lib/kernel.h"
#include "syscall_protos.h"

#include "mm/slab.h"
#include "proc/proc.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"
#include "sys/path.h"

static struct fdtable *my_files(void) { return current_proc()->files; }
// The file at fd with a reference, or NULL: -EBADF.
static struct file *file_of(int fd) { return fdtable_get(my_files(), fd); }

long sys_open(const char *user, int flags, unsigned mode) {
    char path[UAPI_PATH_MAX];
    struct walk me = walk_as_current();
    struct file *f;
    ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
    if (n < 0)
        return n;
    // A descriptor first, so that nothing is created or cut in vain.
    int fd = fdtable_add(my_files(), NULL, 0, flags & O_CLOEXEC);
    if (fd < 0)
        return fd;
    int err = file_open(&me, path, flags, mode & 07777 & ~current_proc()->umask, &f);
    fdtable_fill(my_files(), fd, err ? NULL : f);
    return err ? err : fd;
}

long sys_close(int fd) { return fdtable_close(my_files(), fd); }

static long do_read(int fd, void *buf, size_t n, const off_t *pos) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = file_read(f, (uint64_t)buf, n, pos);
    file_put(f);
    return r;
}

static long do_write(int fd, const void *buf, size_t n, const off_t *pos) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = file_write(f, (uint64_t)buf, n, pos);
    file_put(f);
    if (r == -EPIPE)
        signal_post(current_proc(), SIGPIPE);
    return r;
}

long sys_read(int fd, void *buf, size_t n) { return do_read(fd, buf, n, NULL); }
long sys_write(int fd, const void *buf, size_t n) { return do_write(fd, buf, n, NULL); }
long sys_pread(int fd, void *buf, size_t n, int64_t off) { return do_read(fd, buf, n, &off); }
long sys_pwrite(int fd, const void *buf, size_t n, int64_t off) { return do_write(fd, buf, n, &off); }

long sys_lseek(int fd, int64_t off, int whence) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = file_seek(f, off, whence);
    file_put(f);
    return r;
}

// Another descriptor, not below from, for the file at fd.
static long duplicate(int fd, int from, bool cloexec) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = fdtable_add(my_files(), f, from, cloexec);
    if (r < 0)
        file_put(f);
    return r;
}

long sys_dup(int fd) { return duplicate(fd, 0, false); }

long sys_dup2(int from, int to) {
    struct file *f = file_of(from);
    if (!f)
        return -EBADF;
    long r = from == to ? -EEXIST : fdtable_set(my_files(), f, to, false);
    if (r < 0)
        file_put(f);
    return r == -EEXIST ? to : r; // nothing to do, and close-on-exec stays
}

long sys_fcntl(int fd, int cmd, long arg) {
    if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
        return arg < 0 || arg >= UAPI_OPEN_MAX ? -EINVAL : duplicate(fd, arg, cmd == F_DUPFD_CLOEXEC);
    if (cmd == F_GETFD || cmd == F_SETFD) {
        int r = fdtable_flags(my_files(), fd, cmd == F_GETFD ? -1 : (int)(arg & FD_CLOEXEC));
        return r >= 0 && cmd == F_SETFD ? 0 : r;
    }
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = cmd == F_GETFL ? (long)file_flags(f) : cmd == F_SETFL ? 0 : -EINVAL;
    if (cmd == F_SETFL)
        file_set_flags(f, arg);
    file_put(f);
    return r;
}

long sys_pipe(int *fds) {
    struct file *f[2];
    int fd[2] = {-1, -1};
    long err = pipe_create(&f[0], &f[1]);
    if (err)
        return err;
    for (int k = 0; k < 2; k++) {
        fd[k] = fdtable_add(my_files(), f[k], 0, false);
        if (fd[k] < 0) {
            err = fd[k];
            file_put(f[k]);
        }
    }
    if (!err)
        err = copy_to_user((uint64_t)fds, fd, sizeof(fd));
    for (int k = 0; k < 2; k++)
        if (err && fd[k] >= 0)
            fdtable_close(my_files(), fd[k]);
    return err;
}

long sys_fstat(int fd, struct uapi_stat *st) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    struct uapi_stat s;
    file_stat(f, &s);
    file_put(f);
    return copy_to_user((uint64_t)st, &s, sizeof(s));
}

long sys_getdents(int fd, void *buf, size_t n) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = file_getdents(f, (uint64_t)buf, n);
    file_put(f);
    return r;
}

long sys_ftruncate(int fd, int64_t size) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r;
    if (f->ops != &regular_ops)
        r = -EINVAL;
    else if ((file_flags(f) & O_ACCMODE) == O_RDONLY)
        r = -EBADF;
    else
        r = inode_truncate(f->inode, size);
    file_put(f);
    return r;
}

long sys_fsync(int fd) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    bool on_disk = f->ops == &regular_ops || f->ops == &directory_ops;
    long r = on_disk ? inode_sync(f->inode) : -EINVAL;
    file_put(f);
    return r;
}

long sys_sync(void) {
    vfs_sync();
    return 0;
}

long sys_ioctl(int fd, unsigned long request, void *arg) {
    struct file *f = file_of(fd);
    if (!f)
        return -EBADF;
    long r = f->ops->ioctl ? f->ops->ioctl(f, request, (uint64_t)arg) : -ENOTTY;
    file_put(f);
    return r;
}

long sys_klog_read(char *buf, size_t n, int64_t off) {
    if (off < 0)
        return -EINVAL;
    uint64_t first;
    if (n == 0) {
        klog_copy(0, NULL, 0, &first);
        return first;
    }
    char *page = kmalloc(PAGE_SIZE, PAGE_WAIT);
    if (!page)
        return -ENOMEM;
    size_t done = 0, part;
    long err = 0;
    do {
        part = klog_copy(off + done, page, min(n - done, (size_t)PAGE_SIZE), &first);
        if (done == 0)
            off = max((uint64_t)off, first);
        err = copy_to_user((uint64_t)buf + done, page, part);
        done += part;
    } while (part > 0 && done < n && !err);
    kfree(page);
    return err ? err : (long)done;
}
