// lab.h: what the test programs of a lab share.
//
// A test program reports to the grader in lines `TOKEN KEY VALUE`. The token is its last argument; the grader
// makes a new one for each run, so that nobody who does not know it can report. Everything else that it
// prints is for people.
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *lab_token = "no-token";

// Take the token off the arguments. First thing in main.
static inline void lab_start(int *argc, char ***argv) {
    if (*argc < 2) {
        fprintf(stderr, "%s: the last argument must be the grader's token\n", (*argv)[0]);
        exit(2);
    }
    lab_token = (*argv)[--*argc];
    (*argv)[*argc] = NULL;
}

// Report one value, on one line, with one write: lines of several processes do not mix.
__attribute__((format(printf, 2, 3))) static inline void lab_result(const char *key, const char *format,
                                                                    ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    int n = snprintf(line, sizeof(line), "%s %s ", lab_token, key);
    n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
    va_end(args);
    if (n > (int)sizeof(line) - 2)
        n = sizeof(line) - 2;
    line[n++] = '\n';
    fflush(stdout);
    if (write(STDOUT_FILENO, line, n) != n)
        exit(2);
}

// The end of a program that cannot test what is not there: the test that ran it fails with "WHAT is missing".
__attribute__((noreturn)) static inline void lab_missing(const char *what) {
    lab_result("missing", "%s", what);
    exit(3);
}

// A function that the student is to write is declared weak, so that the program links without it:
//     long getreadcount(void) __attribute__((weak));
//     ...
//     LAB_NEEDS(getreadcount);
#define LAB_NEEDS(function)                                                                                  \
    do {                                                                                                     \
        if (!(function))                                                                                     \
            lab_missing(#function "()");                                                                     \
    } while (0)

// The end of a program for a reason that is not the student's work: something that always works did not.
// The test fails and says so.
__attribute__((format(printf, 1, 2), noreturn)) static inline void lab_trouble(const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    lab_result("trouble", "%s", text);
    exit(4);
}

// Instructions since the machine started, in steps of 100, under -icount shift=0 (the default of graders)
// with one hart; idle time counts as if instructions had run. At shift=N a tick is 100 >> N instructions.
static inline uint64_t lab_instructions(void) {
    uint64_t ticks;
    __asm__ volatile("csrr %0, time" : "=r"(ticks));
    return ticks * 100;
}
