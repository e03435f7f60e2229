// check.c: a check of the whole disk that is independent of the kernel's code, in a fraction of the time that
// e2fsck needs. For images as ours: one root, no extended attributes, nothing in the reserved inodes but the
// journal.
#include "world.h"

FUZZ_UNMEASURED

static char wrong[300]; // what is, first of all
static uint8_t *role;
static uint8_t roles[MAX_BLOCKS];
static uint16_t links[1024]; // names of each inode that were met
static const struct ext2_super *super;
static uint32_t groups, directories[64];

#define complain(...)                                                                                        \
    do {                                                                                                     \
        if (!wrong[0])                                                                                       \
            snprintf(wrong, sizeof wrong, __VA_ARGS__);                                                      \
    } while (0)

static const struct ext2_descriptor *descriptor(uint32_t group) {
    return (const struct ext2_descriptor *)disk_block(1) + group;
}

static const struct ext2_raw_inode *inode(uint32_t ino) {
    uint64_t at = (uint64_t)((ino - 1) % super->inodes_per_group) * super->inode_size;
    uint32_t block =
        descriptor((ino - 1) / super->inodes_per_group)->inode_table + (uint32_t)(at / PAGE_SIZE);
    return (const struct ext2_raw_inode *)(disk_block(block) + at % PAGE_SIZE);
}

static void claim(uint32_t block, uint32_t n, enum role what) {
    for (; n > 0; n--, block++) {
        if (block >= disk_blocks || role[block] != UNUSED) {
            complain("block %u: twice in use or out of range, %d and %d", block,
                     block < disk_blocks ? role[block] : -1, what);
            return;
        }
        role[block] = (uint8_t)what;
    }
}

// A tree of pointers: claims its blocks, returns how many; *end becomes the page after the last.
static uint32_t claim_tree(uint32_t block, int level, uint64_t page, uint64_t *end, enum role what) {
    uint32_t n = 1;
    if (block == 0 || wrong[0])
        return 0;
    claim(block, 1, level ? INDIRECT : what);
    if (wrong[0])
        return 0;
    if (level == 0)
        *end = page + 1;
    uint64_t span = 1;
    for (int i = 1; i < level; i++)
        span *= EXT2_POINTERS;
    for (uint32_t i = 0; level > 0 && i < EXT2_POINTERS; i++)
        n += claim_tree(((const uint32_t *)disk_block(block))[i], level - 1, page + i * span, end, what);
    return n;
}

static void check_blocks(uint32_t ino, enum role what) {
    const struct ext2_raw_inode *raw = inode(ino);
    uint64_t end = 0, page = 0, size = raw->size | (uint64_t)raw->size_high << 32, span = 1;
    uint32_t n = 0;
    for (int i = 0; i < 15; i++) {
        int level = i < EXT2_DIRECT ? 0 : i - EXT2_DIRECT + 1;
        n += claim_tree(raw->block[i], level, page, &end, what);
        if (level > 0)
            span *= EXT2_POINTERS;
        page += span;
    }
    if (raw->blocks != n * 8)
        complain("inode %u: has %u blocks and says %u", ino, n, raw->blocks / 8);
    if (end > (size + PAGE_SIZE - 1) / PAGE_SIZE)
        complain("inode %u: blocks behind its end, up to page %lu", ino, end);
    if (what == DIRECTORY && (size % PAGE_SIZE || end != size / PAGE_SIZE || n < end))
        complain("directory %u: size %lu", ino, size);
}

static void check_inode(uint32_t ino) {
    const struct ext2_raw_inode *raw = inode(ino);
    if (S_ISREG(raw->mode))
        check_blocks(ino, DATA);
    else if (S_ISLNK(raw->mode) && raw->size >= EXT2_FAST_SYMLINK)
        check_blocks(ino, DATA);
    else if (raw->blocks != 0)
        complain("inode %u, mode %o: has blocks", ino, raw->mode);
}

static uint32_t dir_block(uint32_t ino, uint32_t page) {
    const struct ext2_raw_inode *raw = inode(ino);
    return page < EXT2_DIRECT ? raw->block[page]
                              : ((const uint32_t *)disk_block(raw->block[EXT2_DIRECT]))[page - EXT2_DIRECT];
}

static void check_directory(uint32_t ino, uint32_t parent, int depth);

static void check_record(uint32_t ino, uint32_t parent, const struct ext2_dirent *d, int number, int depth) {
    static const uint8_t types[16] = {[8] = 1, [4] = 2, [2] = 3, [6] = 4, [1] = 5, [12] = 6, [10] = 7};
    if (d->inode > super->inodes_count || d->inode == 0 || (d->inode < 11 && d->inode != EXT2_ROOT_INO)) {
        complain("directory %u: record of inode %u", ino, d->inode);
        return;
    }
    const struct ext2_raw_inode *child = inode(d->inode);
    bool first = links[d->inode]++ == 0;
    if (d->type != (super->feature_incompat & EXT2_INCOMPAT_FILETYPE ? types[child->mode >> 12] : 0))
        complain("directory %u: inode %u has the wrong type", ino, d->inode);
    if (memchr(d->name, 0, d->name_len) || memchr(d->name, '/', d->name_len))
        complain("directory %u: inode %u has a strange name", ino, d->inode);
    if (number < 2) {
        if (d->name_len != number + 1 || memcmp(d->name, "..", d->name_len) != 0 ||
            d->inode != (number ? parent : ino))
            complain("directory %u: record %d is not as it must be", ino, number);
    } else if (S_ISDIR(child->mode)) {
        if (first)
            check_directory(d->inode, ino, depth + 1);
        else
            complain("directory %u has two names", d->inode);
    } else if (first) {
        check_inode(d->inode);
    }
}

