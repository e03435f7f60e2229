// main.c: sh [-c command [name] | file] [argument...]: where lines come from, and the memory they take.
#include "sh.h"

struct list params;
pid_t shell_pid;
bool interactive, interrupted;
static const char *text; // the input: a string, or if that is NULL a descriptor
static int input = STDIN_FILENO;
static struct block {
    struct block *older;
    void *data[];
} * newest;

void *must(void *memory) {
    if (!memory)
        err(2, NULL);
    return memory;
}

void *mem_alloc(size_t n) {
    struct block *b = must(calloc(1, sizeof *b + n));
    b->older = newest;
    newest = b;
    return b->data;
}

char *mem_string(const char *s, size_t n) { return memcpy(mem_alloc(n + 1), s, n); }

void buf_add(struct buf *b, const char *s, size_t n) {
    if (b->len + n >= b->cap) {
        b->cap = (b->len + n) * 2 + 64;
        b->s = memcpy(mem_alloc(b->cap), b->s ? b->s : "", b->len);
    }
    memcpy(b->s + b->len, s, n);
    b->len += n;
    b->s[b->len] = 0;
}

void list_add(struct list *l, char *s) {
    if ((l->n & (l->n - 1)) == 0) // full at each power of two: double
        l->v = memcpy(mem_alloc((2 * l->n + 2) * sizeof s), l->v ? l->v : &s, l->n * sizeof s);
    l->v[l->n++] = s;
    l->v[l->n] = NULL;
}

// A descriptor is read a byte at a time: what follows the line belongs to the commands that the line starts.
static bool next_char(char *c) { return text ? *text && (*c = *text++) : read(input, c, 1) == 1; }

bool read_line(struct buf *line) {
    size_t before = line->len;
    if (interactive)
        return edit_line(before == 0 ? "$ " : "> ", line);
    for (char c = 0; c != '\n' && next_char(&c);)
        if (c != 0)
            buf_add(line, &c, 1);
    return line->len > before;
}

int main(int argc, char **argv) {
    int fd, first = 1; // first: the argument that becomes $0
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return puts("usage: sh [-c command [name] | file] [argument...]\nRun commands.") < 0;
    if (argc > 2 && strcmp(argv[1], "-c") == 0) {
        text = argv[2];
        first = 3;
    } else if (argc > 1) {
        if ((fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 || (input = fcntl(fd, F_DUPFD_CLOEXEC, FDS)) < 0)
            err(127, "%s", argv[1]);
    } else {
        interactive = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    }
    params = first < argc ? (struct list){argv + first, argc - first} : (struct list){argv, 1};
    setenv("PATH", "/bin:/", 0);
    shell_pid = getpid();
    if (interactive)
        job_control_start();
    for (struct node *tree; jobs_report(false), parse_line(&tree);) {
        if (tree)
            run(tree);
        for (struct block *b; (b = newest); free(b))
            newest = b->older;
    }
    return last_status;
}
