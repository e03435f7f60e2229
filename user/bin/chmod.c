// chmod: change the modes of files.

#include <cmd.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: chmod [-R] mode file...\n"
    "Change what may be done with files. A mode is octal (644) or tells what to change:\n"
    "who (u g o a), + - or =, what (r w x X s t, or u g o), as in u+x or go-w,a+r.\n"
    "  -R  what is in directories too\n";

static bool recurse;

static int change(const char *path, const char *text, bool top) {
    struct stat st;
    mode_t mode;
    if (lstat(path, &st) < 0 || (top && S_ISLNK(st.st_mode) && stat(path, &st) < 0)) {
        cmd_warn("%s", path);
        return 1;
    }
    if (S_ISLNK(st.st_mode)) // below a directory: the link's target is somebody else's
        return 0;
    cmd_mode(text, st.st_mode, S_ISDIR(st.st_mode), &mode);
    if (chmod(path, mode) < 0) {
        cmd_warn("%s", path);
        return 1;
    }
    if (!recurse || !S_ISDIR(st.st_mode))
        return 0;
    struct cmd_names list;
    if (cmd_list(path, false, &list) < 0) {
        cmd_warn("%s", path);
        return 1;
    }
    int status = 0;
    for (size_t i = 0; i < list.count; i++) {
        char *entry = cmd_join(path, list.name[i]);
        status |= change(entry, text, false);
        free(entry);
    }
    cmd_list_free(&list);
    return status;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    // a mode may start with - as an option does ("chmod -x file"), so this is not for getopt
    char **arg = argv + 1;
    for (; *arg && (strcmp(*arg, "-R") == 0 || strcmp(*arg, "--") == 0); arg++) {
        if (strcmp(*arg, "--") == 0) {
            arg++;
            break;
        }
        recurse = true;
    }
    if (argc - (arg - argv) < 2)
        cmd_usage();
    mode_t mode;
    const char *text = *arg++;
    if (!cmd_mode(text, 0, false, &mode))
        cmd_diex("%s: not a mode", text);
    int status = 0;
    for (; *arg; arg++)
        status |= change(*arg, text, true);
    return status;
}
