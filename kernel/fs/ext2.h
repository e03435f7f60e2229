// ext2.h: ext2 revision 1 as it lies on disk, and what the files ext2*.c share.
//
// Blocks of 4 KiB, so that a block is a page. On disk: block 0 holds the superblock at byte 1024, the group
// descriptors follow; each group has a bitmap of its blocks, a bitmap of its inodes, and its part of the
// inode table. All of these, directories and indirect blocks are metadata: pages of the device's mapping,
// changed inside transactions (txn.h). Everything is little-endian, like us.
//
// Who calls whom: ext2_mount.c (mount) -> ext2.c (the table of operations, names) -> ext2_dir.c (a
// directory's records and index) and ext2_inode.c (inodes: disk, truncate, evict) -> ext2_map.c (which block)
// -> ext2_alloc.c (bitmaps), ext2_policy.c (where). Locks: the caller holds dir->dir; we take inode->lock one
// at a time; then a group's lock, or that of the orphans.
#pragma once

#include "fs/txn.h"

enum {
    EXT2_MAGIC = 0xef53,
    EXT2_ROOT_INO = 2,
    EXT2_STATE_VALID = 1, // s_state: cleanly unmounted
    EXT2_LINK_MAX = 65000,
    EXT2_DIRECT = 12, // block pointers in the inode; then single, double, triple indirect
    EXT2_LEVELS = 3,
    EXT2_POINTER_BITS = 10,
    EXT2_POINTERS = 1 << EXT2_POINTER_BITS, // in an indirect block
    EXT2_INDEX_FL = 0x1000,                 // directory has a hash tree
    EXT2_FAST_SYMLINK = 60,                 // shorter ones live in the block pointers
    EXT2_COMPAT_HAS_JOURNAL = 4,
    EXT2_INCOMPAT_FILETYPE = 2,
    EXT2_INCOMPAT_RECOVER = 4,
    EXT2_RO_COMPAT_SPARSE_SUPER = 1,
    EXT2_RO_COMPAT_LARGE_FILE = 2,
};

enum ext2_kind { EXT2_BLOCK, EXT2_INODE };

struct ext2_super {
    // free: by ext2_kind, sums over all groups; atomic
    uint32_t inodes_count, blocks_count, r_blocks_count, free[2], first_data_block;
    uint32_t log_block_size, log_frag_size, blocks_per_group, frags_per_group, inodes_per_group;
    uint32_t mtime, wtime;
    uint16_t mnt_count, max_mnt_count, magic, state, errors, minor_rev_level;
    uint32_t lastcheck, checkinterval, creator_os, rev_level;
    uint16_t def_resuid, def_resgid;
    uint32_t first_ino;
    uint16_t inode_size, block_group_nr;
    uint32_t feature_compat, feature_incompat, feature_ro_compat;
    uint8_t names_and_more[120];
    uint32_t journal_inum, journal_dev, last_orphan;
};
_Static_assert(offsetof(struct ext2_super, magic) == 56, "ext2 superblock");
_Static_assert(offsetof(struct ext2_super, last_orphan) == 232, "ext2 superblock");

struct ext2_descriptor {
    uint32_t bitmap[2], inode_table;    // blocks; bitmap and free: by ext2_kind
    uint16_t free[2], used_dirs, flags; // free: zero bits
    uint32_t reserved[3];
};

struct ext2_raw_inode {
    uint16_t mode, uid;
    uint32_t size, atime, ctime, mtime, dtime;
    uint16_t gid, links_count;
    uint32_t blocks, flags, version, block[15], generation, file_acl, size_high, faddr;
    uint16_t frag, pad, uid_high, gid_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct ext2_raw_inode) == 128, "ext2 inode");

struct ext2_dirent {
    uint32_t inode;   // 0: unused
    uint16_t rec_len; // bytes to the next record; the records fill the block
    uint8_t name_len, type;
    char name[];
};

// One of the two bitmaps of a group: what is not in its descriptor.
struct ext2_bitmap {
    uint32_t bits;       // in use by the format
    uint32_t held;       // zero ones freed by the running transaction, not to be used before it is on disk
    uint64_t *held_bits; // which ones
    uint32_t hint;       // where to look for the next free one
};

struct ext2_group {
    struct spinlock lock;      // RANK_EXT2: guards bits and counts, and the descriptor's
    struct ext2_bitmap map[2]; // by ext2_kind
    struct page *page;         // with a reference for good: it holds
    struct ext2_descriptor *descriptor;
};

