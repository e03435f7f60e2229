// <signal.h>: signals, with the numbers of kernel/uapi/signal.h.
//
// Now a signal ends a process or is ignored: SIG_DFL and SIG_IGN work, sigaction and signal with a handler
// fail with ENOTSUP, and there is no signal mask: sigprocmask fails with ENOSYS when it would have to change
// one.
#ifndef _SIGNAL_H_
#define _SIGNAL_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <uapi/signal.h>

enum {
#define _SIGNAL_NUMBER(number, name, action, text) SIG##name = number,
    SIGNAL_LIST(_SIGNAL_NUMBER)
#undef _SIGNAL_NUMBER
};
// POSIX wants macros, so that a program may ask for one with #ifdef.
#define SIGHUP   SIGHUP
#define SIGINT   SIGINT
#define SIGQUIT  SIGQUIT
#define SIGILL   SIGILL
#define SIGTRAP  SIGTRAP
#define SIGABRT  SIGABRT
#define SIGEMT   SIGEMT
#define SIGFPE   SIGFPE
#define SIGKILL  SIGKILL
#define SIGBUS   SIGBUS
#define SIGSEGV  SIGSEGV
#define SIGSYS   SIGSYS
#define SIGPIPE  SIGPIPE
#define SIGALRM  SIGALRM
#define SIGTERM  SIGTERM
#define SIGURG   SIGURG
#define SIGSTOP  SIGSTOP
#define SIGTSTP  SIGTSTP
#define SIGCONT  SIGCONT
#define SIGCHLD  SIGCHLD
#define SIGTTIN  SIGTTIN
#define SIGTTOU  SIGTTOU
#define SIGIO    SIGIO
#define SIGWINCH SIGWINCH
#define SIGUSR1  SIGUSR1
#define SIGUSR2  SIGUSR2
#define NSIG     32
#define SIGIOT   SIGABRT
#define SIGPOLL  SIGIO

typedef int sig_atomic_t;
typedef unsigned long sigset_t; // bit n is signal n
#define _SIGSET_T_DECLARED
typedef void (*_sig_func_ptr)(int);
typedef _sig_func_ptr sighandler_t;

#define SIG_DFL ((_sig_func_ptr)0)
#define SIG_IGN ((_sig_func_ptr)1)
#define SIG_ERR ((_sig_func_ptr)-1)

union sigval {
    int sival_int;
    void *sival_ptr;
};

typedef struct {
    int si_signo, si_code, si_errno;
    pid_t si_pid;
    uid_t si_uid;
    int si_status; // the whole exit value, or the signal
    void *si_addr;
    union sigval si_value;
} siginfo_t;
enum { CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_STOPPED = 5, CLD_CONTINUED = 6 };

struct sigaction {
    union {
        _sig_func_ptr sa_handler;
        void (*sa_sigaction)(int, siginfo_t *, void *);
    };
    sigset_t sa_mask;
    int sa_flags;
};
#define SA_NOCLDSTOP 1
#define SA_NOCLDWAIT 2
#define SA_SIGINFO   4
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000

#define SIG_SETMASK 0
#define SIG_BLOCK   1
#define SIG_UNBLOCK 2

#ifdef __cplusplus
extern "C" {
#endif
int kill(pid_t pid, int sig);
int killpg(pid_t pgid, int sig);
int raise(int sig);
int sigaction(int sig, const struct sigaction *__restrict act, struct sigaction *__restrict old);
_sig_func_ptr signal(int sig, _sig_func_ptr handler);
int sigprocmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old);
void psignal(int sig, const char *message);
#ifdef __cplusplus
}
#endif

int sigemptyset(sigset_t *set);
int sigfillset(sigset_t *set);
int sigaddset(sigset_t *set, int sig);
int sigdelset(sigset_t *set, int sig);
int sigismember(const sigset_t *set, int sig);

// Names without "SIG": 0 and the name or the number, or -1. sig2str needs SIG2STR_MAX bytes.
#define SIG2STR_MAX 16
int sig2str(int sig, char *name);
int str2sig(const char *__restrict name, int *__restrict sig);

#endif
