// namecache.h: what names mean, remembered: (directory, name) -> inode number, or "there is no such name".
//
// A table of a fixed size under one spinlock (RANK_NAMECACHE): a hash says where a name stands, and a newer
// name takes the place. An entry holds a number and no reference, so the cache keeps no inode in memory and
// no deleted file on the disk; a number found here is turned into an inode with inode_find. All calls need
// dir->dir held, until the inode is found: so an entry never contradicts what the directory holds, and the
// number has no new owner. May call: mm, riscv, lib.
#ifndef FS_NAMECACHE_H
#define FS_NAMECACHE_H

#include "fs/vfs.h"

// True: the cache knows; *ino is the inode number, or 0 for a name that does not exist.
bool namecache_find(struct inode *dir, const char *name, int len, uint64_t *ino);
// Remember that name means ino, or with 0 that there is no such name.
void namecache_enter(struct inode *dir, const char *name, int len, uint64_t ino);
void namecache_init(void);

#endif
