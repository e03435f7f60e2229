// stat: all that the file system knows about a file.

#include <cmd.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: stat [-L] [-c format] file...\n"
    "Print what there is to know about files.\n"
    "  -L  of the file that a symbolic link names\n"
    "  -c format  only this, where %n is the name, %s size, %b blocks of 512 bytes, %i inode,\n"
    "             %h links, %a mode in octal, %A mode in letters, %f all of it in hex,\n"
    "             %F kind, %u owner, %g group, %d device, %X %Y %Z times in seconds\n";

static const char *kind(mode_t mode) {
    return S_ISREG(mode)    ? "regular file"
           : S_ISDIR(mode)  ? "directory"
           : S_ISLNK(mode)  ? "symbolic link"
           : S_ISCHR(mode)  ? "character special file"
           : S_ISBLK(mode)  ? "block special file"
           : S_ISFIFO(mode) ? "fifo"
                            : "unknown";
}

static void print_format(const char *format, const char *path, const struct stat *st) {
    char mode[11];
    cmd_mode_text(st->st_mode, mode);
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            putchar(*format);
            continue;
        }
        switch (*++format) {
        case '%': putchar('%'); break;
        case 'A': fputs(mode, stdout); break;
        case 'F': fputs(kind(st->st_mode), stdout); break;
        case 'X': printf("%jd", (intmax_t)st->st_atime); break;
        case 'Y': printf("%jd", (intmax_t)st->st_mtime); break;
        case 'Z': printf("%jd", (intmax_t)st->st_ctime); break;
        case 'a': printf("%o", (unsigned)st->st_mode & 07777); break;
        case 'b': printf("%ju", (uintmax_t)st->st_blocks); break;
        case 'd': printf("%ju", (uintmax_t)st->st_dev); break;
        case 'f': printf("%x", (unsigned)st->st_mode); break;
        case 'g': printf("%u", (unsigned)st->st_gid); break;
        case 'h': printf("%ju", (uintmax_t)st->st_nlink); break;
        case 'i': printf("%ju", (uintmax_t)st->st_ino); break;
        case 'n': fputs(path, stdout); break;
        case 's': printf("%ju", (uintmax_t)st->st_size); break;
        case 'u': printf("%u", (unsigned)st->st_uid); break;
        default: cmd_diex("%%%c: not known", *format);
        }
    }
    putchar('\n');
}

static void print_time(const char *what, time_t when) {
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", localtime(&when));
    printf("%s %s\n", what, text);
}

static void print_all(const char *path, const struct stat *st) {
    char mode[11], owner[12], group[12];
    cmd_mode_text(st->st_mode, mode);
    cmd_owner(st->st_uid, owner);
    cmd_owner(st->st_gid, group);
    printf("  File: %s", path);
    if (S_ISLNK(st->st_mode)) {
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof target);
        printf(" -> %.*s", n < 0 ? 0 : (int)n, target);
    }
    printf("\n  Size: %-12ju Blocks: %-10ju IO Block: %-6ju %s\n", (uintmax_t)st->st_size,
           (uintmax_t)st->st_blocks, (uintmax_t)st->st_blksize, kind(st->st_mode));
    printf("Device: %u,%-10u Inode: %-11ju Links: %ju", cmd_major(st->st_dev), cmd_minor(st->st_dev),
           (uintmax_t)st->st_ino, (uintmax_t)st->st_nlink);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        printf("  Device type: %u,%u", cmd_major(st->st_rdev), cmd_minor(st->st_rdev));
    printf("\nAccess: (%04o/%s)  Uid: %s  Gid: %s\n", (unsigned)st->st_mode & 07777, mode, owner, group);
    print_time("Access:", st->st_atime);
    print_time("Modify:", st->st_mtime);
    print_time("Change:", st->st_ctime);
}

int main(int argc, char **argv) {
    bool follow = false;
    const char *format = NULL;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "Lc:")) != -1;) {
        switch (c) {
        case 'L': follow = true; break;
        case 'c': format = optarg; break;
        default: cmd_usage();
        }
    }
    if (optind == argc)
        cmd_usage();
    int status = 0;
    for (char **path = argv + optind; *path; path++) {
        struct stat st;
        if ((follow ? stat(*path, &st) : lstat(*path, &st)) < 0) {
            cmd_warn("%s", *path);
            status = 1;
        } else if (format) {
            print_format(format, *path, &st);
        } else {
            print_all(*path, &st);
        }
    }
    return status;
}
