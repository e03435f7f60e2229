// trace: record what the kernel does while a command runs.

#include <cmd.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <trace.h>
#include <unistd.h>

static const char help[] =
    "usage: trace [-e event,...] [-o file] [command [argument...]]\n"
    "Run a command; then print what happened on the whole machine meanwhile, a line an event:\n"
    "milliseconds, hart, thread[pid], event. With no command: what was recorded since boot\n"
    "(boot argument trace=event,...).\n"
    "  -e  events: all, or some of switch, wake, ipi, interrupt, fault, block, syscall, exit\n"
    "  -o  write binary records to a file instead, for tools/trace-json on the host\n"
    "Status: the command's; 126 if it cannot be run, 127 if it is not found.\n";

static uint64_t start, ticks_per_ms = 10000;

// ---- the records, in memory while the command runs: what we write meanwhile would be in the trace, too

enum { MEMORY_MAX = 32 << 20 };
static char *records;
static size_t used, size;
static uint64_t dropped; // did not fit

static const struct trace_record *record_at(size_t at) { return (const struct trace_record *)(records + at); }

static void keep(const struct trace_record *r) {
    if (used + r->size > size) {
        size_t bigger = size ? 2 * size : 1 << 20;
        char *more = bigger <= MEMORY_MAX ? realloc(records, bigger) : NULL;
        if (!more) {
            dropped++;
            return;
        }
        records = more;
        size = bigger;
    }
    memcpy(records + used, r, r->size);
    used += r->size;
}

static void keep_all(int fd) {
    const struct trace_record *r;
    while ((r = trace_next(fd))) {
        if (r->event == TRACE_START) // what is older belongs to somebody else's trace
            used = 0;
        keep(r);
    }
}

// ---- in words

static const char *call_name(uint64_t number) {
    static char text[24];
    const struct trace_call *call = trace_call(number);
    if (call)
        return call->name;
    snprintf(text, sizeof text, "call %ju", (uintmax_t)number);
    return text;
}

static const char *interrupt_name(uint64_t cause) {
    switch (cause & 0xff) {
    case 1: return "ipi";
    case 5: return "timer";
    case 9: return "device";
    default: return "unknown";
    }
}

static void print_switch(const struct trace_record *r) {
    static const char *const left[] = {"ready", "running", "blocked", "stopped", "ended"};
    struct trace_switch s;
    memcpy(&s, r + 1, sizeof s);
    printf("%.16s[%d] runs; %.16s is %s%s%.16s\n", s.name, (int)r->a, r->name, r->b < 5 ? left[r->b] : "?",
           r->b == 2 ? ": " : "", r->b == 2 ? s.wait : "");
}

static void print_block(const struct trace_record *r) {
    static const char *const operations[] = {"read", "write", "flush", "?"};
    printf("disk %s", operations[r->b & 3]);
    if (r->b >> 8 & 0xff)
        printf(" of %u pages at sector %ju", (unsigned)(r->b >> 8 & 0xff), (uintmax_t)(r->b >> 16));
    printf(", request %jx\n", (uintmax_t)(r->a & 0xffffffffff));
}

// A number, or a pointer.
static void print_call(const struct trace_record *r) {
    intmax_t first = r->b;
    printf(first > 0xffff ? "%s(%#jx...\n" : "%s(%jd...\n", call_name(r->a), first);
}

static void print_text(const struct trace_record *r) {
    static const char *const accesses[] = {"read", "write", "fetch"};
    switch (r->event) {
    case TRACE_LOST: printf("%ju events lost here: the ring was full\n", (uintmax_t)r->a); break;
    case TRACE_SWITCH: print_switch(r); break;
    case TRACE_WAKE: printf("wakes %.16s[%d]\n", (const char *)(r + 1), (int)r->a); break;
    case TRACE_IPI: printf("interrupts harts %#jx\n", (uintmax_t)r->a); break;
    case TRACE_INTERRUPT: printf("interrupt: %s\n", interrupt_name(r->a)); break;
    case TRACE_INTERRUPT + TRACE_END: printf("interrupt: %s, done\n", interrupt_name(r->a)); break;
    case TRACE_FAULT: printf("fault: %s %jx\n", accesses[r->b % 3], (uintmax_t)r->a); break;
    case TRACE_FAULT + TRACE_END: printf("fault: %jx done, %jd\n", (uintmax_t)r->a, (intmax_t)r->b); break;
    case TRACE_BLOCK: print_block(r); break;
    case TRACE_BLOCK + TRACE_END:
        printf("disk done, request %jx, %jd\n", (uintmax_t)(r->a & 0xffffffffff), (intmax_t)r->b);
        break;
    case TRACE_SYSCALL: print_call(r); break;
    case TRACE_SYSCALL + TRACE_END: printf("%s = %jd\n", call_name(r->a), (intmax_t)r->b); break;
    case TRACE_EXIT: printf("ends, value %d, signal %d\n", (int)r->a, (int)r->b); break;
    default: printf("event %u\n", r->event);
    }
}

static void print(const struct trace_record *r) {
    if (r->event == TRACE_START) {
        start = r->time;
        ticks_per_ms = r->a / 1000;
        return;
    }
    uint64_t ticks = r->time - start;
    printf("%6ju.%04ju %u %.16s[%d] ", (uintmax_t)(ticks / ticks_per_ms),
           (uintmax_t)(ticks % ticks_per_ms * 10000 / ticks_per_ms), r->hart, r->name, (int)r->pid);
    print_text(r);
}

static void output(const char *file) {
    if (file) {
        int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd < 0 || cmd_write(fd, records, used) < 0 || close(fd) < 0)
            cmd_die("%s", file);
    } else {
        for (size_t at = 0; at < used; at += record_at(at)->size)
            print(record_at(at));
    }
    if (dropped)
        cmd_warnx("memory is full: the last %ju records are missing", (uintmax_t)dropped);
}

int main(int argc, char **argv) {
    const char *events = "all", *file = NULL;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "+e:o:")) != -1;) {
        switch (c) {
        case 'e': events = optarg; break;
        case 'o': file = optarg; break;
        default: cmd_usage();
        }
    }
    int fd = trace_start(optind < argc ? events : NULL), status = 0;
    if (optind < argc) {
        pid_t child = trace_run(argv + optind, NULL, fd);
        if (child < 0)
            cmd_die("fork");
        while (!trace_ended(child, &status))
            keep_all(fd);
        trace_say(fd, "stop");
    }
    keep_all(fd);
    output(file);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
