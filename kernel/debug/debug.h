// debug.h: what makes a panic useful: names, backtraces, the report.
#ifndef DEBUG_DEBUG_H
#define DEBUG_DEBUG_H

#include "lib/kernel.h"

// Name of the function that holds pc and its offset in it, or NULL.
const char *symbol_of(uint64_t pc, uint64_t *offset);
// Do the wrong thing of that name (provoke.c lists them), which ends in a panic.
void debug_provoke(const char *name);
// The panic report: hart, thread, process, registers, backtrace.
void debug_report(void);

#endif
