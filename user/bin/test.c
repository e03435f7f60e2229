// test: say whether a condition holds. Called as [ it wants a ] at the end.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: test expression, or: [ expression ]\n"
    "Status 0 if the expression holds, 1 if not, 2 if it is not an expression.\n"
    "  text            it is not empty (also -n text; -z text: it is)\n"
    "  a = b, a != b   texts are equal, are not; a < b, a > b: by order\n"
    "  a -eq b         numbers are equal; also -ne -lt -le -gt -ge\n"
    "  -e file         it exists; -f: as a file; -d: directory; -h, -L: symbolic link;\n"
    "                  -b, -c: device; -p: pipe; -s: not empty; -r, -w, -x: may be read,\n"
    "                  written, run; -g, -u, -k: this mode bit is set\n"
    "  -t number       this descriptor is a terminal\n"
    "  a -nt b         file a is newer than b; -ot: older; -ef: the same file\n"
    "  ! e, ( e ), e -a e, e -o e\n";

static bool eval(char **arg, int n);

static bool is_unary(const char *op) {
    return op[0] == '-' && op[1] && !op[2] && strchr("bcdefghkLnprSstuwxz", op[1]);
}

static bool unary(char op, const char *operand) {
    struct stat st;
    switch (op) {
    case 'n': return *operand != '\0';
    case 'z': return *operand == '\0';
    case 't': return isatty(cmd_number(operand, 0, INT32_MAX));
    case 'r': return access(operand, R_OK) == 0;
    case 'w': return access(operand, W_OK) == 0;
    case 'x': return access(operand, X_OK) == 0;
    case 'h':
    case 'L': return lstat(operand, &st) == 0 && S_ISLNK(st.st_mode);
    }
    if (stat(operand, &st) < 0)
        return false;
    switch (op) {
    case 'b': return S_ISBLK(st.st_mode);
    case 'c': return S_ISCHR(st.st_mode);
    case 'd': return S_ISDIR(st.st_mode);
    case 'f': return S_ISREG(st.st_mode);
    case 'g': return st.st_mode & S_ISGID;
    case 'k': return st.st_mode & 01000;
    case 'p': return S_ISFIFO(st.st_mode);
    case 'S': return S_ISSOCK(st.st_mode);
    case 's': return st.st_size > 0;
    case 'u': return st.st_mode & S_ISUID;
    }
    return true; // -e
}

enum binary {
    EQUAL,
    DIFFERENT,
    BEFORE,
    BEHIND,
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE,
    NEWER,
    OLDER,
    SAME_FILE,
    AND,
    OR,
    NONE
};

static enum binary binary_op(const char *op) {
    static const char *const names[] = {"=",   "!=",  "<",   ">",   "-eq", "-ne", "-lt", "-le",
                                        "-gt", "-ge", "-nt", "-ot", "-ef", "-a",  "-o"};
    for (int i = 0; i < NONE; i++)
        if (strcmp(op, names[i]) == 0)
            return i;
    return strcmp(op, "==") == 0 ? EQUAL : NONE;
}

static bool compare_files(const char *a, enum binary op, const char *b) {
    struct stat x, y;
    bool have_a = stat(a, &x) == 0, have_b = stat(b, &y) == 0;
    if (op == SAME_FILE)
        return have_a && have_b && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    if (!have_a || !have_b)
        return op == NEWER ? have_a && !have_b : have_b && !have_a;
    return op == NEWER ? x.st_mtime > y.st_mtime : x.st_mtime < y.st_mtime;
}

static bool binary(const char *a, enum binary op, const char *b) {
    if (op <= BEHIND) {
        int order = strcmp(a, b);
        return op == EQUAL ? order == 0 : op == DIFFERENT ? order != 0 : op == BEFORE ? order < 0 : order > 0;
    }
    if (op == AND || op == OR)
        return op == AND ? *a && *b : *a || *b;
    if (op >= NEWER)
        return compare_files(a, op, b);
    int64_t x = cmd_number(a, INT64_MIN, INT64_MAX), y = cmd_number(b, INT64_MIN, INT64_MAX);
    switch (op) {
    case EQ: return x == y;
    case NE: return x != y;
    case LT: return x < y;
    case LE: return x <= y;
    case GT: return x > y;
    default: return x >= y;
    }
}

// Where in the expression this operator stands outside all parentheses, or -1.
static int find(char **arg, int n, const char *op) {
    int depth = 0;
    for (int i = 0; i < n; i++) {
        if (strcmp(arg[i], "(") == 0)
            depth++;
        else if (strcmp(arg[i], ")") == 0)
            depth--;
        else if (depth == 0 && i > 0 && strcmp(arg[i], op) == 0)
            return i;
    }
    return -1;
}

static bool longer(char **arg, int n) {
    int at = find(arg, n, "-o");
    if (at > 0)
        return eval(arg, at) | eval(arg + at + 1, n - at - 1);
    at = find(arg, n, "-a");
    if (at > 0)
        return eval(arg, at) & eval(arg + at + 1, n - at - 1);
    if (strcmp(arg[0], "!") == 0)
        return !eval(arg + 1, n - 1);
    if (strcmp(arg[0], "(") == 0 && strcmp(arg[n - 1], ")") == 0)
        return eval(arg + 1, n - 2);
    cmd_diex("%s: not an expression", arg[n > 2 ? 2 : 0]);
}

// POSIX decides by the number of arguments, so that no value of a variable can look like an operator.
static bool eval(char **arg, int n) {
    if (n == 0)
        return false;
    if (n == 1)
        return *arg[0] != '\0';
    if (n == 2) {
        if (strcmp(arg[0], "!") == 0)
            return !eval(arg + 1, 1);
        if (is_unary(arg[0]))
            return unary(arg[0][1], arg[1]);
        cmd_diex("%s: not an operator", arg[0]);
    }
    if (n == 3 && binary_op(arg[1]) != NONE)
        return binary(arg[0], binary_op(arg[1]), arg[2]);
    if (n <= 4 && strcmp(arg[0], "!") == 0)
        return !eval(arg + 1, n - 1);
    if (n <= 4 && strcmp(arg[0], "(") == 0 && strcmp(arg[n - 1], ")") == 0)
        return eval(arg + 1, n - 2);
    return longer(arg, n);
}

int main(int argc, char **argv) {
    if (argc == 2)
        cmd_start(argv, help);
    else
        cmd_start((char *[]){argv[0], NULL}, help); // with more words, --help is one of them
    cmd_trouble = 2;
    if (strcmp(cmd_name(), "[") == 0 && strcmp(argv[--argc], "]") != 0)
        cmd_diex("the ] is missing");
    return !eval(argv + 1, argc - 1);
}
