// namei.h: from paths to inodes, and the operations on names.
//
// Paths come in kernel memory, with the caller's credentials and working directory as arguments, so this file
// knows no process. A path stands in a buffer of UAPI_PATH_MAX bytes, in which the walk puts the targets of
// symbolic links. The name cache (namecache.h) answers most lookups without the
// file system, and a lookup that it answers takes no mutex. An operation that changes a directory takes, in
// this order: fs->rename (if it needs two directories), a transaction, dir->dir of the directories. What it
// removes is let go of after all of these. Names follow POSIX chapter 4.16, pathname resolution; a trailing
// slash asks for a directory. May call: file systems through vfs.h and txn.h, sched, mm, lib. No lock is held
// by callers.
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

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
int inode_chmod(struct inode *i, const struct cred *cred, mode_t mode);
// Absolute path of a directory. Length with NUL, -ERANGE, or -ENOENT if it has been removed.
ssize_t name_of_directory(struct inode *dir, char *buf, size_t size);

#endif
