// namecache.h: what names mean, remembered: (directory, name) -> inode number, or "there is no such name".
//
// A table of a fixed size under one spinlock (RANK_NAMECACHE): a hash says where a name stands, and a newer
// name takes the place. An entry holds a number and no reference, so the cache keeps no inode in memory and
// no deleted file on the disk; a number found here is turned into an inode with inode_find. Entries are
// made and changed only under the directory's lock (dir->dir), so that they never contradict what it holds;
// they are read without it. Between reading an entry and having the inode, the name may go and its number
// may get a new owner: namecache_removals tells (namei.c, lookup). May call: mm, riscv, lib. "." and ".."
// are never here.
#ifndef FS_NAMECACHE_H
#define FS_NAMECACHE_H

#include "fs/vfs.h"

// True: the cache knows; *ino is the inode number, or 0 for a name that does not exist. No lock needed.
bool namecache_find(struct inode *dir, const char *name, int len, uint64_t *ino);
// Remember that name means ino, or with 0 that there is no such name. dir->dir held.
void namecache_enter(struct inode *dir, const char *name, int len, uint64_t ino);
// Remember that name is gone. dir->dir held; to be called before the last reference to its inode is dropped.
void namecache_remove(struct inode *dir, const char *name, int len);
// How often namecache_remove has been called. If it has not moved since before namecache_find, what that said
// still held when the inode was taken.
uint64_t namecache_removals(void);
void namecache_init(void);

#endif
