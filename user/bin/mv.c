// mv: rename files, or move them into a directory.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: mv [-f] source... target\n"
                           "Rename a file, or move files into a directory. A file of that name is replaced.\n"
                           "  -f  never ask (it never does)\n";

static int move(const char *from, const char *to) {
    struct stat a, b;
    if (lstat(from, &a) < 0) {
        cmd_warn("%s", from);
        return 1;
    }
    if (lstat(to, &b) == 0) { // rename(2) keeps both names of one file, without a word
        if (a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
            cmd_warnx("%s and %s are the same file", from, to);
            return 1;
        }
    }
    if (rename(from, to) < 0) {
        cmd_warn("%s to %s", from, to);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "f")) != -1;)
        if (c != 'f')
            cmd_usage();
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
        status |= move(*source, to);
        free(base);
        free(to);
    }
    return status;
}
