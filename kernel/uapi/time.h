// time.h: clocks and times as they cross the system-call boundary.
#pragma once

#include <stdint.h>

enum {
    UAPI_CLOCK_REALTIME = 1,
    UAPI_CLOCK_PROCESS_CPUTIME = 2,
    UAPI_CLOCK_THREAD_CPUTIME = 3,
    UAPI_CLOCK_MONOTONIC = 4
}; // picolibc's numbers

struct uapi_timespec {
    int64_t sec;
    int64_t nsec;
};

// times(2): in units of 1/UAPI_CLK_TCK second
enum { UAPI_CLK_TCK = 100 };
struct uapi_tms {
    int64_t utime, stime, cutime, cstime;
};
