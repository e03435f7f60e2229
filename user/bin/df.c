// df: how full file systems are.

#include <cmd.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char help[] =
    "usage: df [-hikP] [file...]\n"
    "Show how full the file system of each file is; of / if none is named. Units of 512 bytes.\n"
    "  -k  in KiB   -h  in K, M, G   -i  files instead of bytes   -P  (always in that form)\n";

static bool human, kib, files;

static const char *amount(uint64_t units, uint64_t unit_size, char *out, size_t size) {
    if (files)
        snprintf(out, size, "%ju", (uintmax_t)units);
    else if (human)
        cmd_human(units * unit_size, out);
    else
        snprintf(out, size, "%ju", (uintmax_t)(units * unit_size / (kib ? 1024 : 512)));
    return out;
}

static void print_header(void) {
    printf("%-12s %11s %11s %11s %8s %s\n", "Filesystem",
           files   ? "Inodes"
           : human ? "Size"
           : kib   ? "1024-blocks"
                   : "512-blocks",
           "Used", "Available", "Capacity", "Mounted on");
}

static int show(const char *path) {
    static bool have_header;
    struct statvfs fs;
    if (statvfs(path, &fs) < 0) {
        cmd_warn("%s", path);
        return 1;
    }
    if (!have_header)
        print_header();
    have_header = true;
    char size[24], used_text[24], free_text[24];
    uint64_t total = files ? fs.f_files : fs.f_blocks, left = files ? fs.f_favail : fs.f_bavail;
    uint64_t used = files ? fs.f_files - fs.f_ffree : fs.f_blocks - fs.f_bfree;
    unsigned percent = used + left ? (used * 100 + used + left - 1) / (used + left) : 0;
    printf("%-12s %11s %11s %11s %7u%% %s\n", "root", amount(total, fs.f_frsize, size, sizeof size),
           amount(used, fs.f_frsize, used_text, sizeof used_text),
           amount(left, fs.f_frsize, free_text, sizeof free_text), percent, "/"); // there is one file system
    return 0;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "hikP")) != -1;) {
        switch (c) {
        case 'h': human = true; break;
        case 'i': files = true; break;
        case 'k': kib = true; break;
        case 'P': break;
        default: cmd_usage();
        }
    }
    int status = 0;
    static char *root[] = {"/", NULL};
    for (char **path = optind < argc ? argv + optind : root; *path; path++)
        status |= show(*path);
    return status;
}
