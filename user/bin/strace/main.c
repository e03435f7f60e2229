// strace: show the system calls of a command.

#include <cmd.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "strace.h"

static const char help[] =
    "usage: strace [-cf] [-e call,...] [-o file] command [argument...]\n"
    "Run a command and print its system calls with arguments and results, on standard error.\n"
    "  -c  only count: calls, errors and time for each\n"
    "  -e  only these calls\n"
    "  -f  those of its children, too\n"
    "  -o  print to a file\n"
    "A call is printed when it comes back. Status: the command's; 126 if it cannot be run, 127 if\n"
    "it is not found.\n";

enum { CALLS = 256, BUFFER = 64 * 1024 };

static FILE *out;
static bool follow_forks, count_only, selected[CALLS], select_some;

static struct count { uint64_t calls, errors, ticks; } counts[CALLS];
static uint64_t ticks_per_second = 10000000;

// ---- processes that are followed

static struct process {
    struct process *next;
    int32_t pid;
    bool ended;
    struct trace_record *call; // that it is in; NULL: none
} * processes;
static int32_t first; // the command's
static bool started;  // it runs: what it did before is our own doing
static int alive;

static struct process *process_of(int32_t pid) {
    struct process *p = processes;
    while (p && p->pid != pid)
        p = p->next;
    if (!p) {
        p = cmd_realloc(NULL, sizeof *p);
        *p = (struct process){.next = processes, .pid = pid};
        processes = p;
        alive++;
    }
    return p;
}

static void prefix(const struct process *p) {
    if (follow_forks)
        fprintf(out, "[%d] ", p->pid);
}

static bool wanted(uint64_t number) { return !select_some || (number < CALLS && selected[number]); }

static void forget_call(struct process *p) {
    free(p->call);
    p->call = NULL;
}

static void call_begins(struct process *p, const struct trace_record *r) {
    forget_call(p);
    p->call = cmd_realloc(NULL, r->size);
    memcpy(p->call, r, r->size);
}

static void call_ends(struct process *p, const struct trace_record *r) {
    const struct trace_call *call = trace_call(r->a);
    if (!p->call || p->call->a != r->a)
        return;
    if (call && strcmp(call->name, "fork") == 0 && (int64_t)r->b > 0 && follow_forks)
        process_of((int32_t)r->b);
    if (call && strcmp(call->name, "execve") == 0 && r->b == 0)
        started = true; // execvp may have tried other places before
    if (started && wanted(r->a)) {
        struct count *c = &counts[r->a % CALLS];
        c->calls++;
        c->errors += (int64_t)r->b < 0;
        c->ticks += *(const uint64_t *)(r + 1) - p->call->time;
        if (!count_only) {
            prefix(p);
            decode_call(out, p->call, r);
            fputc('\n', out);
        }
    }
    forget_call(p);
}

static void process_ends(struct process *p, const struct trace_record *r) {
    if (!p->ended)
        alive--;
    p->ended = true;
    if (started && p->call && wanted(p->call->a)) {
        counts[p->call->a % CALLS].calls++;
        if (!count_only) {
            prefix(p);
            decode_call(out, p->call, NULL);
            fputc('\n', out);
        }
    }
    forget_call(p);
    if (!started || count_only)
        return;
    prefix(p);
    if (r->b)
        fprintf(out, "+++ killed by %s +++\n", decode_signal((int)r->b));
    else
        fprintf(out, "+++ exited with %d +++\n", (int)r->a & 0xff);
}

// True: there was something.
static bool read_records(int fd) {
    const struct trace_record *r;
    bool any = false;
    while ((r = trace_next(fd))) {
        any = true;
        switch (r->event) {
        case TRACE_START: ticks_per_second = r->a; break;
        case TRACE_CALL: call_begins(process_of(r->pid), r); break;
        case TRACE_CALL + TRACE_END: call_ends(process_of(r->pid), r); break;
        case TRACE_EXIT: process_ends(process_of(r->pid), r); break;
        default: break;
        }
    }
    fflush(out);
    return any;
}

// Those that were killed so that not even their end could be recorded.
static void look_for_dead(void) {
    for (struct process *p = processes; p; p = p->next)
        if (!p->ended && p->pid != first && kill(p->pid, 0) < 0 && errno == ESRCH) {
            p->ended = true;
            alive--;
        }
}

static int watch(int fd) {
    int status = 0;
    bool ended = false;
    do {
        ended |= trace_ended(first, &status);
        if (!read_records(fd))
            look_for_dead();
    } while (!ended || (follow_forks && alive > !process_of(first)->ended));
    return status;
}

// ---- -c, -e

static int by_time(const void *a, const void *b) {
    const struct count *x = *(const struct count *const *)a, *y = *(const struct count *const *)b;
    return x->ticks != y->ticks ? (x->ticks < y->ticks) - (x->ticks > y->ticks) : (x > y) - (x < y);
}

static void print_counts(void) {
    struct count *order[CALLS], total = {0};
    int n = 0;
    for (int i = 0; i < CALLS; i++)
        if (counts[i].calls) {
            order[n++] = &counts[i];
            total.calls += counts[i].calls;
            total.errors += counts[i].errors;
            total.ticks += counts[i].ticks;
        }
    qsort(order, n, sizeof *order, by_time);
    fprintf(out, "  time     seconds  usecs/call     calls    errors call\n");
    for (int i = 0; i < n; i++) {
        const struct count *c = order[i];
        const struct trace_call *call = trace_call(c - counts);
        uint64_t microseconds = c->ticks * 1000000 / ticks_per_second;
        fprintf(out, "%5d%% %4ju.%06ju %11ju %9ju %9ju %s\n",
                (int)(total.ticks ? c->ticks * 100 / total.ticks : 0), (uintmax_t)(microseconds / 1000000),
                (uintmax_t)(microseconds % 1000000), (uintmax_t)(microseconds / c->calls),
                (uintmax_t)c->calls, (uintmax_t)c->errors, call ? call->name : "unknown");
    }
    fprintf(out, "%30s %9ju %9ju total\n", "", (uintmax_t)total.calls, (uintmax_t)total.errors);
}

static void select_calls(char *list) {
    select_some = true;
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        int i = 0;
        while (i < CALLS && !(trace_call(i) && strcmp(trace_call(i)->name, name) == 0))
            i++;
        if (i == CALLS)
            cmd_diex("-e %s: there is no such call", name);
        selected[i] = true;
    }
}

static void follow(int fd) {
    if (trace_say(fd, "follow") < 0)
        cmd_die("cannot be followed");
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    out = stderr;
    for (int c; (c = getopt(argc, argv, "+ce:fo:")) != -1;) {
        switch (c) {
        case 'c': count_only = true; break;
        case 'e': select_calls(optarg); break;
        case 'f': follow_forks = true; break;
        case 'o':
            out = fopen(optarg, "we"); // closed by exec
            if (!out)
                cmd_die("%s", optarg);
            break;
        default: cmd_usage();
        }
    }
    if (optind == argc)
        cmd_usage();
    setvbuf(out, NULL, _IOFBF, BUFFER); // whole lines, as the command may write to the same place
    int fd = trace_start(follow_forks ? "call,forks" : "call");
    first = trace_run(argv + optind, follow, fd);
    if (first < 0)
        cmd_die("fork");
    int status = watch(fd);
    if (count_only)
        print_counts();
    if (fflush(out) != 0)
        cmd_die("cannot write");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
