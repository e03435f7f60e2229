// namei.c: walking paths, and what changes names.
#include "fs/namei.h"

#include "fs/txn.h"
#include "uapi/dirent.h"

enum { DEPTH_MAX = 1 << 16 }; // only a damaged disk has a deeper tree
enum follow { NEVER, BEFORE_SLASH, ALWAYS };

// ---- one name in one directory

// Let go of *i, if there is one.
static void put(struct inode **i) {
    if (*i)
        inode_put(*i);
    *i = NULL;
}

static bool is_dots(const char *name, int len) {
    return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

// As lookup below; dir->dir held. Not for ".".
static int lookup_locked(struct inode *dir, const char *name, int len, struct inode **out) {
    uint64_t ino;
    if (dir->nlink == 0)
        return -ENOENT; // removed, but still somebody's working directory
    if (namecache_find(dir, name, len, &ino))
        return ino ? inode_find(dir->fs, ino, out) : -ENOENT;
    int err = dir->fs->ops->lookup(dir, name, len, out);
    if (!err || err == -ENOENT)
        namecache_enter(dir, name, len, err ? 0 : (*out)->ino);
    return err;
}

// What name means in dir: 0 and a reference, or -ENOENT or another error. No lock held.
static int lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    if (is_dots(name, len) && (len == 1 || dir == dir->fs->root)) {
        inode_get(*out = dir);
        return 0;
    }
    mutex_lock(&dir->dir);
    int err = lookup_locked(dir, name, len, out);
    mutex_unlock(&dir->dir);
    return err;
}

// ---- a path

// A walk along a path, and where it led.
struct trail {
    const struct walk *who;
    char *path;          // UAPI_PATH_MAX bytes
    char *rest;          // of the path: not walked yet
    int links;           // met so far
    struct inode *dir;   // where we are; a reference
    const char *name;    // the component taken last, not terminated: a name in dir
    int len;             // of name
    bool slash;          // slashes follow it: it must be a directory
    struct inode *inode; // what the last component means: a reference, or NULL: there is no such name
};

// Replace link, found in t->dir, by its target: the path is now the target and what followed the link.
static int trail_expand(struct trail *t, struct inode *link) {
    if (++t->links > UAPI_SYMLOOP_MAX)
        return -ELOOP;
    // First the rest to the end of the buffer, then the target to the front.
    size_t rest = strlen(t->rest) + 1, room = UAPI_PATH_MAX - rest;
    char *tail = memmove(t->path + room, t->rest, rest);
    ssize_t n = link->fs->ops->readlink(link, t->path, room);
    if (n <= 0)
        return n ? n : -ENOENT;
    if ((size_t)n == room)
        return -ENAMETOOLONG; // perhaps it was cut
    memmove(t->path + n, tail, rest);
    t->rest = t->path;
    if (t->path[0] == '/') {
        inode_put(t->dir);
        inode_get(t->dir = root_fs->root);
    }
    return 0;
}

static char *skip_slashes(char *s) {
    while (*s == '/')
        s++;
    return s;
}

// Take the next component. A path without any ("/") has ".". True: it is the last.
static bool trail_next(struct trail *t) {
    char *end = skip_slashes(t->rest);
    t->name = end;
    while (*end && *end != '/')
        end++;
    t->len = end - t->name;
    t->slash = *end == '/';
    t->rest = end;
    if (t->len == 0) {
        t->name = ".";
        t->len = 1;
    }
    return *skip_slashes(end) == '\0';
}

// Walk along path to its end. follow: whether the walk goes on if the last component is a symbolic link.
// 0, also when only the last component is missing; trail_end is due, whatever comes out.
static int trail_walk(struct trail *t, const struct walk *w, char *path, enum follow follow) {
    *t = (struct trail){.who = w, .path = path, .rest = path, .dir = *path == '/' ? root_fs->root : w->cwd};
    inode_get(t->dir);
    int err = *path ? 0 : -ENOENT;
    while (!err) {
        struct inode *i;
        bool last = trail_next(t), through = !last || follow >= (t->slash ? BEFORE_SLASH : ALWAYS);
        if (t->len > UAPI_NAME_MAX)
            return -ENAMETOOLONG;
        if (!S_ISDIR(t->dir->mode))
            return -ENOTDIR;
        err = inode_permission(t->dir, w->cred, 1);
        if (!err)
            err = lookup(t->dir, t->name, t->len, &i);
        if (err) {
            return last && err == -ENOENT ? 0 : err;
        } else if (S_ISLNK(i->mode) && through) {
            err = trail_expand(t, i);
            inode_put(i);
        } else if (last) {
            t->inode = i;
            return 0;
        } else {
            inode_put(t->dir);
            t->dir = i;
        }
    }
    return err;
}

