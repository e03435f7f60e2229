// namei.c: walking paths, and what changes names.
#include "fs/namei.h"

#include "fs/txn.h"
#include "uapi/dirent.h"

enum { DEPTH_MAX = 1 << 16 }; // only a damaged disk has a deeper tree
enum follow { NEVER, BEFORE_SLASH, ALWAYS };

// ---- one name in one directory

// Let *i be next, whose reference passes to it; what it was is let go of.
static void replace(struct inode **i, struct inode *next) {
    if (*i)
        inode_put(*i);
    *i = next;
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

// Go from *dir to its parent.
static int climb(struct inode **dir) {
    struct inode *up;
    int err = lookup(*dir, "..", 2, &up);
    if (!err)
        replace(dir, up);
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
        inode_get(root_fs->root);
        replace(&t->dir, root_fs->root);
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
    t->name = t->rest = skip_slashes(t->rest);
    while (*t->rest && *t->rest != '/')
        t->rest++;
    t->len = t->rest - t->name;
    t->slash = *t->rest == '/';
    if (t->len == 0) {
        t->name = ".";
        t->len = 1;
    }
    return *skip_slashes(t->rest) == '\0';
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
        if (err)
            return last && err == -ENOENT ? 0 : err;
        if (S_ISLNK(i->mode) && through) {
            err = trail_expand(t, i);
            inode_put(i);
        } else if (last) {
            t->inode = i;
            return 0;
        } else {
            replace(&t->dir, i);
        }
    }
    return err;
}

static void trail_end(struct trail *t) {
    replace(&t->dir, NULL);
    replace(&t->inode, NULL);
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
    struct trail at, to;       // to: of a rename
    const struct birth *birth; // of a new name
    bool directory;            // to be removed
    struct inode *moved;       // by a rename: a reference
};

// Put the inodes. What has lost its last name frees its blocks, if nobody has it open.
static void let_go(struct change *c) {
    replace(&c->at.inode, NULL);
    replace(&c->to.inode, NULL);
    replace(&c->moved, NULL);
}

// -EINVAL if what moves is a directory, and the new name would be in it or below. fs->rename held, so that no
// directory changes its parent. Should another directory take its place before it is locked, that one is new.
static int check_not_below(struct change *c) {
    struct inode *dir = c->to.dir;
    int err = lookup(c->at.dir, c->at.name, c->at.len, &c->moved);
    const bool is_dir = !err && S_ISDIR(c->moved->mode);
    inode_get(dir);
    for (int depth = 0; !err && is_dir && dir != dir->fs->root; depth++)
        err = dir == c->moved ? -EINVAL : depth < DEPTH_MAX ? climb(&dir) : -EIO;
    inode_put(dir);
    return err;
}

// Do it in a transaction. The names are looked up again, under the locks that keep them as they are; the
// inodes that they mean stay in the trails until nothing is locked any more. once is told what came of the
// first name.
static int attempt(struct change *c, int (*once)(struct change *c, int err)) {
    struct trail *at = &c->at;
    struct inode *from = at->dir, *to = c->to.dir;
    struct filesystem *fs = from->fs;
    bool two = c->directory || to; // directories are locked: by one thread at a time, so in any order
    if (two)
        mutex_lock(&fs->rename);
    int err = to ? check_not_below(c) : 0;
    if (!err)
        err = txn_begin(fs, TXN_NAME);
    if (!err) {
        mutex_lock(&from->dir);
        if (to && to != from)
            mutex_lock_nested(&to->dir);
        err = once(c, lookup_locked(from, at->name, at->len, &at->inode));
        if (to && to != from)
            mutex_unlock(&to->dir);
        mutex_unlock(&from->dir);
        txn_end(fs);
    }
    if (two)
        mutex_unlock(&fs->rename);
    return err;
}

// A commit may give space back (what was freed since the last one), so for want of space there is a second
// attempt.
static int change(struct change *c, int (*once)(struct change *c, int err)) {
    int err = inode_permission(c->at.dir, c->at.who->cred, 3);
    let_go(c);
    if (!err)
        err = attempt(c, once);
    if (err == -ENOSPC) {
        let_go(c); // it may give back even more
        err = txn_commit(c->at.dir->fs);
        if (!err)
            err = attempt(c, once);
    }
    return err;
}

