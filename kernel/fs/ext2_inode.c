// ext2_inode.c: inodes between memory and disk: reading, writing, growing, cutting, and what happens at the
// end.
#include "fs/ext2.h"

// Metadata pages that change with one page of data: three levels of map, for each new block bitmap and
// descriptor; inode, superblock. And with an inode.
enum { TXN_EXTEND = 16, TXN_INODE = 6 };

// An inode's place in the inode table, and the page with it (a reference).
static int raw_inode(struct ext2 *e, uint64_t ino, struct page **page, struct ext2_raw_inode **raw) {
    if (ino == 0 || ino > e->super->inodes_count)
        return ext2_error(e, "there is no inode", ino);
    const struct ext2_descriptor *d = e->group[(ino - 1) / e->per_group[EXT2_INODE]].descriptor;
    uint64_t offset = (ino - 1) % e->per_group[EXT2_INODE] * e->super->inode_size;
    int err = cache_read(&e->meta, d->inode_table + offset / PAGE_SIZE, page);
    if (!err)
        *raw = (struct ext2_raw_inode *)((char *)page_va(*page) + offset % PAGE_SIZE);
    return err;
}

int ext2_block_of(struct mapping *m, uint64_t index, uint64_t *block) {
    struct inode *ino = m->owner;
    mutex_lock(&ino->lock);
    int err = ext2_map(ino, index, false, block);
    mutex_unlock(&ino->lock);
    return err;
}

