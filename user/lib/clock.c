// clock.c: time of day, CPU time, sleeping. picolibc's time() is over our gettimeofday.

#include <drupe/syscalls.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <uapi/time.h>
#include <unistd.h>

#include "lib.h"

int clock_gettime(clockid_t clock, struct timespec *now) {
    struct uapi_timespec t;
    if (__syscall_ret(__sys_clock_gettime((int)clock, &t)) < 0)
        return -1;
    now->tv_sec = t.sec;
    now->tv_nsec = t.nsec;
    return 0;
}

// The time CSR ticks at 10 MHz on the machine that we know; the kernel does not tell.
int clock_getres(clockid_t clock, struct timespec *resolution) {
    struct timespec now;
    if (clock_gettime(clock, &now) < 0)
        return -1;
    if (resolution)
        *resolution = (struct timespec){0, 100};
    return 0;
}

int nanosleep(const struct timespec *want, struct timespec *left) {
    struct uapi_timespec t = {want->tv_sec, want->tv_nsec}, rest = {0, 0};
    int result = (int)__syscall_ret(__sys_nanosleep(&t, &rest));
    if (result < 0 && errno == EINTR && left)
        *left = (struct timespec){rest.sec, rest.nsec};
    return result;
}

unsigned sleep(unsigned seconds) {
    struct timespec t = {seconds, 0};
    return nanosleep(&t, &t) < 0 ? (unsigned)t.tv_sec + (t.tv_nsec > 0) : 0;
}

int usleep(useconds_t microseconds) {
    struct timespec t = {(time_t)(microseconds / 1000000), (long)(microseconds % 1000000) * 1000};
    return nanosleep(&t, NULL);
}

int gettimeofday(struct timeval *__restrict now, void *__restrict zone) {
    struct timespec t;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &t) < 0)
        return -1;
    now->tv_sec = t.tv_sec;
    now->tv_usec = t.tv_nsec / 1000;
    return 0;
}

clock_t times(struct tms *buf) {
    struct uapi_tms t = {0, 0, 0, 0};
    clock_t now = (clock_t)__syscall_ret(__sys_times(&t));
    if (buf)
        *buf = (struct tms){(clock_t)t.utime, (clock_t)t.stime, (clock_t)t.cutime, (clock_t)t.cstime};
    return now;
}

int getrusage(int who, struct rusage *usage) {
    struct uapi_tms t;
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN) {
        errno = EINVAL;
        return -1;
    }
    if (__syscall_ret(__sys_times(&t)) < 0)
        return -1;
    enum { USEC = 1000000 / UAPI_CLK_TCK };
    int64_t user = who == RUSAGE_SELF ? t.utime : t.cutime, system = who == RUSAGE_SELF ? t.stime : t.cstime;
    usage->ru_utime = (struct timeval){user / UAPI_CLK_TCK, user % UAPI_CLK_TCK * USEC};
    usage->ru_stime = (struct timeval){system / UAPI_CLK_TCK, system % UAPI_CLK_TCK * USEC};
    return 0;
}

// CPU time of this process alone, in microseconds.
clock_t clock(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
        return (clock_t)-1;
    return (clock_t)t.tv_sec * CLOCKS_PER_SEC + (clock_t)t.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}

// Days from 1970-01-01 to the first of March of year, which makes the leap day the last of its year.
static int64_t days_to_march(int64_t year) {
    int64_t y = year + 400000; // a multiple of 400, so that divisions round down
    return y * 365 + y / 4 - y / 100 + y / 400 - 146097 * 1000 - 719468;
}

time_t timegm(struct tm *tm) {
    int64_t month = tm->tm_mon - 2, year = tm->tm_year + 1900LL; // months from March
    year += month / 12;
    month %= 12;
    if (month < 0) {
        month += 12;
        year--;
    }
    int64_t days = days_to_march(year) + (153 * month + 2) / 5 + tm->tm_mday - 1;
    time_t t = ((days * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
    gmtime_r(&t, tm); // bring the fields into their ranges
    return t;
}