static void trail_end(struct trail *t) {
    put(&t->dir);
    put(&t->inode);
}

int namei(const struct walk *w, char *path, int flags, struct inode **out) {
    struct trail t;
    int err = trail_walk(&t, w, path, flags & NAMEI_FOLLOW ? ALWAYS : BEFORE_SLASH);
    if (!err && !t.inode)
        err = -ENOENT;
    if (!err && (t.slash || flags & NAMEI_DIRECTORY) && !S_ISDIR(t.inode->mode))
        err = -ENOTDIR;
    if (!err)
        inode_get(*out = t.inode);
    trail_end(&t);
    return err;
}

// ---- changing names

// What is to be done at one name, or two.
struct change {
    struct trail at, to;        // to: of a rename
    const struct birth *birth;  // of a new name
    bool directory;             // to be removed
    struct inode *child, *over; // what was found at the names; put by `change`
    struct inode *made;         // a reference
};

// Do it in a transaction. A commit may give space back (what was freed since the last one), so for want of
// space there is a second attempt.
static int change(struct change *c, int (*once)(struct change *c)) {
    struct filesystem *fs = c->at.dir->fs;
    bool two = c->directory || c->to.dir; // directories are locked: by one thread at a time, so in any order
    int err = -ENOSPC;
    for (int attempt = 0; attempt < 2 && err == -ENOSPC; attempt++) {
        err = attempt > 0 ? txn_commit(fs) : inode_permission(c->at.dir, c->at.who->cred, 3);
        if (err)
            return err;
        if (two)
            mutex_lock(&fs->rename);
        err = txn_begin(fs, TXN_NAME);
        if (!err) {
            err = once(c);
            txn_end(fs);
        }
        if (two)
            mutex_unlock(&fs->rename);
        put(&c->child); // frees its blocks, if it has no name and nobody has it open
        put(&c->over);
        if (err)
            put(&c->made);
    }
    return err;
}

// Give a name to what c->birth says. -EEXIST: somebody else was faster.
static int make_once(struct change *c) {
    struct inode *dir = c->at.dir;
    mutex_lock(&dir->dir);
    int err = lookup_locked(dir, c->at.name, c->at.len, &c->child);
    if (!err)
        err = -EEXIST;
    else if (err == -ENOENT && dir->nlink > 0)
        err = dir->fs->ops->make(dir, c->at.name, c->at.len, c->birth, &c->made);
    if (!err)
        namecache_enter(dir, c->at.name, c->at.len, c->made->ino);
    mutex_unlock(&dir->dir);
    return err;
}

int name_make(const struct walk *w, char *path, struct birth *birth) {
    birth->cred = w->cred;
    struct change c = {.birth = birth};
    int err = trail_walk(&c.at, w, path, NEVER);
    if (!err && c.at.inode)
        err = -EEXIST;
    else if (!err)
        err = c.at.slash && !S_ISDIR(birth->mode) ? -ENOENT : change(&c, make_once);
    put(&c.made);
    trail_end(&c.at);
    return err;
}

// May i be opened this way?
static int check_open(struct inode *i, const struct cred *cred, int flags, bool slash) {
    int access = flags & O_ACCMODE;
    if (S_ISLNK(i->mode)) // only with O_NOFOLLOW
        return -ELOOP;
    if (S_ISDIR(i->mode) && (access != O_RDONLY || flags & O_CREAT))
        return -EISDIR;
    if (!S_ISDIR(i->mode) && (slash || flags & O_DIRECTORY))
        return -ENOTDIR;
    return inode_permission(i, cred, access == O_RDONLY ? 4 : access == O_WRONLY ? 2 : 6);
}

