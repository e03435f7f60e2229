// process.c: processes, memory and time, as user.h has them.
#include "drupe.h"

#include "kernel/param.h"
#include "kernel/riscv.h"
#include "kernel/vm.h"
#include "user/user.h"

enum { TICKS_A_SECOND = 10, TICK_NS = 1000000000 / TICKS_A_SECOND };
enum { MEMORY_END = 104 << 20 };

int main(int argc, char **argv) __attribute__((weak));
int start(int argc, char **argv) __attribute__((weak));
int _main(int argc, char **argv) __attribute__((weak));

int xv6_readable(const void *p) {
    static struct uapi_stat st;
    return __sys_lstat(p, &st) != -EFAULT;
}

int xv6_writable(void *p) { return __sys_clock_gettime(UAPI_CLOCK_MONOTONIC, p) != -EFAULT; }

// What a write to a pipe without a reader does: SIG_IGN lets it give -1.
static void set_sigpipe(uint64 handler) {
    struct uapi_sigaction action = {.handler = handler};
    __sys_sigaction(SIGPIPE, &action, 0);
}

// From start.S.
__attribute__((noreturn)) void __xv6_start(int argc, char **argv) {
    set_sigpipe(SIG_IGN);
    exit(main ? main(argc, argv) : start ? start(argc, argv) : _main(argc, argv));
}

// ---- processes

// NPROC bounds the whole machine, zombies and Drupe's own processes included.
int fork(void) {
    struct mem_info info;
    __sys_meminfo(&info);
    return info.processes >= NPROC ? -1 : result(__sys_fork());
}

int exit(int value) { __sys_exit(value); }

// The child is gone even if the value cannot be written.
int wait(int *value) {
    int status;
    long pid = __sys_waitpid(-1, &status, 0, value);
    if (pid > 0 && value && (status & 0x7f) != 0) // a signal ended it
        *value = -1;
    return result(pid);
}

int kill(int pid) { return pid <= 0 ? -1 : result(__sys_kill(pid, SIGKILL)); }

int getpid(void) { return result(__sys_getpid()); }

// Bytes that a string takes on a stack; more than a page if it is as long or cannot be read.
static uint stack_bytes(const char *s) {
    uint n = 0;
    if (!xv6_readable(s))
        return PGSIZE + 1;
    while (n < PGSIZE && s[n])
        n++;
    return (n + 1 + 15) / 16 * 16;
}

// Fewer than MAXARG arguments, which fit one page with the pointers to them?
static int arguments_fit(char **argv) {
    uint bytes = 0;
    for (int n = 0; n < MAXARG && bytes <= PGSIZE && xv6_readable(argv + n); n++) {
        if (!argv[n])
            return bytes + (n + 2) / 2 * 16 <= PGSIZE;
        bytes += stack_bytes(argv[n]);
    }
    return 0;
}

int exec(const char *path, char **argv) {
    char buf[MAXPATH];
    if (!arguments_fit(argv))
        return -1;
    set_sigpipe(SIG_DFL); // for a program of another kind
    __sys_execve(xv6_path(path, buf), argv, 0);
    set_sigpipe(SIG_IGN);
    return -1;
}

// ---- memory

// An eager one ends at MEMORY_END, as on a machine that has no more memory (docs/xv6.md). To take away more
// than there is does nothing, and is no failure.
char *sys_sbrk(int n, int how) {
    uint64 now = __sys_sbrk(0);
    if (n < 0 && -(long)n > (long)now)
        return (char *)now;
    if (n > 0 && how != SBRK_LAZY && now + n > MEMORY_END)
        return SBRK_ERROR;
    return __sys_sbrk(n) < 0 ? SBRK_ERROR : (char *)now;
}

char *sbrk(int n) { return sys_sbrk(n, SBRK_EAGER); }

char *sbrklazy(int n) { return sys_sbrk(n, SBRK_LAZY); }

// ---- time

static int wait_ticks(int ticks) {
    if (ticks <= 0)
        return 0;
    struct uapi_timespec want = {ticks / TICKS_A_SECOND, (long)(ticks % TICKS_A_SECOND) * TICK_NS};
    return result(__sys_nanosleep(&want, 0));
}

int sleep(int ticks) { return wait_ticks(ticks); }

int pause(int ticks) { return wait_ticks(ticks); }

int uptime(void) {
    struct uapi_timespec now;
    __sys_clock_gettime(UAPI_CLOCK_MONOTONIC, &now);
    return now.sec * TICKS_A_SECOND + now.nsec / TICK_NS;
}
