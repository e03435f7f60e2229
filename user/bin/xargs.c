// xargs: make arguments of what standard input says, and run a command with them.

#include <cmd.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: xargs [-0rt] [-n count] [-I text] [command [argument...]]\n"
    "Read words, and run the command (else echo) with as many of them at a time as fit.\n"
    "Blanks and newlines separate words; quotes and backslashes keep them together.\n"
    "  -n count  at most so many words at a time\n"
    "  -I text   once a line, which takes the place of text in the arguments\n"
    "  -0        words end with a zero byte, and quotes mean nothing\n"
    "  -r        with no words at all, do not run it\n"
    "  -t        print each command on standard error first\n"
    "Status: 123 if a command failed, 124 if one said 255, 125 if killed, 126, 127: not run.\n";

enum { MAX_BYTES = 64 * 1024 }; // half of what exec takes

static bool zero, trace;
static const char *replace;
static char **fixed;
static int fixed_count;
static int status;

// The next word (or line, with -I) of the input; NULL at its end. The caller frees it.
static char *next_word(void) {
    char *word = NULL;
    size_t len = 0, room = 0;
    int c, quote = 0;
    bool any = false; // "" is a word too
    while ((c = getchar()) != EOF) {
        bool plain = false;
        if (zero) {
            any = true;
            if (c == '\0')
                break;
        } else if (quote) {
            if (c == quote) {
                quote = 0;
                continue;
            }
            if (c == '\n')
                cmd_diex("a quote is not closed");
        } else if (c == '\'' || c == '"') {
            quote = c;
            any = true;
            continue;
        } else if (c == '\\') {
            c = getchar();
            plain = true;
            if (c == EOF)
                break;
        }
        if (!zero && !quote && !plain && (c == '\n' || (isspace(c) && (!replace || !any)))) {
            if (any)
                break;
            continue;
        }
        any = true;
        if (len + 1 >= room)
            word = cmd_realloc(word, room = room ? room * 2 : 64);
        word[len++] = c;
    }
    if (quote)
        cmd_diex("a quote is not closed");
    if (!any)
        return NULL;
    word = cmd_realloc(word, len + 1);
    word[len] = '\0';
    return word;
}

static void run(char **arg) {
    if (trace)
        for (char **p = arg; *p; p++)
            fprintf(stderr, "%s%c", *p, p[1] ? ' ' : '\n');
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        cmd_die("fork");
    if (child == 0) {
        execvp(arg[0], arg);
        int code = errno == ENOENT ? 127 : 126;
        cmd_warn("%s", arg[0]);
        _exit(code);
    }
    int how;
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR)
            cmd_die("waitpid");
    if (WIFSIGNALED(how)) {
        cmd_warnx("%s: %s", arg[0], strsignal(WTERMSIG(how)));
        exit(125);
    }
    int code = WEXITSTATUS(how);
    if (code == 255) {
        cmd_warnx("%s: stopped by status 255", arg[0]);
        exit(124);
    }
    if (code == 126 || code == 127)
        exit(code);
    if (code)
        status = 123;
}

// arg with every occurrence of replace turned into word.
static char *substitute(const char *arg, const char *word) {
    char *out = cmd_strdup(""), *at;
    size_t len = 0, cut = strlen(replace), add = strlen(word);
    for (; (at = strstr(arg, replace)) != NULL; arg = at + cut) {
        out = cmd_realloc(out, len + (at - arg) + add + 1);
        memcpy(out + len, arg, at - arg);
        memcpy(out + len + (at - arg), word, add);
        len += (at - arg) + add;
    }
    size_t rest = strlen(arg) + 1;
    out = cmd_realloc(out, len + rest);
    memcpy(out + len, arg, rest);
    return out;
}

static void run_each(void) {
    char **arg = cmd_realloc(NULL, (fixed_count + 1) * sizeof arg[0]);
    for (char *word; (word = next_word()) != NULL; free(word)) {
        for (int i = 0; i < fixed_count; i++)
            arg[i] = substitute(fixed[i], word);
        arg[fixed_count] = NULL;
        run(arg);
        for (int i = 0; i < fixed_count; i++)
            free(arg[i]);
    }
}

static void run_batches(int64_t most, bool even_if_empty) {
    size_t base = 0;
    for (int i = 0; i < fixed_count; i++)
        base += strlen(fixed[i]) + 1 + sizeof(char *);
    char **arg = NULL, *word = next_word();
    while (word || even_if_empty) {
        int count = fixed_count;
        size_t bytes = base;
        arg = cmd_realloc(arg, (fixed_count + 2) * sizeof arg[0]);
        memcpy(arg, fixed, fixed_count * sizeof arg[0]);
        while (word && count - fixed_count < most) {
            bytes += strlen(word) + 1 + sizeof(char *);
            if (bytes > MAX_BYTES && count > fixed_count)
                break;
            arg = cmd_realloc(arg, (count + 2) * sizeof arg[0]);
            arg[count++] = word;
            word = next_word();
        }
        arg[count] = NULL;
        run(arg);
        while (count > fixed_count)
            free(arg[--count]);
        even_if_empty = false;
    }
    free(arg);
}

int main(int argc, char **argv) {
    static char *echo[] = {"echo", NULL};
    int64_t most = INT64_MAX;
    bool even_if_empty = true;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "+0I:n:rt")) != -1;) {
        switch (c) {
        case '0': zero = true; break;
        case 'I': replace = optarg; break;
        case 'n': most = cmd_number(optarg, 1, INT32_MAX); break;
        case 'r': even_if_empty = false; break;
        case 't': trace = true; break;
        default: cmd_usage();
        }
    }
    fixed = optind < argc ? argv + optind : echo;
    fixed_count = optind < argc ? argc - optind : 1;
    if (replace)
        run_each();
    else
        run_batches(most, even_if_empty);
    return status;
}
