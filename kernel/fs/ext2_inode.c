// ext2_inode.c: inodes between memory and disk: reading, writing, growing, cutting, and what happens at the
// end.
#include "fs/ext2.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"

// Metadata pages of one page of data: three levels of map, and for each new block bitmap and descriptor;
// inode.
enum { TXN_EXTEND = 16, TXN_CUT = 64, TXN_INODE = 3 };

static uint32_t now(void) { return (uint32_t)(clock_realtime() / 1000000000); }

// The inode's place in the inode table; a reference to its page.
static int raw_inode(struct ext2 *e, uint64_t ino, struct page **page, struct ext2_raw_inode **raw) {
    uint64_t group = (ino - 1) / e->inodes_per_group,
             offset = (ino - 1) % e->inodes_per_group * e->inode_size;
    int err = cache_read(&e->meta, e->group[group].inode_table + offset / PAGE_SIZE, page);
    if (!err)
        *raw = (struct ext2_raw_inode *)((char *)page_va(*page) + offset % PAGE_SIZE);
    return err;
}

static int block_of(struct mapping *m, uint64_t index, uint64_t *block) {
    struct inode *ino = m->owner;
    uint32_t b;
    mutex_lock(&ino->lock);
    int err = ext2_map_get(ino, index, &b);
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
    ino->flags = raw->flags;
    ino->generation = raw->generation;
    ino->orphan_next = raw->dtime;
    memcpy(ino->map, raw->block, sizeof ino->map);
    page_put(page);
    if (S_ISCHR(ino->mode) ||
        S_ISBLK(ino->mode)) // 16 bits in the first word, or 32 in the second: minor split in two
        ino->rdev = ino->map[0] ? ino->map[0] & 0xffff : ino->map[1] & 0xfffff;
    if (ino->nlink == 0 && e->fs.root) // until there is a root, orphans are read
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
    raw->generation = ino->generation;
    memcpy(raw->block, ino->map, sizeof ino->map);
    raw->dtime = 0;
    if (ino->nlink == 0) {
        mutex_lock(&e->alloc);
        raw->dtime = ino->orphan_next;
        mutex_unlock(&e->alloc);
    }
    txn_dirty(&e->fs, page);
    page_put(page);
    if (size > INT32_MAX && S_ISREG(ino->mode) &&
        !(e->super->feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE)) {
        e->super->feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
        ext2_super_dirty(e);
    }
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
    bool fresh, grows = size > ino->size;
    err = ext2_map_make(ino, page->index, false, &block, &fresh);
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

// Free the blocks behind the end. One bracket after the other; after each the file on disk is whole, and
// shorter.
static int cut(struct inode *ino, uint64_t first) {
    for (uint64_t reached = UINT64_MAX; reached != first;) {
        int err = txn_begin(ino->fs, TXN_CUT);
        if (err)
            return err;
        mutex_lock(&ino->lock);
        err = ext2_map_cut(ino, first, &reached);
        if (reached == first)
            ino->disk_end = 0;
        else if (reached != UINT64_MAX)
            ino->disk_end = min(ino->disk_end, reached * PAGE_SIZE);
        int err2 = ext2_write_inode(ino);
        mutex_unlock(&ino->lock);
        txn_end(ino->fs);
        if (err || err2)
            return err ? err : err2;
    }
    return 0;
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

// Put ino on the list of orphans: the superblock names the first, each one the next, in place of its time of
// deletion.
static void orphan_add(struct ext2 *e, struct inode *ino) {
    mutex_lock(&e->alloc);
    ino->orphan_next = e->super->last_orphan;
    e->super->last_orphan = (uint32_t)ino->ino;
    list_push(&e->orphans, &ino->orphan_link);
    mutex_unlock(&e->alloc);
    ext2_super_dirty(e);
}

static int orphan_remove(struct ext2 *e, struct inode *ino) {
    int err = 0;
    mutex_lock(&e->alloc);
    if (ino->orphan_link.prev == &e->orphans) {
        e->super->last_orphan = ino->orphan_next;
    } else {
        struct inode *before = list_entry(ino->orphan_link.prev, struct inode, orphan_link);
        struct page *page;
        struct ext2_raw_inode *raw;
        err = raw_inode(e, before->ino, &page, &raw);
        if (!err) {
            before->orphan_next = ino->orphan_next;
            txn_access(&e->fs, page);
            raw->dtime = before->orphan_next;
            txn_dirty(&e->fs, page);
            page_put(page);
        }
    }
    if (!err)
        list_remove(&ino->orphan_link);
    mutex_unlock(&e->alloc);
    ext2_super_dirty(e);
    return err;
}

int ext2_change_links(struct inode *ino, int by) {
    mutex_lock(&ino->lock);
    int err = by <= 0 ? 0 : ino->nlink == 0 ? -ENOENT : ino->nlink >= EXT2_LINK_MAX ? -EMLINK : 0;
    if (!err) {
        ino->nlink += (uint32_t)by;
        ino->ctime = now();
        if (ino->nlink == 0)
            orphan_add(ext2_of_inode(ino), ino);
        err = ext2_write_inode(ino);
    }
    mutex_unlock(&ino->lock);
    return err;
}

// A block of extended attributes, shared by count, may hang on an inode that Linux made.
static int drop_attributes(struct ext2 *e, uint32_t block) {
    struct page *p;
    if (!ext2_block_ok(e, block))
        return ext2_error(e, "bad block of attributes", block);
    int err = cache_read(&e->meta, block, &p);
    if (err)
        return err;
    uint32_t *users = (uint32_t *)page_va(p) + 1;
    txn_access(&e->fs, p);
    if (*users > 1) {
        --*users;
        txn_dirty(&e->fs, p);
    } else {
        txn_forget(&e->fs, &e->meta, block);
        err = ext2_free_blocks(e, block, 1);
    }
    page_put(p);
    return err;
}

void ext2_evict(struct inode *ino) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *page;
    struct ext2_raw_inode *raw;
    assert(!txn_open(&e->fs));
    cache_truncate(&ino->data, 0);
    if (e->fs.read_only || (has_map(ino) && ino->blocks > 0 && cut(ino, 0)) || txn_begin(&e->fs, TXN_EXTEND))
        return; // it stays an orphan on disk
    int err = raw_inode(e, ino->ino, &page, &raw);
    if (!err) {
        if (raw->file_acl)
            drop_attributes(e, raw->file_acl);
        if (!list_empty(&ino->orphan_link))
            err = orphan_remove(e, ino);
        txn_access(&e->fs, page);
        memset(raw, 0, e->inode_size);
        raw->generation = ino->generation;
        txn_dirty(&e->fs, page);
        page_put(page);
        if (!err)
            ext2_free_inode(e, (uint32_t)ino->ino, S_ISDIR(ino->mode));
    }
    txn_end(&e->fs);
}

void ext2_free_orphans(struct ext2 *e) {
    struct inode *ino;
    uint32_t next = e->super->last_orphan;
    for (uint32_t n = 0; next != 0 && n < e->inodes; n++) {
        if (inode_find(&e->fs, next, &ino))
            break;
        if (ino->nlink > 0 || !list_empty(&ino->orphan_link)) {
            inode_put(ino);
            break;
        }
        list_append(&e->orphans, &ino->orphan_link);
        next = ino->orphan_next;
    }
    if (next != 0) {
        kalert("%s: its list of orphans is damaged; run e2fsck on it\n", e->fs.dev->name);
        e->fs.failed = e->fs.read_only = true;
    }
    while ((ino = list_first(&e->orphans, struct inode, orphan_link))) {
        inode_put(ino);
        if (e->fs.read_only)
            break;
    }
}
