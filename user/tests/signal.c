// signal.c: kill, sigaction, and what signals do to processes in every state.
#include "process.h"

#define ROW(number, name, action, text) {number, #action[0]},
static const struct {
    int sig;
    char action;
} signals[] = {SIGNAL_LIST(ROW)};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

// A child that waits for a byte, then exits with 5. It has called prepare before, if there is one.
static pid_t spawn_reader(int *feed, void (*prepare)(void)) {
    int in[2], ready[2];
    char c;
    ok(pipe(in));
    ok(pipe(ready));
    pid_t pid = fork_ok();
    if (pid == 0) {
        if (prepare)
            prepare();
        ok(close(in[1]));
        write_all(ready[1], "r", 1);
        _exit(read(in[0], &c, 1) == 1 ? 5 : 6);
    }
    read_all(ready[0], &c, 1);
    ok(close(ready[0]));
    ok(close(ready[1]));
    ok(close(in[0]));
    *feed = in[1];
    return pid;
}

// ---- what a signal does

TEST(signal, signals_whose_default_is_to_end_a_process_end_it, "") {
    for (int sig = 1; sig < NSIG; sig++) {
        char action = 'T'; // numbers without a name too
        for (int i = 0; i < SIGNALS; i++)
            if (signals[i].sig == sig)
                action = signals[i].action;
        if (action != 'T' && action != 'C')
            continue;
        pid_t pid = spawn_sleeper();
        ok(kill(pid, sig));
        is(wait_signal(pid), sig);
    }
}

TEST(signal, signals_whose_default_is_nothing_do_nothing, "") {
    int feed, word;
    pid_t pid = spawn_reader(&feed, NULL);
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i].action == 'I' || signals[i].action == 'R')
            ok(kill(pid, signals[i].sig));
    is(waitpid(pid, &word, WNOHANG), 0);
    write_all(feed, "x", 1);
    is(wait_exit(pid), 5);
}

static bool can_be_ignored(int sig) { return sig != SIGKILL && sig != SIGSTOP; }

static void ignore_all(void) {
    for (int sig = 1; sig < NSIG; sig++)
        if (can_be_ignored(sig) && signal(sig, SIG_IGN) == SIG_ERR)
            FAIL("signal %d: %s", sig, strerror(errno));
}

TEST(signal, ignored_signals_do_nothing, "") {
    int feed;
    pid_t pid = spawn_reader(&feed, ignore_all);
    for (int sig = 1; sig < NSIG; sig++)
        if (can_be_ignored(sig))
            ok(kill(pid, sig));
    write_all(feed, "x", 1);
    is(wait_exit(pid), 5);
}

TEST(signal, sigkill_ends_one_who_ignores_everything_else, "") {
    int feed;
    pid_t pid = spawn_reader(&feed, ignore_all);
    finish(pid);
}

TEST(signal, a_signal_that_came_while_ignored_is_forgotten, "") {
    signal(SIGTERM, SIG_IGN);
    ok(raise(SIGTERM));
    signal(SIGTERM, SIG_DFL);
    getppid(); // a way into the kernel and out, where it would strike
    pid_t pid = fork_ok();
    if (pid == 0) {
        raise(SIGTERM);
        _exit(1);
    }
    is(wait_signal(pid), SIGTERM);
}

TEST(signal, a_signal_to_oneself_strikes_before_kill_returns, "") {
    char c;
    for (int i = 0; i < 20; i++) {
        int out[2];
        ok(pipe(out));
        pid_t pid = fork_ok();
        if (pid == 0) {
            kill(getpid(), SIGUSR1);
            write(out[1], "x", 1);
            _exit(0);
        }
        ok(close(out[1]));
        is(ok(read(out[0], &c, 1)), 0);
        ok(close(out[0]));
        is(wait_signal(pid), SIGUSR1);
    }
}

static void read_null(void *unused) {
    (void)unused;
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)at(0);
}

TEST(signal, a_fault_cannot_be_ignored, "") { dies(SIGSEGV, read_null, NULL); }

TEST(signal, the_end_of_a_child_does_not_disturb_a_sleep, "") {
    struct timespec left = {77, 77};
    uint64_t start = now_ns();
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(0);
    ok(nanosleep(&(struct timespec){0, 20000000}, &left));
    check(now_ns() - start >= 20000000);
    is(left.tv_sec, 77); // untouched
    is(wait_exit(pid), 0);
}

// ---- killed wherever it is

