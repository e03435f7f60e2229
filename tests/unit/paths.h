// paths.h: the operations on names, for tests that have constant paths: namei.c writes into its own.
#ifndef PATHS_H
#define PATHS_H

#include <stdio.h>
#include <string.h>

#include "fs/file.h"

static char *copied(const char *path) {
    static char copy[2][UAPI_PATH_MAX];
    static int k;
    k = !k;
    snprintf(copy[k], sizeof copy[k], "%s", path);
    return copy[k];
}

#define namei(w, path, flags, out)            namei(w, copied(path), flags, out)
#define namei_open(w, path, flags, mode, out) namei_open(w, copied(path), flags, mode, out)
#define file_open(w, path, flags, mode, out)  file_open(w, copied(path), flags, mode, out)
#define name_unlink(w, path)                  name_remove(w, copied(path), false)
#define name_rmdir(w, path)                   name_remove(w, copied(path), true)
static inline int name_mkdir(const struct walk *w, const char *path, mode_t mode) {
    return name_make(w, copied(path), &(struct birth){.mode = S_IFDIR | mode});
}
static inline int name_mknod(const struct walk *w, const char *path, mode_t mode, dev_t rdev) {
    return name_make(w, copied(path), &(struct birth){.mode = mode, .rdev = rdev});
}
static inline int name_symlink(const struct walk *w, const char *target, const char *path) {
    return name_make(w, copied(path), &(struct birth){.mode = S_IFLNK | 0777, .target = target});
}
static inline int name_link(const struct walk *w, const char *from, const char *to) {
    struct inode *i;
    int err = namei(w, from, 0, &i);
    if (err)
        return err;
    err = S_ISDIR(i->mode) ? -EPERM : name_make(w, copied(to), &(struct birth){.child = i});
    inode_put(i);
    return err;
}

static inline int rename_copied(const struct walk *w, const char *from, const char *to) {
    char *f = copied(from);
    return name_rename(w, f, copied(to));
}
#define name_rename(w, from, to) rename_copied(w, from, to)

#endif
