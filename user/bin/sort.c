// sort: put lines in order.

#include <cmd.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sort [-bcfnru] [-t char] [-k key]... [-o file] [file...]\n"
    "Write the lines of all files, or of standard input, in order.\n"
    "  -n  by the number that starts the line   -r  the other way round\n"
    "  -f  capitals do not matter               -b  blanks at the start do not matter\n"
    "  -u  only one of equal lines\n"
    "  -k start[,end]  compare the fields start to end; fields count from 1, and the\n"
    "      letters b f n r may follow a number\n"
    "  -t char  what separates fields (else: where blanks begin)\n"
    "  -o file  write there, which may be one of the inputs\n"
    "  -c  only check; status 1 if not in order\n";

struct key {
    int first, last; // fields, from 1; last 0 is the end of the line
    bool blanks, fold, numeric, reverse;
};

struct span {
    const char *start, *end;
};

enum { KEYS = 8 };
static struct key keys[KEYS], whole;
static int key_count;
static bool unique;
static char separator;
static char **lines;
static size_t line_count, line_room;

// The start of the field after the one that starts at p.
static const char *next_field(const char *p) {
    if (separator) {
        p += strcspn(p, (char[]){separator, '\0'});
        return *p ? p + 1 : p;
    }
    p += strspn(p, " \t");
    return p + strcspn(p, " \t");
}

static struct span find(const char *line, const struct key *key) {
    struct span span = {line, line + strlen(line)};
    for (int i = 1; i < key->first && span.start < span.end; i++)
        span.start = next_field(span.start);
    if (key->last) {
        const char *p = line;
        for (int i = 1; i < key->last && *p; i++)
            p = next_field(p);
        p = separator ? p + strcspn(p, (char[]){separator, '\0'}) : next_field(p);
        span.end = p < span.start ? span.start : p;
    }
    while (key->blanks && span.start < span.end && isblank((unsigned char)*span.start))
        span.start++;
    return span;
}

// Decimal numbers of any length: sign, digits, and perhaps a fraction. What is not a number counts as 0.
static int compare_numbers(struct span a, struct span b) {
    struct span s[2] = {a, b}, fraction[2];
    bool negative[2];
    for (int i = 0; i < 2; i++) {
        const char *p = s[i].start, *end = s[i].end;
        while (p < end && isblank((unsigned char)*p))
            p++;
        negative[i] = p < end && *p == '-';
        p += negative[i];
        while (p < end && *p == '0')
            p++;
        s[i].start = p;
        while (p < end && isdigit((unsigned char)*p))
            p++;
        s[i].end = p;
        fraction[i].start = p < end && *p == '.' ? ++p : p;
        while (p < end && fraction[i].start != s[i].end && isdigit((unsigned char)*p))
            p++;
        while (p > fraction[i].start && p[-1] == '0')
            p--;
        fraction[i].end = p;
        if (s[i].start == s[i].end && fraction[i].start == fraction[i].end)
            negative[i] = false; // zero
    }
    if (negative[0] != negative[1])
        return negative[0] ? -1 : 1;
    ptrdiff_t len[2] = {s[0].end - s[0].start, s[1].end - s[1].start};
    int result = (len[0] > len[1]) - (len[0] < len[1]);
    if (result == 0)
        result = memcmp(s[0].start, s[1].start, len[0]);
    if (result == 0) {
        len[0] = fraction[0].end - fraction[0].start;
        len[1] = fraction[1].end - fraction[1].start;
        result = memcmp(fraction[0].start, fraction[1].start, len[0] < len[1] ? len[0] : len[1]);
        if (result == 0)
            result = (len[0] > len[1]) - (len[0] < len[1]);
    }
    return negative[0] ? -result : result;
}

static int compare_text(struct span a, struct span b, bool fold) {
    for (; a.start < a.end && b.start < b.end; a.start++, b.start++) {
        int x = (unsigned char)*a.start, y = (unsigned char)*b.start;
        if (fold)
            x = toupper(x), y = toupper(y);
        if (x != y)
            return x - y;
    }
    return (a.start < a.end) - (b.start < b.end);
}

