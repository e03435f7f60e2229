// ext2.c: mounting: nothing on the disk is believed before it has been checked; unmounting; and the whole
// file system's operations.
#include "fs/ext2.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"

static char why_text[160]; // the sentence of the mount that failed last

// Features by bit, for the sentence that refuses them.
struct feature {
    uint32_t bit;
    const char *name;
};
static const struct feature incompat_names[] = {
    {0x1, "compression"},  {0x8, "a journal device"}, {0x10, "meta_bg"},
    {0x40, "extents"},     {0x80, "64bit"},           {0x100, "mmp"},
    {0x200, "flex_bg"},    {0x400, "ea_inode"},       {0x2000, "metadata_csum_seed"},
    {0x4000, "large_dir"}, {0x8000, "inline_data"},   {0x10000, "encrypt"},
    {0x20000, "casefold"},
};
static const struct feature ro_compat_names[] = {
    {0x4, "btree_dir"},    {0x8, "huge_file"},  {0x10, "uninit_bg"}, {0x20, "dir_nlink"},
    {0x40, "extra_isize"}, {0x100, "quota"},    {0x200, "bigalloc"}, {0x400, "metadata_csum"},
    {0x1000, "read-only"}, {0x2000, "project"}, {0x8000, "verity"},  {0x10000, "orphan_present"},
};

// 0, or -EINVAL with a sentence that names the first unknown feature.
static int refuse(uint32_t unknown, const struct feature *names, size_t count, const char **why) {
    if (unknown == 0)
        return 0;
    const char *name = NULL;
    for (size_t i = 0; i < count && !name; i++)
        if (unknown & names[i].bit)
            name = names[i].name;
    if (name)
        format(why_text, sizeof why_text, "it uses the feature %s, which this kernel does not know", name);
    else
        format(why_text, sizeof why_text, "it uses unknown features (bits 0x%x)", unknown);
    *why = why_text;
    return -EINVAL;
}

// Is the superblock one that we can work with? Sets the numbers of e. 0, or -EINVAL with *why.
static int check_super(struct ext2 *e, bool read_only, const char **why) {
    const struct ext2_super *s = e->super;
    *why = "it holds no ext2 file system";
    if (s->magic != EXT2_MAGIC)
        return -EINVAL;
    *why = "its ext2 is of the old revision 0; make it with mke2fs -t ext2 -b 4096";
    if (s->rev_level != 1)
        return -EINVAL;
    *why = "its blocks are not 4 KiB; make it with mke2fs -t ext2 -b 4096";
    if (s->log_block_size != 2)
        return -EINVAL;
    if (refuse(s->feature_incompat & ~(uint32_t)(EXT2_INCOMPAT_FILETYPE | EXT2_INCOMPAT_RECOVER),
               incompat_names, ARRAY_SIZE(incompat_names), why))
        return -EINVAL;
    uint32_t ro = s->feature_ro_compat & ~(uint32_t)(EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE);
    if (!read_only && refuse(ro, ro_compat_names, ARRAY_SIZE(ro_compat_names), why))
        return -EINVAL;
    *why = "its inodes are neither 128 nor 256 bytes long";
    if (s->inode_size != 128 && s->inode_size != 256)
        return -EINVAL;
    *why = "the numbers in its superblock make no sense; run e2fsck on it";
    const uint32_t bits = 8 * PAGE_SIZE;
    if (s->blocks_count < 8 || s->first_data_block != 0 || s->blocks_per_group == 0 ||
        s->blocks_per_group > bits || s->blocks_per_group % 8 || s->inodes_per_group == 0 ||
        s->inodes_per_group > bits || s->inodes_per_group % (PAGE_SIZE / s->inode_size) || s->first_ino < 11)
        return -EINVAL;
    e->blocks = s->blocks_count;
    e->inodes = s->inodes_count;
    e->blocks_per_group = s->blocks_per_group;
    e->inodes_per_group = s->inodes_per_group;
    e->inode_size = s->inode_size;
    e->first_ino = s->first_ino;
    e->groups = (uint32_t)div_up(s->blocks_count, s->blocks_per_group);
    e->inode_table_blocks = s->inodes_per_group * s->inode_size / PAGE_SIZE;
    if ((uint64_t)e->groups * s->inodes_per_group != s->inodes_count || s->first_ino > s->inodes_count ||
        s->free_blocks_count > s->blocks_count || s->free_inodes_count > s->inodes_count)
        return -EINVAL;
    *why = "it is larger than its device; was the image cut off?";
    if ((uint64_t)s->blocks_count * (PAGE_SIZE / SECTOR_SIZE) > e->fs.dev->sectors)
        return -EINVAL;
    *why = "it has more block groups than this kernel handles";
    if (e->groups * sizeof(struct ext2_group) > 64 * 1024)
        return -EINVAL;
    *why = "it was not cleanly unmounted; run e2fsck -p on it";
    if ((s->feature_incompat & EXT2_INCOMPAT_RECOVER) || (!read_only && !(s->state & EXT2_STATE_VALID)))
        return -EINVAL;
    *why = "it is marked as damaged; run e2fsck on it";
    return !read_only && (s->state & EXT2_STATE_ERROR) ? -EINVAL : 0;
}