const uint8_t ext2_types[16] = {[S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2, [S_IFCHR >> 12] = 3,
                                [S_IFBLK >> 12] = 4, [S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6,
                                [S_IFLNK >> 12] = 7};

// The page that the inode is in stays as long as it is in memory.
static int hold_raw(struct inode *ino) {
    struct page *page;
    struct ext2_raw_inode *raw;
    int err = raw_inode(ext2_of_inode(ino), ino->ino, &page, &raw);
    if (err)
        return err;
    if (!page_pin(page, PAGE_NOFS)) {
        page_put(page);
        return -ENOMEM;
    }
    ino->raw = raw;
    ino->raw_page = page;
    return 0;
}

int ext2_read_inode(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    int err = ino->raw ? 0 : hold_raw(ino);
    if (err)
        return err;
    const struct ext2_raw_inode *raw = ino->raw;
    ino->mode = raw->mode;
    ino->nlink = raw->links_count;
    ino->uid = raw->uid | (uint32_t)raw->uid_high << 16;
    ino->gid = raw->gid | (uint32_t)raw->gid_high << 16;
    ino->size = raw->size | (S_ISREG(raw->mode) ? (uint64_t)raw->size_high << 32 : 0);
    ino->blocks = raw->blocks;
    ino->atime = raw->atime;
    ino->mtime = raw->mtime;
    ino->ctime = raw->ctime;
    if (S_ISCHR(ino->mode) || S_ISBLK(ino->mode)) // 16 bits in the first word, or 20 in the second
        ino->rdev = raw->block[0] ? raw->block[0] & 0xffff : raw->block[1] & 0xfffff;
    if (ino->nlink == 0)
        return -ENOENT;
    bool bad =
        S_ISDIR(ino->mode) && (ino->size % PAGE_SIZE || ino->size / PAGE_SIZE > e->super->blocks_count);
    if (bad || !ext2_types[ino->mode >> 12] || ino->size > e->fs.max_size)
        return ext2_error(e, "bad mode or size of inode", ino->ino);
    return 0;
}

int ext2_new_inode(struct inode *dir, mode_t mode, struct inode **out) {
    struct ext2 *e = ext2_of_inode(dir);
    struct page *page;
    struct ext2_raw_inode *raw;
    uint32_t number;
    int err = ext2_alloc(e, EXT2_INODE, ext2_policy(e, EXT2_INODE, dir, 0), S_ISDIR(mode), &number);
    if (err)
        return err;
    err = raw_inode(e, number + 1, &page, &raw);
    if (!err) {
        memset(raw, 0, e->super->inode_size);
        raw->mode = (uint16_t)mode;
        raw->links_count = 1;
        raw->atime = raw->mtime = raw->ctime = (uint32_t)clock_seconds();
        err = inode_find(&e->fs, number + 1, out);
        if (err)
            raw->links_count = raw->mode = 0;
        ext2_changed(e, page);
    }
    if (err)
        ext2_free(e, EXT2_INODE, number, S_ISDIR(mode));
    return err;
}

void ext2_write_inode(struct inode *ino) {
    struct ext2_raw_inode *raw = ino->raw;
    uint64_t size = max(ino->size, ino->disk_end);
    raw->mode = (uint16_t)ino->mode;
    raw->uid = (uint16_t)ino->uid;
    raw->uid_high = (uint16_t)(ino->uid >> 16);
    raw->gid = (uint16_t)ino->gid;
    raw->gid_high = (uint16_t)(ino->gid >> 16);
    raw->links_count = (uint16_t)ino->nlink;
    raw->size = (uint32_t)size;
    raw->size_high = (uint32_t)(size >> 32); // of others it is 0
    raw->blocks = (uint32_t)ino->blocks;
    raw->atime = (uint32_t)ino->atime;
    raw->mtime = (uint32_t)ino->mtime;
    raw->ctime = (uint32_t)ino->ctime;
    raw->flags &= ~(uint32_t)EXT2_INDEX_FL; // what we write we do not put into a tree of hashes
    if (ino->nlink > 0)
        raw->dtime = 0; // else it is the next orphan's number
    txn_dirty(ino->fs, ino->raw_page);
}

int ext2_update(struct inode *ino) {
    int err = txn_begin(ino->fs, TXN_INODE);
    if (!err) {
        mutex_lock(&ino->lock);
        ext2_write_inode(ino);
        mutex_unlock(&ino->lock);
        txn_end(ino->fs);
    }
    return err;
}

// The page gets dirty in the same transaction as its block becomes the file's, so that the commit writes it
// first: what lay in that block before is never seen.
int ext2_extend(struct inode *ino, struct page *page, uint64_t size) {
    uint64_t block;
    int err = txn_begin(ino->fs, TXN_EXTEND);
    if (err)
        return err;
    mutex_lock(&ino->lock);
    err = ino->disk_end ? -EIO : ext2_map(ino, page->index, true, &block); // what was cut off would show
    if (!err && size > ino->size) {
        __atomic_store_n(&ino->size, size, __ATOMIC_RELEASE);
        ext2_write_inode(ino);
    }
    mutex_unlock(&ino->lock);
    if (!err)
        cache_mark_dirty(page);
    txn_end(ino->fs);
    return err;
}

// Zero the rest of the page in which the file ends, so that nothing shows up there should it grow again.
static int zero_tail(struct inode *ino, uint64_t size) {
    if (size % PAGE_SIZE == 0)
        return 0;
    uint64_t block;
    struct page *p;
    int err = ext2_block_of(&ino->data, size / PAGE_SIZE, &block);
    if (!err)
        err = cache_read(&ino->data, size / PAGE_SIZE, &p);
    if (err)
        return err == -ENOENT ? 0 : err;
    memset((char *)page_va(p) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
    cache_mark_dirty(p);
    page_put(p);
    return 0;
}

// Free the blocks of pages from first on. One bracket after the other; after each the file on disk is whole,
// and shorter.
static int cut(struct inode *ino, uint64_t first) {
    int more = 1;
    while (more > 0) {
        int err = txn_begin(ino->fs, EXT2_CUT);
        if (err)
            return err;
        mutex_lock(&ino->lock);
        more = ext2_map_cut(ino, first);
        if (!more)
            ino->disk_end = 0;
        ext2_write_inode(ino);
        mutex_unlock(&ino->lock);
        txn_end(ino->fs);
    }
    return more;
}

int ext2_truncate(struct inode *ino, uint64_t size) {
    // Should the disk have failed us when it was cut before, what was to go then goes first.
    const uint64_t first = div_up(ino->disk_end ? min(size, ino->size) : size, PAGE_SIZE);
    int attempts = 0, err2;
    int err = size != ino->size && racy(ino->fs->read_only) ? -EROFS : zero_tail(ino, size);
    if (err && size != ino->size)
        return err; // and nothing has changed
    mutex_lock(&ino->lock);
    ino->disk_end = max(ino->size, ino->disk_end);
    __atomic_store_n(&ino->size, size, __ATOMIC_RELEASE);
    mutex_unlock(&ino->lock);
    cache_truncate(&ino->data, first);
    do
        err2 = cut(ino, first);
    while (page_retry(err2, &attempts));
    cache_truncate(&ino->data, first); // pages that a reader brought in meanwhile
    return err ? err : err2;
}

// ---- links and orphans

// An inode without links that is still in use is an orphan. The superblock names the latest, each one that
// before it, in place of its time of deletion; e2fsck frees them after a crash. The caller writes ino.
static void orphan_add(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    spin_lock(&e->orphan_lock);
    ino->raw->dtime = e->super->last_orphan;
    e->super->last_orphan = (uint32_t)ino->ino;
    list_push(&e->orphans, &ino->orphan_link);
    txn_dirty(&e->fs, e->super_page);
    spin_unlock(&e->orphan_lock);
}

static void orphan_remove(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    spin_lock(&e->orphan_lock);
    bool latest = ino->orphan_link.prev == &e->orphans;
    struct inode *later = list_entry(ino->orphan_link.prev, struct inode, orphan_link);
    struct page *page = latest ? e->super_page : later->raw_page;
    *(latest ? &e->super->last_orphan : &later->raw->dtime) = ino->raw->dtime;
    list_remove(&ino->orphan_link);
    txn_dirty(&e->fs, page);
    spin_unlock(&e->orphan_lock);
}

int ext2_change_links(struct inode *ino, int by) {
    mutex_lock(&ino->lock);
    int err = ino->nlink == 0 ? -ENOENT : by > 0 && ino->nlink >= EXT2_LINK_MAX ? -EMLINK : 0;
    if (!err) {
        ino->nlink += (uint32_t)by;
        ino->ctime = clock_seconds();
        if (ino->nlink == 0)
            orphan_add(ino);
        ext2_write_inode(ino);
    }
    mutex_unlock(&ino->lock);
    return err;
}

// Free the inode and what it has. After an error it still is an orphan.
static int bury(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    // In a device's or a short link's inode there are no pointers to blocks.
    bool mapped =
        S_ISREG(ino->mode) || S_ISDIR(ino->mode) || (S_ISLNK(ino->mode) && ino->size >= EXT2_FAST_SYMLINK);
    int err = mapped && ino->blocks > 0 ? cut(ino, 0) : 0;
    if (!err)
        err = txn_begin(&e->fs, TXN_INODE);
    if (err)
        return err;
    err = ext2_free(e, EXT2_INODE, (uint32_t)ino->ino - 1, S_ISDIR(ino->mode));
    if (!err) {
        orphan_remove(ino);
        ino->raw->dtime = (uint32_t)clock_seconds();
        txn_dirty(&e->fs, ino->raw_page);
    }
    txn_end(&e->fs);
    return err;
}

void ext2_evict(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    int attempts = 0, err;
    bool before = page_use_all(true);
    cache_truncate(&ino->data, 0);
    do
        err = bury(ino);
    while (page_retry(err, &attempts));
    page_use_all(before);
    if (!err)
        return;
    if (err != -EROFS)
        ext2_error(e, "cannot free the space of inode", ino->ino);
    spin_lock(&e->orphan_lock);
    list_remove(&ino->orphan_link); // it stays on the disk's list
    spin_unlock(&e->orphan_lock);
}
