// namei.c: walking paths, and what changes names.
#include "fs/namei.h"

#include "fs/namecache.h"
#include "fs/txn.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"
#include "uapi/dirent.h"

enum { DEPTH_MAX = 1 << 16 }; // only a damaged disk has a deeper tree

// ---- one name in one directory

static bool is_dots(const char *name, int len) {
    return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

// As lookup below; dir->dir held. Not for "." and "..".
static int lookup_locked(struct inode *dir, const char *name, int len, struct inode **out) {
    uint64_t ino;
    if (dir->nlink == 0)
        return -ENOENT; // removed, but still somebody's working directory
    if (namecache_find(dir, name, len, &ino))
        return ino ? inode_find(dir->fs, ino, out) : -ENOENT;
    int err = dir->ops->lookup(dir, name, len, out);
    if (!err)
        namecache_enter(dir, name, len, (*out)->ino);
    else if (err == -ENOENT)
        namecache_enter(dir, name, len, 0);
    return err;
}

// dir's parent. Not cached: a directory that moves changes it without holding this directory's lock.
static int lookup_parent(struct inode *dir, struct inode **out) {
    mutex_lock(&dir->dir);
    int err = dir->nlink ? dir->ops->lookup(dir, "..", 2, out) : -ENOENT;
    mutex_unlock(&dir->dir);
    return err;
}

// What name means in dir: 0 and a reference, or -ENOENT or another error. No lock held.
static int lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    if (is_dots(name, len)) {
        if (len == 2 && dir != dir->fs->root)
            return lookup_parent(dir, out);
        inode_get(*out = dir);
        return 0;
    }
    uint64_t ino, removals = namecache_removals();
    if (namecache_find(dir, name, len, &ino)) {
        if (ino == 0)
            return -ENOENT;
        int err = inode_find(dir->fs, ino, out);
        if (removals == namecache_removals())
            return err;
        if (!err) // the name may be gone and its number in use for something else: ask again, properly
            inode_put(*out);
    }
    mutex_lock(&dir->dir);
    int err = lookup_locked(dir, name, len, out);
    mutex_unlock(&dir->dir);
    return err;
}

// ---- a path

// A walk along a path.
struct trail {
    const struct walk *who;
    struct inode *dir; // where we are: a reference, except for the start of the path, which the caller holds
    bool at_start;
    const char *name; // the component taken last, to be looked up in dir; not terminated
    int len;          // 0: there was none, the path names dir ("/")
    bool slash;       // slashes follow it: it must be a directory
    const char *rest; // the path after it
    char *links; // UAPI_PATH_MAX bytes for what is left of a path after a symbolic link; NULL: none met yet
    int link_count;
};

static void trail_end(struct trail *t) {
    if (t->dir && !t->at_start)
        inode_put(t->dir);
    kfree(t->links);
}

// Go to dir. Takes over the reference.
static void trail_move(struct trail *t, struct inode *dir) {
    if (!t->at_start)
        inode_put(t->dir);
    t->dir = dir;
    t->at_start = false;
}

// Replace link, found in t->dir, by its target: the path is now the target and what followed the link.
static int trail_expand(struct trail *t, struct inode *link) {
    if (++t->link_count > UAPI_SYMLOOP_MAX)
        return -ELOOP;
    if (!t->links && !(t->links = kmalloc(UAPI_PATH_MAX, PAGE_WAIT)))
        return -ENOMEM;
    // The rest may stand in the same buffer: first to its end with it, then the target to the front.
    size_t rest = strlen(t->rest) + 1, room = UAPI_PATH_MAX - rest;
    char *tail = memmove(t->links + room, t->rest, rest);
    ssize_t n = link->ops->readlink(link, t->links, room);
    if (n <= 0)
        return n ? n : -ENOENT;
    if ((size_t)n == room)
        return -ENAMETOOLONG; // perhaps it was cut
    memmove(t->links + n, tail, rest);
    t->rest = t->links;
    if (t->links[0] == '/') {
        inode_get(root_fs->root);
        trail_move(t, root_fs->root);
    }
    return 0;
}