// Read the group descriptors into e->group.
static int read_groups(struct ext2 *e, const char **why) {
    const uint32_t per_page = PAGE_SIZE / sizeof(struct ext2_descriptor);
    const uint32_t first = 1 + (uint32_t)div_up(e->groups, per_page); // blocks before it hold other things
    *why = "there is not enough memory";
    e->group = kmalloc(e->groups * sizeof e->group[0], PAGE_WAIT | PAGE_ZERO);
    if (!e->group)
        return -ENOMEM;
    for (uint32_t i = 0; i < e->groups; i++) {
        struct ext2_group *g = &e->group[i];
        struct page *p;
        *why = "its group descriptors cannot be read";
        int err = cache_read(&e->meta, 1 + i / per_page, &p);
        if (err)
            return err;
        struct ext2_descriptor d = ((struct ext2_descriptor *)page_va(p))[i % per_page];
        page_put(p);
        *why = "its group descriptors make no sense; run e2fsck on it";
        uint32_t bits = min(e->blocks_per_group, e->blocks - i * e->blocks_per_group);
        if (d.block_bitmap < first || d.block_bitmap >= e->blocks || d.inode_bitmap < first ||
            d.inode_bitmap >= e->blocks || d.inode_table < first ||
            (uint64_t)d.inode_table + e->inode_table_blocks > e->blocks || d.free_blocks > bits ||
            d.free_inodes > e->inodes_per_group || d.used_dirs > e->inodes_per_group)
            return -EINVAL;
        g->blocks = (struct ext2_bitmap){.block = d.block_bitmap, .bits = bits, .free = d.free_blocks};
        g->inodes =
            (struct ext2_bitmap){.block = d.inode_bitmap, .bits = e->inodes_per_group, .free = d.free_inodes};
        g->inode_table = d.inode_table;
        g->used_dirs = d.used_dirs;
    }
    return 0;
}

// Put the superblock on disk, now.
static int write_super(struct ext2 *e) {
    uint64_t block = e->super_page->index;
    int err = cache_write_pages(e->fs.dev, &e->super_page, &block, 1);
    return err ? err : block_flush(e->fs.dev);
}

// From here on a crash leaves something to repair, and the superblock says so.
static int open_for_writing(struct ext2 *e, const char **why) {
    struct ext2_super *s = e->super;
    int err;
    if (s->feature_compat & EXT2_COMPAT_HAS_JOURNAL) {
        *why = "its journal is on another device";
        if (s->journal_inum == 0 || s->journal_dev != 0)
            return -EINVAL;
        *why = "its journal cannot be found";
        err = inode_find(&e->fs, s->journal_inum, &e->journal);
        if (err)
            return err;
        if (!S_ISREG(e->journal->mode))
            return -EINVAL;
    }
    err = txn_start(&e->fs, &e->meta, e->journal, why);
    if (err)
        return err;
    s->state &= (uint16_t)~EXT2_STATE_VALID;
    if (e->journal)
        s->feature_incompat |= EXT2_INCOMPAT_RECOVER;
    s->mnt_count++;
    s->mtime = (uint32_t)(clock_realtime() / 1000000000);
    *why = "it cannot be written";
    return write_super(e);
}

