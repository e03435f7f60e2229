// devfile.c: makes open files of the character devices that drivers offer (dev/chardev.h).
#include "dev/chardev.h"
#include "fs/file.h"

static const struct chardev_ops *device(struct file *f) { return f->private; }

static ssize_t device_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    return device(f)->read(buf, n, file_flags(f));
}

static ssize_t device_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    return device(f)->write(buf, n, file_flags(f));
}

static int device_ioctl(struct file *f, uint64_t request, uint64_t arg) {
    if (!device(f)->ioctl)
        return -ENOTTY;
    return device(f)->ioctl(request, arg);
}

static const struct file_ops device_ops = {.read = device_read, .write = device_write, .ioctl = device_ioctl};

int devfile_open(struct inode *i, struct file *f) {
    if (!S_ISCHR(i->mode))
        return -ENODEV;
    const struct chardev_ops *ops = chardev_find(i->rdev);
    if (!ops)
        return -ENXIO;
    f->private = (void *)ops;
    f->ops = &device_ops;
    return 0;
}
