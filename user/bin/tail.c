// tail: the last lines or bytes of files.

#include <cmd.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: tail [-f] [-n [+]lines | -c [+]bytes] [file...]\n"
    "Write the last 10 lines of each file, or of standard input.\n"
    "  -n lines  so many lines; +lines starts at that line, 1 is the first (-5 means -n 5)\n"
    "  -c bytes  the same in bytes\n"
    "  -f        then wait for what is added, until interrupted (one file)\n";

static bool by_bytes, from_start;
static int64_t count = 10;

static void set_count(const char *text) {
    from_start = *text == '+';
    count = cmd_number(text + (*text == '+' || *text == '-'), 0, INT64_MAX);
}

// Where in buf the last count lines or bytes start. A line may end with buf instead of a newline.
static size_t last(const char *buf, size_t len) {
    if (by_bytes)
        return (uint64_t)count < len ? len - count : 0;
    if (count == 0)
        return len;
    size_t at = len;
    int64_t seen = 0;
    while (at > 0) {
        if (buf[at - 1] == '\n' && at < len && ++seen == count)
            return at;
        at--;
    }
    return 0;
}

// Keep the whole input's tail in a buffer that is cut back when it has doubled, so the work stays linear.
static int tail_end(int fd, const char *name) {
    static char *buf;
    static size_t room;
    size_t len = 0, limit = 2 * CMD_COPY_BYTES;
    off_t size = by_bytes ? lseek(fd, 0, SEEK_END) : -1;
    if (size >= 0)
        lseek(fd, size > count ? size - count : 0, SEEK_SET);
    for (;;) {
        if (room - len < CMD_COPY_BYTES) {
            if (len >= limit) {
                size_t start = last(buf, len);
                memmove(buf, buf + start, len -= start);
                limit = len < CMD_COPY_BYTES ? 2 * CMD_COPY_BYTES : 2 * len;
            }
            if (room - len < CMD_COPY_BYTES)
                buf = cmd_realloc(buf, room = len + len / 2 + 4 * CMD_COPY_BYTES);
        }
        ssize_t n = read(fd, buf + len, CMD_COPY_BYTES);
        if (n < 0) {
            cmd_warn("%s", name);
            return 1;
        }
        if (n == 0)
            break;
        len += n;
    }
    size_t start = last(buf, len);
    fwrite(buf + start, 1, len - start, stdout);
    return 0;
}

static int tail_from(int fd, const char *name) {
    static char buf[CMD_COPY_BYTES];
    int64_t skip = count > 0 ? count - 1 : 0;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n <= 0) {
            if (n < 0)
                cmd_warn("%s", name);
            return n < 0;
        }
        char *p = buf, *end = buf + n;
        if (by_bytes) {
            int64_t jump = skip < n ? skip : n;
            p += jump;
            skip -= jump;
        }
        while (!by_bytes && skip > 0 && p < end) {
            char *newline = memchr(p, '\n', end - p);
            p = newline ? newline + 1 : end;
            skip -= newline != NULL;
        }
        fwrite(p, 1, end - p, stdout);
        if (ferror(stdout))
            return 1;
    }
}

static void follow(int fd, const char *name) {
    for (;;) {
        if (fflush(stdout) != 0 || cmd_copy(fd, name, STDOUT_FILENO, "standard output") < 0)
            return;
        sleep(1);
    }
}

int main(int argc, char **argv) {
    bool keep_on = false;
    cmd_start(argv, help);
    if (argc > 1 && strchr("+-", argv[1][0]) && isdigit((unsigned char)argv[1][1])) {
        set_count(argv[1]);
        argv++;
        argc--;
    }
    for (int c; (c = getopt(argc, argv, "c:fn:")) != -1;) {
        switch (c) {
        case 'c':
        case 'n':
            by_bytes = c == 'c';
            set_count(optarg);
            break;
        case 'f': keep_on = true; break;
        default: cmd_usage();
        }
    }

    int status = 0;
    static char *standard_input[] = {"-", NULL};
    char **file = optind < argc ? argv + optind : standard_input;
    bool headers = file[1] != NULL;
    if (keep_on && headers)
        cmd_usage();
    for (bool first = true; *file; file++) {
        int fd = cmd_open(*file);
        if (fd < 0) {
            status = 1;
            continue;
        }
        if (headers)
            printf("%s==> %s <==\n", first ? "" : "\n", *file);
        first = false;
        status |= from_start ? tail_from(fd, *file) : tail_end(fd, *file);
        if (keep_on)
            follow(fd, *file);
        if (fd > STDIN_FILENO)
            close(fd);
    }
    return status;
}
