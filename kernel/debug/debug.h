// debug.h: what makes a panic useful: names, backtraces, the report.
#ifndef DEBUG_DEBUG_H
#define DEBUG_DEBUG_H

#include "lib/kernel.h"

// Name of the function that holds pc and its offset in it, or NULL.
const char *symbol_of(uint64_t pc, uint64_t *offset);
// The same of a variable at addr (CONFIG=race).
const char *data_symbol_of(uint64_t addr, uint64_t *offset);
// Do the wrong thing of that name (provoke.c lists them), which ends in a panic.
void debug_provoke(const char *name);
// trace.c: what a trace records of a thread is its process, which boot knows. events: what to record from now
// on (boot argument trace=), NULL: nothing. Read and write: the operations of /dev/trace (dev/chardev.h).
struct thread;
void trace_init(int (*pid_of)(const struct thread *t), const char *events);
ssize_t trace_read(uint64_t buf, size_t n, int flags);
ssize_t trace_write(uint64_t buf, size_t n, int flags);
// fail.c: failures on purpose. argument: looks up a boot argument. Then the operations of /dev/fail.
void debug_fail_init(const char *(*argument)(const char *name), uint64_t seed);
ssize_t debug_fail_read(uint64_t buf, size_t n, int flags);
ssize_t debug_fail_write(uint64_t buf, size_t n, int flags);
// The panic report: hart, thread, process, registers, backtrace.
void debug_report(void);

#endif
