// run.h: what the runner (main.c) and the checks (check.c) share.
#ifndef USERTESTS_RUN_H
#define USERTESTS_RUN_H

#include <stdint.h>

enum {
    REPORT_FD = 60,     // in a test's processes: where a failure is told; closed by exec
    REPORT_BYTES = 400, // of one report, with the NUL at its end: fewer than a pipe takes at once
};

extern uint32_t random_state; // of random_number()

#endif
