// cut: parts of each line.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: cut -b list | -c list | -f list [-d char] [-s] [file...]\n"
                           "Write parts of each line.\n"
                           "  -b, -c list  these bytes\n"
                           "  -f list      these fields\n"
                           "  -d char      what stands between fields; else a tab\n"
                           "  -s           leave out lines without it\n"
                           "A list is like 1,3-5,7- and counts from 1.\n";

struct range {
    long first, last;
};

static struct range *ranges;
static size_t range_count;
static char delimiter = '\t';
static bool fields, need_delimiter;

static void parse(const char *s) {
    for (const char *list = s;; s++) {
        char *end;
        struct range r = {1, 2147483647L};
        bool open_start = *s == '-';
        if (!open_start) {
            r.first = strtol(s, &end, 10);
            if (end == s || r.first < 1)
                cmd_diex("%s: not a list", list);
            r.last = r.first;
            s = end;
        }
        if (*s == '-') {
            r.last = strtol(++s, &end, 10);
            if (end == s && !open_start)
                r.last = 2147483647L;
            else if (end == s || r.last < r.first)
                cmd_diex("%s: not a list", list);
            s = end;
        }
        ranges = cmd_realloc(ranges, (range_count + 1) * sizeof ranges[0]);
        ranges[range_count++] = r;
        if (*s == '\0')
            return;
        if (*s != ',')
            cmd_diex("%s: not a list", list);
    }
}

static bool wanted(long i) {
    for (size_t k = 0; k < range_count; k++)
        if (i >= ranges[k].first && i <= ranges[k].last)
            return true;
    return false;
}

static void cut_fields(char *line) {
    if (!strchr(line, delimiter)) {
        if (!need_delimiter)
            puts(line);
        return;
    }
    bool any = false;
    for (long i = 1; line; i++) {
        char *next = strchr(line, delimiter);
        if (next)
            *next++ = '\0';
        if (wanted(i)) {
            if (any)
                putchar(delimiter);
            fputs(line, stdout);
            any = true;
        }
        line = next;
    }
    putchar('\n');
}

static int cut_file(const char *path) {
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!f) {
        cmd_warn("%s", path);
        return 1;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while (!ferror(stdout) && (len = getline(&line, &room, f)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            line[--len] = '\0';
        if (fields) {
            cut_fields(line);
            continue;
        }
        for (ssize_t i = 0; i < len; i++)
            if (wanted(i + 1))
                putchar(line[i]);
        putchar('\n');
    }
    free(line);
    int status = ferror(f) != 0;
    if (status)
        cmd_warn("%s", path);
    if (f != stdin)
        fclose(f);
    return status;
}

int main(int argc, char **argv) {
    bool have_list = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "b:c:d:f:s")) != -1;) {
        switch (c) {
        case 'b':
        case 'c':
        case 'f':
            if (have_list)
                cmd_usage();
            have_list = true;
            fields = c == 'f';
            parse(optarg);
            break;
        case 'd':
            if (strlen(optarg) != 1)
                cmd_diex("%s: not one character", optarg);
            delimiter = *optarg;
            break;
        case 's': need_delimiter = true; break;
        default: cmd_usage();
        }
    }
    if (!have_list)
        cmd_usage();
    int status = 0;
    static char *standard_input[] = {"-", NULL};
    for (char **file = optind < argc ? argv + optind : standard_input; *file; file++)
        status |= cut_file(*file);
    return status;
}
