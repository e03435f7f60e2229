// badptr: give every system call bad pointers.
//
// The calls are read from the same table as everything else, so a new one is tried without a word here. Each
// try is a process of its own, since some pointers lead to exec or to a sleep.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <uapi/termios.h>
#include <unistd.h>

static const char help[] =
    "usage: badptr [-v] [call...]\n"
    "Give each pointer argument of every system call (or of these) pointers that are null, wild,\n"
    "the kernel's, unaligned, read only, at the end of what is mapped, or wrap around. Each try\n"
    "must end with a plain result. Works in the directory badptr.tmp, made for it.\n"
    "  -v  print each try\n";

static const struct call {
    int number;
    const char *name, *args, *errnos;
} calls[] = {
#define SYSCALL(number, result, name, args, errnos) {number, #name, #args, errnos},
#define SYSCALL_RAW                                 SYSCALL
#include "../../kernel/trap/syscalls.def"
};
enum { CALLS = sizeof calls / sizeof calls[0], ARGS = 6, PAGE = 4096 };

static const char read_only[PAGE] __attribute__((aligned(PAGE))) = {0};
static char good[2 * PAGE] __attribute__((aligned(PAGE)));
static char path[] = "file";

// readable: a system call may well read it, so success is no surprise
static struct bad {
    const char *name;
    uint64_t value;
    bool readable;
} bads[] = {
    {"null", 0, false},
    {"8", 8, false},
    {"unmapped", 0x2345678000, false},
    {"unmapped, unaligned", 0x2345678003, false},
    {"end of user space", 0x3f00000000, false},
    {"across the end of user space", 0x3f00000000 - 4, true},
    {"no Sv39 address", 0x8000000000000000, false},
    {"bit 38", 0x4000000000, false},
    {"kernel memory", 0xffffffc080200000, false},
    {"kernel stacks", 0xffffffffc0001000, false},
    {"all ones", UINT64_MAX, false},
    {"wraps around", UINT64_MAX - 15, false},
    {"read only", (uint64_t)read_only, true},
    {"text", 0x10000, true},
    {"unaligned", (uint64_t)good + 1, true},
    {"last byte", 0, true}, // of the heap
};
enum { BADS = sizeof bads / sizeof bads[0] };

static long raw(int number, const uint64_t *arg) {
    register uint64_t a0 __asm__("a0") = arg[0], a1 __asm__("a1") = arg[1], a2 __asm__("a2") = arg[2],
                         a3 __asm__("a3") = arg[3], a4 __asm__("a4") = arg[4], a5 __asm__("a5") = arg[5],
                         a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return (long)a0;
}

// Split "(int fd, void *buf)" into its arguments. Returns how many.
static int split(const char *args, char out[ARGS][64]) {
    int n = 0;
    if (strcmp(args, "(void)") == 0)
        return 0;
    for (args++; n < ARGS && *args && *args != ')'; n++) {
        size_t len = strcspn(args, ",)");
        snprintf(out[n], sizeof out[n], "%.*s", (int)len, args);
        args += len + (args[len] == ',');
        args += strspn(args, " ");
    }
    return n;
}

static bool is_pointer(const char *arg) { return strchr(arg, '*') != NULL; }
static bool is_path(const char *arg) { return strncmp(arg, "const char *", 12) == 0 && arg[12] != 'c'; }
static bool named(const char *arg, const char *name) {
    size_t len = strlen(arg), n = strlen(name);
    return len > n && strcmp(arg + len - n, name) == 0 && arg[len - n - 1] == ' ';
}

// What can be behind a descriptor.
enum { A_FILE, A_DIRECTORY, A_PIPE, ZERO, TERMINAL, FDS };

static int open_one(int kind) {
    int ends[2];
    switch (kind) {
    case A_FILE: return open(path, O_RDWR | O_CREAT, 0666);
    case A_DIRECTORY: return open(".", O_RDONLY);
    case ZERO: return open("/dev/zero", O_RDWR);
    case TERMINAL: return open("/dev/console", O_RDWR);
    }
    if (pipe(ends) < 0 || write(ends[1], good, 256) != 256)
        cmd_die("pipe");
    return ends[0];
}

struct attempt {
    const struct call *call;
    int args, bad_arg, fd_kind; // bad_arg -1: all pointers at once
    const struct bad *bad;
    char arg[ARGS][64];
};

