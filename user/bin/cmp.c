// cmp: compare two files byte by byte.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: cmp [-l | -s] file1 file2\n"
                           "Say where two files first differ; - is standard input.\n"
                           "  -l  every byte that differs: its number, and both values in octal\n"
                           "  -s  nothing, status only\n"
                           "Status 0: equal, 1: different, 2: trouble.\n";

// Fill buf unless the file ends. Returns the bytes read.
static size_t fill(int fd, const char *name, unsigned char *buf, size_t size) {
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, buf + got, size - got);
        if (n < 0)
            cmd_die("%s", name);
        if (n == 0)
            break;
        got += n;
    }
    return got;
}

int main(int argc, char **argv) {
    bool list = false, silent = false;
    cmd_start(argv, help);
    cmd_trouble = 2;
    for (int c; (c = getopt(argc, argv, "ls")) != -1;) {
        switch (c) {
        case 'l': list = true; break;
        case 's': silent = true; break;
        default: cmd_usage();
        }
    }
    if (argc - optind != 2)
        cmd_usage();

    static unsigned char buf[2][CMD_COPY_BYTES];
    char **name = argv + optind;
    int fd[2];
    for (int i = 0; i < 2; i++)
        if ((fd[i] = cmd_open(name[i])) < 0)
            return 2;
    uintmax_t at = 1, line = 1;
    bool differ = false;
    for (;;) {
        size_t n[2];
        for (int i = 0; i < 2; i++)
            n[i] = fill(fd[i], name[i], buf[i], CMD_COPY_BYTES);
        size_t both = n[0] < n[1] ? n[0] : n[1];
        for (size_t i = 0; i < both && !ferror(stdout); i++, at++) {
            if (buf[0][i] != buf[1][i]) {
                differ = true;
                if (silent)
                    return 1;
                if (!list) {
                    printf("%s %s differ: char %ju, line %ju\n", name[0], name[1], at, line);
                    return 1;
                }
                printf("%ju %o %o\n", at, buf[0][i], buf[1][i]);
            }
            line += buf[0][i] == '\n';
        }
        if (n[0] != n[1]) {
            if (!silent)
                cmd_warnx("EOF on %s", name[n[0] > n[1]]);
            return 1;
        }
        if (n[0] == 0 || ferror(stdout))
            return differ;
    }
}
