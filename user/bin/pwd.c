// pwd: print the working directory.

#include <cmd.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: pwd [-L | -P]\n"
                           "Print the path of the working directory.\n"
                           "  -L  as $PWD has it, symbolic links and all, if that is right (the default)\n"
                           "  -P  without symbolic links\n";

static bool right(const char *path) {
    struct stat a, b;
    if (!path || *path != '/' || strstr(path, "/./") || strstr(path, "/../"))
        return false;
    size_t len = strlen(path);
    if ((len >= 2 && strcmp(path + len - 2, "/.") == 0) || (len >= 3 && strcmp(path + len - 3, "/..") == 0))
        return false;
    return stat(path, &a) == 0 && stat(".", &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int main(int argc, char **argv) {
    bool physical = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "LP")) != -1;) {
        if (c != 'L' && c != 'P')
            cmd_usage();
        physical = c == 'P';
    }
    if (optind < argc)
        cmd_usage();
    char buf[PATH_MAX];
    const char *path = getenv("PWD");
    if (physical || !right(path))
        path = getcwd(buf, sizeof buf);
    if (!path)
        cmd_die(".");
    puts(path);
    return 0;
}
