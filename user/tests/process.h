// process.h: what the tests of processes share (process.c, exec.c, signal.c, sched.c, races.c, limits.c).
#ifndef USERTESTS_PROCESS_H
#define USERTESTS_PROCESS_H

#include <drupe/syscalls.h>
#include <time.h>
#include <uapi/info.h>
#include <uapi/time.h>

#include "test.h"

enum { INIT = 1, NO_PID = 1 << 30 }; // NO_PID: nobody ever has it

// A pointer of which the compiler knows nothing.
static inline void *at(uintptr_t address) {
    __asm__("" : "+r"(address));
    return (void *)address;
}
// No page is mapped here; and here is the kernel.
#define BAD_ADDRESS    at(16)
#define KERNEL_ADDRESS at(UINTPTR_MAX << 38)

// A child that waits to be killed; it goes by itself after a time that no test lasts.
static inline pid_t spawn_sleeper(void) {
    pid_t pid = fork_ok();
    if (pid == 0) {
        nanosleep(&(struct timespec){1000, 0}, NULL);
        _exit(99);
    }
    return pid;
}

// Kill a child and wait for it.
static inline void finish(pid_t pid) {
    ok(kill(pid, SIGKILL));
    is(wait_signal(pid), SIGKILL);
}

// What the process list says of pid. False: there is no such process.
static inline bool find_info(pid_t pid, struct proc_info *info) {
    return ok(proclist(pid - 1, info, 1)) == 1 && info->pid == pid;
}

static inline struct proc_info info_of(pid_t pid) {
    struct proc_info info;
    if (!find_info(pid, &info))
        FAIL("process %d is not in the list", pid);
    return info;
}

static inline bool in_state(pid_t pid, int state) { return info_of(pid).state == state; }

// There is no such process, not even one that has ended and is not yet waited for.
static inline bool is_gone(pid_t pid) { return kill(pid, 0) < 0 && errno == ESRCH; }

static inline long harts(void) { return ok(sysconf(_SC_NPROCESSORS_ONLN)); }

#endif
