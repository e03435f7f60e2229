// regfile.c: regular files: reading and writing through the page cache.
//
// A read takes no lock but a reference to each page: it copies straight from the cache to the user. A write
// holds inode->io for up to WRITE_CHUNK bytes at a time, copies straight into the cache, and lets the size
// follow, so that nobody reads what is not there yet. User copies may fault and come back here to read some
// page; they find neither page locks nor transactions held.
#include "fs/file.h"
#include "fs/txn.h"
#include "lib/string.h"
#include "riscv/usercopy.h"
#include "sched/thread.h"

enum { WRITE_CHUNK = 64 * PAGE_SIZE };

// A signal ends a long transfer early, as a short count.
static bool interrupted(void) { return __atomic_load_n(&current()->interrupted, __ATOMIC_RELAXED); }

// A reference to the page that holds byte at; *part is cut at its end.
static int page_at(struct inode *i, uint64_t at, uint64_t *part, struct page **out) {
    *part = min(*part, PAGE_SIZE - at % PAGE_SIZE);
    *out = cache_peek(&i->data, at >> PAGE_SHIFT);
    return *out ? 0 : cache_read(&i->data, at >> PAGE_SHIFT, out);
}

static ssize_t regular_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct inode *i = f->inode;
    uint64_t start = *pos, at = start, size, part;
    int err = 0;
    while (at - start < n && at < (size = inode_size(i)) && !(at > start && interrupted())) {
        struct page *page;
        part = min(n - (at - start), size - at);
        err = page_at(i, at, &part, &page);
        if (err)
            break;
        err = copy_to_user(buf + (at - start), (char *)page_va(page) + at % PAGE_SIZE, part);
        page_put(page);
        if (err)
            break;
        at += part;
    }
    if (at > start)
        inode_touch(i, false);
    *pos = at;
    return at > start ? (ssize_t)(at - start) : err;
}

ssize_t inode_read_kernel(struct inode *i, uint64_t off, void *buf, size_t n) {
    uint64_t at = off, size = inode_size(i), end = n < size && off < size - n ? off + n : size, part;
    for (; at < end; at += part) {
        struct page *page;
        part = end - at;
        int err = page_at(i, at, &part, &page);
        if (err)
            return err;
        memcpy((char *)buf + (at - off), (char *)page_va(page) + at % PAGE_SIZE, part);
        page_put(page);
    }
    return at - off;
}

// The page has new contents: a block on the disk for it if need be, and a size that covers them.
static int extend(struct inode *i, struct page *page, uint64_t size) {
    int err = i->ops->extend(i, page, size);
    if (err == -ENOSPC && txn_commit(i->fs) == 0) // which may give space back
        err = i->ops->extend(i, page, size);
    return err;
}

// Write n bytes, all in one page, at position at. io held.
static int write_in_page(struct inode *i, uint64_t at, uint64_t buf, size_t n) {
    // A bad address is found before anything changes: the range touches at most two pages of the user's.
    char probe;
    if (copy_from_user(&probe, buf, 1) < 0 || copy_from_user(&probe, buf + n - 1, 1) < 0)
        return -EFAULT;
    const uint64_t index = at >> PAGE_SHIFT, size = inode_size(i);
    struct page *page;
    // Nobody sees a page behind the end, so one that is written in full need not be zeroed before.
    int err = align_down(at, PAGE_SIZE) >= size ? cache_fresh(&i->data, index, n < PAGE_SIZE, &page)
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

// Write n bytes at position at. io held. Bytes written, or an error if there are none.
static ssize_t write_chunk(struct inode *i, uint64_t at, uint64_t buf, size_t n) {
    uint64_t max = i->fs->max_size, start = at;
    if (at >= max)
        return -EFBIG;
    uint64_t end = at + min(n, max - at);
    int err = 0;
    while (at < end) {
        uint64_t part = min(end - at, PAGE_SIZE - at % PAGE_SIZE);
        err = write_in_page(i, at, buf + (at - start), part);
        if (err)
            break;
        at += part;
    }
    if (err && end > inode_size(i))
        i->ops->truncate(i, inode_size(i)); // no blocks and no bytes stay behind the end of the file
    if (at > start)
        inode_touch(i, true);
    return at > start ? (ssize_t)(at - start) : err;
}

static ssize_t regular_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct inode *i = f->inode;
    bool append = file_flags(f) & O_APPEND && pos == &f->pos; // pwrite writes where it says (POSIX)
    size_t done = 0;
    ssize_t moved;
    do {
        cache_throttle();
        mutex_lock(&i->io);
        if (append)
            *pos = inode_size(i);
        moved = write_chunk(i, *pos, buf + done, min(n - done, (size_t)WRITE_CHUNK));
        mutex_unlock(&i->io);
        if (moved > 0) {
            done += moved;
            *pos += moved;
        }
    } while (moved > 0 && done < n && !interrupted());
    if (done && file_flags(f) & O_SYNC) {
        int err = inode_sync(i);
        if (err)
            return err;
    }
    return done ? (ssize_t)done : moved;
}

static void regular_close(struct file *f) {
    if ((file_flags(f) & O_ACCMODE) != O_RDONLY)
        inode_close_write(f->inode);
}

const struct file_ops regular_ops = {
    .read = regular_read, .write = regular_write, .seekable = true, .close = regular_close};

int inode_truncate(struct inode *i, int64_t size) {
    if (size < 0)
        return -EINVAL;
    if ((uint64_t)size > i->fs->max_size)
        return -EFBIG;
    mutex_lock(&i->io);
    int err = i->ops->truncate(i, size);
    if (!err)
        inode_touch(i, true);
    mutex_unlock(&i->io);
    return err;
}

int inode_sync(struct inode *i) {
    if (i->fs->read_only)
        return 0;
    int fields = i->ops->update(i), rest = txn_commit(i->fs), data = cache_error(&i->data);
    return data ? data : fields ? fields : rest;
}
