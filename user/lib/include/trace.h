// <trace.h>: the kernel's event trace, for trace(1) and strace(1). <uapi/trace.h> says what a record holds.
#ifndef _TRACE_H
#define _TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uapi/trace.h>

// What the table of system calls says of one.
struct trace_call {
    const char *name, *result; // its type
    struct {
        const char *type, *name; // NULL: there are no more
    } arg[TRACE_ARGS];
};
const struct trace_call *trace_call(uint64_t number); // NULL: there is no such call

// Open /dev/trace (closed by exec), and record events, unless that is NULL. Returns a descriptor; ends the
// program with a complaint if it cannot be.
int trace_start(const char *events);
// Say one line to it, as <uapi/trace.h> has them. Returns 0, or -1 with errno set.
int trace_say(int fd, const char *line);
// The next record, good until the next call; NULL: there is none at this moment. Cannot fail otherwise.
const struct trace_record *trace_next(int fd);

// Run a program in a child that first calls before(fd), unless that is NULL. Returns its pid, or -1.
pid_t trace_run(char **argv, void (*before)(int fd), int fd);
// Has it ended? Waits a moment (10 ms) if not. *status is its wait status.
int trace_ended(pid_t pid, int *status);

#endif
