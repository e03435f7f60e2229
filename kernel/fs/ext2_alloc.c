// ext2_alloc.c: the bitmaps of blocks and inodes with their counts. The allocator's lock (e->alloc) is taken
// here.
//
// What a transaction frees is marked free on disk at once, but held back in memory until the commit: were it
// used again before, a power cut could leave two owners, or a file with another one's data.
#include "fs/ext2.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"

int ext2_error(struct ext2 *e, const char *what, uint64_t number) {
    if (!e->fs.failed)
        kalert("%s: damaged file system: %s %lu; read-only from now on, run e2fsck on it\n", e->fs.dev->name,
               what, number);
    e->fs.failed = e->fs.read_only = true;
    return -EIO;
}

bool ext2_block_ok(const struct ext2 *e, uint64_t block) {
    if (block <= e->super_page->index || block >= e->blocks)
        return false;
    const struct ext2_group *g = &e->group[block / e->blocks_per_group];
    return block != g->blocks.block && block != g->inodes.block &&
           (block < g->inode_table || block >= (uint64_t)g->inode_table + e->inode_table_blocks);
}

// The superblock page with the sums joins the transaction. alloc held.
static void super_dirty(struct ext2 *e) {
    txn_access(&e->fs, e->super_page);
    txn_dirty(&e->fs, e->super_page);
}

void ext2_super_dirty(struct ext2 *e) {
    mutex_lock(&e->alloc);
    super_dirty(e);
    mutex_unlock(&e->alloc);
}

// The counts of group g to its descriptor, and the sums to the superblock. alloc held.
static int write_counts(struct ext2 *e, uint32_t g) {
    const uint32_t per_page = PAGE_SIZE / sizeof(struct ext2_descriptor);
    struct page *p;
    int err = cache_read(&e->meta, 1 + g / per_page, &p);
    if (err)
        return err;
    struct ext2_descriptor *d = (struct ext2_descriptor *)page_va(p) + g % per_page;
    txn_access(&e->fs, p);
    d->free_blocks = (uint16_t)e->group[g].blocks.free;
    d->free_inodes = (uint16_t)e->group[g].inodes.free;
    d->used_dirs = (uint16_t)e->group[g].used_dirs;
    txn_dirty(&e->fs, p);
    page_put(p);
    return 0;
}

// Take a free bit of b, at or after from. alloc held. The bit, -ENOSPC or another error.
static int64_t take(struct ext2 *e, struct ext2_bitmap *b, uint32_t from) {
    if (b->frozen || b->free <= b->held)
        return -ENOSPC;
    struct page *p;
    int err = cache_read(&e->meta, b->block, &p);
    if (err)
        return err;
    int64_t bit = bits_find_zero(page_va(p), b->held ? b->held_bits : NULL, b->bits, from);
    if (bit >= 0) {
        txn_access(&e->fs, p);
        bits_set(page_va(p), (uint32_t)bit, true);
        txn_dirty(&e->fs, p);
        b->free--;
        b->hint = (uint32_t)bit + 1;
    }
    page_put(p);
    return bit >= 0 ? bit : ext2_error(e, "wrong count of free bits in the bitmap in block", b->block);
}

// Give back bits [bit, bit + n) of b. alloc held.
static int give(struct ext2 *e, struct ext2_bitmap *b, uint32_t bit, uint32_t n) {
    struct page *p;
    int err = cache_read(&e->meta, b->block, &p);
    if (err)
        return err;
    if (!b->held_bits)
        b->held_bits = kmalloc(PAGE_SIZE, PAGE_NOFS | PAGE_ZERO);
    if (!b->held_bits)
        b->frozen = true;
    txn_access(&e->fs, p);
    for (uint32_t i = bit; i < bit + n; i++) {
        if (!bits_get(page_va(p), i))
            err = ext2_error(e, "freed twice: a bit of the bitmap in block", b->block);
        else
            b->free++;
        bits_set(page_va(p), i, false);
        if (b->held_bits)
            bits_set(b->held_bits, i, true);
    }
    b->held += n;
    txn_dirty(&e->fs, p);
    page_put(p);
    return err;
}

