// ext2_inode.c: inodes between memory and disk: reading, writing, growing, cutting, and what happens at the
// end.
#include "fs/ext2.h"
#include "lib/string.h"
#include "riscv/panic.h"
#include "sched/timer.h"

// Metadata pages that change with one page of data: three levels of map, for each new block bitmap and
// descriptor; inode, superblock. With a cut, as many as there may be at a time. With an inode.
enum { TXN_EXTEND = 16, TXN_CUT = 64, TXN_INODE = 6 };

static uint32_t now(void) { return (uint32_t)(clock_realtime() / 1000000000); }

// The inode's place in the inode table; a reference to its page.
static int raw_inode(struct ext2 *e, uint64_t ino, struct page **page, struct ext2_raw_inode **raw) {
    const struct ext2_descriptor *d = e->group[(ino - 1) / e->per_group[EXT2_INODE]].descriptor;
    uint64_t offset = (ino - 1) % e->per_group[EXT2_INODE] * e->inode_size;
    int err = cache_read(&e->meta, d->inode_table + offset / PAGE_SIZE, page);
    if (!err)
        *raw = (struct ext2_raw_inode *)((char *)page_va(*page) + offset % PAGE_SIZE);
    return err;
}

static int block_of(struct mapping *m, uint64_t index, uint64_t *block) {
    struct inode *ino = m->owner;
    uint32_t b;
    mutex_lock(&ino->lock);
    int err = ext2_map(ino, index, EXT2_LOOK, &b);
    mutex_unlock(&ino->lock);
    *block = b;
    return err;
}

const struct mapping_ops ext2_mapping_ops = {block_of};

// Do its map entries name blocks?
static bool has_map(const struct inode *ino) {
    return S_ISREG(ino->mode) || S_ISDIR(ino->mode) || (S_ISLNK(ino->mode) && ino->size >= EXT2_FAST_SYMLINK);
}

int ext2_read_inode(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *page;
    struct ext2_raw_inode *raw;
    if (ino->ino == 0 || ino->ino > e->inodes)
        return -EIO;
    int err = raw_inode(e, ino->ino, &page, &raw);
    if (err)
        return err;
    ino->mode = raw->mode;
    ino->nlink = raw->links_count;
    ino->uid = raw->uid | (uint32_t)raw->uid_high << 16;
    ino->gid = raw->gid | (uint32_t)raw->gid_high << 16;
    ino->size = raw->size | (S_ISREG(raw->mode) ? (uint64_t)raw->size_high << 32 : 0);
    ino->blocks = raw->blocks;
    ino->atime = raw->atime;
    ino->mtime = raw->mtime;
    ino->ctime = raw->ctime;
    ino->flags = raw->flags & ~(uint32_t)EXT2_INDEX_FL; // what we write we do not put into a tree of hashes
    memcpy(ino->map, raw->block, sizeof ino->map);
    page_put(page);
    if (S_ISCHR(ino->mode) || S_ISBLK(ino->mode)) // 16 bits in the first word, or 20 in the second
        ino->rdev = ino->map[0] ? ino->map[0] & 0xffff : ino->map[1] & 0xfffff;
    if (ino->nlink == 0)
        return -ENOENT;
    bool known = has_map(ino) || S_ISCHR(ino->mode) || S_ISBLK(ino->mode) || S_ISFIFO(ino->mode) ||
                 S_ISLNK(ino->mode) || (ino->mode & S_IFMT) == S_IFSOCK;
    return !known || ino->size > e->fs.max_size ? -EIO : 0;
}

int ext2_write_inode(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *page;
    struct ext2_raw_inode *raw;
    int err = raw_inode(e, ino->ino, &page, &raw);
    if (err)
        return err;
    uint64_t size = max(ino->size, ino->disk_end);
    txn_access(&e->fs, page);
    raw->mode = (uint16_t)ino->mode;
    raw->links_count = (uint16_t)ino->nlink;
    raw->uid = (uint16_t)ino->uid;
    raw->uid_high = (uint16_t)(ino->uid >> 16);
    raw->gid = (uint16_t)ino->gid;
    raw->gid_high = (uint16_t)(ino->gid >> 16);
    raw->size = (uint32_t)size;
    if (S_ISREG(ino->mode))
        raw->size_high = (uint32_t)(size >> 32);
    raw->blocks = (uint32_t)ino->blocks;
    raw->atime = (uint32_t)ino->atime;
    raw->mtime = (uint32_t)ino->mtime;
    raw->ctime = (uint32_t)ino->ctime;
    raw->flags = ino->flags;
    memcpy(raw->block, ino->map, sizeof ino->map);
    if (ino->nlink > 0)
        raw->dtime = 0; // else it is the next orphan's number
    ext2_changed(e, page);
    return 0;
}

int ext2_update(struct inode *ino) {
    int err = txn_begin(ino->fs, TXN_INODE);
    if (err)
        return err;
    mutex_lock(&ino->lock);
    err = ext2_write_inode(ino);
    mutex_unlock(&ino->lock);
    txn_end(ino->fs);
    return err;
}

static void store_size(struct inode *ino, uint64_t size) {
    __atomic_store_n(&ino->size, size, __ATOMIC_RELEASE);
}