struct ext2 {
    struct filesystem fs;
    struct mapping meta; // the device's own pages
    // set at mount
    uint32_t groups, inode_table_blocks; // of a group
    uint32_t per_group[2];               // by ext2_kind
    struct page *super_page;
    struct ext2_super *super; // in it
    struct ext2_group *group;
    struct spinlock orphan_lock; // RANK_EXT2
    struct list orphans; // guarded by it: inodes in use without links, in the order of the disk's list
};

static inline struct ext2 *ext2_of(const struct filesystem *fs) { return container_of(fs, struct ext2, fs); }
static inline struct ext2 *ext2_of_inode(const struct inode *i) { return ext2_of(i->fs); }

// ext2_policy.c: where things go. Pure.
// Where to look first for a new inode (its number less 1) in the directory ino, or for a block of ino, after
// neighbour (0: it has none).
uint32_t ext2_policy(const struct ext2 *e, enum ext2_kind kind, const struct inode *ino, uint32_t neighbour);

// ext2_alloc.c: bitmaps and counts.
// Something on disk contradicts itself: say so, stop writing. Returns -EIO.
int ext2_error(struct ext2 *e, const char *what, uint64_t number);
// May an inode or directory point to this block? (Not to a bitmap, say.)
bool ext2_block_ok(const struct ext2 *e, uint64_t block);
// A metadata page has changed: txn_dirty, and its reference goes.
void ext2_changed(struct ext2 *e, struct page *page);
// Take the first free block or inode from goal on, round the end. An inode's number here is less by 1.
// directory: it is an inode for one. In a transaction. 0, -ENOSPC (a commit may give some back), -EIO,
// -ENOMEM.
int ext2_alloc(struct ext2 *e, enum ext2_kind kind, uint32_t goal, bool directory, uint32_t *number);
int ext2_free(struct ext2 *e, enum ext2_kind kind, uint32_t number, bool directory);
void ext2_committed(struct filesystem *fs);

// ext2_map.c: from a file's pages to blocks. ino->lock held (or dir->dir, for a directory, to look).
// The block of page index. -ENOENT: a hole. make, in a transaction: there is none, what is missing is
// allocated; a directory's block comes zeroed.
int ext2_map(struct inode *ino, uint64_t index, bool make, uint64_t *block);
// Free blocks at index and behind, from the end, as many as a bracket of EXT2_CUT holds; ino->disk_end
// follows. 0, 1: there is more to do; or an error.
enum { EXT2_CUT_STEPS = 50, EXT2_CUT = 3 * EXT2_CUT_STEPS + 2 };
int ext2_map_cut(struct inode *ino, uint64_t index);

// ext2_inode.c: inodes between memory and disk.
// What stands in a directory's record for a kind of file (upper four bits of its mode), where the disk has
// that. 0: there is no such kind.
extern const uint8_t ext2_types[16];
int ext2_read_inode(struct inode *ino);
// A fresh one near dir, with one link; a reference. In a transaction.
int ext2_new_inode(struct inode *dir, mode_t mode, struct inode **out);
// Fields to the inode table. ino->lock held, in a transaction.
void ext2_write_inode(struct inode *ino);
int ext2_update(struct inode *ino);
int ext2_extend(struct inode *ino, struct page *page, uint64_t size);
int ext2_truncate(struct inode *ino, uint64_t size);
int ext2_block_of(struct mapping *m, uint64_t index, uint64_t *block);
// Free an orphan and its blocks.
void ext2_evict(struct inode *ino);
// Change the number of links (ctime too); with none left the inode becomes an orphan. In a transaction.
// -EMLINK, -ENOENT: upwards, but it has lost its last link meanwhile.
int ext2_change_links(struct inode *ino, int by);

// ext2_dir.c: directories: their records and the index in memory. dir->dir held. Names that are looked for:
// 0, -ENOENT, -EIO, -ENOMEM. Those that change run in a transaction; the directory's times and links follow
// (one for each record that names a directory).
int ext2_lookup(struct inode *dir, const char *name, int len, struct inode **out);
// Add a record. -ENOSPC, ...: then nothing has changed.
int ext2_dir_add(struct inode *dir, const char *name, int len, const struct inode *child);
int ext2_dir_remove(struct inode *dir, const char *name, int len, const struct inode *child);
// Move the record of child to another name, which is over's (then that one is replaced) or nobody's; a
// directory's ".." follows. After an error nothing has changed.
int ext2_dir_move(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                  const char *to_name, int to_len, const struct inode *over);
int ext2_dir_check_empty(struct inode *dir); // 0, -ENOTEMPTY or another error
ssize_t ext2_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size);
void ext2_drop_index(struct inode *dir);

// ext2.c: what a mounted file system does.
extern const struct filesystem_ops ext2_ops;
int ext2_write_super(struct ext2 *e); // the superblock to disk, now: 0 or -EIO
