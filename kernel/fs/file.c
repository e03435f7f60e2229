// file.c: open files: what is the same for all kinds of them.
#include "fs/file.h"
#include "riscv/usercopy.h"

enum { SETTABLE = O_APPEND | O_NONBLOCK };

static const struct file_ops directory_ops = {.seekable = true}; // reading one is -EISDIR; see file_getdents

struct file *file_alloc(int flags) {
    struct file *f = kmalloc(sizeof(*f), PAGE_WAIT);
    if (!f)
        return NULL;
    *f = (struct file){.refs = 1, .flags = flags & (O_ACCMODE | O_SYNC | SETTABLE)};
    mutex_init(&f->lock, MUTEX_FILE, "file");
    return f;
}

void file_get(struct file *f) { __atomic_fetch_add(&f->refs, 1, __ATOMIC_RELAXED); }

void file_put(struct file *f) {
    if (!f || __atomic_fetch_sub(&f->refs, 1, __ATOMIC_ACQ_REL) > 1)
        return;
    if (f->ops && f->ops->close)
        f->ops->close(f);
    if (f->inode)
        inode_put(f->inode);
    kfree(f);
}

void file_set_flags(struct file *f, int flags) {
    __atomic_store_n(&f->flags, (file_flags(f) & ~SETTABLE) | (flags & SETTABLE), __ATOMIC_RELAXED);
}

// ---- devices: what drivers offer (dev/chardev.h)

static ssize_t device_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    return f->device->read(buf, n, file_flags(f));
}

static ssize_t device_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    return f->device->write(buf, n, file_flags(f));
}

static const struct file_ops device_ops = {.read = device_read, .write = device_write};

// ---- opening

// Choose the operations for f->inode; they are set as soon as there is something to close.
static int open_inode(struct file *f, int flags) {
    struct inode *i = f->inode;
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (!S_ISREG(i->mode)) {
        f->ops = S_ISDIR(i->mode) ? &directory_ops : &device_ops;
        f->device = S_ISCHR(i->mode) ? chardev_find(i->rdev) : NULL;
        return f->device || S_ISDIR(i->mode) ? 0 : S_ISCHR(i->mode) ? -ENXIO : -ENODEV;
    }
    int err = writes ? inode_use(i, INODE_WRITE) : 0;
    if (err)
        return err;
    f->ops = &regular_ops;
    return writes && flags & O_TRUNC && inode_size(i) > 0 ? inode_truncate(i, 0) : 0;
}

int file_open(const struct walk *w, char *path, int flags, mode_t mode, struct file **out) {
    if ((flags & O_ACCMODE) == O_ACCMODE || (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return -EINVAL;
    struct file *f = file_alloc(flags); // first, so that nothing is created in vain
    if (!f)
        return -ENFILE;
    int err = namei_open(w, path, flags, mode, &f->inode);
    if (!err)
        err = open_inode(f, flags);
    if (err)
        file_put(f);
    else
        *out = f;
    return err;
}

// ---- using it

ssize_t file_transfer(struct file *f, bool write, uint64_t buf, size_t n, off_t *pos) {
    ssize_t (*op)(struct file *, uint64_t, size_t, off_t *) = write ? f->ops->write : f->ops->read;
    if ((file_flags(f) & O_ACCMODE) == (write ? O_RDONLY : O_WRONLY))
        return -EBADF;
    if (pos && !f->ops->seekable)
        return -ESPIPE;
    if (pos && *pos < 0)
        return -EINVAL;
    if (!op)
        return -EISDIR;
    if (n == 0)
        return 0;
    bool own = !pos && f->ops->seekable; // position
    if (own)
        mutex_lock(&f->lock);
    ssize_t r = op(f, buf, min(n, (size_t)UAPI_IO_MAX), own ? &f->pos : pos);
    if (own)
        mutex_unlock(&f->lock);
    return r;
}

int64_t file_seek(struct file *f, int64_t off, int whence) {
    if (!f->ops->seekable)
        return -ESPIPE;
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    mutex_lock(&f->lock);
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->pos : (int64_t)inode_size(f->inode), to;
    if (__builtin_add_overflow(from, off, &to) || to < 0)
        to = -EINVAL;
    else
        f->pos = to;
    mutex_unlock(&f->lock);
    return to;
}

ssize_t file_getdents(struct file *f, uint64_t buf, size_t n) {
    _Alignas(8) char records[1024];
    if (f->ops != &directory_ops)
        return -ENOTDIR;
    mutex_lock(&f->lock);
    uint64_t next = f->pos;
    ssize_t got = inode_readdir(f->inode, &next, records, min(n, sizeof(records)));
    if (got > 0 && copy_to_user(buf, records, got)) // with no directory lock: a fault may read other files
        got = -EFAULT;
    if (got >= 0)
        f->pos = next;
    mutex_unlock(&f->lock);
    return got;
}
