// ext2_policy.c: where new inodes and blocks go. What is used together should lie together: a file near its
// directory, its blocks one after the other; directories spread over the groups so that each has room to
// grow.
//
// Within a group the search goes on where the last one ended (the hint), so it does not get slower as a group
// fills up.
#include "fs/ext2.h"

bool bits_get(const uint64_t *map, uint32_t bit) { return map[bit / 64] >> (bit % 64) & 1; }

void bits_set(uint64_t *map, uint32_t bit, bool on) {
    uint64_t mask = 1UL << (bit % 64);
    map[bit / 64] = on ? map[bit / 64] | mask : map[bit / 64] & ~mask;
}

// Number of the lowest bit that is set; x is not 0.
static uint32_t lowest(uint64_t x) {
    uint32_t n = 0;
    for (uint32_t half = 32; half > 0; half /= 2)
        if (!(x & ((1UL << half) - 1))) {
            x >>= half;
            n += half;
        }
    return n;
}

// First bit in [from, to), or -1.
static int64_t find(const uint64_t *map, const uint64_t *held, uint32_t from, uint32_t to) {
    for (uint32_t bit = from; bit < to; bit = (bit / 64 + 1) * 64) {
        uint64_t free = ~(map[bit / 64] | (held ? held[bit / 64] : 0));
        free = free >> (bit % 64) << (bit % 64);
        if (free) {
            uint32_t found = bit / 64 * 64 + lowest(free);
            return found < to ? (int64_t)found : -1;
        }
    }
    return -1;
}

int64_t bits_find_zero(const uint64_t *map, const uint64_t *held, uint32_t bits, uint32_t from) {
    if (from >= bits)
        from = 0;
    int64_t found = find(map, held, from, bits);
    return found >= 0 ? found : find(map, held, 0, from);
}

uint32_t ext2_policy_group(const struct ext2 *e, uint32_t parent, bool directory) {
    if (!directory)
        return parent;
    // A directory stays with its parent while that group has as many free blocks as the average one.
    uint64_t average = e->super->free_blocks_count / e->groups;
    for (uint32_t i = 0; i < e->groups; i++) {
        const struct ext2_group *g = &e->group[(parent + i) % e->groups];
        if (g->blocks.free >= average && g->inodes.free > g->inodes.held)
            return (parent + i) % e->groups;
    }
    return parent;
}

uint32_t ext2_policy_goal(const struct ext2 *e, const struct inode *ino, uint32_t neighbour) {
    if (neighbour)
        return neighbour + 1;
    uint32_t g = (uint32_t)(ino->ino - 1) / e->inodes_per_group;
    return g * e->blocks_per_group + e->group[g].blocks.hint;
}
