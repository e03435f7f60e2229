// process.c: fork, wait, and who we are. The exec family is in exec.c.

#include <drupe/syscalls.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

pid_t fork(void) { return (pid_t)__syscall_ret(__sys_fork()); }

pid_t waitpid(pid_t pid, int *status, int options) {
    int word = 0, value;
    pid_t got = (pid_t)__syscall_ret(__sys_waitpid(pid, &word, options, &value));
    if (got > 0 && status)
        *status = word;
    return got;
}

pid_t wait(int *status) { return waitpid(-1, status, 0); }

int waitid(idtype_t which, id_t id, siginfo_t *info, int options) {
    if ((options & ~WNOHANG) != WEXITED || which > P_PGID) {
        errno = EINVAL;
        return -1;
    }
    int pid = which == P_ALL ? -1 : which == P_PID ? (int)id : -(int)id;
    int word = 0, value = 0;
    pid_t got = (pid_t)__syscall_ret(__sys_waitpid(pid, &word, options & WNOHANG, &value));
    if (got < 0)
        return -1;
    *info = (siginfo_t){0};
    if (got > 0) {
        info->si_signo = SIGCHLD;
        info->si_pid = got;
        info->si_code = WIFEXITED(word) ? CLD_EXITED : CLD_KILLED;
        info->si_status = WIFEXITED(word) ? value : WTERMSIG(word);
    }
    return 0;
}

int sched_yield(void) { return (int)__syscall_ret(__sys_yield()); }

pid_t getpgrp(void) { return getpgid(0); }

uid_t getuid(void) { return __sys_getuid(); }

uid_t geteuid(void) { return __sys_getuid(); }

gid_t getgid(void) { return __sys_getgid(); }

gid_t getegid(void) { return __sys_getgid(); }

int setuid(uid_t uid) { return (int)__syscall_ret(__sys_setuid(uid)); }

int setgid(gid_t gid) { return (int)__syscall_ret(__sys_setgid(gid)); }

void *sbrk(ptrdiff_t increment) { return (void *)__syscall_ret(__sys_sbrk(increment)); }
