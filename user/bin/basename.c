// basename: the last part of a path.

#include <cmd.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: basename path [suffix]\n"
                           "Print the last component of path, without suffix if it ends so.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argc--, argv++;
    if (argc != 2 && argc != 3)
        cmd_usage();
    char *base = cmd_base(argv[1]);
    size_t len = strlen(base), cut = argc == 3 ? strlen(argv[2]) : 0;
    if (cut > 0 && cut < len && strcmp(base + len - cut, argv[2]) == 0)
        base[len - cut] = '\0';
    puts(base);
    return 0;
}
