// ext2_dir.c: directories: the records in their blocks, and an index in memory.
//
// Records follow each other without gaps and fill a block; each may be longer than it needs. A record with
// inode 0 is unused. Removing one adds its bytes to the record before it, so its neighbours stay where they
// are. The index, a hash table from names to places, is built at the first search and dropped with the inode.
// dir->dir guards all of this.
#include "fs/ext2.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"
#include "uapi/dirent.h"

enum { HEADER = offsetof(struct ext2_dirent, name), MAX_CHAINS = 1 << 13, MAX_SIZE = 1 << 30 };

// A name, by where its record is: byte offset in the directory.
struct name {
    struct name *next;
    uint32_t hash, place;
};

struct dir_index {
    uint32_t chains; // a power of two
    uint32_t names;
    uint64_t room_from; // no block before this place had room for the last name that came
    struct name *chain[];
};

// ---- records

static int size_of(int name_len) { return (HEADER + name_len + 3) & ~3; }

// Bytes of d that its name does not need.
static int slack(const struct ext2_dirent *d) { return d->rec_len - (d->inode ? size_of(d->name_len) : 0); }

static struct ext2_dirent *record_at(struct page *p, uint64_t place) {
    return (struct ext2_dirent *)((char *)page_va(p) + place % PAGE_SIZE);
}

// The record after d. NULL: d was the last.
static struct ext2_dirent *next_record(struct page *p, struct ext2_dirent *d) {
    char *next = (char *)d + d->rec_len;
    return next < (char *)page_va(p) + PAGE_SIZE ? (struct ext2_dirent *)next : NULL;
}

// Is what stands at a place in a block a record?
static bool check(const struct ext2_dirent *d, int at, uint32_t max_ino) {
    return at <= PAGE_SIZE - HEADER && d->rec_len >= size_of(1) && d->rec_len % 4 == 0 &&
           d->rec_len <= PAGE_SIZE - at && d->inode <= max_ino &&
           (!d->inode || (d->name_len > 0 && size_of(d->name_len) <= d->rec_len));
}

// The block with that place in the directory; a reference.
static int get_block(struct inode *dir, uint64_t place, struct page **page) {
    struct ext2 *e = ext2_of_inode(dir);
    uint64_t block;
    int err = ext2_map(dir, place / PAGE_SIZE, false, &block);
    if (!err && block == 0)
        err = ext2_error(e, "hole in directory", dir->ino);
    return err ? err : cache_read(&e->meta, block, page);
}

// One block more at the end, with one unused record.
static int grow(struct inode *dir, struct page **page) {
    struct ext2 *e = ext2_of_inode(dir);
    uint64_t block;
    if (dir->size >= MAX_SIZE)
        return -ENOSPC;
    mutex_lock(&dir->lock);
    int err = ext2_map(dir, dir->size / PAGE_SIZE, true, &block);
    if (!err)
        err = cache_fresh(&e->meta, block, false, page);
    if (!err) {
        txn_access(&e->fs, *page);
        page_zero(page_va(*page));
        record_at(*page, 0)->rec_len = PAGE_SIZE;
        txn_dirty(&e->fs, *page);
        dir->size += PAGE_SIZE;
    }
    mutex_unlock(&dir->lock);
    return err;
}

static void point_to(struct inode *dir, struct ext2_dirent *d, const struct inode *child) {
    bool typed = ext2_of_inode(dir)->super->feature_incompat & EXT2_INCOMPAT_FILETYPE;
    d->inode = (uint32_t)child->ino;
    d->type = typed ? ext2_types[child->mode >> 12] : 0;
}

// The directory has changed, in this page (whose reference goes): its times, and its links by so many.
static void changed(struct inode *dir, struct page *p, int links) {
    mutex_lock(&dir->lock);
    dir->mtime = dir->ctime = (int64_t)(clock_realtime() / 1000000000);
    dir->nlink += (uint32_t)links;
    ext2_write_inode(dir);
    mutex_unlock(&dir->lock);
    ext2_changed(ext2_of_inode(dir), p);
}