static _Noreturn int spin(void *unused) {
    for (volatile long i = 0;; i++)
        (void)unused;
}

static _Noreturn int yield_forever(void *unused) {
    (void)unused;
    for (;;)
        __sys_yield();
}

static int wait_for_child(void *unused) {
    (void)unused;
    int link[2];
    char c;
    ok(pipe(link));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(close(link[1]));
        read(link[0], &c, 1); // until its parent is gone
        _exit(0);
    }
    return wait_exit(pid);
}

static int read_empty_pipe(void *unused) {
    (void)unused;
    int link[2];
    char c;
    ok(pipe(link));
    return (int)read(link[0], &c, 1);
}

static _Noreturn int fill_pipe(void *unused) {
    (void)unused;
    int link[2];
    ok(pipe(link));
    for (;;)
        write_all(link[1], "0123456789abcdef", 16);
}

static int sleep_for_ages(void *unused) {
    (void)unused;
    return nanosleep(&(struct timespec){INT64_MAX, 999999999}, NULL);
}

// The call is given up, though nobody lives to see its errno.
TEST(signal, a_process_that_waits_is_killed_wherever_it_waits, "") {
    // errno-test: waitpid EINTR    errno-test: nanosleep EINTR
    int (*const places[])(void *) = {wait_for_child, read_empty_pipe, fill_pipe, sleep_for_ages};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        pid_t pid = spawn(places[i], NULL);
        until(in_state(pid, PS_BLOCKED));
        ok(kill(pid, SIGTERM));
        is(wait_signal(pid), SIGTERM);
    }
}

TEST(signal, a_process_that_never_waits_is_killed, "") {
    for (int i = 0; i < 6; i++) {
        pid_t pid = spawn(i % 2 ? spin : yield_forever, NULL);
        until(info_of(pid).switches > 0);
        finish(pid);
    }
}

// ---- to whom

TEST(signal, signal_0_only_asks, "") {
    pid_t pid = spawn_sleeper();
    ok(kill(pid, 0));
    ok(kill(-getpgrp(), 0));
    ok(kill(0, 0));
    ok(kill(-1, 0));
    ok(kill(INIT, 0));
    is(waitpid(pid, NULL, WNOHANG), 0);
    finish(pid);
    fails(ESRCH, kill(pid, 0));
}

TEST(signal, kill_refuses_numbers_that_are_no_signals, "") {
    pid_t pid = spawn_sleeper();
    fails(EINVAL, kill(pid, NSIG));
    fails(EINVAL, kill(pid, -1));
    fails(EINVAL, kill(pid, INT32_MAX));
    fails(EINVAL, kill(pid, INT32_MIN));
    fails(EINVAL, kill(-getpgrp(), NSIG));
    fails(EINVAL, kill(-1, NSIG));
    is(waitpid(pid, NULL, WNOHANG), 0);
    finish(pid);
}

TEST(signal, kill_needs_somebody_to_kill, "") {
    fails(ESRCH, kill(NO_PID, SIGTERM));
    fails(ESRCH, kill(-NO_PID, SIGTERM));
    fails(ESRCH, kill(INT32_MAX, 0));
    fails(ESRCH, kill(-INT32_MAX, 0));
    pid_t pid = spawn_sleeper(); // is in our group, and leads none
    fails(ESRCH, kill(-pid, 0));
    finish(pid);
}

TEST(signal, the_lowest_number_is_a_group_that_nobody_is_in, "") {
    fails(ESRCH, kill(INT32_MIN, 0)); // POSIX: EINVAL is for wrong signals only
    fails(ESRCH, kill(INT32_MIN, SIGTERM));
}

TEST(signal, nobody_kills_init, "") {
    ok(kill(INIT, SIGKILL));
    ok(kill(INIT, SIGTERM));
    ok(kill(INIT, SIGSEGV));
    int link[2];
    pid_t orphan, child;
    ok(pipe(link));
    if ((child = fork_ok()) == 0) {
        orphan = spawn_sleeper();
        write_all(link[1], &orphan, sizeof orphan);
        _exit(0);
    }
    read_all(link[0], &orphan, sizeof orphan);
    is(wait_exit(child), 0);
    ok(kill(orphan, SIGKILL));
    until(is_gone(orphan)); // as init lives and waits for it
    is(info_of(INIT).ppid, 0);
}

