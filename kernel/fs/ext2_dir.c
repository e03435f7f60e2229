// ext2_dir.c: directories: finding, adding and removing names in all their blocks.
//
// A directory of a few blocks is searched block by block. A larger one gets an index in memory at the first
// search: a hash table from names to places, and for each block how much room it has at most. It is a help
// only: it is dropped with the inode, and without memory for it the search goes block by block. dir->dir
// guards all of this.
#include "fs/ext2.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "uapi/dirent.h"

enum { INDEX_FROM = 3, MAX_BUCKETS = 8192, MAX_BLOCKS = 32768 };

struct index_entry {
    struct index_entry *next;
    uint32_t hash;
    uint32_t place; // byte offset in the directory
};

struct dir_index {
    uint32_t buckets; // a power of two
    uint32_t room_size;
    struct index_entry **bucket;
    uint16_t *room; // by block: no record larger than this fits
};

static uint32_t block_count(const struct inode *dir) { return (uint32_t)(dir->size / PAGE_SIZE); }

// Block n of the directory, checked; a reference. -ENOENT: a hole. (dir->dir also guards a directory's map.)
static int dir_block(struct inode *dir, uint32_t n, struct page **page) {
    struct ext2 *e = ext2_of_inode(dir);
    uint32_t block;
    int err = ext2_map_get(dir, n, &block);
    if (err || block == 0)
        return err ? err : -ENOENT;
    err = cache_read(&e->meta, block, page);
    if (err || page_flag(*page, PG_CHECKED))
        return err;
    if (!dirent_check(page_va(*page), e->inodes)) {
        page_put(*page);
        return ext2_error(e, "bad record in directory", dir->ino);
    }
    page_flag_set(*page, PG_CHECKED);
    return 0;
}

// ---- the index

static struct index_entry **chain(struct dir_index *x, uint32_t hash) {
    return &x->bucket[hash & (x->buckets - 1)];
}

static void index_free(struct inode *dir) {
    struct dir_index *x = dir->private;
    dir->private = NULL;
    if (!x)
        return;
    for (uint32_t b = 0; x->bucket && b < x->buckets; b++)
        for (struct index_entry *i = x->bucket[b], *next; i; i = next) {
            next = i->next;
            kfree(i);
        }
    kfree(x->bucket);
    kfree(x->room);
    kfree(x);
}

void ext2_release(struct inode *ino) { index_free(ino); }

static void index_add(struct inode *dir, const struct ext2_dirent *d, uint32_t place) {
    struct dir_index *x = dir->private;
    if (!x)
        return;
    struct index_entry *i = kmalloc(sizeof *i, PAGE_NOFS);
    if (!i) {
        index_free(dir);
        return;
    }
    i->hash = hash_bytes(d->name, d->name_len);
    i->place = place;
    struct index_entry **head = chain(x, i->hash);
    i->next = *head;
    *head = i;
}

static void index_remove(struct inode *dir, const struct ext2_dirent *d, uint32_t place, int room) {
    struct dir_index *x = dir->private;
    if (!x)
        return;
    struct index_entry **at = chain(x, hash_bytes(d->name, d->name_len));
    while (*at && (*at)->place != place)
        at = &(*at)->next;
    if (*at) {
        struct index_entry *gone = *at;
        *at = gone->next;
        kfree(gone);
    }
    uint16_t *r = &x->room[place / PAGE_SIZE];
    *r = max(*r, (uint16_t)room);
}

// Build the index of a large directory. Without memory, or if a block is unreadable, there is none.
static void index_build(struct inode *dir) {
    uint32_t blocks = block_count(dir), buckets = 256;
    if (dir->private || blocks < INDEX_FROM || blocks > MAX_BLOCKS / 2)
        return;
    while (buckets < MAX_BUCKETS && buckets < blocks * 128)
        buckets *= 2;
    struct dir_index *x = kmalloc(sizeof *x, PAGE_NOFS | PAGE_ZERO);
    if (!x)
        return;
    dir->private = x;
    x->buckets = buckets;
    x->room_size = max(blocks * 2, 64U);
    x->bucket = kmalloc(buckets * sizeof x->bucket[0], PAGE_NOFS | PAGE_ZERO);
    x->room = kmalloc(x->room_size * sizeof x->room[0], PAGE_NOFS | PAGE_ZERO);
    if (!x->bucket || !x->room)
        index_free(dir);
    for (uint32_t n = 0; n < blocks && dir->private; n++) {
        struct page *p;
        int err = dir_block(dir, n, &p);
        if (err == -ENOENT)
            continue;
        if (err) {
            index_free(dir);
            return;
        }
        x->room[n] = (uint16_t)dirent_room(page_va(p), PAGE_SIZE);
        for (struct ext2_dirent *d = dirent_next(page_va(p), NULL); d && dir->private;
             d = dirent_next(page_va(p), d))
            if (d->inode)
                index_add(dir, d, n * PAGE_SIZE + (uint32_t)((char *)d - (char *)page_va(p)));
        page_put(p);
    }
}

