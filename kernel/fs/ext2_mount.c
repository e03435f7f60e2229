// ext2_mount.c: mounting: nothing on the disk is believed before it has been checked.
#include "fs/ext2.h"

// The steps of a mount return NULL, or the sentence that says what is wrong.
static const char *const NO_MEMORY = "there is not enough memory";

// Are there features that we do not know? The sentence names the first.
static const char *check_features(const struct ext2_super *s) {
    static const char *const names[2][32] = {
        {"compression", "", "", "journal_dev", "meta_bg", "", "extents", "64bit", "mmp", "flex_bg",
         "ea_inode", "", "dirdata", "csum_seed", "large_dir", "inline_data", "encrypt", "casefold"},
        {"", "", "btree_dir", "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "snapshot", "quota",
         "bigalloc", "metadata_csum", "replica", "read-only", "project"}};
    const uint32_t incompat = s->feature_incompat & ~(EXT2_INCOMPAT_FILETYPE | EXT2_INCOMPAT_RECOVER);
    const uint32_t ro = s->feature_ro_compat & ~(EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE);
    static char text[96];
    if (!incompat && !ro)
        return NULL;
    const int bit = bit_lowest(incompat ? incompat : ro);
    const char *name = names[!incompat][bit];
    format(text, sizeof text, "it uses the feature %s (bit %d), which this kernel does not know",
           name ? name : "", bit);
    return text;
}

// Is the superblock one that we can work with? Sets the numbers of e.
static const char *check_super(struct ext2 *e) {
    const struct ext2_super *s = e->super;
    if (s->magic != EXT2_MAGIC)
        return "it holds no ext2 file system";
    if (s->rev_level != 1 || s->log_block_size != 2 || (s->inode_size != 128 && s->inode_size != 256))
        return "it is not of revision 1 with blocks of 4 KiB and inodes of 128 or 256 bytes; make it with "
               "mke2fs -t ext2 -b 4096";
    const char *why = check_features(s);
    if (why)
        return why;
    e->groups = s->blocks_per_group ? (uint32_t)div_up(s->blocks_count, s->blocks_per_group) : 0;
    if (s->blocks_count < 8 || s->first_data_block != 0 || s->blocks_per_group == 0 ||
        s->blocks_per_group > 8 * PAGE_SIZE || s->blocks_per_group % 8 || s->inodes_per_group == 0 ||
        s->inodes_per_group > 8 * PAGE_SIZE || s->inodes_per_group % (PAGE_SIZE / s->inode_size) ||
        s->first_ino < 11 || (uint64_t)e->groups * s->inodes_per_group != s->inodes_count ||
        s->first_ino > s->inodes_count)
        return "the numbers in its superblock make no sense; run e2fsck on it";
    if ((uint64_t)s->blocks_count * (PAGE_SIZE / SECTOR_SIZE) > e->fs.dev->sectors)
        return "it is larger than its device; was the image cut off?";
    if ((s->feature_incompat & EXT2_INCOMPAT_RECOVER) || s->state != EXT2_STATE_VALID || s->last_orphan != 0)
        return "it was not cleanly unmounted; run e2fsck -p on it";
    e->per_group[EXT2_BLOCK] = s->blocks_per_group;
    e->per_group[EXT2_INODE] = s->inodes_per_group;
    e->inode_table_blocks = s->inodes_per_group * s->inode_size / PAGE_SIZE;
    return NULL;
}

// Group i of e->group, with its descriptor.
static const char *open_group(struct ext2 *e, uint32_t i) {
    const uint32_t per_page = PAGE_SIZE / sizeof(struct ext2_descriptor);
    const uint32_t first = 1 + (uint32_t)div_up(e->groups, per_page); // blocks before it hold other things
    const uint32_t blocks = e->super->blocks_count;
    struct ext2_group *g = &e->group[i];
    spin_init(&g->lock, RANK_EXT2, "block group");
    if (cache_read(&e->meta, 1 + i / per_page, &g->page))
        return "its group descriptors cannot be read";
    struct ext2_descriptor *d = g->descriptor = (struct ext2_descriptor *)page_va(g->page) + i % per_page;
    bool bad = d->inode_table < first || (uint64_t)d->inode_table + e->inode_table_blocks > blocks;
    for (int kind = EXT2_BLOCK; kind <= EXT2_INODE; kind++) {
        struct ext2_bitmap *b = &g->map[kind];
        b->bits = e->per_group[kind];
        if (kind == EXT2_BLOCK) // the last group may be smaller
            b->bits = min(b->bits, blocks - i * b->bits);
        bad |= d->bitmap[kind] < first || d->bitmap[kind] >= blocks || d->free[kind] > b->bits;
        if (!(b->held_bits = kmalloc(PAGE_SIZE, PAGE_WAIT | PAGE_ZERO)))
            return NO_MEMORY;
    }
    return bad ? "its group descriptors make no sense; run e2fsck on it" : NULL;
}

// From here on a crash leaves something to repair, and the superblock says so.
static const char *open_for_writing(struct ext2 *e) {
    struct ext2_super *s = e->super;
    struct inode *journal = NULL;
    if ((s->feature_compat & EXT2_COMPAT_HAS_JOURNAL) &&
        (inode_find(&e->fs, s->journal_inum, &journal) || !S_ISREG(journal->mode)))
        return "its journal cannot be found";
    const char *why = txn_start(&e->fs, &e->meta, journal);
    if (why)
        return why;
    s->state &= (uint16_t)~EXT2_STATE_VALID;
    if (journal)
        s->feature_incompat |= EXT2_INCOMPAT_RECOVER;
    s->feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE; // there may be one
    return ext2_write_super(e) ? "it cannot be written" : NULL;
}

// Boot cannot go on without it, so what a failed attempt holds stays.
const char *ext2_mount(struct block_device *dev, struct filesystem **out) {
    struct ext2 *e = kmalloc(sizeof *e, PAGE_WAIT | PAGE_ZERO);
    if (!e)
        return NO_MEMORY;
    *out = &e->fs;
    e->fs.ops = &ext2_ops;
    e->fs.dev = dev;
    // The count of sectors of a file has 32 bits, and indirect blocks count too.
    e->fs.max_size = ((1UL << 29) - (1UL << 20)) * PAGE_SIZE;
    list_init(&e->orphans);
    mutex_init(&e->fs.rename, MUTEX_RENAME, "rename");
    spin_init(&e->orphan_lock, RANK_EXT2, "orphans");
    e->meta = (struct mapping){.dev = dev, .owner = e, .pages = LIST_INIT(e->meta.pages)};
    if (cache_read(&e->meta, 0, &e->super_page))
        return "its superblock cannot be read";
    e->super = (struct ext2_super *)((char *)page_va(e->super_page) + 1024);
    const char *why = check_super(e);
    if (!why && !(e->group = kmalloc(e->groups * sizeof e->group[0], PAGE_WAIT | PAGE_ZERO)))
        why = NO_MEMORY;
    for (uint32_t i = 0; i < e->groups && !why; i++)
        why = open_group(e, i);
    if (!why)
        why = open_for_writing(e);
    if (!why && (inode_find(&e->fs, EXT2_ROOT_INO, &e->fs.root) || !S_ISDIR(e->fs.root->mode)))
        why = "its root directory cannot be read; run e2fsck on it";
    return why;
}
