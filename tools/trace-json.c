// trace-json: turn the records that trace -o wrote in Drupe into Chrome's trace-event JSON, for Perfetto
// (https://ui.perfetto.dev) or chrome://tracing.
//
//   build/host/trace-json < records > trace.json
//
// A track for each hart: who ran when, and in it interrupts; wake-ups and IPIs as instants. A track for each
// process: its system calls and page faults, which may move between harts, and its end. Disk requests lie on
// tracks of their own, one above the other.

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/trace.h"

enum { HARTS = 8, GROUP_HARTS = 1, GROUP_PROCESSES = 2, GROUP_DISK = 3, DEPTH_MAX = 16 };

static const char *const calls[] = {
#define CALL(number, result, name, ...) [number] = #name,
#include "syscall_args.h"
};

static uint64_t start, ticks_per_second = 10000000, now;
static unsigned hart_count = HARTS;
static bool begun; // an event has been printed

// What each hart does.
static struct {
    bool known;
    char name[17];
    int32_t pid;
    uint64_t since;
    uint64_t interrupt_since, cause; // 0: in no interrupt
} hart[HARTS];

// What each thread that had a system call or fault is in, innermost last.
static struct thread {
    struct thread *next;
    int32_t pid;
    char name[17];
    int depth;
    struct {
        uint64_t since;
        char name[48];
    } open[DEPTH_MAX];
} * threads;

static void die(const char *why) {
    fprintf(stderr, "trace-json: %s\n", why);
    exit(1);
}

static double microseconds(uint64_t time) { return (time - start) * 1e6 / ticks_per_second; }

// The fields that all events have. The caller adds more and the closing brace.
static void event(char phase, uint64_t time, int group, int track, const char *name) {
    printf("%s{\"ph\":\"%c\",\"ts\":%.1f,\"pid\":%d,\"tid\":%d,\"name\":\"", begun ? ",\n" : "", phase,
           microseconds(time), group, track);
    begun = true;
    for (; *name; name++)
        if (*name == '"' || *name == '\\')
            printf("\\%c", *name);
        else
            printf((unsigned char)*name < ' ' || (unsigned char)*name > '~' ? "\\u%04x" : "%c",
                   (unsigned char)*name);
    putchar('"');
}

static void slice(uint64_t since, int group, int track, const char *name) {
    event('X', since, group, track, name);
    printf(",\"dur\":%.1f", microseconds(now) - microseconds(since));
}

static void label(const char *what, int group, int track, const char *name) {
    event('M', start, group, track, what);
    printf(",\"args\":{\"name\":\"%s\"}}", name);
}

static struct thread *thread_of(const struct trace_record *r) {
    struct thread *t = threads;
    while (t && t->pid != r->pid)
        t = t->next;
    if (!t) {
        t = calloc(1, sizeof *t);
        if (!t)
            die("no memory");
        t->pid = r->pid;
        t->next = threads;
        threads = t;
    }
    memcpy(t->name, r->name, 16);
    return t;
}

static void open_slice(const struct trace_record *r, const char *name) {
    struct thread *t = thread_of(r);
    if (t->depth < DEPTH_MAX) {
        t->open[t->depth].since = r->time;
        snprintf(t->open[t->depth].name, sizeof t->open[0].name, "%s", name);
        t->depth++;
    }
}

// result NULL: it is open to the end, or its thread has ended.
static void close_slice(struct thread *t, const int64_t *result) {
    if (t->depth == 0)
        return; // it began before the trace
    t->depth--;
    slice(t->open[t->depth].since, GROUP_PROCESSES, t->pid, t->open[t->depth].name);
    if (result)
        printf(",\"args\":{\"result\":%" PRId64 "}", *result);
    putchar('}');
}

static const char *call_name(uint64_t number) {
    static char text[32];
    if (number < sizeof calls / sizeof *calls && calls[number])
        return calls[number];
    snprintf(text, sizeof text, "call %" PRIu64, number);
    return text;
}

// The end of a thread's turn on its hart; state NULL: the trace ends before.
static void end_run(int h, const char *state, const char *wait) {
    static const char idle[] = "idle/";
    if (hart[h].known && strncmp(hart[h].name, idle, sizeof idle - 1) != 0) {
        char name[40];
        snprintf(name, sizeof name, "%s[%d]", hart[h].name, hart[h].pid);
        slice(hart[h].since, GROUP_HARTS, h, name);
        if (state)
            printf(",\"args\":{\"then\":\"%s%s%s\"}", state, *wait ? ": " : "", wait);
        putchar('}');
    }
}

static void switch_to(const struct trace_record *r, const struct trace_switch *s) {
    static const char *const left[] = {"ready", "running", "blocked", "stopped", "ended"};
    char wait[17] = "";
    if (r->b == 2)
        memcpy(wait, s->wait, 16);
    memcpy(hart[r->hart].name, r->name, 16); // as it is called by now: exec may have come between
    hart[r->hart].pid = r->pid;
    if (!hart[r->hart].known)
        hart[r->hart].since = start;
    hart[r->hart].known = true;
    end_run(r->hart, r->b < 5 ? left[r->b] : "?", wait);
    memcpy(hart[r->hart].name, s->name, 16);
    hart[r->hart].pid = (int32_t)r->a;
    hart[r->hart].since = r->time;
}