static void statfs(struct filesystem *fs, struct uapi_statfs *st) {
    struct ext2 *e = ext2_of(fs);
    mutex_lock(&e->alloc);
    *st = (struct uapi_statfs){.type = EXT2_MAGIC,
                               .bsize = PAGE_SIZE,
                               .blocks = e->blocks,
                               .bfree = e->super->free_blocks_count,
                               .bavail = e->super->free_blocks_count,
                               .files = e->inodes,
                               .ffree = e->super->free_inodes_count,
                               .namelen = UAPI_NAME_MAX,
                               .flags = fs->read_only};
    mutex_unlock(&e->alloc);
}

static int unmount(struct filesystem *fs) {
    struct ext2 *e = ext2_of(fs);
    struct inode *ino, *last = NULL;
    if (!fs->txn || fs->read_only)
        return fs->failed ? -EIO : 0;
    // Files that are open without a name: nobody will read them any more.
    while ((ino = list_first(&e->orphans, struct inode, orphan_link)) && ino != last) {
        ext2_evict(ino);
        last = ino;
    }
    int err = txn_commit(fs);
    if (err || fs->failed)
        return -EIO;
    fs->read_only = true;
    err = txn_stop(fs);
    e->super->state |= EXT2_STATE_VALID;
    e->super->feature_incompat &= ~(uint32_t)EXT2_INCOMPAT_RECOVER;
    e->super->wtime = (uint32_t)(clock_realtime() / 1000000000);
    return err ? err : write_super(e);
}

static const struct filesystem_ops ext2_ops = {
    .read_inode = ext2_read_inode,
    .statfs = statfs,
    .unmount = unmount,
    .committed = ext2_committed,
    .release = ext2_release,
};

// Everything up to the root directory. 0, or -errno with *why.
static int mount(struct ext2 *e, bool read_only, const char **why) {
    *why = "its superblock cannot be read";
    int err = cache_read(&e->meta, 0, &e->super_page);
    if (err)
        return err;
    e->super = (struct ext2_super *)((char *)page_va(e->super_page) + 1024);
    err = check_super(e, read_only, why);
    if (!err)
        err = read_groups(e, why);
    if (!err && !read_only)
        err = open_for_writing(e, why);
    if (err)
        return err;
    if (!read_only && e->super->last_orphan != 0)
        ext2_free_orphans(e);
    struct inode *root;
    *why = "its root directory cannot be read; run e2fsck on it";
    err = inode_find(&e->fs, EXT2_ROOT_INO, &root);
    if (!err && !S_ISDIR(root->mode)) {
        inode_put(root);
        err = -EINVAL;
    }
    e->fs.root = err ? NULL : root;
    return err;
}

int ext2_mount(struct block_device *dev, bool read_only, struct filesystem **out, const char **why) {
    *why = "the device is smaller than a file system can be";
    if (dev->sectors < 8 * PAGE_SIZE / SECTOR_SIZE)
        return -EINVAL;
    struct ext2 *e = kmalloc(sizeof *e, PAGE_WAIT | PAGE_ZERO);
    *why = "there is not enough memory";
    if (!e)
        return -ENOMEM;
    read_only = read_only || dev->read_only;
    e->fs.ops = &ext2_ops;
    e->fs.inode_ops = &ext2_inode_ops;
    e->fs.mapping_ops = &ext2_mapping_ops;
    e->fs.dev = dev;
    e->fs.read_only = read_only;
    e->fs.max_size = ext2_max_size();
    mutex_init(&e->fs.rename, MUTEX_RENAME, "rename");
    mutex_init(&e->alloc, MUTEX_ALLOC, "ext2 bitmaps");
    mapping_init(&e->meta, dev, NULL, e);
    list_init(&e->orphans);
    int err = mount(e, read_only, why);
    if (!err) {
        *out = &e->fs;
        return 0;
    }
    // Boot cannot go on without it; what the failed attempt holds (bitmaps, the journal's inode) stays.
    return err;
}
