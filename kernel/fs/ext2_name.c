// ext2_name.c: operations on names, as inode_ops offers them (vfs.h). All run inside the caller's transaction
// with the directories locked. Each checks and prepares whatever may fail for want of space before its first
// visible change.
#include "fs/ext2.h"
#include "lib/string.h"
#include "riscv/panic.h"
#include "sched/timer.h"

// The directory has changed: its times, and its links by so many.
static int touch_directory(struct inode *dir, int links) {
    mutex_lock(&dir->lock);
    dir->mtime = dir->ctime = (int64_t)(clock_realtime() / 1000000000);
    dir->nlink += (uint32_t)links;
    int err = ext2_write_inode(dir);
    mutex_unlock(&dir->lock);
    return err;
}

static int lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    struct dir_place at;
    int err = dir_find(dir, name, len, &at);
    if (err)
        return err;
    uint32_t ino = at.entry->inode;
    page_put(at.page);
    err = inode_find(dir->fs, ino, out);
    return err == -ENOENT ? -EIO : err; // a name without an inode
}

// The first block of a new directory, or of a long symbolic link.
static int first_block(struct ext2 *e, struct inode *dir, uint32_t ino, const char *target, uint32_t *block) {
    uint32_t group = (ino - 1) / e->inodes_per_group;
    struct page *p;
    int err = ext2_alloc_block(e, group * e->blocks_per_group + e->group[group].blocks.hint, block);
    if (err)
        return err;
    err = cache_fresh(&e->meta, *block, false, &p);
    if (err) {
        ext2_free_blocks(e, *block, 1);
        return err;
    }
    char *text = page_va(p);
    txn_access(&e->fs, p);
    if (target) {
        memset(text, 0, PAGE_SIZE);
        memcpy(text, target, strlen(target));
    } else {
        uint8_t type = e->super->feature_incompat & EXT2_INCOMPAT_FILETYPE ? dirent_type(S_IFDIR) : 0;
        dirent_init(text);
        dirent_insert(text, ".", 1, ino, type);
        dirent_insert(text, "..", 2, (uint32_t)dir->ino, type);
    }
    txn_dirty(&e->fs, p);
    page_put(p);
    return 0;
}

// Fill in a fresh inode in memory and on disk.
static int fill(struct inode *ino, mode_t mode, dev_t rdev, const char *target, uint32_t block) {
    ino->mode = mode;
    ino->nlink = S_ISDIR(mode) ? 2 : 1;
    ino->atime = ino->mtime = ino->ctime = (int64_t)(clock_realtime() / 1000000000);
    ino->generation = (uint32_t)ino->atime ^ (uint32_t)hash_word(ino->ino + (uint64_t)ino->atime);
    ino->rdev = rdev;
    if (S_ISCHR(mode) || S_ISBLK(mode))
        ino->map[rdev > 0xffff] = rdev; // the old encoding has 16 bits
    if (S_ISDIR(mode))
        ino->size = PAGE_SIZE;
    if (target)
        ino->size = strlen(target);
    if (target && !block)
        memcpy(ino->map, target, ino->size);
    if (block) {
        ino->map[0] = block;
        ino->blocks = PAGE_SIZE / SECTOR_SIZE;
    }
    mutex_lock(&ino->lock);
    int err = ext2_write_inode(ino);
    mutex_unlock(&ino->lock);
    return err;
}

static int link(struct inode *dir, const char *name, int len, struct inode *child) {
    int64_t room = dir_make_room(dir, len);
    if (room < 0)
        return (int)room;
    int err = ext2_change_links(child, 1);
    if (err)
        return err;
    err = dir_insert(dir, room, name, len, (uint32_t)child->ino, child->mode);
    if (err)
        ext2_change_links(child, -1);
    return err ? err : touch_directory(dir, 0);
}

