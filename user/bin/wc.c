// wc: count lines, words and bytes.

#include <cmd.h>
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: wc [-clmw] [file...]\n"
    "Count each file, or standard input: lines, words, bytes; then the total of several files.\n"
    "  -l  lines only   -w  words only   -c  bytes only   -m  characters (UTF-8) only\n";

struct counts {
    uintmax_t lines, words, bytes, chars;
};

static bool show_lines, show_words, show_bytes, show_chars;

static int count(int fd, const char *name, struct counts *sum) {
    static unsigned char buf[CMD_COPY_BYTES];
    bool in_word = false;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n <= 0) {
            if (n < 0)
                cmd_warn("%s", name);
            return n < 0;
        }
        sum->bytes += n;
        for (ssize_t i = 0; i < n; i++) {
            unsigned char c = buf[i];
            bool space = c == ' ' || (c >= '\t' && c <= '\r');
            sum->lines += c == '\n';
            sum->words += !space && !in_word;
            sum->chars += (c & 0xc0) != 0x80;
            in_word = !space;
        }
    }
}

static void print(const struct counts *n, const char *name) {
    const char *gap = "";
    const struct {
        bool show;
        uintmax_t value;
    } column[] = {
        {show_lines, n->lines}, {show_words, n->words}, {show_chars, n->chars}, {show_bytes, n->bytes}};
    for (int i = 0; i < 4; i++) {
        if (column[i].show) {
            printf("%s%ju", gap, column[i].value);
            gap = " ";
        }
    }
    printf("%s%s\n", name ? " " : "", name ? name : "");
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "clmw")) != -1;) {
        switch (c) {
        case 'c': show_bytes = true; break;
        case 'l': show_lines = true; break;
        case 'm': show_chars = true; break;
        case 'w': show_words = true; break;
        default: cmd_usage();
        }
    }
    if (!show_lines && !show_words && !show_bytes && !show_chars)
        show_lines = show_words = show_bytes = true;

    int status = 0;
    struct counts total = {0};
    if (optind == argc) {
        status = count(STDIN_FILENO, "standard input", &total);
        print(&total, NULL);
        return status;
    }
    for (char **file = argv + optind; *file; file++) {
        struct counts one = {0};
        int fd = cmd_open(*file);
        if (fd < 0 || count(fd, *file, &one) != 0)
            status = 1;
        if (fd >= 0)
            print(&one, *file);
        if (fd > STDIN_FILENO)
            close(fd);
        total.lines += one.lines;
        total.words += one.words;
        total.bytes += one.bytes;
        total.chars += one.chars;
    }
    if (argc - optind > 1)
        print(&total, "total");
    return status;
}
