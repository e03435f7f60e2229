// hexdump: show the bytes of files.

#include <cmd.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: hexdump [-Cv] [-n bytes] [-s skip] [file...]\n"
    "Show the bytes of the files, taken as one, or of standard input: 16 a line.\n"
    "  -C        byte by byte, and as characters; else as 16-bit words, low byte first\n"
    "  -n bytes  only so many     -s skip  leave out so many first\n"
    "  -v        repeated lines too, which else become one *\n";

static bool canonical, verbose;
static uint64_t left = UINT64_MAX, skip, offset;
static unsigned char line[16], before[16];
static size_t filled;
static bool have_before, starred;

static void print_line(void) {
    if (!verbose && filled == 16 && have_before && memcmp(line, before, 16) == 0) {
        if (!starred)
            puts("*");
        starred = true;
        return;
    }
    starred = false;
    printf(canonical ? "%08jx" : "%07jx", (uintmax_t)offset);
    if (!canonical) {
        for (size_t i = 0; i < filled; i += 2)
            printf(" %04x", line[i] | (i + 1 < filled ? line[i + 1] << 8 : 0));
        putchar('\n');
        return;
    }
    for (size_t i = 0; i < 16; i++) {
        if (i % 8 == 0)
            putchar(' ');
        if (i < filled)
            printf(" %02x", line[i]);
        else
            printf("   ");
    }
    printf("  |");
    for (size_t i = 0; i < filled; i++)
        putchar(line[i] >= 0x20 && line[i] < 0x7f ? line[i] : '.');
    puts("|");
}

static void flush_line(void) {
    if (filled == 0)
        return;
    print_line();
    memcpy(before, line, 16);
    have_before = true;
    offset += filled;
    filled = 0;
}

static int dump(int fd, const char *name) {
    static unsigned char buf[CMD_COPY_BYTES];
    while (left > 0 && !ferror(stdout)) {
        size_t want = sizeof buf;
        if (skip == 0 && left < want)
            want = left;
        ssize_t n = read(fd, buf, want);
        if (n <= 0) {
            if (n < 0)
                cmd_warn("%s", name);
            return n < 0;
        }
        for (ssize_t i = 0; i < n && left > 0; i++) {
            if (skip > 0) {
                skip--;
                continue;
            }
            left--;
            line[filled++] = buf[i];
            if (filled == 16)
                flush_line();
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "Cn:s:v")) != -1;) {
        switch (c) {
        case 'C': canonical = true; break;
        case 'n': left = cmd_number(optarg, 0, INT64_MAX); break;
        case 's': skip = offset = cmd_number(optarg, 0, INT64_MAX); break;
        case 'v': verbose = true; break;
        default: cmd_usage();
        }
    }
    int status = 0;
    static char *standard_input[] = {"-", NULL};
    for (char **file = optind < argc ? argv + optind : standard_input; *file; file++) {
        int fd = cmd_open(*file);
        if (fd < 0 || dump(fd, *file) != 0)
            status = 1;
        if (fd > STDIN_FILENO)
            close(fd);
    }
    flush_line();
    if (offset > 0)
        printf(canonical ? "%08jx\n" : "%07jx\n", (uintmax_t)offset);
    return status;
}
