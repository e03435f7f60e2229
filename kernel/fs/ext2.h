// ext2.h: ext2 revision 1 as it lies on disk, and what the files ext2*.c share.
//
// Blocks of 4 KiB, so that a block is a page. On disk: block 0 holds the superblock at byte 1024, the group
// descriptors follow; each group has a bitmap of its blocks, a bitmap of its inodes, and its part of the
// inode table. All of these, directories and indirect blocks are metadata: pages of the device's mapping,
// changed inside transactions (txn.h). Everything is little-endian, like us.
//
// Who calls whom: ext2.c (mount, tables of functions) -> ext2_name.c (operations on names) -> ext2_dir.c (a
// directory's records and index) and ext2_inode.c (inodes: disk, truncate, evict) -> ext2_map.c (which block)
// -> ext2_alloc.c (bitmaps)
// -> ext2_policy.c (where). Locks: the caller holds dir->dir; we take inode->lock one at a time, then
// e->alloc.
#ifndef FS_EXT2_H
#define FS_EXT2_H

#include "fs/txn.h"

enum {
    EXT2_MAGIC = 0xef53,
    EXT2_ROOT_INO = 2,
    EXT2_STATE_VALID = 1, // s_state: cleanly unmounted
    EXT2_STATE_ERROR = 2,
    EXT2_LINK_MAX = 65000,
    EXT2_DIRECT = 12, // block pointers in the inode; then single, double, triple indirect
    EXT2_POINTERS = PAGE_SIZE / 4,
    EXT2_INDEX_FL = 0x1000, // directory has a hash tree
    EXT2_FAST_SYMLINK = 60, // shorter ones live in the block pointers
    EXT2_COMPAT_HAS_JOURNAL = 4,
    EXT2_INCOMPAT_FILETYPE = 2,
    EXT2_INCOMPAT_RECOVER = 4,
    EXT2_RO_COMPAT_SPARSE_SUPER = 1,
    EXT2_RO_COMPAT_LARGE_FILE = 2,
};

struct ext2_super {
    uint32_t inodes_count, blocks_count, r_blocks_count, free_blocks_count, free_inodes_count,
        first_data_block;
    uint32_t log_block_size, log_frag_size, blocks_per_group, frags_per_group, inodes_per_group;
    uint32_t mtime, wtime;
    uint16_t mnt_count, max_mnt_count, magic, state, errors, minor_rev_level;
    uint32_t lastcheck, checkinterval, creator_os, rev_level;
    uint16_t def_resuid, def_resgid;
    uint32_t first_ino;
    uint16_t inode_size, block_group_nr;
    uint32_t feature_compat, feature_incompat, feature_ro_compat;
    uint8_t uuid[16];
    char volume_name[16], last_mounted[64];
    uint32_t algo_bitmap;
    uint8_t prealloc_blocks, prealloc_dir_blocks;
    uint16_t reserved_gdt_blocks;
    uint8_t journal_uuid[16];
    uint32_t journal_inum, journal_dev, last_orphan;
};
_Static_assert(offsetof(struct ext2_super, magic) == 56, "ext2 superblock");
_Static_assert(offsetof(struct ext2_super, uuid) == 104, "ext2 superblock");
_Static_assert(offsetof(struct ext2_super, last_orphan) == 232, "ext2 superblock");

