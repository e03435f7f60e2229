// ext2.c: what filesystem_ops (vfs.h) offers: the operations on names and on the whole; the rest of it stands
// in the files below. Operations on names run inside the caller's transaction with the directories locked.
// Each checks and prepares whatever may fail for want of space before its first visible change.
#include "fs/ext2.h"

// What a fresh inode holds besides its mode.
static int fill(struct inode *ino, struct inode *dir, const struct birth *b) {
    const char *target = b->target ? b->target : "";
    uint64_t block;
    struct page *p;
    ino->uid = b->cred->uid;
    ino->gid = b->cred->gid;
    ino->rdev = b->rdev;
    ino->size = strlen(target);
    if (S_ISDIR(b->mode)) {
        int err = ext2_dir_add(ino, ".", 1, ino);
        return err ? err : ext2_dir_add(ino, "..", 2, dir);
    }
    if (S_ISCHR(b->mode) || S_ISBLK(b->mode))
        ino->raw->block[b->rdev > 0xffff] = b->rdev; // the old encoding has 16 bits
    if (ino->size < EXT2_FAST_SYMLINK) {
        memcpy(ino->raw->block, target, ino->size); // in the place of the pointers
        return 0;
    }
    int err = ext2_map(ino, 0, true, &block);
    if (!err)
        err = cache_fresh(&ino->data, 0, PAGE_ZERO, &p);
    if (err)
        return err;
    memcpy(page_va(p), target, ino->size);
    cache_mark_dirty(p);
    page_put(p);
    return 0;
}

// A name of child has gone; a directory has only one (that it stays in "." does not count).
static void drop_name(struct inode *child) {
    ext2_change_links(child, S_ISDIR(child->mode) ? -(int)child->nlink : -1);
}

static int make_inode(struct inode *dir, const struct birth *b, struct inode **out) {
    if (S_ISDIR(b->mode) && dir->nlink >= EXT2_LINK_MAX)
        return -EMLINK;
    int err = ext2_new_inode(dir, b->mode, out);
    if (err)
        return err;
    err = fill(*out, dir, b);
    // This writes it. A directory was born with a link, and has got one for each of "." and "..".
    ext2_change_links(*out, !err && S_ISDIR(b->mode) ? -1 : 0);
    return err;
}

static int make(struct inode *dir, const char *name, int len, const struct birth *b, struct inode **out) {
    int err = b->child ? ext2_change_links(b->child, 1) : make_inode(dir, b, out);
    if (!err && b->child)
        inode_get(*out = b->child);
    if (!err)
        err = ext2_dir_add(dir, name, len, *out);
    if (err && *out)
        drop_name(*out);
    return err;
}

static int remove(struct inode *dir, const char *name, int len, struct inode *child) {
    int err = S_ISDIR(child->mode) ? ext2_dir_check_empty(child) : 0;
    if (!err)
        err = ext2_dir_remove(dir, name, len, child);
    if (!err)
        drop_name(child);
    return err;
}

static int rename(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                  const char *to_name, int to_len, struct inode *over) {
    bool moves = S_ISDIR(child->mode) && from != to;
    int err = over && S_ISDIR(over->mode) ? ext2_dir_check_empty(over) : 0;
    if (!err && moves && !over && to->nlink >= EXT2_LINK_MAX)
        err = -EMLINK;
    if (!err)
        err = ext2_dir_move(from, name, len, child, to, to_name, to_len, over);
    if (err)
        return err;
    if (over)
        drop_name(over);
    ext2_change_links(child, 0); // its time of change
    return 0;
}

static ssize_t readlink(struct inode *ino, char *buf, size_t size) {
    size_t n = min(size, (size_t)ino->size);
    struct page *p;
    if (ino->size < EXT2_FAST_SYMLINK) {
        memcpy(buf, ino->raw->block, n);
        return (ssize_t)n;
    }
    int err = ino->size < PAGE_SIZE ? cache_read(&ino->data, 0, &p) : -EIO;
    if (err)
        return err;
    memcpy(buf, page_va(p), n);
    page_put(p);
    return (ssize_t)n;
}

// ---- the whole

int ext2_write_super(struct ext2 *e) {
    int err = cache_write_pages(e->fs.dev, &e->super_page, &e->super_page->index, 1);
    return err ? err : block_flush(e->fs.dev);
}

static void statfs(struct filesystem *fs, struct uapi_statfs *st) {
    struct ext2 *e = ext2_of(fs);
    *st = (struct uapi_statfs){.type = EXT2_MAGIC,
                               .bsize = PAGE_SIZE,
                               .blocks = e->super->blocks_count,
                               .bfree = racy(e->super->free[EXT2_BLOCK]), // may change at once
                               .bavail = racy(e->super->free[EXT2_BLOCK]),
                               .files = e->super->inodes_count,
                               .ffree = racy(e->super->free[EXT2_INODE]),
                               .namelen = UAPI_NAME_MAX,
                               .flags = fs->read_only};
}

static int unmount(struct filesystem *fs) {
    struct ext2 *e = ext2_of(fs);
    // Files that are open without a name: nobody will read them any more.
    while (!list_empty(&e->orphans) && !fs->read_only)
        ext2_evict(list_first(&e->orphans, struct inode, orphan_link));
    if (txn_commit(fs))
        return -EIO;
    racy(fs->read_only) = true; // nothing is open but this
    int err = txn_stop(fs);
    e->super->state |= EXT2_STATE_VALID;
    e->super->feature_incompat &= ~(uint32_t)EXT2_INCOMPAT_RECOVER;
    return err ? err : ext2_write_super(e);
}

// An inode leaves memory; one without links has been an orphan until now.
static void release(struct inode *ino) {
    if (racy(ino->orphan_link.next) != &ino->orphan_link) // neighbours come and go, but it stays an orphan
        ext2_evict(ino);
    ext2_drop_index(ino);
    if (ino->raw_page) {
        page_unpin(ino->raw_page);
        page_put(ino->raw_page);
    }
}

const struct filesystem_ops ext2_ops = {
    .lookup = ext2_lookup,
    .make = make,
    .remove = remove,
    .rename = rename,
    .readdir = ext2_readdir,
    .readlink = readlink,
    .extend = ext2_extend,
    .truncate = ext2_truncate,
    .update = ext2_update,
    .read_inode = ext2_read_inode,
    .release = release,
    .block_of = ext2_block_of,
    .statfs = statfs,
    .unmount = unmount,
    .committed = ext2_committed,
};