// Walk up to the last component: afterwards t->name is it, to be looked up in t->dir, which is a directory.
static int trail_walk(struct trail *t) {
    for (;;) {
        const char *end = t->rest;
        while (*end == '/')
            end++;
        t->name = end;
        while (*end && *end != '/')
            end++;
        t->len = end - t->name;
        t->rest = end;
        t->slash = *end == '/';
        if (t->len > UAPI_NAME_MAX)
            return -ENAMETOOLONG;
        if (!S_ISDIR(t->dir->mode))
            return -ENOTDIR;
        int err = inode_permission(t->dir, t->who->cred, 1);
        if (err)
            return err;
        while (*end == '/')
            end++;
        if (*end == '\0')
            return 0;
        struct inode *child;
        err = lookup(t->dir, t->name, t->len, &child);
        if (!err && S_ISLNK(child->mode)) {
            err = trail_expand(t, child);
            inode_put(child);
        } else if (!err) {
            trail_move(t, child);
        }
        if (err)
            return err;
    }
}

// Start at the beginning of path and walk to its last component. trail_end is due, whatever comes out.
static int trail_start(struct trail *t, const struct walk *w, const char *path) {
    *t = (struct trail){.who = w, .rest = path, .at_start = true};
    if (*path == '\0')
        return -ENOENT;
    t->dir = *path == '/' ? root_fs->root : w->cwd;
    return trail_walk(t);
}

// The last component is link: on to the last component of where it leads. Takes over the reference.
static int trail_follow(struct trail *t, struct inode *link) {
    int err = trail_expand(t, link);
    inode_put(link);
    return err ? err : trail_walk(t);
}

// What the last component means.
static int trail_last(struct trail *t, struct inode **out) {
    if (t->len)
        return lookup(t->dir, t->name, t->len, out);
    inode_get(*out = t->dir);
    return 0;
}

int namei(const struct walk *w, const char *path, int flags, struct inode **out) {
    struct trail t;
    struct inode *i;
    int err = trail_start(&t, w, path);
    while (!err) {
        err = trail_last(&t, &i);
        if (err || !S_ISLNK(i->mode) || !(t.slash || flags & NAMEI_FOLLOW))
            break;
        err = trail_follow(&t, i);
    }
    trail_end(&t);
    if (err)
        return err;
    if ((t.slash || flags & NAMEI_DIRECTORY) && !S_ISDIR(i->mode)) {
        inode_put(i);
        return -ENOTDIR;
    }
    *out = i;
    return 0;
}

// ---- new names

// An operation that found no space: a commit may give some back (what was freed since the last one); then
// once more.
static bool worth_another_try(struct filesystem *fs, int attempt, int *err) {
    if (*err != -ENOSPC || attempt > 0)
        return false;
    *err = txn_commit(fs);
    return *err == 0;
}

// Make the trail's last component. 0 and a reference, -EEXIST if somebody else was faster, or another error.
static int trail_make(struct trail *t, const struct birth *b, struct inode **out) {
    struct inode *dir = t->dir;
    int err = inode_permission(dir, t->who->cred, 3);
    for (int attempt = 0; !err; attempt++) {
        struct inode *there = NULL;
        err = txn_begin(dir->fs, TXN_NAME);
        if (err)
            break;
        mutex_lock(&dir->dir);
        err = lookup_locked(dir, t->name, t->len, &there);
        if (err == -ENOENT && dir->nlink > 0) {
            err = dir->ops->make(dir, t->name, t->len, b, out);
            if (!err)
                namecache_enter(dir, t->name, t->len, (*out)->ino);
        } else if (!err) {
            err = -EEXIST;
        }
        mutex_unlock(&dir->dir);
        txn_end(dir->fs);
        if (there)
            inode_put(there);
        if (!worth_another_try(dir->fs, attempt, &err))
            break;
    }
    return err;
}

// Give path to what b says; it must not exist.
static int name_make(const struct walk *w, const char *path, const struct birth *b) {
    struct trail t;
    struct inode *i = NULL;
    int err = trail_start(&t, w, path);
    if (!err) {
        err = trail_last(&t, &i);
        if (!err)
            err = -EEXIST;
        else if (err == -ENOENT && !(t.slash && !S_ISDIR(b->mode)))
            err = trail_make(&t, b, &i);
    }
    if (i)
        inode_put(i);
    trail_end(&t);
    return err;
}

