// rm: remove files and trees.

#include <cmd.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: rm [-fr] file...\n"
                           "Remove the names of files.\n"
                           "  -f      no complaint about a name that does not exist\n"
                           "  -r, -R  directories too, with all that is in them\n";

static bool force, recurse;

static int remove_any(const char *path);

static int remove_dir(const char *path) {
    struct cmd_names list;
    if (cmd_list(path, false, &list) < 0) {
        cmd_warn("%s", path);
        return 1;
    }
    int status = 0;
    for (size_t i = 0; i < list.count; i++) {
        char *entry = cmd_join(path, list.name[i]);
        status |= remove_any(entry);
        free(entry);
    }
    cmd_list_free(&list);
    if (rmdir(path) < 0 && status == 0) {
        cmd_warn("%s", path);
        status = 1;
    }
    return status;
}

static int remove_any(const char *path) {
    struct stat st;
    if (lstat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            if (recurse)
                return remove_dir(path);
            cmd_warnx("%s: is a directory (-r removes it)", path);
            return 1;
        }
        if (unlink(path) == 0)
            return 0;
    }
    if (force && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    cmd_warn("%s", path);
    return 1;
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
    if (optind == argc && !force)
        cmd_usage();

    int status = 0;
    for (char **path = argv + optind; *path; path++) {
        char *base = cmd_base(*path);
        if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0 || strcmp(base, "/") == 0) {
            cmd_warnx("%s: will not remove this", *path);
            status = 1;
        } else {
            status |= remove_any(*path);
        }
        free(base);
    }
    return status;
}