// The page gets dirty in the same transaction as its block becomes the file's, so that the commit writes it
// first: what lay in that block before is never seen.
int ext2_extend(struct inode *ino, struct page *page, uint64_t size) {
    uint32_t block;
    int err = txn_begin(ino->fs, TXN_EXTEND);
    if (err)
        return err;
    mutex_lock(&ino->lock);
    const uint64_t blocks = ino->blocks;
    bool grows = size > ino->size;
    err = ext2_map(ino, page->index, EXT2_MAKE, &block);
    if (!err && grows)
        store_size(ino, size);
    if (grows || ino->blocks != blocks) { // after -ENOSPC too: an indirect block may be new
        int err2 = ext2_write_inode(ino);
        err = err ? err : err2;
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
    int err = block_of(&ino->data, size / PAGE_SIZE, &block);
    if (err || block == 0)
        return err;
    err = cache_read(&ino->data, size / PAGE_SIZE, &p);
    if (err)
        return err;
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
        uint64_t reached = div_up(ino->disk_end, PAGE_SIZE);
        int err = txn_begin(ino->fs, TXN_CUT);
        if (err)
            return err;
        mutex_lock(&ino->lock);
        more = ext2_map_cut(ino, first, &reached);
        ino->disk_end = more ? min(ino->disk_end, reached * PAGE_SIZE) : 0;
        err = ext2_write_inode(ino);
        mutex_unlock(&ino->lock);
        txn_end(ino->fs);
        if (err)
            return err;
    }
    return more;
}

int ext2_truncate(struct inode *ino, uint64_t size) {
    const uint64_t first = div_up(size, PAGE_SIZE);
    if (ino->fs->read_only)
        return -EROFS;
    mutex_lock(&ino->lock);
    ino->disk_end = max(ino->size, ino->disk_end);
    store_size(ino, size);
    ino->mtime = ino->ctime = now();
    mutex_unlock(&ino->lock);
    int err = zero_tail(ino, size);
    cache_truncate(&ino->data, first);
    int err2 = cut(ino, first);
    cache_truncate(&ino->data, first); // pages that a reader brought in meanwhile
    return err ? err : err2;
}

// ---- links and orphans

// An inode without links that is still in use is an orphan. The superblock names the latest, each one that
// before it, in place of its time of deletion; e2fsck frees them after a crash.
static int orphan_add(struct ext2 *e, uint32_t ino) {
    struct page *page;
    struct ext2_raw_inode *raw;
    int err = raw_inode(e, ino, &page, &raw);
    if (err)
        return err;
    mutex_lock(&e->alloc);
    txn_access(&e->fs, page);
    txn_access(&e->fs, e->super_page);
    raw->dtime = e->super->last_orphan;
    e->super->last_orphan = ino;
    txn_dirty(&e->fs, e->super_page);
    ext2_changed(e, page);
    mutex_unlock(&e->alloc);
    return 0;
}

// next: the orphan before it.
static int orphan_remove(struct ext2 *e, uint32_t ino, uint32_t next) {
    uint32_t *at = &e->super->last_orphan; // the number that leads to it, in page
    struct page *page = e->super_page;
    struct ext2_raw_inode *later;
    int err = 0;
    page_get(page);
    mutex_lock(&e->alloc);
    while (!err && *at != ino) {
        uint32_t number = *at;
        page_put(page);
        err = number == 0 || number > e->inodes ? ext2_error(e, "not among the orphans: inode", ino)
                                                : raw_inode(e, number, &page, &later);
        at = &later->dtime;
    }
    if (!err) {
        txn_access(&e->fs, page);
        *at = next;
        ext2_changed(e, page);
    }
    mutex_unlock(&e->alloc);
    return err;
}

int ext2_change_links(struct inode *ino, int by) {
    mutex_lock(&ino->lock);
    int err = by <= 0 ? 0 : ino->nlink == 0 ? -ENOENT : ino->nlink >= EXT2_LINK_MAX ? -EMLINK : 0;
    if (!err) {
        ino->nlink += (uint32_t)by;
        ino->ctime = now();
        if (ino->nlink == 0)
            err = orphan_add(ext2_of_inode(ino), (uint32_t)ino->ino);
    }
    if (!err)
        err = ext2_write_inode(ino);
    mutex_unlock(&ino->lock);
    return err;
}

void ext2_evict(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *page;
    struct ext2_raw_inode *raw;
    cache_truncate(&ino->data, 0);
    if ((has_map(ino) && ino->blocks > 0 && cut(ino, 0)) || txn_begin(&e->fs, TXN_INODE))
        return; // it stays an orphan on disk
    int err = raw_inode(e, ino->ino, &page, &raw);
    if (!err) {
        txn_access(&e->fs, page);
        err = orphan_remove(e, (uint32_t)ino->ino, raw->dtime);
        if (!err)
            memset(raw, 0, e->inode_size);
        ext2_changed(e, page);
    }
    if (!err)
        ext2_free(e, EXT2_INODE, (uint32_t)ino->ino - 1, S_ISDIR(ino->mode));
    txn_end(&e->fs);
}
