// mkdir: make directories.

#include <cmd.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: mkdir [-p] [-m mode] directory...\n"
                           "Make directories.\n"
                           "  -p       make missing parents too; one that exists is not an error\n"
                           "  -m mode  with this mode (as chmod takes it), whatever the umask\n";

// Make every directory on the way to path.
static int make_parents(const char *path) {
    char *copy = cmd_strdup(path);
    int status = 0;
    for (char *slash = copy; status == 0 && (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        if (slash[strspn(slash, "/")] == '\0')
            break;
        *slash = '\0';
        if (mkdir(copy, 0777) < 0 && !cmd_is_dir(copy)) {
            cmd_warn("%s", copy);
            status = 1;
        }
    }
    free(copy);
    return status;
}

int main(int argc, char **argv) {
    bool parents = false;
    const char *mode_text = NULL;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "m:p")) != -1;) {
        switch (c) {
        case 'm': mode_text = optarg; break;
        case 'p': parents = true; break;
        default: cmd_usage();
        }
    }
    if (optind == argc)
        cmd_usage();
    mode_t mode = 0777;
    if (mode_text && !cmd_mode(mode_text, 0777, true, &mode))
        cmd_diex("%s: not a mode", mode_text);

    int status = 0;
    for (char **path = argv + optind; *path; path++) {
        if (parents && make_parents(*path) != 0) {
            status = 1;
        } else if (mkdir(*path, mode) < 0) {
            if (parents && cmd_is_dir(*path))
                continue;
            cmd_warn("%s", *path);
            status = 1;
        } else if (mode_text && chmod(*path, mode) < 0) {
            cmd_warn("%s", *path);
            status = 1;
        }
    }
    return status;
}