int name_mkdir(const struct walk *w, const char *path, mode_t mode) {
    return name_make(w, path, &(struct birth){.mode = S_IFDIR | (mode & 07777 & ~w->umask)});
}

int name_mknod(const struct walk *w, const char *path, mode_t mode, dev_t rdev) {
    return name_make(w, path, &(struct birth){.mode = mode & ~w->umask, .rdev = rdev});
}

int name_symlink(const struct walk *w, const char *target, const char *path) {
    if (*target == '\0')
        return -ENOENT;
    return name_make(w, path, &(struct birth){.mode = S_IFLNK | 0777, .target = target});
}

int name_link(const struct walk *w, const char *from, const char *to) {
    struct inode *child;
    int err = namei(w, from, 0, &child);
    if (err)
        return err;
    err = S_ISDIR(child->mode) ? -EPERM : name_make(w, to, &(struct birth){.child = child});
    inode_put(child);
    return err;
}

// May i be opened this way?
static int check_open(struct inode *i, const struct cred *cred, int flags, bool slash) {
    int access = flags & O_ACCMODE;
    if (S_ISDIR(i->mode) && (access != O_RDONLY || flags & O_CREAT))
        return -EISDIR;
    if (!S_ISDIR(i->mode) && (slash || flags & O_DIRECTORY))
        return -ENOTDIR;
    return inode_permission(i, cred, access == O_RDONLY ? 4 : access == O_WRONLY ? 2 : 6);
}

int namei_open(const struct walk *w, const char *path, int flags, mode_t mode, struct inode **out) {
    const struct birth birth = {.mode = S_IFREG | (mode & 07777 & ~w->umask)};
    bool exclusive = (flags & O_CREAT) && (flags & O_EXCL), created = false;
    struct trail t;
    struct inode *i = NULL;
    int err = trail_start(&t, w, path);
    while (!err) {
        do {
            err = trail_last(&t, &i);
            if (err == -ENOENT && flags & O_CREAT) {
                err = t.slash ? -EISDIR : trail_make(&t, &birth, &i);
                created = err == 0;
            }
        } while (err == -EEXIST && !exclusive); // made by somebody else between the two
        if (err || created || !S_ISLNK(i->mode) || exclusive)
            break;
        if (flags & O_NOFOLLOW && !t.slash) { // a slash after a link asks for what it leads to
            inode_put(i);
            err = -ELOOP;
        } else {
            err = trail_follow(&t, i);
        }
    }
    trail_end(&t);
    if (!err && !created) {
        err = exclusive ? -EEXIST : check_open(i, w->cred, flags, t.slash);
        if (err)
            inode_put(i);
    }
    if (!err)
        *out = i;
    return err;
}

// ---- names that go

// One attempt to remove the trail's last component, in a transaction. *child: what it was, for the caller to
// put.
static int remove_once(struct trail *t, bool directory, struct inode **child) {
    struct inode *dir = t->dir;
    mutex_lock(&dir->dir);
    int err = lookup_locked(dir, t->name, t->len, child);
    bool is_dir = !err && S_ISDIR((*child)->mode);
    if (!err && !is_dir && (directory || t->slash))
        err = -ENOTDIR;
    else if (!err && is_dir && !directory)
        err = -EISDIR;
    if (!err && directory)
        mutex_lock_nested(&(*child)->dir); // a child after its parent
    if (!err) {
        err = dir->ops->remove(dir, t->name, t->len, *child);
        if (directory)
            mutex_unlock(&(*child)->dir);
    }
    if (!err)
        namecache_remove(dir, t->name, t->len);
    mutex_unlock(&dir->dir);
    return err;
}

