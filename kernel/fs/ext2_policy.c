// ext2_policy.c: where new inodes and blocks go. What is used together should lie together: a file and a
// directory near the directory that names it, the blocks of a file one after the other. Where there is no
// room, the allocator goes on to the next group.
//
// Within a group the search goes on where the last one ended (the hint), so it does not get slower as a group
// fills up.
#include "fs/ext2.h"

uint32_t ext2_policy(const struct ext2 *e, enum ext2_kind kind, const struct inode *ino, uint32_t neighbour) {
    uint32_t group = (uint32_t)(ino->ino - 1) / e->per_group[EXT2_INODE];
    return neighbour ? neighbour + 1 : group * e->per_group[kind] + racy(e->group[group].map[kind].hint);
}