int namei_open(const struct walk *w, char *path, int flags, mode_t mode, struct inode **out) {
    const struct birth birth = {.cred = w->cred, .mode = S_IFREG | mode};
    const bool create = flags & O_CREAT, exclusive = create && flags & O_EXCL;
    struct change c = {.birth = &birth};
    int err = trail_walk(&c.at, w, path, exclusive ? NEVER : flags & O_NOFOLLOW ? BEFORE_SLASH : ALWAYS);
    if (!err && c.at.inode) {
        err = exclusive ? -EEXIST : check_open(c.at.inode, w->cred, flags, c.at.slash);
        if (!err)
            inode_get(*out = c.at.inode);
    } else if (!err) {
        err = !create ? -ENOENT : c.at.slash ? -EISDIR : change(&c, make_once);
        if (!err)
            *out = c.made;
    }
    trail_end(&c.at);
    return err;
}

static int remove_once(struct change *c) {
    struct inode *dir = c->at.dir;
    mutex_lock(&dir->dir);
    int err = lookup_locked(dir, c->at.name, c->at.len, &c->child);
    bool is_dir = !err && S_ISDIR(c->child->mode);
    if (!err && !is_dir && (c->directory || c->at.slash))
        err = -ENOTDIR;
    else if (!err && is_dir && !c->directory)
        err = -EISDIR;
    if (!err && is_dir)
        mutex_lock_nested(&c->child->dir); // nobody else holds two: fs->rename
    if (!err) {
        err = dir->fs->ops->remove(dir, c->at.name, c->at.len, c->child);
        if (is_dir)
            mutex_unlock(&c->child->dir);
    }
    if (!err)
        namecache_enter(dir, c->at.name, c->at.len, 0);
    mutex_unlock(&dir->dir);
    return err;
}

// -errno if the last component is "." or "..", which stay where they are.
static int check_dots(const struct trail *t) {
    if (!is_dots(t->name, t->len))
        return 0;
    return t->dir == t->dir->fs->root ? -EBUSY : -EINVAL;
}

int name_remove(const struct walk *w, char *path, bool directory) {
    struct change c = {.directory = directory};
    int err = trail_walk(&c.at, w, path, NEVER);
    if (!err && is_dots(c.at.name, c.at.len))
        err = directory ? check_dots(&c.at) : -EISDIR;
    if (!err)
        err = change(&c, remove_once);
    trail_end(&c.at);
    return err;
}

// Go from *dir to its parent.
static int climb(struct inode **dir) {
    struct inode *up;
    int err = lookup(*dir, "..", 2, &up);
    if (!err) {
        inode_put(*dir);
        *dir = up;
    }
    return err;
}

// -EINVAL if dir is top or stands below it. fs->rename held, so that no directory changes its parent.
static int check_not_below(struct inode *dir, const struct inode *top) {
    int err = 0;
    inode_get(dir);
    for (int depth = 0; !err && dir != dir->fs->root; depth++)
        err = dir == top ? -EINVAL : depth < DEPTH_MAX ? climb(&dir) : -EIO;
    inode_put(dir);
    return err;
}

// May c->child replace c->over, or nothing?
static int check_rename(const struct change *c) {
    bool is_dir = S_ISDIR(c->child->mode);
    if (!is_dir && (c->at.slash || c->to.slash))
        return -ENOTDIR;
    if (c->over && S_ISDIR(c->over->mode) != is_dir)
        return is_dir ? -ENOTDIR : -EISDIR;
    return c->over == c->at.dir ? -ENOTEMPTY : 0; // it holds what is to replace it
}