int ext2_alloc_block(struct ext2 *e, uint32_t goal, uint32_t *block) {
    mutex_lock(&e->alloc);
    if (goal >= e->blocks)
        goal = 1;
    uint32_t first = goal / e->blocks_per_group;
    int64_t bit = -ENOSPC;
    for (uint32_t i = 0; i < e->groups && bit == -ENOSPC; i++) {
        uint32_t g = (first + i) % e->groups;
        struct ext2_bitmap *b = &e->group[g].blocks;
        bit = take(e, b, i == 0 ? goal % e->blocks_per_group : b->hint);
        if (bit < 0)
            continue;
        e->super->free_blocks_count--;
        *block = g * e->blocks_per_group + (uint32_t)bit;
        int err = write_counts(e, g);
        if (err || !ext2_block_ok(e, *block))
            bit = err ? err : ext2_error(e, "not marked in use: block", *block);
    }
    mutex_unlock(&e->alloc);
    return bit < 0 ? (int)bit : 0;
}

int ext2_free_blocks(struct ext2 *e, uint32_t block, uint32_t count) {
    int err = 0;
    mutex_lock(&e->alloc);
    while (count > 0 && !err) {
        uint32_t g = block / e->blocks_per_group, bit = block % e->blocks_per_group;
        if (g >= e->groups) {
            err = ext2_error(e, "outside: block", block);
            break;
        }
        uint32_t n = min(count, e->group[g].blocks.bits - bit);
        err = give(e, &e->group[g].blocks, bit, n);
        e->super->free_blocks_count += n;
        e->held_blocks += n;
        if (!err)
            err = write_counts(e, g);
        block += n;
        count -= n;
    }
    mutex_unlock(&e->alloc);
    return err;
}

int ext2_alloc_inode(struct ext2 *e, uint32_t parent_group, bool directory, uint32_t *ino) {
    mutex_lock(&e->alloc);
    uint32_t first = ext2_policy_group(e, parent_group, directory);
    int64_t bit = -ENOSPC;
    for (uint32_t i = 0; i < e->groups && bit == -ENOSPC; i++) {
        uint32_t g = (first + i) % e->groups;
        bit = take(e, &e->group[g].inodes, e->group[g].inodes.hint);
        if (bit < 0)
            continue;
        *ino = g * e->inodes_per_group + (uint32_t)bit + 1;
        e->group[g].used_dirs += directory;
        e->super->free_inodes_count--;
        int err = *ino < e->first_ino ? ext2_error(e, "not marked in use: inode", *ino) : write_counts(e, g);
        if (err)
            bit = err;
    }
    mutex_unlock(&e->alloc);
    return bit < 0 ? (int)bit : 0;
}

int ext2_free_inode(struct ext2 *e, uint32_t ino, bool directory) {
    mutex_lock(&e->alloc);
    uint32_t g = (ino - 1) / e->inodes_per_group;
    int err = give(e, &e->group[g].inodes, (ino - 1) % e->inodes_per_group, 1);
    e->super->free_inodes_count++;
    e->held_inodes++;
    e->group[g].used_dirs -= directory;
    if (!err)
        err = write_counts(e, g);
    mutex_unlock(&e->alloc);
    return err;
}

static void release_held(struct ext2_bitmap *b) {
    if (b->held > 0 && b->held_bits)
        memset(b->held_bits, 0, PAGE_SIZE);
    b->held = 0;
    b->frozen = false;
}

// The transaction is closed, so nobody is in here; alloc is taken all the same for those that only read
// counts.
void ext2_committed(struct filesystem *fs) {
    struct ext2 *e = ext2_of(fs);
    mutex_lock(&e->alloc);
    for (uint32_t g = 0; g < e->groups && e->held_blocks + e->held_inodes > 0; g++) {
        release_held(&e->group[g].blocks);
        release_held(&e->group[g].inodes);
    }
    e->held_blocks = e->held_inodes = 0;
    mutex_unlock(&e->alloc);
}
