// tr: replace, delete or squeeze characters.

#include <cmd.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: tr [-c] [-s] set1 set2, or: tr [-c] -s set1, or: tr [-c] [-s] -d set1 [set2]\n"
    "Copy standard input to standard output with each byte of set1 replaced by its mate in set2.\n"
    "  -d  delete the bytes of set1 instead\n"
    "  -s  of a run of one byte of the last set, write only one\n"
    "  -c  set1 stands for all bytes that are not in it\n"
    "Sets: abc, a-z, [:alpha:] and its kin, \\n \\t \\\\ \\012.\n";

struct set {
    unsigned char byte[1024]; // in order, repetitions kept
    size_t count;
    bool has[256];
};

static void put(struct set *set, int c) {
    if (set->count == sizeof set->byte)
        cmd_diex("set too long");
    set->byte[set->count++] = c;
    set->has[c] = true;
}

// One byte of a set's text, escapes undone. *s moves behind it.
static int take(const char **s) {
    static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
    int c = (unsigned char)*(*s)++;
    if (c != '\\' || !**s)
        return c;
    if (**s >= '0' && **s <= '7') {
        int value = 0;
        for (int i = 0; i < 3 && **s >= '0' && **s <= '7'; i++)
            value = value * 8 + (*(*s)++ - '0');
        return value & 0xff;
    }
    c = (unsigned char)*(*s)++;
    const char *at = strchr(from, c);
    return at ? to[at - from] : c;
}

// "[:name:]" at s: put its bytes. Returns how long it is, 0 if there is none.
static size_t class(struct set *set, const char *s) {
    static const struct {
        const char *name;
        int (*is)(int);
    } table[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
                 {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
                 {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
    if (strncmp(s, "[:", 2) != 0)
        return 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = strlen(table[i].name);
        if (strncmp(s + 2, table[i].name, len) == 0 && strncmp(s + 2 + len, ":]", 2) == 0) {
            for (int c = 0; c < 256; c++)
                if (table[i].is(c))
                    put(set, c);
            return len + 4;
        }
    }
    cmd_diex("%s: no such class", s);
}

static void parse(struct set *set, const char *s) {
    while (*s) {
        size_t len = class(set, s);
        if (len) {
            s += len;
            continue;
        }
        int first = take(&s);
        if (s[0] != '-' || !s[1]) {
            put(set, first);
            continue;
        }
        s++;
        int last = take(&s);
        if (last < first)
            cmd_diex("range ends before it starts");
        for (int c = first; c <= last; c++)
            put(set, c);
    }
}

static void complement(struct set *set) {
    struct set old = *set;
    memset(set, 0, sizeof *set);
    for (int c = 0; c < 256; c++)
        if (!old.has[c])
            put(set, c);
}

int main(int argc, char **argv) {
    bool other = false, drop = false, squeeze = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "+cCds")) != -1;) {
        switch (c) {
        case 'c':
        case 'C': other = true; break;
        case 'd': drop = true; break;
        case 's': squeeze = true; break;
        default: cmd_usage();
        }
    }
    int sets = argc - optind;
    if (sets < 1 || sets > 2 || (sets == 1 && !drop && !squeeze) || (sets == 2 && drop && !squeeze))
        cmd_usage();

    static struct set from, to;
    unsigned char map[256];
    parse(&from, argv[optind]);
    if (other)
        complement(&from);
    for (int c = 0; c < 256; c++)
        map[c] = c;
    if (sets == 2) {
        parse(&to, argv[optind + 1]);
        if (to.count == 0 && !drop)
            cmd_diex("the second set is empty");
        for (size_t i = 0; i < from.count && !drop; i++)
            map[from.byte[i]] = to.byte[i < to.count ? i : to.count - 1];
    }
    const bool *squeezed = sets == 2 ? to.has : from.has;
    int before = -1;
    static unsigned char buf[CMD_COPY_BYTES];
    ssize_t n;
    while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0) {
        size_t out = 0;
        for (ssize_t i = 0; i < n; i++) {
            int c = buf[i];
            if (drop && from.has[c])
                continue;
            c = map[c];
            if (squeeze && c == before && squeezed[c])
                continue;
            before = c;
            buf[out++] = c;
        }
        if (cmd_write(STDOUT_FILENO, buf, out) < 0)
            cmd_die("standard output");
    }
    if (n < 0)
        cmd_die("standard input");
    return 0;
}
