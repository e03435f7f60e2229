// head: the first lines or bytes of files.

#include <cmd.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: head [-n lines | -c bytes] [file...]\n"
                           "Write the first 10 lines of each file, or of standard input.\n"
                           "  -n lines  so many lines (-5 means -n 5)\n"
                           "  -c bytes  so many bytes\n";

static int head(int fd, const char *name, int64_t lines, int64_t bytes) {
    static char buf[CMD_COPY_BYTES];
    while (lines != 0 && bytes != 0) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n <= 0) {
            if (n < 0)
                cmd_warn("%s", name);
            return n < 0;
        }
        size_t take = n;
        if (bytes >= 0) {
            take = bytes < n ? bytes : n;
            bytes -= take;
        } else {
            for (char *p = buf; lines > 0; lines--) {
                char *newline = memchr(p, '\n', buf + n - p);
                if (!newline)
                    break;
                p = newline + 1;
                if (lines == 1)
                    take = p - buf;
            }
        }
        if (fwrite(buf, 1, take, stdout) != take)
            return 1; // reported at the end
        if ((ssize_t)take < n)
            lseek(fd, (off_t)take - n, SEEK_CUR); // leave the rest to whoever shares the descriptor
    }
    return 0;
}

int main(int argc, char **argv) {
    int64_t lines = 10, bytes = -1;
    cmd_start(argv, help);
    if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
        lines = cmd_number(argv[1] + 1, 0, INT64_MAX);
        argv++;
        argc--;
    }
    for (int c; (c = getopt(argc, argv, "c:n:")) != -1;) {
        switch (c) {
        case 'c': bytes = cmd_number(optarg, 0, INT64_MAX); break;
        case 'n': lines = cmd_number(optarg, 0, INT64_MAX), bytes = -1; break;
        default: cmd_usage();
        }
    }
    if (bytes >= 0)
        lines = -1;

    int status = 0;
    static char *standard_input[] = {"-", NULL};
    char **file = optind < argc ? argv + optind : standard_input;
    bool headers = file[1] != NULL;
    for (bool first = true; *file; file++) {
        int fd = cmd_open(*file);
        if (fd < 0) {
            status = 1;
            continue;
        }
        if (headers)
            printf("%s==> %s <==\n", first ? "" : "\n", *file);
        first = false;
        status |= head(fd, *file, lines, bytes);
        if (fd > STDIN_FILENO)
            close(fd);
    }
    return status;
}