// ---- names

int dir_find(struct inode *dir, const char *name, int len, struct dir_place *at) {
    index_build(dir);
    struct dir_index *x = dir->private;
    int err;
    if (x) {
        uint32_t hash = hash_bytes(name, (size_t)len);
        for (struct index_entry *i = *chain(x, hash); i; i = i->next) {
            if (i->hash != hash)
                continue;
            err = dir_block(dir, i->place / PAGE_SIZE, &at->page);
            if (err)
                return err == -ENOENT ? -EIO : err;
            at->entry = (struct ext2_dirent *)((char *)page_va(at->page) + i->place % PAGE_SIZE);
            at->place = i->place;
            if (at->entry->name_len == len && memcmp(at->entry->name, name, (size_t)len) == 0)
                return 0;
            page_put(at->page);
        }
        return -ENOENT;
    }
    for (uint32_t n = 0; n < block_count(dir); n++) {
        err = dir_block(dir, n, &at->page);
        if (err == -ENOENT)
            continue;
        if (err)
            return err;
        at->entry = dirent_find(page_va(at->page), name, len);
        if (at->entry) {
            at->place = n * PAGE_SIZE + (uint32_t)((char *)at->entry - (char *)page_va(at->page));
            return 0;
        }
        page_put(at->page);
    }
    return -ENOENT;
}

// One block more, empty. Its number or an error.
static int64_t grow(struct inode *dir) {
    struct ext2 *e = ext2_of_inode(dir);
    uint32_t n = block_count(dir), block;
    bool fresh;
    if (n >= MAX_BLOCKS * 8U)
        return -ENOSPC;
    mutex_lock(&dir->lock);
    int err = ext2_map_make(dir, n, true, &block, &fresh);
    if (!err) {
        struct page *p;
        err = cache_read(&e->meta, block, &p);
        if (!err) {
            txn_access(&e->fs, p);
            dirent_init(page_va(p));
            txn_dirty(&e->fs, p);
            page_put(p);
            dir->size += PAGE_SIZE;
        }
    }
    int err2 = ext2_write_inode(dir);
    mutex_unlock(&dir->lock);
    if (err || err2)
        return err ? err : err2;
    struct dir_index *x = dir->private;
    if (x && n >= x->room_size)
        index_free(dir); // built anew, larger, at the next search
    else if (x)
        x->room[n] = PAGE_SIZE;
    return n;
}

int64_t dir_make_room(struct inode *dir, int len) {
    const int need = dirent_size(len);
    index_build(dir);
    struct dir_index *x = dir->private;
    for (uint32_t n = 0; n < block_count(dir); n++) {
        if (x && x->room[n] < need)
            continue;
        struct page *p;
        int err = dir_block(dir, n, &p);
        if (err == -ENOENT)
            continue;
        if (err)
            return err;
        int room = dirent_room(page_va(p), need);
        page_put(p);
        if (room >= need)
            return n;
        if (x)
            x->room[n] = (uint16_t)room;
    }
    return grow(dir);
}

// A change makes a hash tree that Linux may have put into the directory stale: without the flag nobody uses
// it.
static int clear_hash_tree(struct inode *dir) {
    if (!(dir->flags & EXT2_INDEX_FL))
        return 0;
    mutex_lock(&dir->lock);
    dir->flags &= ~(uint32_t)EXT2_INDEX_FL;
    int err = ext2_write_inode(dir);
    mutex_unlock(&dir->lock);
    return err;
}

static uint8_t type_on_disk(struct inode *dir, mode_t mode) {
    return ext2_of_inode(dir)->super->feature_incompat & EXT2_INCOMPAT_FILETYPE ? dirent_type(mode) : 0;
}