TEST(signal, a_signal_to_a_group_reaches_all_in_it_and_nobody_else, "") {
    enum { N = 5 };
    pid_t in[N], other = spawn_sleeper();
    for (int i = 0; i < N; i++) {
        in[i] = spawn_sleeper();
        ok(setpgid(in[i], in[0]));
    }
    ok(kill(-in[0], SIGINT));
    for (int i = 0; i < N; i++)
        is(wait_signal(in[i]), SIGINT);
    is(waitpid(other, NULL, WNOHANG), 0);
    finish(other);
}

TEST(signal, kill_0_reaches_ones_own_group_and_oneself, "") {
    pid_t outsider = spawn_sleeper();
    int link[2];
    ok(pipe(link));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(setpgid(0, 0));
        for (int i = 0; i < 3; i++)
            spawn_sleeper();
        kill(0, SIGTERM);
        _exit(1);
    }
    is(wait_signal(pid), SIGTERM);
    until(kill(-pid, 0) < 0); // its children, by now init's
    is(waitpid(outsider, NULL, WNOHANG), 0);
    finish(outsider);
}

// ---- sigaction

TEST(signal, sigaction_tells_what_was_before, "") {
    struct sigaction act = {.sa_handler = SIG_IGN}, old = {.sa_handler = SIG_ERR};
    ok(sigaction(SIGINT, NULL, &old));
    check(old.sa_handler == SIG_DFL);
    ok(sigaction(SIGINT, &act, &old));
    check(old.sa_handler == SIG_DFL);
    ok(sigaction(SIGINT, NULL, &old));
    check(old.sa_handler == SIG_IGN);
    act.sa_handler = SIG_DFL;
    ok(sigaction(SIGINT, &act, &old));
    check(old.sa_handler == SIG_IGN);
    ok(sigaction(SIGTERM, NULL, &old)); // another signal
    check(old.sa_handler == SIG_DFL);
}

TEST(signal, sigaction_knows_signals_1_to_31, "") {
    struct sigaction act = {.sa_handler = SIG_IGN}, old;
    const int wrong[] = {0, -1, NSIG, NSIG + 1, 64, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fails(EINVAL, sigaction(wrong[i], &act, &old));
        fails(EINVAL, sigaction(wrong[i], NULL, &old));
    }
    ok(sigaction(1, &act, &old));
    ok(sigaction(NSIG - 1, &act, &old));
}

TEST(signal, sigkill_and_sigstop_cannot_be_changed, "") {
    const int fixed[] = {SIGKILL, SIGSTOP};
    for (int i = 0; i < 2; i++) {
        struct sigaction act = {.sa_handler = SIG_IGN}, old = {.sa_handler = SIG_ERR};
        fails(EINVAL, sigaction(fixed[i], &act, NULL));
        act.sa_handler = SIG_DFL;
        fails(EINVAL, sigaction(fixed[i], &act, NULL));
        ok(sigaction(fixed[i], NULL, &old)); // to ask is allowed
        check(old.sa_handler == SIG_DFL);
    }
}

static void handler(int sig) { (void)sig; }

TEST(signal, handlers_are_not_supported_yet_and_refused, "") {
    struct sigaction act = {.sa_handler = handler}, old;
    signal(SIGUSR1, SIG_IGN);
    fails(ENOTSUP, sigaction(SIGUSR1, &act, &old));
    ok(sigaction(SIGUSR1, NULL, &old));
    check(old.sa_handler == SIG_IGN); // as before
}

TEST(signal, sigaction_checks_addresses, "") { // errno-test: sigaction EFAULT
    struct uapi_sigaction act = {.handler = (uint64_t)SIG_IGN};
    is(__sys_sigaction(SIGINT, BAD_ADDRESS, NULL), -EFAULT);
    is(__sys_sigaction(SIGINT, NULL, BAD_ADDRESS), -EFAULT);
    is(__sys_sigaction(SIGINT, KERNEL_ADDRESS, NULL), -EFAULT);
    is(__sys_sigaction(SIGINT, &act, BAD_ADDRESS), -EFAULT);
}

TEST(signal, what_is_ignored_is_inherited_and_private, "") {
    signal(SIGHUP, SIG_IGN);
    pid_t pid = fork_ok();
    if (pid == 0) {
        check(signal(SIGHUP, SIG_DFL) == SIG_IGN);
        check(signal(SIGINT, SIG_IGN) == SIG_DFL);
        _exit(0);
    }
    is(wait_exit(pid), 0);
    check(signal(SIGHUP, SIG_DFL) == SIG_IGN);
    check(signal(SIGINT, SIG_DFL) == SIG_DFL);
}
