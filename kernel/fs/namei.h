// namei.h: from paths to inodes, and the operations on names.
//
// Paths come in kernel memory (sys/ has copied them), with the caller's credentials and working directory as
// arguments, so this file knows no process. The name cache (namecache.h) answers most lookups without the
// file system, and a lookup that it answers takes no mutex. An operation that changes a directory takes, in
// this order: fs->rename (only a rename between two directories), a transaction, dir->dir of the directories
// (parent before child). What it removes is let go of after all of these. Names follow POSIX chapter 4.16,
// pathname resolution; a trailing slash asks for a directory. May call: file systems through vfs.h and txn.h,
// sched, mm, lib. No lock is held by callers.
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include "fs/vfs.h"

// Whose view of the tree.
struct walk {
    const struct cred *cred;
    struct inode *cwd; // where relative paths start; the caller holds a reference throughout
    mode_t umask;
};

enum { NAMEI_FOLLOW = 1, NAMEI_DIRECTORY = 2 };

// The inode at path; a reference. FOLLOW: a final symbolic link is followed. DIRECTORY: -ENOTDIR unless it is
// one. Like all calls below: -ENOENT (also for an empty path), -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG,
// -EIO, -ENOMEM.
int namei(const struct walk *w, const char *path, int flags, struct inode **out);
// open(2): flags O_*; creates with mode & ~umask if O_CREAT. Kind and permission have been checked against
// the access mode, except for a file just created; O_TRUNC is done by the caller (file.c).
int namei_open(const struct walk *w, const char *path, int flags, mode_t mode, struct inode **out);

// All of these may also give -ENOSPC and -EROFS. from is not followed if it is a symbolic link.
int name_link(const struct walk *w, const char *from, const char *to);
int name_unlink(const struct walk *w, const char *path);
int name_rmdir(const struct walk *w, const char *path);
int name_mkdir(const struct walk *w, const char *path, mode_t mode);
int name_mknod(const struct walk *w, const char *path, mode_t mode, dev_t rdev);
int name_symlink(const struct walk *w, const char *target, const char *path);
int name_rename(const struct walk *w, const char *from, const char *to);
int name_chmod(const struct walk *w, const char *path, mode_t mode);
// Absolute path of a directory. Length with NUL, -ERANGE, or -ENOENT if it has been removed.
ssize_t name_of_directory(struct inode *dir, char *buf, size_t size);

#endif
