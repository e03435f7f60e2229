// namei.h: from paths to inodes, and the operations on names.
//
// Paths come in kernel memory, with the caller's credentials and working directory as arguments, so this file
// knows no process. A path stands in a buffer of UAPI_PATH_MAX bytes, in which the walk puts the targets of
// symbolic links. The name cache (below) answers most lookups without the
// file system, and a lookup that it answers takes no mutex. An operation that changes a directory takes, in
// this order: fs->rename (if it needs two directories), a transaction, dir->dir of the directories. What it
// removes is let go of after all of these. Names follow POSIX chapter 4.16, pathname resolution; a trailing
// slash asks for a directory. May call: file systems through vfs.h and txn.h, sched, mm, lib. No lock is held
// by callers.
#pragma once

#include "fs/vfs.h"

// Whose view of the tree.
struct walk {
    const struct cred *cred;
    struct inode *cwd; // where relative paths start; the caller holds a reference throughout
};

enum { NAMEI_FOLLOW = 1, NAMEI_DIRECTORY = 2 };

// The inode at path; a reference. FOLLOW: a final symbolic link is followed. DIRECTORY: -ENOTDIR unless it is
// one. Like all calls below: -ENOENT (also for an empty path), -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG,
// -EIO, -ENOMEM.
int namei(const struct walk *w, char *path, int flags, struct inode **out);
// open(2): flags O_*; creates with these permissions if O_CREAT. -EEXIST without O_EXCL: somebody else has
// made it meanwhile; try again with the path as it was. Kind and permission have been checked against the
// access mode, except for a file just created; O_TRUNC is done by the caller (file.c).
int namei_open(const struct walk *w, char *path, int flags, mode_t mode, struct inode **out);

// All of these may also give -ENOSPC and -EROFS.
// Make path, which must not exist, the name of what birth says.
int name_make(const struct walk *w, char *path, struct birth *birth);
// rmdir(2) for a directory, else unlink(2).
int name_remove(const struct walk *w, char *path, bool directory);
int name_rename(const struct walk *w, char *from, char *to);
// Records (uapi/dirent.h) of a directory from *pos on, which moves. Bytes, 0 at the end, or an error.
ssize_t inode_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size);
int inode_chmod(struct inode *i, const struct cred *cred, mode_t mode);
// Absolute path of a directory. Length with NUL, -ERANGE, or -ENOENT if it has been removed.
ssize_t name_of_directory(struct inode *dir, char *buf, size_t size);

// ---- namecache.c: what names mean, remembered: (directory, name) -> inode number, or "there is no such
// name".
//
// A table of a fixed size, each part under a spinlock (RANK_NAMECACHE): a hash says where a name stands, and
// a newer name takes the place. An entry holds a number and no reference, so the cache keeps no inode in
// memory and no deleted file on the disk; a number found here is turned into an inode with inode_find. All
// calls need dir->dir held, until the inode is found: so an entry never contradicts what the directory holds,
// and the number has no new owner. May call: mm, riscv, lib.

// True: the cache knows; *ino is the inode number, or 0 for a name that does not exist.
bool namecache_find(struct inode *dir, const char *name, int len, uint64_t *ino);
// Remember that name means ino, or with 0 that there is no such name.
void namecache_enter(struct inode *dir, const char *name, int len, uint64_t ino);
void namecache_init(void);
