// ext2_dir.c: directories: the records in their blocks, and an index in memory.
//
// Records follow each other without gaps and fill a block; each may be longer than it needs. A record with
// inode 0 is unused. Removing one adds its bytes to the record before it, so its neighbours stay where they
// are. The index, a hash table from names to places, is built at the first search and dropped with the inode.
// dir->dir guards all of this.
#include "fs/ext2.h"
#include "uapi/dirent.h"

enum { HEADER = offsetof(struct ext2_dirent, name), MAX_CHAINS = 1 << 13, MAX_SIZE = 1 << 30 };

// A name, by where its record is: byte offset in the directory.
struct name {
    struct name *next;
    uint32_t hash, offset;
};

struct dir_index {
    uint32_t chains;       // a power of two
    uint32_t names, limit; // with more names it is time for a larger one
    uint64_t room_from;    // no record before this one had room for the last name that came
    struct name *chain[];
};

// Where a record is.
struct place {
    struct page *page; // with a reference
    uint64_t offset;   // in the directory: stays, whatever becomes of other records
};

// ---- records

static int size_of(int name_len) { return (HEADER + name_len + 3) & ~3; }

// Bytes of d that its name does not need.
static int slack(const struct ext2_dirent *d) { return d->rec_len - (d->inode ? size_of(d->name_len) : 0); }

static struct ext2_dirent *record(const struct place *at) {
    return (struct ext2_dirent *)((char *)page_va(at->page) + at->offset % PAGE_SIZE);
}

// Is what stands at a place a record? Asked whenever one is come to: on a damaged disk the block may belong
// to somebody else too.
static bool check(struct inode *dir, const struct place *p) {
    const uint32_t max_ino = ext2_of_inode(dir)->super->inodes_count;
    const struct ext2_dirent *d = record(p);
    int at = p->offset % PAGE_SIZE;
    return at <= PAGE_SIZE - HEADER && at % 4 == 0 && d->rec_len >= size_of(1) && d->rec_len % 4 == 0 &&
           d->rec_len <= PAGE_SIZE - at && d->inode <= max_ino &&
           (!d->inode || (d->name_len > 0 && size_of(d->name_len) <= d->rec_len));
}

// There is something wrong at a place. Its page is put.
static int bad_record(struct inode *dir, struct place *at) {
    page_put(at->page);
    return ext2_error(ext2_of_inode(dir), "bad record in directory", dir->ino);
}

// Go to the record at offset. 0, -ENOENT: the directory ends before it; or another error. After an error
// there is no page to put.
static int go_to(struct inode *dir, struct place *at, uint64_t offset) {
    struct ext2 *e = ext2_of_inode(dir);
    uint64_t block;
    at->offset = offset;
    if (offset >= dir->size)
        return -ENOENT;
    int err = ext2_map(dir, offset / PAGE_SIZE, false, &block);
    if (err == -ENOENT)
        err = ext2_error(e, "hole in directory", dir->ino);
    if (!err)
        err = cache_read(&e->meta, block, &at->page);
    return err || check(dir, at) ? err : bad_record(dir, at);
}

// The same for the record after this one.
static int go_on(struct inode *dir, struct place *at) {
    at->offset += record(at)->rec_len;
    if (at->offset % PAGE_SIZE != 0)
        return check(dir, at) ? 0 : bad_record(dir, at);
    page_put(at->page);
    return go_to(dir, at, at->offset);
}

