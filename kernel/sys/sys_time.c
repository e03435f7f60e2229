// sys_time.c: system calls on time.
#include "proc/proc.h"
#include "syscall_protos.h"
#include "uapi/time.h"

enum { NS_PER_SECOND = 1000000000 };

static struct uapi_timespec from_ns(uint64_t ns) {
    return (struct uapi_timespec){ns / NS_PER_SECOND, ns % NS_PER_SECOND};
}

long sys_nanosleep(const struct uapi_timespec *want, struct uapi_timespec *left) {
    struct uapi_timespec ts;
    if (copy_from_user(&ts, (uint64_t)want, sizeof(ts)))
        return -EFAULT;
    if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= NS_PER_SECOND)
        return -EINVAL;
    uint64_t seconds = min((uint64_t)ts.sec, (uint64_t)INT32_MAX); // 68 years
    uint64_t deadline = time_now() + ns_to_ticks(seconds * NS_PER_SECOND + ts.nsec);
    int err = thread_sleep_until(deadline, true);
    if (err && left) {
        uint64_t now = time_now();
        ts = from_ns(now < deadline ? ticks_to_ns(deadline - now) : 0);
        if (copy_to_user((uint64_t)left, &ts, sizeof(ts)))
            return -EFAULT;
    }
    return err;
}

// CPU time of this process so far, in timebase ticks, this very moment included.
static void own_times(uint64_t *user, uint64_t *system) {
    const struct thread *t = current();
    interrupts_off(); // all of one moment
    *user = t->user_time;
    *system = t->cpu_time + (time_now() - t->cpu_stamp) - t->user_time;
    interrupts_restore();
}

long sys_clock_gettime(int clock, struct uapi_timespec *now) {
    uint64_t ns, user, system;
    switch (clock) {
    case UAPI_CLOCK_REALTIME: ns = clock_realtime(); break;
    case UAPI_CLOCK_MONOTONIC: ns = clock_monotonic(); break;
    case UAPI_CLOCK_PROCESS_CPUTIME:
    case UAPI_CLOCK_THREAD_CPUTIME:
        own_times(&user, &system);
        ns = ticks_to_ns(user + system);
        break;
    default: return -EINVAL;
    }
    struct uapi_timespec ts = from_ns(ns);
    return copy_to_user((uint64_t)now, &ts, sizeof(ts));
}

// Result: clock ticks since boot.
long sys_times(struct uapi_tms *buf) {
    const struct proc *p = current_proc();
    uint64_t user, system, tick = timebase / UAPI_CLK_TCK;
    own_times(&user, &system);
    struct uapi_tms tms = {user / tick, system / tick, p->child_utime / tick, p->child_stime / tick};
    if (buf && copy_to_user((uint64_t)buf, &tms, sizeof(tms)))
        return -EFAULT;
    return clock_monotonic() / (NS_PER_SECOND / UAPI_CLK_TCK);
}