// ---- the index

static struct name **chain_of(struct dir_index *x, uint32_t hash) {
    return &x->chain[hash & (x->chains - 1)];
}

static void drop_index(struct inode *dir) {
    struct dir_index *x = dir->private;
    for (uint32_t c = 0; x && c < x->chains; c++)
        for (struct name *i = x->chain[c], *next; i; i = next) {
            next = i->next;
            kfree(i);
        }
    kfree(x);
    dir->private = NULL;
}

void ext2_release(struct inode *ino) {
    drop_index(ino);
    if (ino->raw_page)
        page_put(ino->raw_page);
}

static int index_add(struct dir_index *x, const struct ext2_dirent *d, uint64_t place) {
    struct name *i = kmalloc(sizeof *i, PAGE_NOFS);
    if (!i)
        return -ENOMEM;
    uint32_t hash = hash_bytes(d->name, d->name_len);
    *i = (struct name){*chain_of(x, hash), hash, (uint32_t)place};
    *chain_of(x, hash) = i;
    x->names++;
    return 0;
}

// Records are checked here: whoever uses some has the index first, and later ones are ours.
static int build_index(struct inode *dir) {
    struct ext2 *e = ext2_of_inode(dir);
    struct dir_index *x = dir->private;
    int err = 0;
    if (x && (x->names <= 4 * x->chains || x->chains == MAX_CHAINS))
        return 0;
    drop_index(dir);
    uint32_t chains = 128; // for each block, which holds 341 names at most
    while (chains < dir->size / 32 && chains < MAX_CHAINS)
        chains *= 2;
    x = dir->private = kmalloc(sizeof *x + chains * sizeof x->chain[0], PAGE_NOFS | PAGE_ZERO);
    if (!x)
        return -ENOMEM;
    x->chains = chains;
    for (uint64_t start = 0; start < dir->size && !err; start += PAGE_SIZE) {
        struct page *p;
        err = get_block(dir, start, &p);
        if (err)
            break;
        for (int at = 0; at < PAGE_SIZE && !err; at += record_at(p, (uint64_t)at)->rec_len) {
            struct ext2_dirent *d = record_at(p, (uint64_t)at);
            if (!check(d, at, e->inodes))
                err = ext2_error(e, "bad record in directory", dir->ino);
            else if (d->inode)
                err = index_add(x, d, start + (uint64_t)at);
        }
        page_put(p);
    }
    if (err)
        drop_index(dir);
    return err;
}

// ---- names

// Where a name is.
struct place {
    struct page *page; // with a reference
    struct ext2_dirent *record;
    struct name **link; // leads to it in the index
};

static int find(struct inode *dir, const char *name, int len, struct place *at) {
    int err = build_index(dir);
    if (err)
        return err;
    uint32_t hash = hash_bytes(name, (size_t)len);
    for (at->link = chain_of(dir->private, hash); *at->link; at->link = &(*at->link)->next) {
        const struct name *i = *at->link;
        if (i->hash != hash)
            continue;
        err = get_block(dir, i->place, &at->page);
        if (err)
            return err;
        at->record = record_at(at->page, i->place);
        if (at->record->name_len == len && memcmp(at->record->name, name, (size_t)len) == 0)
            return 0;
        page_put(at->page);
    }
    return -ENOENT;
}

int ext2_lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    struct place at;
    int err = find(dir, name, len, &at);
    if (err)
        return err;
    err = inode_find(dir->fs, at.record->inode, out);
    page_put(at.page);
    return err == -ENOENT ? -EIO : err; // a name without an inode
}

