// sys_path.c: system calls that take a path. They copy it in and call namei.c; errnos are listed in
// trap/syscalls.def.
#include "lib/kernel.h"
#include "syscall_protos.h"

#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc.h"
#include "riscv/usercopy.h"
#include "sys/path.h"

int path_get(struct path *p, const char *user) {
    p->text = p->small;
    ssize_t n = string_from_user(p->small, (uint64_t)user, sizeof(p->small));
    if (n == -ENAMETOOLONG) {
        p->text = kmalloc(UAPI_PATH_MAX, PAGE_WAIT);
        n = p->text ? string_from_user(p->text, (uint64_t)user, UAPI_PATH_MAX) : -ENOMEM;
        if (n < 0)
            kfree(p->text);
    }
    return min(n, (ssize_t)0);
}

void path_put(struct path *p) {
    if (p->text != p->small)
        kfree(p->text);
}

struct walk walk_as_current(void) {
    struct proc *p = current_proc();
    return (struct walk){.cred = &p->cred, .cwd = p->cwd, .umask = p->umask};
}

// The inode at a path of the user's.
static long inode_at(const char *path, int flags, struct inode **out) {
    struct path p;
    struct walk me = walk_as_current();
    long err = path_get(&p, path);
    if (err)
        return err;
    err = namei(&me, p.text, flags, out);
    path_put(&p);
    return err;
}

// ---- looking

static long stat_at(const char *path, int flags, struct uapi_stat *st) {
    struct inode *i;
    struct uapi_stat s;
    long err = inode_at(path, flags, &i);
    if (err)
        return err;
    inode_stat(i, &s);
    inode_put(i);
    return copy_to_user((uint64_t)st, &s, sizeof(s));
}

long sys_stat(const char *path, struct uapi_stat *st) { return stat_at(path, NAMEI_FOLLOW, st); }
long sys_lstat(const char *path, struct uapi_stat *st) { return stat_at(path, 0, st); }

long sys_statfs(const char *path, struct uapi_statfs *st) {
    struct inode *i;
    struct uapi_statfs s = {};
    long err = inode_at(path, NAMEI_FOLLOW, &i);
    if (err)
        return err;
    i->fs->ops->statfs(i->fs, &s);
    inode_put(i);
    return copy_to_user((uint64_t)st, &s, sizeof(s));
}

long sys_readlink(const char *path, char *buf, size_t n) {
    struct inode *i;
    long r = inode_at(path, 0, &i);
    if (r)
        return r;
    char *target = NULL;
    if (!S_ISLNK(i->mode) || n == 0)
        r = -EINVAL;
    else if (!(target = kmalloc(UAPI_PATH_MAX, PAGE_WAIT)))
        r = -ENOMEM;
    else
        r = i->ops->readlink(i, target, min(n, (size_t)UAPI_PATH_MAX));
    inode_put(i);
    if (r > 0 && copy_to_user((uint64_t)buf, target, r) < 0)
        r = -EFAULT;
    kfree(target);
    return r;
}

long sys_chdir(const char *path) {
    struct inode *dir;
    struct proc *me = current_proc();
    long err = inode_at(path, NAMEI_FOLLOW | NAMEI_DIRECTORY, &dir);
    if (err)
        return err;
    err = inode_permission(dir, &me->cred, 1);
    if (!err) {
        struct inode *old = me->cwd;
        me->cwd = dir;
        dir = old;
    }
    inode_put(dir);
    return err;
}

long sys_getcwd(char *buf, size_t n) {
    if (n == 0)
        return -EINVAL;
    char *path = kmalloc(UAPI_PATH_MAX, PAGE_WAIT);
    if (!path)
        return -ENOMEM;
    long r = name_of_directory(current_proc()->cwd, path, min(n, (size_t)UAPI_PATH_MAX));
    if (r > 0 && copy_to_user((uint64_t)buf, path, r) < 0)
        r = -EFAULT;
    kfree(path);
    return r;
}

// ---- changing one name

// Call op with the path.
static long with_path(const char *path, int (*op)(const struct walk *, const char *)) {
    struct path p;
    struct walk me = walk_as_current();
    long err = path_get(&p, path);
    if (err)
        return err;
    err = op(&me, p.text);
    path_put(&p);
    return err;
}

static long with_mode(const char *path, int (*op)(const struct walk *, const char *, mode_t), mode_t mode) {
    struct path p;
    struct walk me = walk_as_current();
    long err = path_get(&p, path);
    if (err)
        return err;
    err = op(&me, p.text, mode);
    path_put(&p);
    return err;
}

long sys_unlink(const char *path) { return with_path(path, name_unlink); }
long sys_rmdir(const char *path) { return with_path(path, name_rmdir); }
long sys_mkdir(const char *path, unsigned mode) { return with_mode(path, name_mkdir, mode); }
long sys_chmod(const char *path, unsigned mode) { return with_mode(path, name_chmod, mode); }

long sys_mknod(const char *path, unsigned mode, unsigned dev) {
    struct path p;
    struct walk me = walk_as_current();
    if ((mode & S_IFMT) == 0)
        mode |= S_IFREG;
    bool device = S_ISCHR(mode) || S_ISBLK(mode);
    if (S_ISDIR(mode) || (device && me.cred->uid != 0))
        return -EPERM;
    if (!device && !S_ISREG(mode)) // named pipes and sockets: not yet
        return -EINVAL;
    long err = path_get(&p, path);
    if (err)
        return err;
    err = name_mknod(&me, p.text, mode & (S_IFMT | 07777), device ? dev : 0);
    path_put(&p);
    return err;
}

long sys_truncate(const char *path, int64_t size) {
    struct inode *i;
    long err = inode_at(path, NAMEI_FOLLOW, &i);
    if (err)
        return err;
    if (!S_ISREG(i->mode))
        err = S_ISDIR(i->mode) ? -EISDIR : -EINVAL;
    else
        err = inode_permission(i, &current_proc()->cred, 2);
    if (!err)
        err = inode_open_write(i);
    if (!err) {
        err = inode_truncate(i, size);
        inode_close_write(i);
    }
    inode_put(i);
    return err;
}

// ---- two paths

// Call op with both.
static long with_two(const char *a, const char *b,
                     int (*op)(const struct walk *, const char *, const char *)) {
    struct path p, q;
    struct walk me = walk_as_current();
    long err = path_get(&p, a);
    if (err)
        return err;
    err = path_get(&q, b);
    if (!err) {
        err = op(&me, p.text, q.text);
        path_put(&q);
    }
    path_put(&p);
    return err;
}

long sys_link(const char *from, const char *to) { return with_two(from, to, name_link); }
long sys_rename(const char *from, const char *to) { return with_two(from, to, name_rename); }
long sys_symlink(const char *target, const char *path) { return with_two(target, path, name_symlink); }
