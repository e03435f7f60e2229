// env: show the environment, or run a command in another one.

#include <cmd.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: env [-i] [-u name] [name=value...] [command [argument...]]\n"
                           "Run a command with these variables added, or print the environment.\n"
                           "  -i       start with an empty environment\n"
                           "  -u name  take this variable out\n"
                           "Status: the command's; 126 if it cannot be run, 127 if it is not found.\n";

extern char **environ;

int main(int argc, char **argv) {
    static char *nothing[] = {NULL};
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "+iu:")) != -1;) {
        switch (c) {
        case 'i': environ = nothing; break;
        case 'u':
            if (unsetenv(optarg) < 0)
                cmd_die("%s", optarg);
            break;
        default: cmd_usage();
        }
    }
    char **arg = argv + optind;
    for (char *equals; *arg && (equals = strchr(*arg, '=')) != NULL; arg++) {
        *equals = '\0';
        if (setenv(*arg, equals + 1, 1) < 0)
            cmd_die("%s", *arg);
    }
    if (*arg) {
        execvp(*arg, arg);
        cmd_trouble = errno == ENOENT ? 127 : 126;
        cmd_die("%s", *arg);
    }
    for (char **variable = environ; *variable; variable++)
        puts(*variable);
    return 0;
}