int ext2_dir_add(struct inode *dir, const char *name, int len, const struct inode *child) {
    struct page *p;
    struct ext2_dirent *d = NULL;
    int err = build_index(dir);
    if (err)
        return err;
    struct dir_index *x = dir->private;
    for (uint64_t start = x->room_from; !d; start += PAGE_SIZE) {
        err = start < dir->size ? get_block(dir, start, &p) : grow(dir, &p);
        if (err)
            return err;
        d = record_at(p, 0);
        while (d && slack(d) < size_of(len))
            d = next_record(p, d);
        if (d)
            x->room_from = start;
        else
            page_put(p);
    }
    txn_access(dir->fs, p);
    if (d->inode) { // split: the new one takes the tail
        int used = size_of(d->name_len), rest = d->rec_len - used;
        d->rec_len = (uint16_t)used;
        d = next_record(p, d);
        d->rec_len = (uint16_t)rest;
    }
    d->name_len = (uint8_t)len;
    memcpy(d->name, name, (size_t)len);
    point_to(dir, d, child);
    if (index_add(x, d, x->room_from + (uint64_t)((char *)d - (char *)page_va(p))))
        drop_index(dir); // built anew at the next search
    changed(dir, p, S_ISDIR(child->mode));
    return 0;
}

int ext2_dir_remove(struct inode *dir, const char *name, int len, const struct inode *child) {
    struct place at;
    int err = find(dir, name, len, &at);
    if (err)
        return err;
    struct dir_index *x = dir->private;
    struct name *gone = *at.link;
    x->room_from = min(x->room_from, align_down(gone->place, PAGE_SIZE));
    x->names--;
    *at.link = gone->next;
    kfree(gone);
    txn_access(dir->fs, at.page);
    at.record->inode = 0;
    struct ext2_dirent *before = record_at(at.page, 0);
    while (before != at.record && next_record(at.page, before) != at.record)
        before = next_record(at.page, before);
    if (before != at.record)
        before->rec_len = (uint16_t)(before->rec_len + at.record->rec_len);
    changed(dir, at.page, -S_ISDIR(child->mode));
    return 0;
}

int ext2_dir_set(struct inode *dir, const char *name, int len, const struct inode *child) {
    struct place at;
    int err = find(dir, name, len, &at);
    if (err)
        return err;
    txn_access(dir->fs, at.page);
    point_to(dir, at.record, child);
    changed(dir, at.page, 0);
    return 0;
}

int ext2_dir_check_empty(struct inode *dir) {
    int err = build_index(dir);
    struct dir_index *x = dir->private;
    return err ? err : x->names > 2 ? -ENOTEMPTY : 0; // "." and ".."
}

// Append d, which stands at that place, to the records in buf, of which *used bytes are. False: no room.
static bool put_record(const struct ext2_dirent *d, uint64_t place, char *buf, size_t size, size_t *used) {
    static const uint8_t types[8] = {
        0, S_IFREG >> 12, S_IFDIR >> 12, S_IFCHR >> 12, S_IFBLK >> 12, S_IFIFO >> 12, 0, S_IFLNK >> 12};
    size_t len = align_up(sizeof(struct uapi_dirent) + d->name_len + 1, 8);
    if (*used + len > size)
        return false;
    struct uapi_dirent *out = (struct uapi_dirent *)(buf + *used);
    memset(out, 0, len);
    *out = (struct uapi_dirent){d->inode, place + d->rec_len, (uint16_t)len, types[d->type & 7]};
    memcpy(out->name, d->name, d->name_len);
    *used += len;
    return true;
}

ssize_t ext2_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size) {
    size_t used = 0;
    int err = build_index(dir);
    bool room = true;
    while (*pos < dir->size && room && !err) {
        struct page *p;
        err = get_block(dir, *pos, &p);
        if (err)
            break;
        // The record that *pos named may have gone since: go on with the first one behind it.
        uint64_t place = align_down(*pos, PAGE_SIZE);
        for (struct ext2_dirent *d = record_at(p, 0); d && room; d = next_record(p, d)) {
            if (place >= *pos && d->inode)
                room = put_record(d, place, buf, size, &used);
            place += d->rec_len;
            if (room)
                *pos = max(*pos, place);
        }
        page_put(p);
    }
    return used ? (ssize_t)used : err ? err : room ? 0 : -EINVAL;
}