// One block more at the end, with one unused record.
static int grow(struct inode *dir, struct place *at) {
    uint64_t block;
    if (dir->size >= MAX_SIZE)
        return -ENOSPC;
    mutex_lock(&dir->lock);
    int err = ext2_map(dir, dir->size / PAGE_SIZE, true, &block);
    if (!err)
        err = cache_read(&ext2_of_inode(dir)->meta, block, &at->page); // is in the transaction, and zero
    if (!err) {
        at->offset = dir->size;
        record(at)->rec_len = PAGE_SIZE;
        __atomic_store_n(&dir->size, dir->size + PAGE_SIZE, __ATOMIC_RELEASE);
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
    dir->mtime = dir->ctime = clock_seconds();
    dir->nlink += (uint32_t)links;
    ext2_write_inode(dir);
    mutex_unlock(&dir->lock);
    ext2_changed(ext2_of_inode(dir), p);
}

// ---- the index

static struct name **chain_of(struct dir_index *x, uint32_t hash) {
    return &x->chain[hash & (x->chains - 1)];
}

void ext2_drop_index(struct inode *dir) {
    struct dir_index *x = dir->private;
    for (uint32_t c = 0; x && c < x->chains; c++)
        for (struct name *i = x->chain[c], *next; i; i = next) {
            next = i->next;
            kfree(i);
        }
    kfree(x);
    dir->private = NULL;
}

static int index_add(struct dir_index *x, const struct place *at) {
    struct name *i = kmalloc(sizeof *i, PAGE_NOFS);
    if (!i)
        return -ENOMEM;
    uint32_t hash = hash_bytes(record(at)->name, record(at)->name_len);
    *i = (struct name){*chain_of(x, hash), hash, (uint32_t)at->offset};
    *chain_of(x, hash) = i;
    x->names++;
    return 0;
}

static int build_index(struct inode *dir) {
    struct dir_index *x = dir->private;
    if (x && x->names <= x->limit)
        return 0;
    ext2_drop_index(dir);
    uint32_t chains = 128; // for each block, which holds 341 names at most
    while (chains < dir->size / 32 && chains < MAX_CHAINS)
        chains *= 2;
    // Memory may be in pieces: then fewer, longer chains.
    while (!(x = kmalloc(sizeof *x + chains * sizeof x->chain[0], PAGE_NOFS | PAGE_ZERO)) && chains > 128)
        chains /= 2;
    if (!x)
        return -ENOMEM;
    dir->private = x;
    x->chains = chains;
    struct place at;
    int err = go_to(dir, &at, 0);
    while (!err) {
        if (record(&at)->inode)
            err = index_add(x, &at);
        if (err)
            page_put(at.page);
        else
            err = go_on(dir, &at);
    }
    if (err != -ENOENT) {
        ext2_drop_index(dir);
        return err;
    }
    x->limit = x->chains == MAX_CHAINS ? UINT32_MAX : max(4 * x->chains, 2 * x->names);
    return 0;
}

// ---- names

static int find(struct inode *dir, const char *name, int len, struct place *at) {
    int err = build_index(dir);
    if (err)
        return err;
    uint32_t hash = hash_bytes(name, (size_t)len);
    for (const struct name *i = *chain_of(dir->private, hash); i; i = i->next) {
        if (i->hash != hash)
            continue;
        err = go_to(dir, at, i->offset);
        if (err || (record(at)->name_len == len && memcmp(record(at)->name, name, (size_t)len) == 0))
            return err;
        page_put(at->page);
    }
    return -ENOENT;
}

int ext2_lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    struct place at;
    int err = find(dir, name, len, &at);
    if (err)
        return err;
    const uint32_t ino = record(&at)->inode;
    const bool parent = len == 2 && memcmp(name, "..", 2) == 0;
    page_put(at.page);
    if (!parent && (ino == dir->ino || ino == EXT2_ROOT_INO)) // its mutex would be taken twice
        return ext2_error(ext2_of_inode(dir), "a name leads back up in directory", dir->ino);
    err = inode_find(dir->fs, ino, out);
    return err == -ENOENT ? ext2_error(ext2_of_inode(dir), "a name without inode in", dir->ino) : err;
}

int ext2_dir_add(struct inode *dir, const char *name, int len, const struct inode *child) {
    struct place at;
    int err = build_index(dir);
    if (err)
        return err;
    struct dir_index *x = dir->private;
    err = go_to(dir, &at, x->room_from);
    while (!err && slack(record(&at)) < size_of(len))
        err = go_on(dir, &at);
    if (err == -ENOENT)
        err = grow(dir, &at);
    if (err)
        return err;
    x->room_from = at.offset;
    if (record(&at)->inode) { // split: the new one takes the tail
        struct ext2_dirent *before = record(&at);
        at.offset += (uint64_t)size_of(before->name_len);
        record(&at)->rec_len = (uint16_t)slack(before);
        before->rec_len -= record(&at)->rec_len;
    }
    struct ext2_dirent *d = record(&at);
    d->name_len = (uint8_t)len;
    memcpy(d->name, name, (size_t)len);
    point_to(dir, d, child);
    if (index_add(x, &at))
        ext2_drop_index(dir); // built anew at the next search
    changed(dir, at.page, S_ISDIR(child->mode));
    return 0;
}