static int compare_keys(const char *a, const char *b) {
    for (int i = 0; i < (key_count ? key_count : 1); i++) {
        const struct key *key = key_count ? &keys[i] : &whole;
        struct span x = find(a, key), y = find(b, key);
        int result = key->numeric ? compare_numbers(x, y) : compare_text(x, y, key->fold);
        if (result)
            return key->reverse ? -result : result;
    }
    return 0;
}

static int compare(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int result = compare_keys(x, y);
    if (result == 0 && !unique) // equal keys: the whole line decides
        result = whole.reverse ? strcmp(y, x) : strcmp(x, y);
    return result;
}

static int read_lines(const char *path) {
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!f) {
        cmd_warn("%s", path);
        return 2;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, f)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            line[len - 1] = '\0';
        if (line_count == line_room) {
            line_room = line_room ? line_room * 2 : 1024;
            lines = cmd_realloc(lines, line_room * sizeof lines[0]);
        }
        lines[line_count++] = cmd_strdup(line);
    }
    free(line);
    int status = ferror(f) ? 2 : 0;
    if (status)
        cmd_warn("%s", path);
    if (f != stdin)
        fclose(f);
    return status;
}

// A field number and letters; the text that follows.
static const char *parse_field(const char *s, int *field, struct key *key) {
    char *end;
    long n = strtol(s, &end, 10);
    if (end == s || n < 0 || n > 100000)
        cmd_diex("%s: not a field number", s);
    *field = n;
    for (; *end && strchr("bfnr", *end); end++) {
        key->blanks |= *end == 'b';
        key->fold |= *end == 'f';
        key->numeric |= *end == 'n';
        key->reverse |= *end == 'r';
    }
    return end;
}

static void add_key(const char *text) {
    struct key key = {0};
    if (key_count == KEYS)
        cmd_diex("more than %d keys", KEYS);
    const char *s = parse_field(text, &key.first, &key);
    if (*s == ',')
        s = parse_field(s + 1, &key.last, &key);
    if (*s || key.first < 1)
        cmd_diex("%s: not a key", text);
    keys[key_count++] = key;
}

static int check(void) {
    for (size_t i = 1; i < line_count; i++) {
        int result = compare(&lines[i - 1], &lines[i]);
        if (result > 0 || (unique && result == 0)) {
            cmd_warnx("disorder: %s", lines[i]);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    bool only_check = false;
    const char *output = NULL;
    cmd_start(argv, help);
    cmd_trouble = 2;
    for (int c; (c = getopt(argc, argv, "bcfk:no:rt:u")) != -1;) {
        switch (c) {
        case 'b': whole.blanks = true; break;
        case 'c': only_check = true; break;
        case 'f': whole.fold = true; break;
        case 'k': add_key(optarg); break;
        case 'n': whole.numeric = true; break;
        case 'o': output = optarg; break;
        case 'r': whole.reverse = true; break;
        case 't': separator = optarg[0]; break;
        case 'u': unique = true; break;
        default: cmd_usage();
        }
    }
    for (int i = 0; i < key_count; i++) { // a key without letters takes those of the command line
        struct key *k = &keys[i];
        if (!k->blanks && !k->fold && !k->numeric && !k->reverse)
            *k = (struct key){k->first, k->last, whole.blanks, whole.fold, whole.numeric, whole.reverse};
    }

    int status = 0;
    static char *standard_input[] = {"-", NULL};
    for (char **file = optind < argc ? argv + optind : standard_input; *file; file++)
        status |= read_lines(*file);
    if (only_check)
        return status ? status : check();
    if (line_count > 0)
        qsort(lines, line_count, sizeof lines[0], compare);
    if (output) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            cmd_die("%s", output);
    }
    for (size_t i = 0; i < line_count && !ferror(stdout); i++)
        if (!unique || i == 0 || compare_keys(lines[i - 1], lines[i]) != 0)
            puts(lines[i]);
    return status;
}