static void interrupt(const struct trace_record *r, bool end) {
    static const char *const causes[16] = {
        [1] = "interrupt: ipi", [5] = "interrupt: timer", [9] = "interrupt: device"};
    const char *name = causes[r->a & 15] ? causes[r->a & 15] : "interrupt";
    if (!end)
        hart[r->hart].interrupt_since = r->time;
    else if (hart[r->hart].interrupt_since)
        slice(hart[r->hart].interrupt_since, GROUP_HARTS, r->hart, name), putchar('}');
    if (end)
        hart[r->hart].interrupt_since = 0;
}

static void block(const struct trace_record *r, bool end) {
    static const char *const operations[] = {"read", "write", "flush", "?"};
    static struct request { // those under way
        uint64_t id;
        char name[64];
    } requests[256];
    struct request *free = NULL, *q = NULL;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (requests[i].id == r->a)
            q = &requests[i];
        else if (!requests[i].id)
            free = &requests[i];
    }
    if (!end && !q && (q = free)) {
        q->id = r->a;
        snprintf(q->name, sizeof q->name, "%s %u pages at %" PRIu64, operations[r->b & 3],
                 (unsigned)(r->b >> 8 & 0xff), r->b >> 16);
    } else if (!end || !q) {
        return; // it began before the trace
    }
    event(end ? 'e' : 'b', r->time, GROUP_DISK, 0, q->name);
    printf(",\"cat\":\"disk\",\"id\":\"%" PRIx64 "\"", r->a);
    if (end) {
        printf(",\"args\":{\"result\":%d}", (int)r->b);
        q->id = 0;
    }
    putchar('}');
}

static void record(const struct trace_record *r, const char *more) {
    char text[64];
    int64_t result = (int64_t)r->b;
    switch (r->event) {
    case TRACE_SWITCH: switch_to(r, (const struct trace_switch *)more); break;
    case TRACE_WAKE:
        snprintf(text, sizeof text, "wakes %.16s[%d]", more, (int)r->a);
        event('i', r->time, GROUP_HARTS, r->hart, text);
        printf(",\"s\":\"t\"}");
        break;
    case TRACE_IPI:
        for (unsigned i = 0; i < HARTS; i++)
            if (r->a >> i & 1) {
                snprintf(text, sizeof text, "IPI to hart %u", i);
                event('i', r->time, GROUP_HARTS, r->hart, text);
                printf(",\"s\":\"t\"}");
            }
        break;
    case TRACE_INTERRUPT: interrupt(r, false); break;
    case TRACE_INTERRUPT + TRACE_END: interrupt(r, true); break;
    case TRACE_FAULT:
        snprintf(text, sizeof text, "page fault %" PRIx64, r->a);
        open_slice(r, text);
        break;
    case TRACE_SYSCALL: open_slice(r, call_name(r->a)); break;
    case TRACE_FAULT + TRACE_END:
    case TRACE_SYSCALL + TRACE_END: close_slice(thread_of(r), &result); break;
    case TRACE_BLOCK: block(r, false); break;
    case TRACE_BLOCK + TRACE_END: block(r, true); break;
    case TRACE_EXIT: {
        struct thread *t = thread_of(r);
        while (t->depth > 0)
            close_slice(t, NULL);
        snprintf(text, sizeof text, r->b ? "killed by signal %d" : "ends with %d", (int)(r->b ? r->b : r->a));
        event('i', r->time, GROUP_PROCESSES, r->pid, text);
        printf(",\"s\":\"t\"}");
        break;
    }
    case TRACE_LOST:
        fprintf(stderr, "trace-json: %" PRIu64 " events of hart %u are missing: its ring was full\n", r->a,
                r->hart);
        event('i', r->time, GROUP_HARTS, r->hart, "events lost");
        printf(",\"s\":\"t\"}");
        break;
    default: break; // of a newer kernel
    }
}

static void finish(void) {
    char text[32];
    for (unsigned h = 0; h < hart_count; h++) {
        end_run(h, NULL, "");
        snprintf(text, sizeof text, "hart %u", h);
        label("thread_name", GROUP_HARTS, h, text);
    }
    for (struct thread *t = threads; t; t = t->next) {
        while (t->depth > 0)
            close_slice(t, NULL);
        snprintf(text, sizeof text, "%s", t->pid ? t->name : "kernel threads");
        label("thread_name", GROUP_PROCESSES, t->pid, text);
    }
    label("process_name", GROUP_HARTS, 0, "harts");
    label("process_name", GROUP_PROCESSES, 0, "processes");
    label("process_name", GROUP_DISK, 0, "disk");
}

int main(void) {
    static _Alignas(8) char more[UINT16_MAX];
    struct trace_record r;
    bool started = false;
    printf("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
    while (fread(&r, sizeof r, 1, stdin) == 1) {
        if (r.size < sizeof r || r.hart >= HARTS ||
            fread(more, 1, r.size - sizeof r, stdin) != r.size - sizeof r)
            die("these are no whole records of a trace");
        if (r.event == TRACE_START) {
            start = r.time;
            ticks_per_second = r.a;
            hart_count = r.b < HARTS ? (unsigned)r.b : HARTS;
            started = true;
        } else if (started) {
            now = r.time;
            record(&r, more);
        }
    }
    if (!started)
        die("there is no trace in this");
    finish();
    printf("\n]}\n");
    return fflush(stdout) == 0 ? 0 : 1;
}
