// <sys/time.h>: only what works: no interval timers, and no calls that change a file's times.
#ifndef _SYS_TIME_H_
#define _SYS_TIME_H_

#include <sys/cdefs.h>
#include <sys/_timeval.h>
#include <sys/types.h>
#include <time.h>

#define timerclear(t) ((t)->tv_sec = (t)->tv_usec = 0)
#define timerisset(t) ((t)->tv_sec || (t)->tv_usec)
#define timercmp(a, b, op)                                                                                   \
    ((a)->tv_sec == (b)->tv_sec ? (a)->tv_usec op(b)->tv_usec : (a)->tv_sec op(b)->tv_sec)

#ifdef __cplusplus
extern "C" {
#endif
int gettimeofday(struct timeval *__restrict now, void *__restrict zone);
#ifdef __cplusplus
}
#endif

#endif
