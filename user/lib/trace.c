// trace.c: what trace and strace share: the device, its records, the program that is watched.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <trace.h>
#include <unistd.h>

static const char device[] = "/dev/trace";
enum { MAJOR = 10, MINOR = 0, POLL_NANOSECONDS = 10000000 };

#define ARG(type, name, kind, bytes)    {type, #name},
#define CALL(number, result, name, ...) [number] = {#name, result, {__VA_ARGS__}},
static const struct trace_call calls[] = {
#include "syscall_args.h"
};

const struct trace_call *trace_call(uint64_t number) {
    return number < sizeof calls / sizeof *calls && calls[number].name ? &calls[number] : NULL;
}

int trace_say(int fd, const char *line) { return write(fd, line, strlen(line)) < 0 ? -1 : 0; }

int trace_start(const char *events) {
    char line[128];
    int fd = open(device, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && mknod(device, S_IFCHR | 0600, makedev(MAJOR, MINOR)) == 0)
        fd = open(device, O_RDWR | O_CLOEXEC); // the disk is older than the device
    if (fd < 0 && errno == ENXIO)
        cmd_diex("this kernel was built without the trace (CONFIG=release)");
    if (fd < 0)
        cmd_die("%s", device);
    snprintf(line, sizeof line, "start %s", events ? events : "");
    if (!events || trace_say(fd, line) == 0)
        return fd;
    if (errno == EINVAL)
        cmd_diex("-e %s: unknown events (trace --help)", events);
    if (errno == EBUSY)
        cmd_diex("somebody else is tracing");
    cmd_die("%s", device);
}

const struct trace_record *trace_next(int fd) {
    static _Alignas(8) char data[4096]; // a read gives no more
    static size_t at, used;
    if (at == used) {
        ssize_t n = read(fd, data, sizeof data);
        if (n <= 0)
            return NULL;
        used = n;
        at = 0;
    }
    const struct trace_record *r = (const struct trace_record *)(data + at);
    at += r->size;
    return r;
}

pid_t trace_run(char **argv, void (*before)(int fd), int fd) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (before)
        before(fd);
    execvp(argv[0], argv);
    int status = errno == ENOENT ? 127 : 126;
    cmd_warn("%s", argv[0]);
    fflush(stderr); // strace has given it a buffer
    _exit(status);
}

int trace_ended(pid_t pid, int *status) {
    if (waitpid(pid, status, WNOHANG) == pid)
        return 1;
    nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
    return 0;
}
