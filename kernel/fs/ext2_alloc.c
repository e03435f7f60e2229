// ext2_alloc.c: the bitmaps of blocks and inodes with their counts. The group's lock is taken here, once its
// bitmap is in memory.
//
// What a transaction frees is marked free on disk at once, but held back in memory until the commit: were it
// used again before, a power cut could leave two owners, or a file with another one's data.
#include "fs/ext2.h"

int ext2_error(struct ext2 *e, const char *what, uint64_t number) {
    if (!e->fs.read_only)
        kalert("%s: damaged file system: %s %lu; read-only from now on, run e2fsck on it\n", e->fs.dev->name,
               what, number);
    racy(e->fs.read_only) = true; // who does not see it yet finds it at the next commit
    return -EIO;
}

bool ext2_block_ok(const struct ext2 *e, uint64_t block) {
    if (block <= e->group[e->groups - 1].page->index || block >= e->super->blocks_count)
        return false;
    const struct ext2_descriptor *d = e->group[block / e->per_group[EXT2_BLOCK]].descriptor;
    return block != d->bitmap[EXT2_BLOCK] && block != d->bitmap[EXT2_INODE] &&
           (block < d->inode_table || block >= (uint64_t)d->inode_table + e->inode_table_blocks);
}

void ext2_changed(struct ext2 *e, struct page *page) {
    txn_dirty(&e->fs, page);
    page_put(page);
}

static bool bit_get(const uint64_t *map, uint32_t bit) { return map[bit / 64] >> (bit % 64) & 1; }
static void bit_flip(uint64_t *map, uint32_t bit) { map[bit / 64] ^= 1UL << (bit % 64); }

// First bit in [from, to) that is 0 in both maps, or -1.
static int64_t find_zero(const uint64_t *map, const uint64_t *held, uint32_t from, uint32_t to) {
    for (uint32_t bit = from; bit < to; bit++) {
        uint64_t used = map[bit / 64] | held[bit / 64];
        if (used == UINT64_MAX)
            bit |= 63; // the last of this word
        else if (!(used >> (bit % 64) & 1))
            return bit;
    }
    return -1;
}

// Flip a bit of a group's bitmap, which is in page p; the number of those that are 0 changes by so much, and
// that of directories. The group's lock held.
static void flip(struct ext2 *e, enum ext2_kind kind, struct ext2_group *g, struct page *p, uint32_t bit,
                 int by, bool directory) {
    bit_flip(page_va(p), bit);
    g->descriptor->free[kind] += by;
    __atomic_fetch_add(&e->super->free[kind], by, __ATOMIC_RELAXED);
    if (directory)
        g->descriptor->used_dirs -= by;
    txn_dirty(&e->fs, p);
    txn_dirty(&e->fs, g->page);
    txn_dirty(&e->fs, e->super_page);
}

// Take a free one from this group, from that bit on if possible.
static int take(struct ext2 *e, enum ext2_kind kind, uint32_t group, uint32_t from, bool directory,
                uint32_t *number) {
    struct ext2_group *g = &e->group[group];
    struct ext2_bitmap *b = &g->map[kind];
    struct ext2_descriptor *d = g->descriptor;
    struct page *p;
    if (racy(d->free[kind]) == 0) // what is held counts as free: looked at below
        return -ENOSPC;
    int err = cache_read(&e->meta, d->bitmap[kind], &p);
    if (err)
        return err;
    spin_lock(&g->lock);
    bool room = d->free[kind] > b->held, good = false;
    if (room) {
        int64_t bit = find_zero(page_va(p), b->held_bits, from, b->bits);
        if (bit < 0)
            bit = find_zero(page_va(p), b->held_bits, 0, b->bits);
        *number = group * e->per_group[kind] + (uint32_t)bit;
        good =
            bit >= 0 && (kind == EXT2_BLOCK ? ext2_block_ok(e, *number) : *number + 1 >= e->super->first_ino);
        if (good) {
            racy(b->hint) = (uint32_t)bit + 1; // read without the lock: a guess
            flip(e, kind, g, p, (uint32_t)bit, -1, directory);
        }
    }
    spin_unlock(&g->lock);
    page_put(p);
    if (room && !good)
        return ext2_error(e, "not what its group's counts say: the bitmap in block", d->bitmap[kind]);
    return room ? 0 : -ENOSPC;
}

int ext2_alloc(struct ext2 *e, enum ext2_kind kind, uint32_t goal, bool directory, uint32_t *number) {
    int err = -ENOSPC;
    uint32_t group = goal / e->per_group[kind] % e->groups, from = goal % e->per_group[kind];
    for (uint32_t i = 0; i < e->groups && err == -ENOSPC; i++) {
        err = take(e, kind, group, from, directory, number);
        group = (group + 1) % e->groups;
        from = racy(e->group[group].map[kind].hint);
    }
    return err;
}

int ext2_free(struct ext2 *e, enum ext2_kind kind, uint32_t number, bool directory) {
    uint32_t group = number / e->per_group[kind], bit = number % e->per_group[kind];
    struct ext2_group *g = &e->group[group];
    struct ext2_bitmap *b = &g->map[kind];
    struct page *p;
    int err = cache_read(&e->meta, g->descriptor->bitmap[kind], &p);
    if (err)
        return err;
    spin_lock(&g->lock);
    bool used = bit_get(page_va(p), bit);
    if (used) {
        bit_flip(b->held_bits, bit);
        b->held++;
        flip(e, kind, g, p, bit, 1, directory);
    }
    spin_unlock(&g->lock);
    page_put(p);
    return used ? 0 : ext2_error(e, "freed twice: a bit of the bitmap in block", g->descriptor->bitmap[kind]);
}

// The transaction is closed, so nobody else is in here.
void ext2_committed(struct filesystem *fs) {
    struct ext2 *e = ext2_of(fs);
    for (uint32_t i = 0; i < 2 * e->groups; i++) {
        struct ext2_bitmap *b = &e->group[i / 2].map[i % 2];
        if (b->held > 0)
            memset(b->held_bits, 0, PAGE_SIZE);
        b->held = 0;
    }
}