struct ext2_descriptor {
    uint32_t block_bitmap, inode_bitmap, inode_table;
    uint16_t free_blocks, free_inodes, used_dirs, flags;
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

// One of the two bitmaps of a group.
struct ext2_bitmap {
    uint64_t block;      // where it is
    uint32_t bits;       // of it in use by the format
    uint32_t free;       // zero bits
    uint32_t held;       // of those: freed by the running transaction, not to be used before it is on disk
    uint32_t hint;       // where to look for the next free one
    uint64_t *held_bits; // which ones; NULL while there are none. Without memory for it:
    bool frozen;         // nothing is taken from this group until the commit
};

struct ext2_group {
    struct ext2_bitmap blocks, inodes;
    uint32_t inode_table;
    uint32_t used_dirs;
};

struct ext2 {
    struct filesystem fs;
    struct mapping meta; // the device's own pages
    // set at mount
    uint32_t blocks, inodes, groups, blocks_per_group, inodes_per_group, inode_size, first_ino;
    uint32_t inode_table_blocks; // of a group
    struct page *super_page;
    struct ext2_super *super; // in it
    struct inode *journal;
    struct mutex alloc; // MUTEX_ALLOC
    // guarded by alloc (the superblock's fields too)
    struct ext2_group *group;
    uint64_t held_blocks, held_inodes; // sums over all groups
    struct list orphans;               // inodes in use without links, in the order of the disk's list
};

static inline struct ext2 *ext2_of(const struct filesystem *fs) { return container_of(fs, struct ext2, fs); }
static inline struct ext2 *ext2_of_inode(const struct inode *i) { return ext2_of(i->fs); }

// ext2_policy.c: where things go. Pure.
// First bit at or after from, round the end, that is 0 in map and in held (NULL: all 0). -1: none.
int64_t bits_find_zero(const uint64_t *map, const uint64_t *held, uint32_t bits, uint32_t from);
bool bits_get(const uint64_t *map, uint32_t bit);
void bits_set(uint64_t *map, uint32_t bit, bool on);
// Group to look first for a new inode, whose directory is in group parent.
uint32_t ext2_policy_group(const struct ext2 *e, uint32_t parent, bool directory);
// Block to look first for one of ino, after neighbour (0: it has none).
uint32_t ext2_policy_goal(const struct ext2 *e, const struct inode *ino, uint32_t neighbour);

// ext2_alloc.c: bitmaps, counts, and the list of orphans. In a transaction.
// Something on disk contradicts itself: say so, stop writing. Returns -EIO.
int ext2_error(struct ext2 *e, const char *what, uint64_t number);
// May an inode or directory point to this block? (Not to a bitmap, say.)
bool ext2_block_ok(const struct ext2 *e, uint64_t block);
// 0, -ENOSPC (a commit may give some back), -EIO, -ENOMEM
int ext2_alloc_block(struct ext2 *e, uint32_t goal, uint32_t *block);
int ext2_free_blocks(struct ext2 *e, uint32_t block, uint32_t count);
int ext2_alloc_inode(struct ext2 *e, uint32_t parent_group, bool directory, uint32_t *ino);
int ext2_free_inode(struct ext2 *e, uint32_t ino, bool directory);
void ext2_super_dirty(struct ext2 *e);
void ext2_committed(struct filesystem *fs);

// ext2_map.c: from a file's pages to blocks. ino->lock held.
int ext2_map_get(struct inode *ino, uint64_t index, uint32_t *block); // 0 in *block: a hole
// The block at index; a new one if there is a hole (then *fresh). metadata: zeroed in the device's mapping.
// In a transaction; the caller writes the inode.
int ext2_map_make(struct inode *ino, uint64_t index, bool metadata, uint32_t *block, bool *fresh);
// Free blocks at index and behind, from the end, as far as the transaction has room. *reached: where it got
// to (== index when done). The caller writes the inode.
int ext2_map_cut(struct inode *ino, uint64_t index, uint64_t *reached);
uint64_t ext2_max_size(void);

// ext2_inode.c: inodes between memory and disk.
extern const struct mapping_ops ext2_mapping_ops;
int ext2_read_inode(struct inode *ino);
// Fields to the inode table. ino->lock held, in a transaction.
int ext2_write_inode(struct inode *ino);
int ext2_update(struct inode *ino);
int ext2_extend(struct inode *ino, struct page *page, uint64_t size);
int ext2_truncate(struct inode *ino, uint64_t size);
void ext2_evict(struct inode *ino);
// Change the number of links (ctime too); with none left the inode becomes an orphan. In a transaction.
// -EMLINK, -ENOENT: upwards, but it has lost its last link meanwhile.
int ext2_change_links(struct inode *ino, int by);
// At mount: free what was unlinked but in use when the machine stopped.
void ext2_free_orphans(struct ext2 *e);

// ext2_dirent.c: the records of one directory block. Pure.
int dirent_size(int name_len);
bool dirent_check(const void *block, uint32_t max_ino); // a well-formed chain?
void dirent_init(void *block);                          // one unused record
struct ext2_dirent *
dirent_next(void *block, struct ext2_dirent *d); // NULL: d was the last. First: dirent_next(block, NULL)
struct ext2_dirent *dirent_find(void *block, const char *name, int len); // NULL: not there
int dirent_room(void *block, int enough); // bytes of the largest record that fits (stops at enough)
struct ext2_dirent *dirent_insert(void *block, const char *name, int len, uint32_t ino,
                                  uint8_t type);       // NULL: no room
int dirent_remove(void *block, struct ext2_dirent *d); // joins the record before it; bytes of room there now
uint8_t dirent_type(mode_t mode);                      // as in a record

// ext2_dir.c: directories: their blocks and, for large ones, an index in memory. dir->dir held.
struct dir_place {
    struct page *page; // with a reference
    struct ext2_dirent *entry;
    uint32_t place; // byte offset in the directory
};
int dir_find(struct inode *dir, const char *name, int len, struct dir_place *at); // 0, -ENOENT, -EIO, -ENOMEM
// Number of a block in which a record for a name of len bytes fits; the directory may grow. In a transaction.
// -ENOSPC, ...
int64_t dir_make_room(struct inode *dir, int len);
// Add a record in block room, which dir_make_room gave. mode: of the inode.
int dir_insert(struct inode *dir, int64_t room, const char *name, int len, uint32_t ino, mode_t mode);
int dir_remove(struct inode *dir, const char *name, int len);
// Let the record point to another inode.
int dir_set(struct inode *dir, const char *name, int len, uint32_t ino, mode_t mode);
// Let ".." of dir, which is being moved, point to another directory. dir->dir need not be held.
int dir_set_parent(struct inode *dir, uint32_t ino);
int dir_is_empty(struct inode *dir); // 1, 0 or -EIO
ssize_t ext2_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size);
void ext2_release(struct inode *ino); // the index

// ext2_name.c
extern const struct inode_ops ext2_inode_ops;

#endif
