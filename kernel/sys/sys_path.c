// sys_path.c: system calls that take a path. They copy it in and call namei.c; errnos are listed in
// trap/syscalls.def.
#include "proc/proc.h"
#include "syscall_protos.h"

// The inode at a path of the user's.
static long inode_at(const char *user, int flags, struct inode **out) {
    char path[UAPI_PATH_MAX];
    ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
    return n < 0 ? n : namei(&current_proc()->walk, path, flags, out);
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
    char target[UAPI_PATH_MAX];
    long r = inode_at(path, 0, &i);
    if (r)
        return r;
    r = S_ISLNK(i->mode) && n > 0 ? i->fs->ops->readlink(i, target, min(n, sizeof(target))) : -EINVAL;
    inode_put(i);
    return r > 0 && copy_to_user((uint64_t)buf, target, r) ? -EFAULT : r;
}

long sys_getcwd(char *buf, size_t n) {
    char path[UAPI_PATH_MAX];
    if (n == 0)
        return -EINVAL;
    long r = name_of_directory(current_proc()->walk.cwd, path, min(n, sizeof(path)));
    return r > 0 && copy_to_user((uint64_t)buf, path, r) ? -EFAULT : r;
}

// ---- changing an inode

long sys_chdir(const char *path) {
    struct inode *dir;
    struct proc *me = current_proc();
    long err = inode_at(path, NAMEI_FOLLOW | NAMEI_DIRECTORY, &dir);
    if (err)
        return err;
    err = inode_permission(dir, &me->cred, 1);
    inode_put(err ? dir : me->walk.cwd);
    if (!err)
        me->walk.cwd = dir;
    return err;
}

long sys_chmod(const char *path, unsigned mode) {
    struct inode *i;
    long err = inode_at(path, NAMEI_FOLLOW, &i);
    if (err)
        return err;
    err = inode_chmod(i, &current_proc()->cred, mode);
    inode_put(i);
    return err;
}

// ---- changing names

static long make(const char *user, struct birth *birth) {
    char path[UAPI_PATH_MAX];
    ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
    return n < 0 ? n : name_make(&current_proc()->walk, path, birth);
}

long sys_mkdir(const char *path, unsigned mode) {
    return make(path, &(struct birth){.mode = S_IFDIR | (mode & 07777 & ~current_proc()->umask)});
}

long sys_mknod(const char *path, unsigned mode, unsigned dev) {
    if ((mode & S_IFMT) == 0)
        mode |= S_IFREG;
    bool device = S_ISCHR(mode) || S_ISBLK(mode);
    if (S_ISDIR(mode) || (device && current_proc()->cred.uid != 0))
        return -EPERM;
    if ((!device && !S_ISREG(mode)) || (device && dev > UAPI_DEV_MAX)) // named pipes and sockets: not yet
        return -EINVAL;
    mode &= S_IFMT | (07777 & ~current_proc()->umask);
    return make(path, &(struct birth){.mode = mode, .rdev = device ? dev : 0});
}

long sys_symlink(const char *user_target, const char *path) {
    char target[UAPI_PATH_MAX];
    ssize_t n = string_from_user(target, (uint64_t)user_target, sizeof(target));
    if (n <= 0)
        return n ? n : -ENOENT;
    return make(path, &(struct birth){.mode = S_IFLNK | 0777, .target = target});
}

long sys_link(const char *from, const char *to) {
    struct inode *i;
    long err = inode_at(from, 0, &i);
    if (err)
        return err;
    err = S_ISDIR(i->mode) ? -EPERM : make(to, &(struct birth){.child = i});
    inode_put(i);
    return err;
}

static long remove(const char *user, bool directory) {
    char path[UAPI_PATH_MAX];
    ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
    return n < 0 ? n : name_remove(&current_proc()->walk, path, directory);
}

long sys_unlink(const char *path) { return remove(path, false); }
long sys_rmdir(const char *path) { return remove(path, true); }

long sys_rename(const char *user_from, const char *user_to) {
    char from[UAPI_PATH_MAX], to[UAPI_PATH_MAX];
    ssize_t n = string_from_user(from, (uint64_t)user_from, sizeof(from));
    if (n >= 0)
        n = string_from_user(to, (uint64_t)user_to, sizeof(to));
    return n < 0 ? n : name_rename(&current_proc()->walk, from, to);
}