static int make(struct inode *dir, const char *name, int len, const struct birth *b, struct inode **out) {
    struct ext2 *e = ext2_of_inode(dir);
    bool directory = S_ISDIR(b->mode);
    uint32_t number, block = 0;
    if (b->child) {
        int err = link(dir, name, len, b->child);
        if (!err)
            inode_get(*out = b->child);
        return err;
    }
    if (directory && dir->nlink >= EXT2_LINK_MAX)
        return -EMLINK;
    if (b->target && strlen(b->target) >= PAGE_SIZE)
        return -ENAMETOOLONG;
    int64_t room = dir_make_room(dir, len);
    if (room < 0)
        return (int)room;
    int err = ext2_alloc_inode(e, (uint32_t)(dir->ino - 1) / e->inodes_per_group, directory, &number);
    if (err)
        return err;
    if (directory || (b->target && strlen(b->target) >= EXT2_FAST_SYMLINK))
        err = first_block(e, dir, number, b->target, &block);
    if (err)
        goto free_inode;
    struct inode *ino;
    err = inode_new(&e->fs, number, &ino);
    if (err)
        goto free_block;
    err = fill(ino, b->mode, b->rdev, b->target, block);
    if (!err)
        err = dir_insert(dir, room, name, len, number, b->mode);
    if (!err)
        err = touch_directory(dir, directory);
    if (!err) {
        *out = ino;
        return 0;
    }
    inode_discard(ino);
free_block:
    if (block) {
        txn_forget(&e->fs, &e->meta, block);
        ext2_free_blocks(e, block, 1);
    }
free_inode:
    ext2_free_inode(e, number, directory);
    return err;
}

// Is child, a directory that is about to go, empty?
static int check_empty(struct inode *child) {
    int empty = dir_is_empty(child);
    return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

static int remove(struct inode *dir, const char *name, int len, struct inode *child) {
    bool directory = S_ISDIR(child->mode);
    int err = directory ? check_empty(child) : 0;
    if (!err)
        err = dir_remove(dir, name, len);
    if (!err)
        err = ext2_change_links(child, directory ? -(int)child->nlink : -1);
    return err ? err : touch_directory(dir, directory ? -1 : 0);
}

static int rename(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                  const char *to_name, int to_len, struct inode *over) {
    bool directory = S_ISDIR(child->mode), moves = directory && from != to;
    int err = over && directory ? check_empty(over) : 0;
    if (!err && moves && !over && to->nlink >= EXT2_LINK_MAX)
        err = -EMLINK;
    if (err)
        return err;
    if (over) {
        err = dir_set(to, to_name, to_len, (uint32_t)child->ino, child->mode);
    } else {
        int64_t room = dir_make_room(to, to_len);
        err = room < 0 ? (int)room : dir_insert(to, room, to_name, to_len, (uint32_t)child->ino, child->mode);
    }
    if (!err)
        err = dir_remove(from, name, len);
    if (!err && moves)
        err = dir_set_parent(child, (uint32_t)to->ino);
    if (!err && over)
        err = ext2_change_links(over, directory ? -(int)over->nlink : -1);
    if (!err)
        err = ext2_change_links(child, 0); // its time of change
    int to_links = (moves ? 1 : 0) - (over && directory ? 1 : 0), from_links = moves ? -1 : 0;
    if (!err)
        err = touch_directory(to, from == to ? to_links + from_links : to_links);
    if (!err && from != to)
        err = touch_directory(from, from_links);
    return err;
}

static ssize_t readlink(struct inode *ino, char *buf, size_t size) {
    struct ext2 *e = ext2_of_inode(ino);
    size_t n = min(size, (size_t)ino->size);
    if (ino->size < EXT2_FAST_SYMLINK) {
        memcpy(buf, ino->map, n);
        return (ssize_t)n;
    }
    uint32_t block;
    struct page *p;
    mutex_lock(&ino->lock);
    int err = ext2_map_get(ino, 0, &block);
    mutex_unlock(&ino->lock);
    if (!err)
        err = block == 0 || ino->size >= PAGE_SIZE ? -EIO : cache_read(&e->meta, block, &p);
    if (err)
        return err;
    memcpy(buf, page_va(p), n);
    page_put(p);
    return (ssize_t)n;
}

const struct inode_ops ext2_inode_ops = {
    .lookup = lookup,
    .make = make,
    .remove = remove,
    .rename = rename,
    .readdir = ext2_readdir,
    .readlink = readlink,
    .extend = ext2_extend,
    .truncate = ext2_truncate,
    .update = ext2_update,
    .evict = ext2_evict,
};
