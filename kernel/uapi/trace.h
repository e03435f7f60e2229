// trace.h: the event trace: what a read of /dev/trace gives, and what may be written to it.
//
// A write is one of these lines:
//   start EVENT,EVENT...    record events (names below, or all) from now on, until the writer stops or ends
//   stop                    no more; what has been recorded can still be read
//   follow                  the writer is followed: its calls are recorded under `start call`
// A read gives whole records in order of time, or 0 bytes when there is none at this moment.
#pragma once

#include <stdint.h>

// X(event, name for `start`). Each has two codes: TRACE_event, and TRACE_event + TRACE_END for the end of
// what takes time.
#define TRACE_LIST(X)                                                                                        \
    X(START, "")                                                                                             \
    X(LOST, "")                                                                                              \
    X(SWITCH, "switch")                                                                                      \
    X(WAKE, "wake")                                                                                          \
    X(IPI, "ipi")                                                                                            \
    X(INTERRUPT, "interrupt")                                                                                \
    X(FAULT, "fault")                                                                                        \
    X(BLOCK, "block")                                                                                        \
    X(SYSCALL, "syscall")                                                                                    \
    X(EXIT, "exit")                                                                                          \
    X(CALL, "call")                                                                                          \
    X(FORKS, "forks")

#define TRACE_NUMBER(event, name) TRACE_NUMBER_##event,
enum { TRACE_LIST(TRACE_NUMBER) TRACE_KINDS };
#define TRACE_CODE(event, name) TRACE_##event = 2 * TRACE_NUMBER_##event,
enum trace_event { TRACE_LIST(TRACE_CODE) TRACE_EVENTS = 2 * TRACE_KINDS, TRACE_END = 1 };

struct trace_record {
    uint64_t time; // timebase ticks since power-on
    int32_t pid;   // of the thread that ran, 0: the kernel's own
    uint16_t size; // of the record with what follows it; a multiple of 8
    uint8_t event; // enum trace_event, perhaps + TRACE_END
    uint8_t hart;
    uint64_t a, b;
    char name[16]; // of the thread, cut
};

// What a and b are, and what follows the record:
//
//   START       timebase (ticks a second), harts
//   LOST        records for which there was no room on this hart
//   SWITCH      pid of the next thread, state of the one that leaves (enum ps_state);
//               then struct trace_switch
//   WAKE        pid of the thread made ready; then its name, 16 bytes
//   IPI         harts that are interrupted (bit by index)
//   INTERRUPT   scause
//   FAULT       address, access (0 read, 1 write, 2 execute); END: address, error
//   BLOCK       request, sector << 16 | pages << 8 | operation (0 read, 1 write, 2 flush);
//               END: request, error
//   SYSCALL     number, first argument; END: number, result
//   EXIT        value, signal (0: none)
//   CALL        of those that are followed: number; then six arguments and items.
//               END: number, result; then the time at which the call was over and items
//   FORKS       is no event: with `start call,forks`, children of those that are followed are followed, too
struct trace_switch {
    char name[16], wait[16]; // of the next thread; what the one that leaves waits for
};

// What an argument points to, padded to a multiple of 8 bytes. Vectors (argv) have an item for each string.
struct trace_item {
    uint8_t arg;   // which
    uint8_t flags; // TRACE_CUT: it is longer than this
    uint16_t len;
    char data[];
};
enum { TRACE_CUT = 1 };

// How an argument is captured: gen/syscall_args.h, made from syscalls.def, has a row for each system call:
// CALL(number, "result", name, ARG("type", name, kind, bytes) ...).
enum trace_arg_kind {
    TRACE_ARG_NUMBER,
    TRACE_ARG_STRING, // the program's
    TRACE_ARG_VECTOR, // of strings, with NULL at its end
    TRACE_ARG_IN,     // bytes that the call reads; 0 bytes: as many as the next argument says
    TRACE_ARG_OUT,    // bytes that the call fills in; 0 bytes: as many as its result says
};
enum {
    TRACE_ARGS = 6,
    TRACE_TEXT_MAX = 64,
    TRACE_STRUCT_MAX = 112,
    TRACE_VECTOR_MAX = 8,
    TRACE_WORD_MAX = 32
};
