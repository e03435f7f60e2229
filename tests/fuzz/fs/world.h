// world.h: the kernel's file system on the host, from paths down to sectors, again and again in one process:
// images to start from, a disk over one of them that forgets what was written to it, mounting, and an end
// after which nothing may be left.
#ifndef WORLD_H
#define WORLD_H

#include "fuzz.h"

#include "fs/ext2.h"
#include "fs/file.h"

// The images: with a journal, in one group; the same in several small groups, with inodes of 256 bytes;
// without a journal; without types in directories. Each holds some files (world.c).
enum { BASES = 4, MAX_BLOCKS = 2560 };
struct base {
    char *data;
    uint32_t blocks;
    uint8_t role[MAX_BLOCKS]; // enum role, as check_disk found
};
enum role {
    UNUSED,
    SUPER,
    DESCRIPTORS,
    BLOCK_BITMAP,
    INODE_BITMAP,
    INODE_TABLE,
    JOURNAL,
    DIRECTORY,
    INDIRECT,
    DATA
};
extern struct base bases[BASES];

extern struct walk me; // root, in the root directory

// Make the images, with mke2fs and our own kernel. Once.
void world_start(void);
// A disk that holds an image.
void disk_open(int base);
char *disk_block(uint32_t block); // to look at
void disk_poke(uint64_t at, uint32_t value, int bytes);
// The next requests from the n-th on fail, so many of them, if they transfer block or anything behind it.
void disk_fail(uint32_t n, uint32_t times, uint32_t block);
extern uint32_t disk_blocks;

// NULL, or why not.
const char *world_mount(void);
// Unmount, if it was mounted (mounted), and forget everything. Nobody has a reference any more, and no page,
// no inode, no allocation may be left. What unmount returned.
int world_end(bool mounted);

// check.c: is the disk, unmounted, without fault? Says what is wrong, or NULL. role (may be NULL): what each
// block is for.
const char *check_disk(uint8_t *role);
// What e2fsck -fn says of it: its status.
int check_disk_e2fsck(void);

// Parts of world_end, in files that see the kernel's own variables.
void inode_note_doomed(struct filesystem *fs); // before unmount
void inode_reset(struct filesystem *fs, bool strict);
void txn_reset(struct filesystem *fs, bool strict);
void cache_reset(void);

// host.c
extern bool host_quiet;
extern uint64_t host_frames_used;
extern int64_t host_fail_after; // the allocation after so many fails, and those behind it (< 0: none)
extern int32_t host_fail_times;

// Paths, each of UAPI_PATH_MAX bytes at most, in a buffer that may be written, as the kernel wants them. Four
// at a time.
char *path_copy(const char *path);

#endif
