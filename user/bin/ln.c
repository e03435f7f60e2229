// ln: give a file another name.

#include <cmd.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: ln [-fs] file name, or: ln [-fs] file... directory\n"
                           "Make name a further name (hard link) of file.\n"
                           "  -s  make name a symbolic link, which holds the text given as file\n"
                           "  -f  replace name if it exists\n";

static bool symbolic, force;

static int make_link(const char *file, const char *name) {
    struct stat a, b;
    if (!symbolic && stat(file, &a) == 0 && S_ISDIR(a.st_mode)) {
        cmd_warnx("%s: is a directory (-s links to it)", file);
        return 1;
    }
    if (force && lstat(name, &b) == 0) {
        if (!symbolic && lstat(file, &a) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
            cmd_warnx("%s and %s are the same file", file, name);
            return 1;
        }
        if (unlink(name) < 0 && errno != ENOENT) {
            cmd_warn("%s", name);
            return 1;
        }
    }
    if ((symbolic ? symlink(file, name) : link(file, name)) < 0) {
        cmd_warn("%s to %s", name, file);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "fs")) != -1;) {
        switch (c) {
        case 'f': force = true; break;
        case 's': symbolic = true; break;
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
    for (char **file = argv + optind; file < argv + argc - 1; file++) {
        char *base = cmd_base(*file);
        char *name = into ? cmd_join(target, base) : cmd_strdup(target);
        status |= make_link(*file, name);
        free(base);
        free(name);
    }
    return status;
}