// Give a name to what c->birth says. -EEXIST: somebody else was faster.
static int make_once(struct change *c, int err) {
    struct trail *t = &c->at;
    if (err != -ENOENT || t->dir->nlink == 0)
        return err ? err : -EEXIST;
    err = t->dir->fs->ops->make(t->dir, t->name, t->len, c->birth, &t->inode);
    if (!err)
        namecache_enter(t->dir, t->name, t->len, t->inode->ino);
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
    if (!err && c.at.inode)
        err = exclusive ? -EEXIST : check_open(c.at.inode, w->cred, flags, c.at.slash);
    else if (!err)
        err = !create ? -ENOENT : c.at.slash ? -EISDIR : change(&c, make_once);
    if (!err)
        inode_get(*out = c.at.inode);
    trail_end(&c.at);
    return err;
}

static int remove_once(struct change *c, int err) {
    struct trail *t = &c->at;
    if (err)
        return err;
    bool is_dir = S_ISDIR(t->inode->mode);
    if (is_dir != c->directory || (t->slash && !is_dir))
        return is_dir ? -EISDIR : -ENOTDIR;
    if (is_dir)
        mutex_lock_nested(&t->inode->dir); // nobody else holds two: fs->rename
    err = t->dir->fs->ops->remove(t->dir, t->name, t->len, t->inode);
    if (is_dir)
        mutex_unlock(&t->inode->dir);
    if (!err)
        namecache_enter(t->dir, t->name, t->len, 0);
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

// May what is at `at` replace what is at `to`, or nothing?
static int check_rename(const struct trail *at, const struct trail *to) {
    bool is_dir = S_ISDIR(at->inode->mode);
    if (!is_dir && (at->slash || to->slash))
        return -ENOTDIR;
    if (to->inode && S_ISDIR(to->inode->mode) != is_dir)
        return is_dir ? -ENOTDIR : -EISDIR;
    return to->inode == at->dir ? -ENOTEMPTY : 0; // it holds what is to replace it
}

// Both directories are locked. Nobody else holds two, because of fs->rename.
static int rename_once(struct change *c, int err) {
    struct trail *at = &c->at, *to = &c->to;
    if (err)
        return err;
    err = lookup_locked(to->dir, to->name, to->len, &to->inode);
    if (!err || (err == -ENOENT && to->dir->nlink > 0))
        err = check_rename(at, to);
    struct inode *child = at->inode, *over = to->inode;
    if (err || child == over) // two names of one file: POSIX wants nothing done
        return err;
    bool is_dir = S_ISDIR(child->mode);
    if (is_dir)
        mutex_lock_nested(&child->dir);
    if (is_dir && over)
        mutex_lock_nested(&over->dir);
    err = child->fs->ops->rename(at->dir, at->name, at->len, child, to->dir, to->name, to->len, over);
    if (!err) {
        namecache_enter(at->dir, at->name, at->len, 0);
        namecache_enter(to->dir, to->name, to->len, child->ino);
    }
    if (!err && is_dir)
        namecache_enter(child, "..", 2, to->dir->ino);
    if (is_dir && over)
        mutex_unlock(&over->dir);
    if (is_dir)
        mutex_unlock(&child->dir);
    return err;
}

int name_rename(const struct walk *w, char *from, char *to) {
    struct change c = {};
    int err = trail_walk(&c.at, w, from, NEVER);
    if (!err)
        err = trail_walk(&c.to, w, to, NEVER);
    if (!err)
        err = check_dots(&c.at);
    if (!err)
        err = check_dots(&c.to);
    if (!err)
        err = inode_permission(c.to.dir, w->cred, 3);
    if (!err)
        err = change(&c, rename_once);
    let_go(&c);
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

ssize_t inode_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size) {
    mutex_lock(&dir->dir);
    ssize_t n = dir->fs->ops->readdir(dir, pos, buf, size);
    mutex_unlock(&dir->dir);
    return n;
}

// Put the name that inode number ino has in dir right before buf + *at, and a slash before it.
static int prepend_name(struct inode *dir, uint64_t ino, char *buf, size_t *at) {
    _Alignas(8) char records[512];
    uint64_t pos = 0;
    ssize_t n;
    while ((n = inode_readdir(dir, &pos, records, sizeof(records))) > 0) {
        const struct uapi_dirent *d = (void *)records;
        while ((char *)d < records + n && d->ino != ino)
            d = (void *)((char *)d + d->reclen);
        if ((char *)d == records + n)
            continue;
        size_t len = strlen(d->name);
        if (len >= *at)
            return -ERANGE;
        *at -= len + 1;
        buf[*at] = '/';
        memcpy(buf + *at + 1, d->name, len);
        return 0;
    }
    return n ? n : -ENOENT;
}

ssize_t name_of_directory(struct inode *dir, char *buf, size_t size) {
    struct mutex *moves = &dir->fs->rename; // no directory changes its parent while we climb
    size_t at = size - 1;                   // the path grows from the end of buf towards its front
    int err = size < 2 ? -ERANGE : 0;
    buf[at] = '\0';
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
