// strace.h: the two files of strace: main.c follows processes and counts, decode.c puts a call in words.
#ifndef STRACE_H
#define STRACE_H

#include <stdio.h>
#include <trace.h>

// One call, as C would have it, with its result: open("/etc/motd", O_RDONLY) = 3. end NULL: it has not come
// back.
void decode_call(FILE *out, const struct trace_record *begin, const struct trace_record *end);

// "SIGINT", or the number.
const char *decode_signal(int sig);

#endif
