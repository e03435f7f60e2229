// run.c: from a tree to processes. This is the process API at work: fork makes a child; between fork and exec
// the child arranges its own descriptors, signals and process group; exec turns it into the program; the
// parent waits. The members of a pipeline are forked one after the other with a pipe between neighbours, then
// waited for.
#include <termios.h>

#include "sh.h"

int last_status;
pid_t last_background;
struct job *jobs;
static int terminal;                 // a descriptor of it, when interactive
static struct termios terminal_mode; // as we found it: put back after a program was killed

// What the keyboard sends is for the foreground job: an interactive shell ignores it, its children must not.
static void keyboard_signals(void (*action)(int)) {
    static const int signals[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &(struct sigaction){.sa_handler = action}, NULL);
}

void job_control_start(void) {
    keyboard_signals(SIG_IGN);
    terminal = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FDS);
    tcgetattr(terminal, &terminal_mode);
    setpgid(0, 0);
    tcsetpgrp(terminal, getpgrp());
}

// from: -1: none, nothing to do. to: -1: nowhere, only closes.
static void move_fd(int from, int to) {
    if (from >= 0 && from != to) {
        if (to >= 0)
            dup2(from, to);
        close(from);
    }
}

// Redirects this process, from left to right.
static bool redirect(const struct redir *r) {
    for (; r; r = r->next) {
        char *target = expand_string(r->target), second = r->op[1];
        int how = r->op[0] == '<' ? (second ? O_RDWR | O_CREAT : O_RDONLY)
                                  : O_WRONLY | O_CREAT | (second ? O_APPEND : O_TRUNC);
        int fd = second != '&' ? open(target, how, 0666)
                               : dup(isdigit((unsigned char)*target) && !target[1] ? *target - '0' : -1);
        if (fd < 0)
            return warn("%s", target), false;
        move_fd(fd, r->fd);
    }
    return true;
}

static void expand_command(struct node *n) {
    int i = 0;
    for (char **word = n->words.v; i < n->words.n && name_length(word[i]) > 0; n->assignments = ++i)
        if (word[i][name_length(word[i])] != '=')
            break;
    for (; i < n->words.n; i++)
        expand_word(n->words.v[i], &n->args);
}

static bool is_program(const struct node *n) { return n->args.n > 0 && !builtin_find(n->args.v[0]); }

// Runs an expanded command in this very process. If it is a program, it takes the place of this one.
static int run_here(struct node *n) {
    if (!redirect(n->redirs))
        return 1;
    for (int i = 0; i < n->assignments; i++)
        var_set(n->words.v[i], expand_string(strchr(n->words.v[i], '=') + 1), is_program(n));
    if (!is_program(n)) {
        int status = n->args.n > 0 ? builtin_find(n->args.v[0])(n->args.n, n->args.v) : 0;
        fflush(stdout);
        return status;
    }
    vars_hide();
    execvp(n->args.v[0], n->args.v);
    if (errno != ENOENT)
        err(126, "%s", n->args.v[0]);
    errx(127, "%s: not found", n->args.v[0]);
}

// The life of a child, from fork on: member n of job j, between the pipes in and out (-1: none).
static void run_child(struct node *n, const struct job *j, int in, int out) {
    if (interactive) {
        setpgid(0, j->pids[0]); // the parent does so too: neither may run on before it is done
        if (!j->text)
            tcsetpgrp(terminal, getpgrp());
        keyboard_signals(SIG_DFL);
    } else if (j->text && in < 0) {
        in = open("/dev/null", O_RDONLY);
    }
    interactive = false;
    jobs = NULL; // they are not children of this process
    move_fd(in, STDIN_FILENO);
    move_fd(out, STDOUT_FILENO);
    if (n->kind == SUBSHELL)
        exit(redirect(n->redirs) ? run(n->a) : 1);
    if (n->kind == COMMAND && !n->args.v) // else it was expanded before the fork
        expand_command(n);
    exit(n->kind == COMMAND ? run_here(n) : run(n));
}

// A child that ignores the keyboard's signals from its first moment on, as a job in the background of a
// script does.
static pid_t fork_background(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    pid_t pid = fork();
    if (pid != 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
    }
    return pid;
}

