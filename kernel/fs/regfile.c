// regfile.c: regular files: reading and writing through the page cache.
//
// A read takes no lock but a reference to each page: it copies straight from the cache to the user. A write
// holds inode->io, copies straight into the cache, and lets the size follow page by page, so that nobody
// reads what is not there yet. User copies may fault and come back here to read some page; they find neither
// page locks nor transactions held. A signal ends a long transfer early, as a short count.
#include "fs/file.h"
#include "fs/txn.h"
#include "riscv/usercopy.h"

static ssize_t regular_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct inode *i = f->inode;
    uint64_t at = *pos;
    size_t done = 0;
    int err = 0;
    while (!err && done < n && at < inode_size(i) && !(done && thread_interrupted())) {
        struct page *page;
        err = cache_read(&i->data, at >> PAGE_SHIFT, &page);
        if (err)
            break;
        // A cut changes the size before it drops pages: where it has done so, the file ends earlier by now.
        const uint64_t size = inode_size(i), left = at < size ? size - at : 0;
        size_t part = min(min(n - done, left), PAGE_SIZE - at % PAGE_SIZE);
        // Beside a write or a cut at the same place each byte is the old or the new one.
        err = racy_call(copy_to_user)(buf + done, (char *)page_va(page) + at % PAGE_SIZE, part);
        page_put(page);
        done += err ? 0 : part;
        at += part;
    }
    if (done == 0)
        return err;
    inode_touch(i, false);
    *pos += done;
    return done;
}

// The page has new contents: a block on the disk for it if need be, and a size that covers them.
static int extend(struct inode *i, struct page *page, uint64_t size) {
    int err = i->fs->ops->extend(i, page, size);
    if (err == -ENOSPC && txn_commit(i->fs) == 0) // which may give space back
        err = i->fs->ops->extend(i, page, size);
    return err;
}

// Write n bytes, all in one page, at position at. io held.
static int write_in_page(struct inode *i, uint64_t at, uint64_t buf, size_t n) {
    const uint64_t index = at >> PAGE_SHIFT, size = inode_size(i);
    struct page *page;
    // Nobody sees a page behind the end, so one that is written in full need not be zeroed before.
    int err = align_down(at, PAGE_SIZE) >= size
                  ? cache_fresh(&i->data, index, n < PAGE_SIZE ? PAGE_ZERO : 0, &page)
                  : cache_read(&i->data, index, &page);
    if (err)
        return err;
    bool has_block = page_flag(page, PG_DIRTY); // and keeps it: io is held
    err = copy_from_user((char *)page_va(page) + at % PAGE_SIZE, buf, n);
    if (!err && !(has_block && at + n <= size))
        err = extend(i, page, at + n);
    else if (has_block)
        cache_mark_dirty(page); // some of it may have changed, even so
    if (err && !page_flag(page, PG_DIRTY))
        cache_forget(&i->data, index); // what the disk holds counts
    page_put(page);
    return err;
}

static ssize_t regular_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct inode *i = f->inode;
    size_t done = 0;
    int err = 0;
    mutex_lock(&i->io);
    if (file_flags(f) & O_APPEND && pos == &f->pos) // pwrite writes where it says (POSIX)
        *pos = inode_size(i);
    uint64_t max = i->fs->max_size, at = *pos, end = at < max ? at + min(n, max - at) : at;
    while (at < end && !err && !(done && thread_interrupted())) {
        size_t part = min(end - at, PAGE_SIZE - at % PAGE_SIZE);
        cache_throttle();
        err = write_in_page(i, at, buf + done, part);
        done += err ? 0 : part;
        at += err ? 0 : part;
    }
    if (err && end > inode_size(i))
        i->fs->ops->truncate(i, inode_size(i)); // no blocks and no bytes stay behind the end of the file
    if (done)
        inode_touch(i, true);
    mutex_unlock(&i->io);
    if (done && file_flags(f) & O_SYNC && (err = inode_sync(i)))
        return err;
    *pos = at;
    return done ? (ssize_t)done : err ? err : -EFBIG;
}

static void regular_close(struct file *f) {
    if ((file_flags(f) & O_ACCMODE) != O_RDONLY)
        inode_unuse(f->inode, INODE_WRITE);
}

const struct file_ops regular_ops = {
    .read = regular_read, .write = regular_write, .seekable = true, .close = regular_close};

int inode_truncate(struct inode *i, int64_t size) {
    if (size < 0)
        return -EINVAL;
    if ((uint64_t)size > i->fs->max_size)
        return -EFBIG;
    mutex_lock(&i->io);
    int err = i->fs->ops->truncate(i, size);
    if (!err)
        inode_touch(i, true);
    mutex_unlock(&i->io);
    return err;
}

int inode_sync(struct inode *i) {
    int fields = i->fs->ops->update(i), rest = txn_commit(i->fs);
    int data = __atomic_exchange_n(&i->data.error, 0, __ATOMIC_RELAXED);
    return data ? data : rest ? rest : fields;
}
