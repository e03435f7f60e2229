// signal.c: signals, as far as <signal.h> promises.

#include <drupe/syscalls.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib.h"

int sigaction(int sig, const struct sigaction *__restrict act, struct sigaction *__restrict old) {
    struct uapi_sigaction new = {0}, was = {0};
    if (act) {
        new.handler = (uint64_t)act->sa_handler;
        new.mask = act->sa_mask;
        new.flags = (uint64_t)(unsigned)act->sa_flags;
    }
    if (__syscall_ret(__sys_sigaction(sig, act ? &new : NULL, &was)) < 0)
        return -1;
    if (old)
        *old = (struct sigaction){
            .sa_handler = (_sig_func_ptr)was.handler, .sa_mask = was.mask, .sa_flags = (int)was.flags};
    return 0;
}

_sig_func_ptr signal(int sig, _sig_func_ptr handler) {
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int raise(int sig) { return kill(getpid(), sig); }

int killpg(pid_t pgid, int sig) {
    if (pgid < 0) {
        errno = EINVAL;
        return -1;
    }
    return kill(-pgid, sig); // 0 is the caller's own group, as it is for kill
}

// No signal is ever blocked. A call that would not change that succeeds; another one must not look as if it
// had worked.
int sigprocmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old) {
    if (set && (how < SIG_SETMASK || how > SIG_UNBLOCK)) {
        errno = EINVAL;
        return -1;
    }
    if (set && *set && how != SIG_UNBLOCK) {
        errno = ENOSYS;
        return -1;
    }
    if (old)
        *old = 0;
    return 0;
}

_Noreturn void abort(void) {
    raise(SIGABRT);
    signal(SIGABRT, SIG_DFL); // it was ignored
    raise(SIGABRT);
    _exit(127);
}

// ---- sets

static int check(int sig) {
    if (sig > 0 && sig < NSIG)
        return 0;
    errno = EINVAL;
    return -1;
}

int sigemptyset(sigset_t *set) {
    *set = 0;
    return 0;
}

int sigfillset(sigset_t *set) {
    *set = ((sigset_t)1 << NSIG) - 2;
    return 0;
}

int sigaddset(sigset_t *set, int sig) {
    if (check(sig) < 0)
        return -1;
    *set |= (sigset_t)1 << sig;
    return 0;
}

int sigdelset(sigset_t *set, int sig) {
    if (check(sig) < 0)
        return -1;
    *set &= ~((sigset_t)1 << sig);
    return 0;
}

int sigismember(const sigset_t *set, int sig) {
    if (check(sig) < 0)
        return -1;
    return *set >> sig & 1;
}