static int name_remove(const struct walk *w, const char *path, bool directory) {
    struct trail t;
    int err = trail_start(&t, w, path);
    if (!err && (t.len == 0 || is_dots(t.name, t.len)))
        err = !directory ? -EISDIR : t.len == 0 ? -EBUSY : t.len == 1 ? -EINVAL : -ENOTEMPTY;
    if (!err)
        err = inode_permission(t.dir, w->cred, 3);
    for (int attempt = 0; !err; attempt++) {
        struct inode *child = NULL;
        err = txn_begin(t.dir->fs, TXN_NAME);
        if (err)
            break;
        err = remove_once(&t, directory, &child);
        txn_end(t.dir->fs);
        if (child)
            inode_put(child); // frees its blocks, if nobody has it open
        if (!worth_another_try(t.dir->fs, attempt, &err))
            break;
    }
    trail_end(&t);
    return err;
}

int name_unlink(const struct walk *w, const char *path) { return name_remove(w, path, false); }
int name_rmdir(const struct walk *w, const char *path) { return name_remove(w, path, true); }

// ---- names that move

struct move {
    struct trail from, to;
    // If from's directory is an ancestor of to's: number of the directory right below it on the way down;
    // else 0. And the other way round.
    uint64_t below_from, below_to;
};

// Is top an ancestor of dir? *below is the number of the directory right below top on the way to dir, or 0:
// it is not. fs->rename held, so that no directory changes its parent.
static int find_below(struct inode *top, struct inode *dir, uint64_t *below) {
    int err = 0;
    inode_get(dir);
    for (int depth = 0; !err && dir != top && dir != top->fs->root; depth++) {
        struct inode *up;
        err = depth < DEPTH_MAX ? lookup_parent(dir, &up) : -EIO;
        if (!err) {
            *below = dir->ino;
            inode_put(dir);
            dir = up;
        }
    }
    if (dir != top)
        *below = 0;
    inode_put(dir);
    return err;
}

// child (not NULL) is to replace over (or NULL).
static int check_rename(const struct move *m, const struct inode *child, const struct inode *over) {
    bool is_dir = S_ISDIR(child->mode);
    if (!is_dir && (m->from.slash || m->to.slash))
        return -ENOTDIR;
    if (is_dir && child->ino == m->below_from)
        return -EINVAL; // into itself or below
    if (!over)
        return 0;
    if (S_ISDIR(over->mode) != is_dir)
        return is_dir ? -ENOTDIR : -EISDIR;
    return over->ino == m->below_to ? -ENOTEMPTY : 0; // it holds, at some depth, what is to replace it
}

// One attempt, in a transaction. child, over: what was found, for the caller to put; or NULL.
static int rename_once(struct move *m, struct inode **child, struct inode **over) {
    const struct trail *from = &m->from, *to = &m->to;
    struct inode *a = from->dir, *b = to->dir;
    // Two directories: an ancestor first, else by inode number.
    bool swap = m->below_to || (!m->below_from && b->ino < a->ino);
    mutex_lock(swap ? &b->dir : &a->dir);
    if (a != b)
        mutex_lock_nested(swap ? &a->dir : &b->dir);
    int err = lookup_locked(a, from->name, from->len, child);
    if (!err)
        err = lookup_locked(b, to->name, to->len, over);
    if (err == -ENOENT && *child && b->nlink > 0)
        err = 0;
    bool same = !err && *child == *over; // two names of one file: POSIX wants nothing done
    if (!err && !same)
        err = check_rename(m, *child, *over);
    if (!err && !same) {
        struct mutex *over_dir = *over && S_ISDIR((*over)->mode) ? &(*over)->dir : NULL;
        if (over_dir)
            mutex_lock_nested(over_dir); // below b, and not above a
        err = a->ops->rename(a, from->name, from->len, *child, b, to->name, to->len, *over);
        if (over_dir)
            mutex_unlock(over_dir);
        if (!err) {
            namecache_remove(a, from->name, from->len);
            namecache_enter(b, to->name, to->len, (*child)->ino);
        }
    }
    if (a != b)
        mutex_unlock(swap ? &a->dir : &b->dir);
    mutex_unlock(swap ? &b->dir : &a->dir);
    return err;
}