// The life of the child: one call. Status 0 if the result is plain, 1 if not.
static int attempt(const struct attempt *a) {
    static const unsigned long requests[] = {TCGETS,     TCSETS,     TIOCGPGRP, TIOCSPGRP,
                                             TIOCGWINSZ, TIOCSWINSZ, 0x541b,    0x1234};
    static const size_t sizes[] = {256, 1, UINT64_MAX, (size_t)1 << 40};
    bool path_is_bad = false;
    for (size_t round = 0; round < 8; round++) {
        uint64_t value[ARGS] = {0};
        int fd = -1;
        for (int i = 0; i < a->args; i++) {
            const char *arg = a->arg[i];
            if (is_pointer(arg) && (a->bad_arg < 0 || a->bad_arg == i)) {
                value[i] = a->bad->value;
                path_is_bad |= is_path(arg) && !a->bad->readable;
            } else if (is_pointer(arg)) {
                value[i] = (uint64_t)(is_path(arg) ? path : good);
            } else if (named(arg, "fd")) {
                value[i] = fd = open_one(a->fd_kind);
            } else if (named(arg, "n") || named(arg, "max")) {
                value[i] = sizes[a->fd_kind == A_PIPE ? round % 2 : round % 4]; // a pipe could fill up
            } else if (named(arg, "request")) {
                value[i] = requests[round];
            } else if (named(arg, "pid")) {
                value[i] = -1;
            } else if (named(arg, "sig") || named(arg, "clock")) {
                value[i] = 1 + round;
            } else if (named(arg, "cmd") || named(arg, "flags") || named(arg, "whence")) {
                value[i] = round;
            }
        }
        if (a->fd_kind == TERMINAL && (strcmp(a->call->name, "read") == 0 || a->bad->readable))
            return 0; // it would wait for a key, or show what no terminal should see
        if (strcmp(a->call->name, "waitpid") == 0 && fork() == 0)
            _exit(0);
        long result = raw(a->call->number, value);
        close(fd);
        if (result < -4095) {
            printf("result %ld", result);
            return 1;
        }
        if (path_is_bad && result != -EFAULT) {
            printf("result %ld, not EFAULT", result);
            return 1;
        }
    }
    return 0;
}

static bool try_in_child(const struct attempt *a) {
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        cmd_die("fork");
    if (child == 0) {
        int bad = attempt(a);
        fflush(stdout);
        _exit(bad);
    }
    // A plain result comes at once; a sleep whose length was read from some constant is plain too.
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < 3000 && (ended = waitpid(child, &status, WNOHANG)) == 0; i++)
        nanosleep(&(struct timespec){0, i < 100 ? 200000 : 1000000}, NULL);
    bool sleeps = ended == 0 && strcmp(a->call->name, "nanosleep") == 0;
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        if (!sleeps)
            printf("does not end");
    } else if (WIFSIGNALED(status)) {
        printf("ends by signal %d", WTERMSIG(status));
    }
    return sleeps || (ended > 0 && status == 0);
}

int main(int argc, char **argv) {
    bool verbose = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "v")) != -1; verbose = true)
        if (c != 'v')
            cmd_usage();

    struct termios console;
    bool terminal = tcgetattr(STDOUT_FILENO, &console) == 0;
    if ((mkdir("badptr.tmp", 0777) < 0 && errno != EEXIST) || chdir("badptr.tmp") < 0)
        cmd_die("badptr.tmp");
    bads[BADS - 1].value = (((uint64_t)sbrk(0) + PAGE - 1) & ~(uint64_t)(PAGE - 1)) - 1;

    int tries = 0, wrong = 0, tried_calls = 0;
    for (const struct call *call = calls; call < calls + CALLS; call++) {
        struct attempt a = {.call = call};
        bool wanted = optind == argc, has_pointer = false, has_fd = false;
        for (int i = optind; i < argc; i++)
            wanted |= strcmp(argv[i], call->name) == 0;
        a.args = split(call->args, a.arg);
        for (int i = 0; i < a.args; i++) {
            has_pointer |= is_pointer(a.arg[i]);
            has_fd |= named(a.arg[i], "fd");
        }
        if (!wanted || !has_pointer)
            continue;
        tried_calls++;
        for (a.bad_arg = -1; a.bad_arg < a.args; a.bad_arg++) {
            if (a.bad_arg >= 0 && !is_pointer(a.arg[a.bad_arg]))
                continue;
            for (a.bad = bads; a.bad < bads + BADS; a.bad++) {
                for (a.fd_kind = 0; a.fd_kind < (has_fd ? FDS : 1); a.fd_kind++) {
                    if (verbose)
                        printf("%s%s argument %d: %s, descriptor %d\n", call->name, call->args, a.bad_arg,
                               a.bad->name, a.fd_kind);
                    tries++;
                    if (!try_in_child(&a)) {
                        printf(": %s%s, argument %d: %s, descriptor %d\n", call->name, call->args, a.bad_arg,
                               a.bad->name, a.fd_kind);
                        wrong++;
                    }
                }
            }
        }
    }

    // Numbers that are no call's.
    static const int numbers[] = {0, 255, 256, 100000, -1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; optind == argc && i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t none[ARGS] = {0};
        long result = raw(numbers[i], none);
        if (result != -ENOSYS) {
            printf("number %d: result %ld, not ENOSYS\n", numbers[i], result);
            wrong++;
        }
    }
    if (terminal)
        tcsetattr(STDOUT_FILENO, TCSANOW, &console);
    printf("badptr: %d calls, %d tries, %d wrong\n", tried_calls, tries, wrong);
    return wrong != 0;
}