int dir_insert(struct inode *dir, int64_t room, const char *name, int len, uint32_t ino, mode_t mode) {
    struct page *p;
    int err = clear_hash_tree(dir);
    if (!err)
        err = dir_block(dir, (uint32_t)room, &p);
    if (err)
        return err;
    txn_access(dir->fs, p);
    struct ext2_dirent *d = dirent_insert(page_va(p), name, len, ino, type_on_disk(dir, mode));
    txn_dirty(dir->fs, p);
    assert(d);
    index_add(dir, d, (uint32_t)(room * PAGE_SIZE) + (uint32_t)((char *)d - (char *)page_va(p)));
    page_put(p);
    return 0;
}

int dir_remove(struct inode *dir, const char *name, int len) {
    struct dir_place at;
    int err = clear_hash_tree(dir);
    if (!err)
        err = dir_find(dir, name, len, &at);
    if (err)
        return err;
    txn_access(dir->fs, at.page);
    int room = dirent_remove(page_va(at.page), at.entry);
    txn_dirty(dir->fs, at.page);
    index_remove(dir, at.entry, at.place, room);
    page_put(at.page);
    return 0;
}

int dir_set(struct inode *dir, const char *name, int len, uint32_t ino, mode_t mode) {
    struct dir_place at;
    int err = clear_hash_tree(dir);
    if (!err)
        err = dir_find(dir, name, len, &at);
    if (err)
        return err;
    txn_access(dir->fs, at.page);
    at.entry->inode = ino;
    at.entry->type = type_on_disk(dir, mode);
    txn_dirty(dir->fs, at.page);
    page_put(at.page);
    return 0;
}

int dir_set_parent(struct inode *dir, uint32_t ino) {
    struct page *p;
    int err = dir_block(dir, 0, &p);
    if (err)
        return err == -ENOENT ? -EIO : err;
    // It is the second record; more names may come in behind it meanwhile, since dir->dir is not held.
    struct ext2_dirent *d = dirent_next(page_va(p), dirent_next(page_va(p), NULL));
    if (d && d->name_len == 2 && memcmp(d->name, "..", 2) == 0) {
        txn_access(dir->fs, p);
        d->inode = ino;
        txn_dirty(dir->fs, p);
    } else {
        err = ext2_error(ext2_of_inode(dir), "no second record .. in directory", dir->ino);
    }
    page_put(p);
    return err;
}

static bool is_dots(const struct ext2_dirent *d) {
    return d->name[0] == '.' && (d->name_len == 1 || (d->name_len == 2 && d->name[1] == '.'));
}

int dir_is_empty(struct inode *dir) {
    for (uint32_t n = 0; n < block_count(dir); n++) {
        struct page *p;
        int err = dir_block(dir, n, &p);
        if (err == -ENOENT)
            continue;
        if (err)
            return err;
        bool empty = true;
        for (struct ext2_dirent *d = dirent_next(page_va(p), NULL); d && empty;
             d = dirent_next(page_va(p), d))
            empty = !d->inode || is_dots(d);
        page_put(p);
        if (!empty)
            return 0;
    }
    return 1;
}

ssize_t ext2_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size) {
    static const uint8_t types[8] = {
        0, S_IFREG >> 12, S_IFDIR >> 12, S_IFCHR >> 12, S_IFBLK >> 12, S_IFIFO >> 12, 0, S_IFLNK >> 12};
    size_t used = 0;
    while (*pos < dir->size) {
        uint64_t base = align_down(*pos, PAGE_SIZE);
        struct page *p;
        int err = dir_block(dir, (uint32_t)(*pos / PAGE_SIZE), &p);
        if (err == -ENOENT) {
            *pos = base + PAGE_SIZE;
            continue;
        }
        if (err)
            return used ? (ssize_t)used : err;
        // The record that *pos named may have gone since: go on with the first one behind it.
        for (struct ext2_dirent *d = dirent_next(page_va(p), NULL); d; d = dirent_next(page_va(p), d)) {
            uint64_t at = base + (uint64_t)((char *)d - (char *)page_va(p));
            if (at < *pos)
                continue;
            if (d->inode) {
                size_t len = align_up(sizeof(struct uapi_dirent) + d->name_len + 1, 8);
                if (used + len > size) {
                    page_put(p);
                    return used ? (ssize_t)used : -EINVAL;
                }
                struct uapi_dirent *out = (struct uapi_dirent *)((char *)buf + used);
                memset(out, 0, len);
                *out = (struct uapi_dirent){d->inode, at + d->rec_len, (uint16_t)len, types[d->type & 7]};
                memcpy(out->name, d->name, d->name_len);
                used += len;
            }
            *pos = at + d->rec_len;
        }
        *pos = base + PAGE_SIZE;
        page_put(p);
    }
    return (ssize_t)used;
}
