// signal.h: signal numbers, with picolibc's values, and the argument of sigaction(2).
#pragma once

#include <stdint.h>

// X(number, name, default action: T terminate, C terminate (core), I ignore, S stop, R continue, text)
#define SIGNAL_LIST(X)                                                                                       \
    X(1, HUP, T, "Hangup")                                                                                   \
    X(2, INT, T, "Interrupt")                                                                                \
    X(3, QUIT, C, "Quit")                                                                                    \
    X(4, ILL, C, "Illegal instruction")                                                                      \
    X(5, TRAP, C, "Trace/breakpoint trap")                                                                   \
    X(6, ABRT, C, "Aborted")                                                                                 \
    X(7, EMT, C, "Emulator trap")                                                                            \
    X(8, FPE, C, "Floating point exception")                                                                 \
    X(9, KILL, T, "Killed")                                                                                  \
    X(10, BUS, C, "Bus error")                                                                               \
    X(11, SEGV, C, "Segmentation fault")                                                                     \
    X(12, SYS, C, "Bad system call")                                                                         \
    X(13, PIPE, T, "Broken pipe")                                                                            \
    X(14, ALRM, T, "Alarm clock")                                                                            \
    X(15, TERM, T, "Terminated")                                                                             \
    X(16, URG, I, "Urgent I/O condition")                                                                    \
    X(17, STOP, S, "Stopped (signal)")                                                                       \
    X(18, TSTP, S, "Stopped")                                                                                \
    X(19, CONT, R, "Continued")                                                                              \
    X(20, CHLD, I, "Child exited")                                                                           \
    X(21, TTIN, S, "Stopped (tty input)")                                                                    \
    X(22, TTOU, S, "Stopped (tty output)")                                                                   \
    X(23, IO, I, "I/O possible")                                                                             \
    X(24, WINCH, I, "Window changed")                                                                        \
    X(25, USR1, T, "User defined signal 1")                                                                  \
    X(26, USR2, T, "User defined signal 2")

#ifdef __drupe_kernel__
#define SIGNAL_ENUM(number, name, action, text) SIG##name = number,
enum { SIGNAL_LIST(SIGNAL_ENUM) NSIG = 32 };
#define SIG_DFL 0UL
#define SIG_IGN 1UL

#define SA_NOCLDWAIT 2 // SIGCHLD: children leave no zombies
#endif

// What sigaction(2) passes to the kernel; the C library translates its own struct sigaction.
struct uapi_sigaction {
    uint64_t handler; // SIG_DFL, SIG_IGN or (later) a function
    uint64_t mask;
    uint64_t flags;
    uint64_t restorer;
};
