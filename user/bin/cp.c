// cp: copy files and trees.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: cp [-fr] source... target\n"
    "Copy a file to another name, or files into a directory.\n"
    "  -r, -R  copy directories with all that is in them; symbolic links and devices as such\n"
    "  -f      remove a target that cannot be opened, and try again\n";

static bool recurse, force;

static int copy_any(const char *from, const char *to, bool top);

static int copy_file(const char *from, const char *to, mode_t mode) {
    int in = open(from, O_RDONLY);
    if (in < 0) {
        cmd_warn("%s", from);
        return 1;
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);
    if (out < 0 && force && unlink(to) == 0)
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);
    if (out < 0) {
        cmd_warn("%s", to);
        close(in);
        return 1;
    }
    int status = cmd_copy(in, from, out, to) < 0;
    if (close(out) < 0) {
        cmd_warn("%s", to);
        status = 1;
    }
    close(in);
    return status;
}

static int copy_link(const char *from, const char *to) {
    char target[PATH_MAX];
    ssize_t n = readlink(from, target, sizeof target - 1);
    if (n < 0) {
        cmd_warn("%s", from);
        return 1;
    }
    target[n] = '\0';
    if (force)
        unlink(to);
    if (symlink(target, to) < 0) {
        cmd_warn("%s", to);
        return 1;
    }
    return 0;
}

static int copy_node(const struct stat *st, const char *to) {
    if (force)
        unlink(to);
    if (mknod(to, st->st_mode, st->st_rdev) < 0) {
        cmd_warn("%s", to);
        return 1;
    }
    return 0;
}

// Is the directory path the one of st, or anywhere below it?
static bool inside(const char *path, const struct stat *st) {
    struct stat here, above;
    char *up = cmd_strdup(path);
    bool found = false;
    for (bool more = stat(up, &here) == 0; more && !found; here = above) {
        found = here.st_dev == st->st_dev && here.st_ino == st->st_ino;
        char *next = cmd_join(up, "..");
        free(up);
        up = next;
        more = stat(up, &above) == 0 && (above.st_ino != here.st_ino || above.st_dev != here.st_dev);
    }
    free(up);
    return found;
}

static int copy_dir(const char *from, const struct stat *st, const char *to, bool top) {
    bool is_new = mkdir(to, (st->st_mode & 0777) | 0700) == 0;
    if (!is_new && !(errno == EEXIST && cmd_is_dir(to))) {
        cmd_warn("%s", to);
        return 1;
    }
    if (top && inside(to, st)) { // it would never end
        cmd_warnx("%s: cannot copy a directory into itself", from);
        if (is_new)
            rmdir(to);
        return 1;
    }
    struct cmd_names list;
    int status = 0;
    if (cmd_list(from, false, &list) < 0) {
        cmd_warn("%s", from);
        status = 1;
    }
    for (size_t i = 0; i < list.count; i++) {
        char *source = cmd_join(from, list.name[i]), *target = cmd_join(to, list.name[i]);
        status |= copy_any(source, target, false);
        free(source);
        free(target);
    }
    if (is_new && (st->st_mode & 0700) != 0700) { // now that it is filled
        mode_t mask = umask(0);
        umask(mask);
        chmod(to, st->st_mode & 0777 & ~mask);
    }
    cmd_list_free(&list);
    return status;
}

// top: from was named on the command line. Without -r a symbolic link stands for the file it names.
static int copy_any(const char *from, const char *to, bool top) {
    struct stat st, there;
    if ((recurse ? lstat(from, &st) : stat(from, &st)) < 0) {
        cmd_warn("%s", from);
        return 1;
    }
    bool exists = (recurse && S_ISLNK(st.st_mode) ? lstat(to, &there) : stat(to, &there)) == 0;
    if (exists && there.st_dev == st.st_dev && there.st_ino == st.st_ino) {
        cmd_warnx("%s and %s are the same file", from, to);
        return 1;
    }
    if (S_ISDIR(st.st_mode)) {
        if (recurse)
            return copy_dir(from, &st, to, top);
        cmd_warnx("%s: is a directory (-r copies it)", from);
        return 1;
    }
    if (exists && S_ISDIR(there.st_mode)) {
        cmd_warnx("%s: is a directory, %s is not", to, from);
        return 1;
    }
    if (recurse && S_ISLNK(st.st_mode))
        return copy_link(from, to);
    if (recurse && !S_ISREG(st.st_mode))
        return copy_node(&st, to);
    return copy_file(from, to, st.st_mode);
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "fRr")) != -1;) {
        switch (c) {
        case 'f': force = true; break;
        case 'R':
        case 'r': recurse = true; break;
        default: cmd_usage();
        }
    }
    int count = argc - optind - 1;
    if (count < 1)
        cmd_usage();

    const char *target = argv[argc - 1];
    bool into = cmd_is_dir(target);
    if (count > 1 && !into)
        cmd_diex("%s: not a directory", target);
    int status = 0;
    for (char **source = argv + optind; source < argv + argc - 1; source++) {
        char *base = cmd_base(*source);
        char *to = into ? cmd_join(target, base) : cmd_strdup(target);
        status |= copy_any(*source, to, true);
        free(base);
        free(to);
    }
    return status;
}
