// ext2_policy.c: where new inodes and blocks go. What is used together should lie together: a file near its
// directory, its blocks one after the other; directories spread over the groups so that each has room to
// grow.
//
// Within a group the search goes on where the last one ended (the hint), so it does not get slower as a group
// fills up.
#include "fs/ext2.h"

static uint32_t group_of(const struct ext2 *e, const struct inode *ino) {
    return (uint32_t)(ino->ino - 1) / e->per_group[EXT2_INODE];
}

uint32_t ext2_policy_inode(const struct ext2 *e, const struct inode *dir, bool directory) {
    uint32_t group = group_of(e, dir);
    // A directory stays with its parent while that group has as many free blocks as the average one.
    for (uint32_t i = 0; directory && i < e->groups; i++) {
        const struct ext2_group *g = &e->group[(group + i) % e->groups];
        if (*g->map[EXT2_BLOCK].free >= *e->free[EXT2_BLOCK] / e->groups && *g->map[EXT2_INODE].free > 0) {
            group = (group + i) % e->groups;
            break;
        }
    }
    return group * e->per_group[EXT2_INODE] + e->group[group].map[EXT2_INODE].hint;
}

uint32_t ext2_policy_block(const struct ext2 *e, const struct inode *ino, uint32_t neighbour) {
    uint32_t group = group_of(e, ino);
    return neighbour ? neighbour + 1
                     : group * e->per_group[EXT2_BLOCK] + e->group[group].map[EXT2_BLOCK].hint;
}