// Remove the record of child, which has been found. Does not fail.
static void remove_at(struct inode *dir, const struct place *at, const struct inode *child) {
    // The record before it in its block, if there is one, takes over its bytes. Found by walking there: from
    // where there is room, if that is not far, so that a name that has just come goes soon.
    struct dir_index *x = dir->private;
    const uint64_t start = align_down(at->offset, PAGE_SIZE);
    uint64_t next = x && x->room_from >= start && x->room_from < at->offset ? x->room_from : start;
    struct place before = *at;
    do {
        before.offset = next;
        next += record(&before)->rec_len;
    } while (next < at->offset && check(dir, &before));
    if (x) { // adding a name may have dropped it
        struct name **link = chain_of(x, hash_bytes(record(at)->name, record(at)->name_len)), *gone;
        while ((gone = *link)->offset != at->offset)
            link = &gone->next;
        *link = gone->next;
        kfree(gone);
        x->names--;
        x->room_from = min(x->room_from, before.offset);
    }
    record(at)->inode = 0;
    if (next == at->offset)
        record(&before)->rec_len += record(at)->rec_len;
    else if (before.offset < at->offset)
        ext2_error(ext2_of_inode(dir), "bad record in directory", dir->ino);
    changed(dir, at->page, -S_ISDIR(child->mode));
}

int ext2_dir_remove(struct inode *dir, const char *name, int len, const struct inode *child) {
    struct place at;
    int err = find(dir, name, len, &at);
    if (!err)
        remove_at(dir, &at, child);
    return err;
}

int ext2_dir_move(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                  const char *to_name, int to_len, const struct inode *over) {
    const bool moves = S_ISDIR(child->mode) && from != to;
    struct place old, new, dots;
    int err = find(from, name, len, &old);
    if (err)
        return err;
    err = moves ? find(child, "..", 2, &dots) : 0;
    if (!err) {
        err = over ? find(to, to_name, to_len, &new) : ext2_dir_add(to, to_name, to_len, child);
        if (err && moves)
            page_put(dots.page);
    }
    if (err) {
        page_put(old.page);
        return err;
    }
    if (over) { // nothing fails any more
        point_to(to, record(&new), child);
        changed(to, new.page, 0);
    }
    remove_at(from, &old, child);
    if (moves) {
        point_to(child, record(&dots), to);
        changed(child, dots.page, 0);
    }
    return 0;
}

int ext2_dir_check_empty(struct inode *dir) {
    int err = build_index(dir);
    struct dir_index *x = dir->private;
    return err ? err : x->names > 2 ? -ENOTEMPTY : 0; // "." and ".."
}

ssize_t ext2_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size) {
    static const uint8_t types[8] = {
        0, S_IFREG >> 12, S_IFDIR >> 12, S_IFCHR >> 12, S_IFBLK >> 12, S_IFIFO >> 12, 0, S_IFLNK >> 12};
    size_t used = 0;
    struct place at;
    int err = build_index(dir);
    // The record that *pos named may have gone since: go on with the first one behind it.
    if (!err)
        err = go_to(dir, &at, align_down(*pos, PAGE_SIZE));
    while (!err) {
        const struct ext2_dirent *d = record(&at);
        const uint64_t next = at.offset + d->rec_len;
        if (at.offset >= *pos && d->inode) {
            struct uapi_dirent *out = (void *)((char *)buf + used);
            const size_t len = align_up(sizeof *out + d->name_len + 1, 8);
            if (len > size - used) { // no room
                page_put(at.page);
                err = -EINVAL;
                break;
            }
            *out = (struct uapi_dirent){d->inode, next, (uint16_t)len, types[d->type & 7]};
            // Not before: an assignment leaves anything in the bytes behind a struct's last member.
            memset(out->name, 0, len - offsetof(struct uapi_dirent, name));
            memcpy(out->name, d->name, d->name_len);
            used += len;
        }
        *pos = max(*pos, next);
        err = go_on(dir, &at);
    }
    return used ? (ssize_t)used : err == -ENOENT ? 0 : err;
}