static void check_directory(uint32_t ino, uint32_t parent, int depth) {
    const struct ext2_raw_inode *raw = inode(ino);
    int number = 0;
    directories[(ino - 1) / super->inodes_per_group]++;
    check_blocks(ino, DIRECTORY);
    for (uint32_t page = 0; page < raw->size / PAGE_SIZE && !wrong[0]; page++) {
        const char *block = disk_block(dir_block(ino, page));
        for (uint32_t at = 0; at < PAGE_SIZE && !wrong[0];) {
            const struct ext2_dirent *d = (const struct ext2_dirent *)(block + at);
            if (d->rec_len < 8 || d->rec_len % 4 || at + d->rec_len > PAGE_SIZE ||
                d->rec_len < 8 + d->name_len)
                complain("directory %u: record at %u", ino, at);
            else if (d->inode || number < 2)
                check_record(ino, parent, d, number++, depth);
            at += d->rec_len;
        }
    }
}

static bool bit(uint32_t block, uint32_t n) { return disk_block(block)[n / 8] >> n % 8 & 1; }

static void check_group(uint32_t g, uint32_t *blocks, uint32_t *inodes) {
    const struct ext2_descriptor *d = descriptor(g);
    uint32_t free_blocks = 0, free_inodes = 0, first = g * super->blocks_per_group;
    for (uint32_t i = 0; i < super->blocks_per_group; i++) {
        bool used = first + i >= disk_blocks || role[first + i] != UNUSED;
        free_blocks += !used;
        if (bit(d->bitmap[EXT2_BLOCK], i) != used)
            complain("block %u: in use %d, the bitmap disagrees", first + i, used);
    }
    for (uint32_t i = 0; i < super->inodes_per_group; i++) {
        uint32_t ino = g * super->inodes_per_group + i + 1;
        bool used = ino < 11 || links[ino];
        free_inodes += !used;
        if (bit(d->bitmap[EXT2_INODE], i) != used)
            complain("inode %u: in use %d, the bitmap disagrees", ino, used);
        if ((ino >= 11 || ino == EXT2_ROOT_INO) && inode(ino)->links_count != links[ino])
            complain("inode %u: %u names, %u links", ino, links[ino], inode(ino)->links_count);
    }
    if (d->free[EXT2_BLOCK] != free_blocks || d->free[EXT2_INODE] != free_inodes ||
        d->used_dirs != directories[g])
        complain("group %u: counts of blocks %u and %u, inodes %u and %u, directories %u and %u", g,
                 d->free[EXT2_BLOCK], free_blocks, d->free[EXT2_INODE], free_inodes, d->used_dirs,
                 directories[g]);
    *blocks += free_blocks;
    *inodes += free_inodes;
}

static bool has_copy(uint32_t g) { // of the superblock: groups 0, 1, and powers of 3, 5, 7
    for (uint32_t base = 3; base <= 7; base += 2)
        for (uint32_t n = base; n <= g; n *= base)
            if (n == g)
                return true;
    return g <= 1;
}

const char *check_disk(uint8_t *out) {
    role = out ? out : roles;
    memset(role, UNUSED, MAX_BLOCKS);
    memset(links, 0, sizeof links);
    memset(directories, 0, sizeof directories);
    wrong[0] = '\0';
    super = (const struct ext2_super *)(disk_block(0) + 1024);
    groups = (super->blocks_count + super->blocks_per_group - 1) / super->blocks_per_group;
    must(groups <= 64 && super->inodes_count < 1024 && super->blocks_count == disk_blocks);
    if (super->state != EXT2_STATE_VALID || super->last_orphan ||
        (super->feature_incompat & EXT2_INCOMPAT_RECOVER))
        complain("the superblock says that it was not unmounted");
    for (uint32_t g = 0; g < groups; g++) {
        if (has_copy(g)) {
            claim(g * super->blocks_per_group, 1, SUPER);
            claim(g * super->blocks_per_group + 1, 1, DESCRIPTORS);
        }
        claim(descriptor(g)->bitmap[EXT2_BLOCK], 1, BLOCK_BITMAP);
        claim(descriptor(g)->bitmap[EXT2_INODE], 1, INODE_BITMAP);
        claim(descriptor(g)->inode_table, super->inodes_per_group * super->inode_size / PAGE_SIZE,
              INODE_TABLE);
    }
    if (super->feature_compat & EXT2_COMPAT_HAS_JOURNAL)
        check_blocks(super->journal_inum, JOURNAL);
    check_directory(EXT2_ROOT_INO, EXT2_ROOT_INO, 0);
    uint32_t blocks = 0, inodes = 0;
    for (uint32_t g = 0; g < groups; g++)
        check_group(g, &blocks, &inodes);
    if (super->free[EXT2_BLOCK] != blocks || super->free[EXT2_INODE] != inodes)
        complain("the superblock's counts: blocks %u and %u, inodes %u and %u", super->free[EXT2_BLOCK],
                 blocks, super->free[EXT2_INODE], inodes);
    return wrong[0] ? wrong : NULL;
}

FUZZ_MEASURED