// Both directories are known: find how they stand to each other, and do it.
static int rename_between(struct move *m) {
    struct inode *a = m->from.dir, *b = m->to.dir;
    int err = a->fs == b->fs ? 0 : -EXDEV;
    if (!err)
        err = inode_permission(a, m->from.who->cred, 3);
    if (!err)
        err = inode_permission(b, m->to.who->cred, 3);
    for (int attempt = 0; !err; attempt++) {
        struct inode *child = NULL, *over = NULL;
        if (a != b) {
            mutex_lock(&a->fs->rename);
            err = find_below(a, b, &m->below_from);
            if (!err)
                err = find_below(b, a, &m->below_to);
        }
        if (!err && (err = txn_begin(a->fs, TXN_NAME)) == 0) {
            err = rename_once(m, &child, &over);
            txn_end(a->fs);
        }
        if (a != b)
            mutex_unlock(&a->fs->rename);
        if (child)
            inode_put(child);
        if (over)
            inode_put(over);
        if (!worth_another_try(a->fs, attempt, &err))
            break;
    }
    return err;
}

int name_rename(const struct walk *w, const char *from, const char *to) {
    struct move m = {};
    int err = trail_start(&m.from, w, from);
    if (!err)
        err = trail_start(&m.to, w, to);
    if (!err && (m.from.len == 0 || m.to.len == 0))
        err = -EBUSY;
    else if (!err && (is_dots(m.from.name, m.from.len) || is_dots(m.to.name, m.to.len)))
        err = -EINVAL;
    if (!err)
        err = rename_between(&m);
    trail_end(&m.from);
    trail_end(&m.to);
    return err;
}

// ---- the rest

int name_chmod(const struct walk *w, const char *path, mode_t mode) {
    struct inode *i;
    int err = namei(w, path, NAMEI_FOLLOW, &i);
    if (err)
        return err;
    if (i->fs->read_only)
        err = -EROFS;
    else if (w->cred->uid != 0 && w->cred->uid != i->uid)
        err = -EPERM;
    if (!err) {
        mutex_lock(&i->lock);
        i->mode = (i->mode & S_IFMT) | (mode & 07777);
        i->ctime = clock_realtime() / 1000000000;
        mutex_unlock(&i->lock);
        err = i->ops->update(i);
    }
    inode_put(i);
    return err;
}

// Put the name that inode number ino has in dir right before buf + *at, and a slash before it. page: room for
// records.
static int prepend_name(struct inode *dir, uint64_t ino, char *page, char *buf, size_t *at) {
    uint64_t pos = 0;
    ssize_t n;
    mutex_lock(&dir->dir);
    while ((n = dir->ops->readdir(dir, &pos, page, PAGE_SIZE)) > 0)
        for (char *p = page; p < page + n; p += ((struct uapi_dirent *)p)->reclen) {
            const struct uapi_dirent *d = (struct uapi_dirent *)p;
            size_t len = strlen(d->name);
            if (d->ino != ino || is_dots(d->name, len))
                continue;
            mutex_unlock(&dir->dir);
            if (len + 1 > *at)
                return -ERANGE;
            *at -= len + 1;
            buf[*at] = '/';
            memcpy(buf + *at + 1, d->name, len);
            return 0;
        }
    mutex_unlock(&dir->dir);
    return n < 0 ? n : -ENOENT;
}

ssize_t name_of_directory(struct inode *dir, char *buf, size_t size) {
    char *page = kmalloc(PAGE_SIZE, PAGE_WAIT);
    if (!page)
        return -ENOMEM;
    size_t at = size - 1; // the path grows from the end of buf towards its front
    buf[at] = '\0';
    struct mutex *moves = &dir->fs->rename; // no directory changes its parent while we climb
    int err = 0;
    inode_get(dir);
    mutex_lock(moves);
    while (!err && dir != dir->fs->root) {
        struct inode *up;
        err = lookup_parent(dir, &up);
        if (err)
            break;
        err = prepend_name(up, dir->ino, page, buf, &at);
        inode_put(dir);
        dir = up;
    }
    mutex_unlock(moves);
    inode_put(dir);
    kfree(page);
    if (!err && at == size - 1) {
        if (at == 0)
            return -ERANGE;
        buf[--at] = '/';
    }
    if (err)
        return err;
    memmove(buf, buf + at, size - at);
    return size - at;
}
