// sparse: a file with holes.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: sparse [-c] [-t size] file [offset...]\n"
    "Write a mark at each offset of file, then check all marks, that the block before\n"
    "each reads as zeros, and print size and blocks of 512 bytes. Offsets may end in k, M,\n"
    "G or T.\n"
    "  -c  only check   -t size  make the file so long first, with ftruncate\n";

static off_t offset_of(const char *text) {
    static const char units[] = "kMGT";
    char digits[32];
    size_t len = strspn(text, "0123456789");
    const char *unit = text[len] ? strchr(units, text[len]) : NULL;
    if (len == 0 || len >= sizeof digits || (text[len] && (!unit || text[len + 1])))
        cmd_diex("%s: not an offset", text);
    snprintf(digits, sizeof digits, "%.*s", (int)len, text);
    return (off_t)cmd_number(digits, 0, INT64_MAX) << (unit ? 10 * (unit - units + 1) : 0);
}

static void make_mark(off_t at, char *mark) { snprintf(mark, 32, "mark %016jx", (uintmax_t)at); }

int main(int argc, char **argv) {
    bool check = false;
    const char *size = NULL;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "ct:")) != -1;) {
        switch (c) {
        case 'c': check = true; break;
        case 't': size = optarg; break;
        default: cmd_usage();
        }
    }
    if (optind == argc)
        cmd_usage();
    const char *path = argv[optind++];
    int fd = open(path, check ? O_RDONLY : O_RDWR | O_CREAT, 0666);
    if (fd < 0 || (size && ftruncate(fd, offset_of(size)) < 0))
        cmd_die("%s", path);

    char mark[32], got[32];
    const size_t len = 21;
    for (int i = optind; i < argc && !check; i++) {
        make_mark(offset_of(argv[i]), mark);
        if (lseek(fd, offset_of(argv[i]), SEEK_SET) < 0 || write(fd, mark, len) != (ssize_t)len)
            cmd_die("%s: write at %s", path, argv[i]);
    }
    int bad = 0;
    for (int i = optind; i < argc; i++) {
        off_t at = offset_of(argv[i]);
        make_mark(at, mark);
        memset(got, 0, sizeof got);
        if (pread(fd, got, len, at) != (ssize_t)len || memcmp(got, mark, len) != 0) {
            printf("%s: at %s: \"%s\", not \"%s\"\n", path, argv[i], got, mark);
            bad = 1;
        }
        static char before[4096];
        memset(before, 1, sizeof before);
        if (at >= 8192 && pread(fd, before, sizeof before, at / 4096 * 4096 - 4096) != (ssize_t)sizeof before)
            cmd_die("%s: read before %s", path, argv[i]);
        for (size_t k = 0; at >= 8192 && k < sizeof before; k++) {
            if (before[k] != 0) {
                printf("%s: before %s: not zero\n", path, argv[i]);
                bad = 1;
                break;
            }
        }
    }
    struct stat st;
    if (fstat(fd, &st) < 0)
        cmd_die("%s", path);
    printf("%s: size %jd, blocks %jd\n", path, (intmax_t)st.st_size, (intmax_t)st.st_blocks);
    return bad;
}
