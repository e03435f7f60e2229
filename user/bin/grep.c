// grep: print the lines that match a pattern.

#include <cmd.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: grep [-EFHchilnqrsvx] [-e pattern]... [pattern] [file...]\n"
    "Print the lines of files, or of standard input, that match a regular expression.\n"
    "  -E  extended expressions      -F  plain text, not an expression\n"
    "  -e  a pattern (several: any may match; so may the lines of one)\n"
    "  -i  capitals do not matter    -v  the lines that do not match\n"
    "  -x  the whole line matches    -n  with line numbers\n"
    "  -c  count only                -l  names of files only\n"
    "  -q  nothing, status only      -s  no complaint about unreadable files\n"
    "  -r  files in directories      -H, -h  with, without file names\n"
    "Status 0: a line was selected, 1: none was, 2: trouble.\n";

static regex_t *patterns;
static size_t pattern_count;
static int flags = REG_NOSUB;
static bool plain, invert, whole, numbers, counts, names_only, quiet, silent, recurse, selected;
static int with_names = -1; // not decided yet

static void compile(const char *text, size_t len) {
    char *copy = cmd_realloc(NULL, 2 * len + 2), *out = copy;
    for (size_t i = 0; i < len; i++) {
        if (plain && strchr("\\[.*^$", text[i]))
            *out++ = '\\';
        *out++ = text[i];
    }
    if (len == 0)
        *out++ = '^'; // the empty pattern matches every line, and some regcomps refuse it
    *out = '\0';
    patterns = cmd_realloc(patterns, (pattern_count + 1) * sizeof patterns[0]);
    int error = regcomp(&patterns[pattern_count], copy, flags);
    if (error) {
        char why[128];
        regerror(error, &patterns[pattern_count], why, sizeof why);
        cmd_diex("%.*s: %s", (int)len, text, why);
    }
    pattern_count++;
    free(copy);
}

static bool matches(const char *line, size_t len) {
    for (size_t i = 0; i < pattern_count; i++) {
        regmatch_t m = {0};
        if (regexec(&patterns[i], line, whole, &m, 0) == 0 &&
            (!whole || (m.rm_so == 0 && (size_t)m.rm_eo == len)))
            return true;
    }
    return false;
}

static int grep_stream(FILE *f, const char *name) {
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    uintmax_t number = 0, count = 0;
    while ((len = getline(&line, &room, f)) >= 0) {
        number++;
        if (len > 0 && line[len - 1] == '\n')
            line[--len] = '\0';
        if (matches(line, len) == invert)
            continue;
        count++;
        selected = true;
        if (quiet)
            exit(0);
        if (names_only)
            break;
        if (counts)
            continue;
        if (with_names)
            printf("%s:", name);
        if (numbers)
            printf("%ju:", number);
        fwrite(line, 1, len, stdout);
        putchar('\n');
        if (ferror(stdout))
            exit(2);
    }
    bool failed = ferror(f);
    if (failed && !silent)
        cmd_warn("%s", name);
    free(line);
    if (names_only && count)
        printf("%s\n", name);
    else if (counts && with_names)
        printf("%s:%ju\n", name, count);
    else if (counts && !names_only)
        printf("%ju\n", count);
    return failed ? 2 : 0;
}

static int grep_file(const char *path) {
    if (strcmp(path, "-") == 0)
        return grep_stream(stdin, "(standard input)");
    if (recurse && cmd_is_dir(path)) {
        struct cmd_names list;
        int status = 0;
        if (cmd_list(path, false, &list) < 0) {
            cmd_warn("%s", path);
            return 2;
        }
        for (size_t i = 0; i < list.count; i++) {
            char *entry = cmd_join(path, list.name[i]);
            struct stat st;
            if (lstat(entry, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
                status |= grep_file(entry);
            free(entry);
        }
        cmd_list_free(&list);
        return status;
    }
    FILE *f = fopen(path, "r");
    if (!f) {
        if (!silent)
            cmd_warn("%s", path);
        return 2;
    }
    int status = grep_stream(f, path);
    fclose(f);
    return status;
}

static void add_patterns(const char *text) {
    for (;;) {
        size_t len = strcspn(text, "\n");
        compile(text, len);
        if (text[len] == '\0')
            return;
        text += len + 1;
    }
}

int main(int argc, char **argv) {
    char **given = cmd_realloc(NULL, (argc + 1) * sizeof given[0]);
    int given_count = 0;
    cmd_start(argv, help);
    cmd_trouble = 2;
    for (int c; (c = getopt(argc, argv, "EFHce:hilnqrsvx")) != -1;) {
        switch (c) {
        case 'E': flags |= REG_EXTENDED; break;
        case 'F': plain = true; break;
        case 'H': with_names = 1; break;
        case 'c': counts = true; break;
        case 'e': given[given_count++] = optarg; break;
        case 'h': with_names = 0; break;
        case 'i': flags |= REG_ICASE; break;
        case 'l': names_only = true; break;
        case 'n': numbers = true; break;
        case 'q': quiet = true; break;
        case 'r': recurse = true; break;
        case 's': silent = true; break;
        case 'v': invert = true; break;
        case 'x': whole = true; break;
        default: cmd_usage();
        }
    }
    if (given_count == 0) {
        if (optind == argc)
            cmd_usage();
        given[given_count++] = argv[optind++];
    }
    if (plain)
        flags &= ~REG_EXTENDED;
    if (whole)
        flags &= ~REG_NOSUB;
    for (int i = 0; i < given_count; i++)
        add_patterns(given[i]);

    static char *standard_input[] = {"-", NULL}, *here[] = {".", NULL};
    char **file = optind < argc ? argv + optind : recurse ? here : standard_input;
    if (with_names < 0)
        with_names = file[1] != NULL || recurse;
    int status = 0;
    for (; *file; file++)
        status |= grep_file(*file);
    return status ? status : !selected;
}