// Starts a pipeline's members, or a single command. text: in the background; NULL: waits for the end.
static int start_job(struct node *n, char *text) {
    int in = -1, ends[2];
    struct job *j = must(calloc(1, sizeof *j + sizeof j->pids[0])), **end = &jobs;
    j->text = text ? must(strdup(text)) : NULL;
    for (j->id = 1; *end; end = &(*end)->next)
        j->id = (*end)->id + 1;
    for (; n; n = n->next) {
        ends[0] = ends[1] = -1;
        pid_t pid = -1;
        if (!n->next || pipe(ends) == 0)
            pid = text && !interactive ? fork_background() : fork();
        if (pid == 0) {
            move_fd(ends[0], -1);
            run_child(n, j, in, ends[1]);
        }
        if (pid < 0)
            warn("fork");
        move_fd(in, -1); // the child has its copies, and while another process can write, a pipe has no end
        move_fd(ends[1], -1);
        in = ends[0];
        if (pid < 0)
            break;
        j->pids[j->count++] = pid;
        j = must(realloc(j, sizeof *j + (j->count + 1) * sizeof pid)); // room for the next
        if (interactive)
            setpgid(pid, j->pids[0]);
    }
    move_fd(in, -1);
    *end = j;
    if (n || !text) // the part of a pipeline that could be started ends by itself
        return n ? job_wait(j), 1 : job_wait(j);
    last_background = j->pids[j->count - 1];
    if (interactive)
        fprintf(stderr, "[%d] %d\n", j->id, (int)last_background);
    return 0;
}

// Waits (or looks, with WNOHANG); true when all of j has ended.
static bool job_reap(struct job *j, int options) {
    for (int status; j->reaped < j->count; j->reaped++) {
        pid_t pid = waitpid(j->pids[j->reaped], &status, options);
        if (pid == 0)
            return false;
        if (pid > 0)
            j->status = WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return true;
}

static void job_free(struct job *j) {
    struct job **i = &jobs;
    while (*i != j)
        i = &(*i)->next;
    *i = j->next;
    free(j->text);
    free(j);
}

int job_wait(struct job *j) {
    if (interactive)
        tcsetpgrp(terminal, j->pids[0]);
    job_reap(j, 0);
    int status = j->status, sig = status - SIGNALLED;
    if (interactive)
        tcsetpgrp(terminal, getpgrp());
    if (interactive && sig > 0) {
        tcsetattr(terminal, TCSADRAIN, &terminal_mode);
        if (sig != SIGPIPE)
            fprintf(stderr, "%s\n", sig == SIGINT ? "" : strsignal(sig));
        interrupted = sig == SIGINT;
    }
    job_free(j);
    return status;
}

void jobs_report(bool all) {
    for (struct job *j = jobs, *next; j; j = next) {
        next = j->next;
        bool ended = job_reap(j, WNOHANG);
        const char *end = j->status ? "Failed" : "Done";
        end = j->status > SIGNALLED ? strsignal(j->status - SIGNALLED) : end;
        if (all || (ended && interactive))
            fprintf(stderr, "[%d] %s %s\n", j->id, ended ? end : "Running", j->text);
        if (ended && interactive) // a script may still ask for its status
            job_free(j);
    }
}

// A program gets a child of its own; what changes the shell runs in it, and it wants its descriptors back.
static int run_command(struct node *n) {
    int saved[FDS];
    expand_command(n);
    if (is_program(n))
        return start_job(n, NULL);
    for (int fd = 0; n->redirs && fd < FDS; fd++)
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, FDS); // -1: it is closed, and will be again
    int status = run_here(n);
    for (int fd = 0; n->redirs && fd < FDS; fd++) {
        if (dup2(saved[fd], fd) < 0)
            close(fd);
        close(saved[fd]);
    }
    return status;
}

static int run_node(struct node *n) {
    switch (n->kind) {
    case COMMAND: return run_command(n);
    case SUBSHELL: return start_job(n, NULL);
    case PIPELINE: return start_job(n->a, NULL);
    case BACKGROUND: return start_job(n->a->kind == PIPELINE ? n->a->a : n->a, n->text);
    case NOT: return !run(n->a);
    case AND: return run(n->a) == 0 && !interrupted ? run(n->b) : last_status;
    case OR: return run(n->a) != 0 && !interrupted ? run(n->b) : last_status;
    default: return run(n->a), interrupted ? last_status : run(n->b); // SEQUENCE
    }
}

int run(struct node *n) { return last_status = run_node(n); }
