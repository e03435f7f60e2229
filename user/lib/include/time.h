// <time.h>: picolibc's, which leaves out the POSIX clocks unless it knows the system.
#include_next <time.h>

#ifndef _DRUPE_TIME_H
#define _DRUPE_TIME_H

#include <sys/timespec.h>

// The numbers of kernel/uapi/time.h; CLOCK_REALTIME is 1 in picolibc's <time.h>.
#define CLOCK_PROCESS_CPUTIME_ID ((clockid_t)2)
#define CLOCK_THREAD_CPUTIME_ID  ((clockid_t)3)
#define CLOCK_MONOTONIC          ((clockid_t)4)

#ifdef __cplusplus
extern "C" {
#endif
int clock_gettime(clockid_t clock, struct timespec *now);
int clock_getres(clockid_t clock, struct timespec *resolution);
int nanosleep(const struct timespec *want, struct timespec *left);
#ifdef __cplusplus
}
#endif

#endif