static int rename_once(struct change *c) {
    const struct trail *at = &c->at, *to = &c->to;
    struct inode *a = at->dir, *b = to->dir;
    int err = lookup(a, at->name, at->len, &c->child);
    if (!err && S_ISDIR(c->child->mode))
        err = check_not_below(b, c->child); // should another take its place before a is locked, it is new
    put(&c->child);
    if (err)
        return err;
    mutex_lock(&a->dir);
    if (a != b)
        mutex_lock_nested(&b->dir); // nobody else holds two: fs->rename
    err = lookup_locked(a, at->name, at->len, &c->child);
    if (!err)
        err = lookup_locked(b, to->name, to->len, &c->over);
    if (err == -ENOENT && c->child && b->nlink > 0)
        err = 0;
    if (!err)
        err = check_rename(c);
    if (!err && c->child != c->over) { // two names of one file: POSIX wants nothing done
        bool is_dir = S_ISDIR(c->child->mode);
        if (is_dir)
            mutex_lock_nested(&c->child->dir);
        if (is_dir && c->over)
            mutex_lock_nested(&c->over->dir);
        err = a->fs->ops->rename(a, at->name, at->len, c->child, b, to->name, to->len, c->over);
        if (!err) {
            namecache_enter(a, at->name, at->len, 0);
            namecache_enter(b, to->name, to->len, c->child->ino);
        }
        if (!err && is_dir)
            namecache_enter(c->child, "..", 2, b->ino);
        if (is_dir && c->over)
            mutex_unlock(&c->over->dir);
        if (is_dir)
            mutex_unlock(&c->child->dir);
    }
    if (a != b)
        mutex_unlock(&b->dir);
    mutex_unlock(&a->dir);
    return err;
}

int name_rename(const struct walk *w, char *from, char *to) {
    struct change c = {};
    int err = trail_walk(&c.at, w, from, NEVER), err2 = trail_walk(&c.to, w, to, NEVER);
    if (!err)
        err = err2;
    if (!err)
        err = check_dots(&c.at);
    if (!err)
        err = check_dots(&c.to);
    if (!err)
        err = inode_permission(c.to.dir, w->cred, 3);
    if (!err)
        err = change(&c, rename_once);
    trail_end(&c.at);
    trail_end(&c.to);
    return err;
}

// ---- the rest

int inode_chmod(struct inode *i, const struct cred *cred, mode_t mode) {
    if (i->fs->read_only)
        return -EROFS;
    if (cred->uid != 0 && cred->uid != i->uid)
        return -EPERM;
    mutex_lock(&i->lock);
    racy(i->mode) = (i->mode & S_IFMT) | (mode & 07777); // whoever looks for the kind finds the same
    i->ctime = clock_seconds();
    mutex_unlock(&i->lock);
    return i->fs->ops->update(i);
}

// Put the name that inode number ino has in dir right before buf + *at, and a slash before it.
static int prepend_name(struct inode *dir, uint64_t ino, char *buf, size_t *at) {
    _Alignas(8) char records[512];
    uint64_t pos = 0;
    ssize_t n = 0;
    int err = -ENOENT;
    mutex_lock(&dir->dir);
    while (err == -ENOENT && (n = dir->fs->ops->readdir(dir, &pos, records, sizeof(records))) > 0) {
        const struct uapi_dirent *d;
        for (char *p = records; p < records + n; p += d->reclen) {
            d = (const struct uapi_dirent *)p;
            size_t len = strlen(d->name) + 1;
            if (d->ino != ino)
                continue;
            err = len > *at ? -ERANGE : 0;
            if (err)
                break;
            *at -= len;
            buf[*at] = '/';
            memcpy(buf + *at + 1, d->name, len - 1);
        }
    }
    mutex_unlock(&dir->dir);
    return n < 0 ? n : err;
}

ssize_t name_of_directory(struct inode *dir, char *buf, size_t size) {
    size_t at = size - 1; // the path grows from the end of buf towards its front
    buf[at] = '\0';
    int err = size == 1 ? -ERANGE : 0;
    struct mutex *moves = &dir->fs->rename; // no directory changes its parent while we climb
    inode_get(dir);
    mutex_lock(moves);
    while (!err && dir != dir->fs->root) {
        uint64_t ino = dir->ino;
        err = climb(&dir);
        if (!err)
            err = prepend_name(dir, ino, buf, &at);
    }
    mutex_unlock(moves);
    inode_put(dir);
    if (err)
        return err;
    if (at == size - 1)
        buf[--at] = '/';
    memmove(buf, buf + at, size - at);
    return size - at;
}
