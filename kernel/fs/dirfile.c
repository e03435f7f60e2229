// dirfile.c: open directories: reading their entries.
#include "fs/file.h"
#include "mm/slab.h"
#include "riscv/usercopy.h"

const struct file_ops directory_ops = {.seekable = true};

ssize_t directory_read(struct inode *dir, uint64_t buf, size_t n, off_t *pos) {
    n = min(n, (size_t)PAGE_SIZE);
    char *page = kmalloc(PAGE_SIZE, PAGE_WAIT);
    if (!page)
        return -ENOMEM;
    uint64_t next = *pos;
    mutex_lock(&dir->dir);
    ssize_t got = dir->ops->readdir(dir, &next, page, n);
    mutex_unlock(&dir->dir);
    if (got > 0 && copy_to_user(buf, page, got) < 0) // with no directory lock: a fault may read other files
        got = -EFAULT;
    if (got >= 0)
        *pos = next;
    kfree(page);
    return got;
}
