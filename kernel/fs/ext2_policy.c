// ext2_policy.c: where new inodes and blocks go. What is used together should lie together: a file and a
// directory near the directory that names it, the blocks of a file one after the other. Where there is no
// room, the allocator goes on to the next group.
//
// Within a group the search goes on where the last one ended (the hint), so it does not get slower as a group
// fills up.
#include "fs/ext2.h"

static uint32_t near_inode(const struct ext2 *e, const struct inode *ino, enum ext2_kind kind) {
    uint32_t group = (uint32_t)(ino->ino - 1) / e->per_group[EXT2_INODE];
    return group * e->per_group[kind] + e->group[group].map[kind].hint;
}

uint32_t ext2_policy_inode(const struct ext2 *e, const struct inode *dir) {
    return near_inode(e, dir, EXT2_INODE);
}

uint32_t ext2_policy_block(const struct ext2 *e, const struct inode *ino, uint32_t neighbour) {
    return neighbour ? neighbour + 1 : near_inode(e, ino, EXT2_BLOCK);
}
