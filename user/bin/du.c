// du: what files and directories take on the disk.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: du [-a | -s] [-hk] [file...]\n"
    "Show what each directory takes, with all that is in it; . if none is named. Units of 512\n"
    "bytes. A file with several names counts once.\n"
    "  -a  files too   -s  only what is named   -k  in KiB   -h  in K, M, G\n";

struct seen {
    dev_t dev;
    ino_t ino;
};

static bool all, sum_only, human, kib;
static struct seen *seen;
static size_t seen_count;
static int status;

static void print(uintmax_t blocks, const char *path) {
    char text[24];
    if (human)
        cmd_human(blocks * 512, text);
    else
        snprintf(text, sizeof text, "%ju", kib ? (blocks + 1) / 2 : blocks);
    printf("%s\t%s\n", text, path);
}

static bool seen_before(const struct stat *st) {
    if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
        return false;
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i].dev == st->st_dev && seen[i].ino == st->st_ino)
            return true;
    seen = cmd_realloc(seen, (seen_count + 1) * sizeof seen[0]);
    seen[seen_count++] = (struct seen){st->st_dev, st->st_ino};
    return false;
}

static uintmax_t usage(const char *path, bool top) {
    struct stat st;
    if (lstat(path, &st) < 0) {
        cmd_warn("%s", path);
        status = 1;
        return 0;
    }
    if (seen_before(&st))
        return 0;
    uintmax_t blocks = st.st_blocks;
    if (S_ISDIR(st.st_mode)) {
        struct cmd_names list;
        if (cmd_list(path, false, &list) < 0) {
            cmd_warn("%s", path);
            status = 1;
        }
        for (size_t i = 0; i < list.count; i++) {
            char *entry = cmd_join(path, list.name[i]);
            blocks += usage(entry, false);
            free(entry);
        }
        cmd_list_free(&list);
    }
    if (top || (!sum_only && (all || S_ISDIR(st.st_mode))))
        print(blocks, path);
    return blocks;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "ahks")) != -1;) {
        switch (c) {
        case 'a': all = true; break;
        case 'h': human = true; break;
        case 'k': kib = true; break;
        case 's': sum_only = true; break;
        default: cmd_usage();
        }
    }
    if (all && sum_only)
        cmd_usage();
    static char *here[] = {".", NULL};
    for (char **path = optind < argc ? argv + optind : here; *path; path++)
        usage(*path, true);
    return status;
}
