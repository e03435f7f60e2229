// dirname: a path without its last part.

#include <cmd.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: dirname path\n"
                           "Print path without its last component.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argc--, argv++;
    if (argc != 2)
        cmd_usage();
    const char *path = argv[1];
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    if (end == 1 && *path == '/') {
        puts("/");
        return 0;
    }
    while (end > 0 && path[end - 1] != '/')
        end--;
    while (end > 1 && path[end - 1] == '/')
        end--;
    if (end == 0)
        puts(".");
    else
        printf("%.*s\n", (int)end, path);
    return 0;
}
