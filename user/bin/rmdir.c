// rmdir: remove empty directories.

#include <cmd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: rmdir [-p] directory...\n"
                           "Remove empty directories.\n"
                           "  -p  then the parents named in the path too\n";

int main(int argc, char **argv) {
    bool parents = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "p")) != -1; parents = true)
        if (c != 'p')
            cmd_usage();
    if (optind == argc)
        cmd_usage();

    int status = 0;
    for (char **arg = argv + optind; *arg; arg++) {
        char *path = *arg;
        for (;;) {
            if (rmdir(path) < 0) {
                cmd_warn("%s", path);
                status = 1;
                break;
            }
            size_t end = strlen(path);
            while (end > 0 && path[end - 1] == '/')
                end--;
            while (end > 0 && path[end - 1] != '/')
                end--;
            while (end > 0 && path[end - 1] == '/')
                end--;
            if (!parents || end == 0)
                break;
            path[end] = '\0';
        }
    }
    return status;
}
