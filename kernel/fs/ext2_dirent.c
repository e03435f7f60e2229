// ext2_dirent.c: the records of one directory block (ext2 layout, "Directory structure"). Pure.
//
// Records follow each other without gaps and fill the block; each may be longer than it needs. A record with
// inode 0 is unused. Removing one adds its bytes to the record before it, so its neighbours stay where they
// are.
#include "fs/ext2.h"
#include "lib/string.h"

enum { HEADER = offsetof(struct ext2_dirent, name) };

int dirent_size(int name_len) { return (HEADER + name_len + 3) & ~3; }

// Bytes of d that its name does not need.
static int slack(const struct ext2_dirent *d) {
    return d->rec_len - (d->inode ? dirent_size(d->name_len) : 0);
}

bool dirent_check(const void *block, uint32_t max_ino) {
    int at = 0;
    while (at < PAGE_SIZE) {
        const struct ext2_dirent *d = (const void *)((const char *)block + at);
        if (at > PAGE_SIZE - HEADER || d->rec_len < dirent_size(1) || d->rec_len % 4 != 0 ||
            d->rec_len > PAGE_SIZE - at || d->inode > max_ino)
            return false;
        if (d->inode && (d->name_len == 0 || dirent_size(d->name_len) > d->rec_len))
            return false;
        at += d->rec_len;
    }
    return true;
}

void dirent_init(void *block) {
    struct ext2_dirent *d = block;
    memset(block, 0, PAGE_SIZE);
    d->rec_len = PAGE_SIZE;
}

struct ext2_dirent *dirent_next(void *block, struct ext2_dirent *d) {
    char *next = d ? (char *)d + d->rec_len : block;
    return next < (char *)block + PAGE_SIZE ? (struct ext2_dirent *)next : NULL;
}

struct ext2_dirent *dirent_find(void *block, const char *name, int len) {
    char *end = (char *)block + PAGE_SIZE;
    for (char *at = block; at < end; at += ((struct ext2_dirent *)at)->rec_len) {
        struct ext2_dirent *d = (struct ext2_dirent *)at;
        if (d->name_len == len && d->inode && d->name[0] == name[0] &&
            memcmp(d->name, name, (size_t)len) == 0)
            return d;
    }
    return NULL;
}

int dirent_room(void *block, int enough) {
    int room = 0;
    for (struct ext2_dirent *d = dirent_next(block, NULL); d && room < enough; d = dirent_next(block, d))
        room = max(room, slack(d));
    return room;
}

struct ext2_dirent *dirent_insert(void *block, const char *name, int len, uint32_t ino, uint8_t type) {
    int need = dirent_size(len);
    struct ext2_dirent *d = dirent_next(block, NULL);
    while (d && slack(d) < need)
        d = dirent_next(block, d);
    if (!d)
        return NULL;
    if (d->inode) { // split: the new one takes the tail
        int used = dirent_size(d->name_len), rest = d->rec_len - used;
        d->rec_len = (uint16_t)used;
        d = (struct ext2_dirent *)((char *)d + used);
        d->rec_len = (uint16_t)rest;
    }
    d->inode = ino;
    d->name_len = (uint8_t)len;
    d->type = type;
    memcpy(d->name, name, (size_t)len);
    return d;
}

int dirent_remove(void *block, struct ext2_dirent *d) {
    struct ext2_dirent *before = NULL, *at = dirent_next(block, NULL);
    while (at && at != d) {
        before = at;
        at = dirent_next(block, at);
    }
    d->inode = 0;
    if (!before)
        return slack(d);
    before->rec_len = (uint16_t)(before->rec_len + d->rec_len);
    return slack(before);
}

uint8_t dirent_type(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return 1;
    case S_IFDIR: return 2;
    case S_IFCHR: return 3;
    case S_IFBLK: return 4;
    case S_IFIFO: return 5;
    case S_IFSOCK: return 6;
    case S_IFLNK: return 7;
    default: return 0;
    }
}
