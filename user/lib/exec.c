// exec.c: the exec family over the one system call, execve.

#include <drupe/syscalls.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib.h"

static const char default_path[] = "/bin:/";

int execve(const char *path, char *const argv[], char *const envp[]) {
    return (int)__syscall_ret(__sys_execve(path, argv, envp));
}

int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

// Whether a file can be a script: no zero byte at its beginning, as there is in any program's.
static bool is_text(const char *path) {
    char start[512];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, start, sizeof start);
    close(fd);
    return n >= 0 && !memchr(start, '\0', n);
}

// execve, except that text which may be executed and is no program is a script for the shell (POSIX, execvp).
static void execute(const char *path, char *const argv[], char *const envp[]) {
    execve(path, argv, envp);
    if (errno != ENOEXEC)
        return;
    if (!is_text(path)) {
        errno = ENOEXEC;
        return;
    }
    size_t argc = 0;
    while (argv[argc])
        argc++;
    const char *script[argc + 3];
    script[0] = "sh";
    script[1] = path;
    for (size_t i = 1; i <= argc; i++)
        script[i + 1] = argv[i];
    script[argc + 1] = NULL; // when argc is 0
    execve(_PATH_BSHELL, (char *const *)script, envp);
}

int execvpe(const char *file, char *const argv[], char *const envp[]) {
    if (!*file) {
        errno = ENOENT;
        return -1;
    }
    if (strchr(file, '/')) {
        execute(file, argv, envp);
        return -1;
    }

    const char *dir = getenv("PATH");
    if (!dir)
        dir = default_path;
    bool denied = false; // found, but not to be executed: worth more than "not found" in the end
    for (;;) {
        size_t dir_length = strcspn(dir, ":"), length = strlen(file);
        char path[PATH_MAX];
        if (dir_length + 1 + length < sizeof path) {
            char *end = path;
            if (dir_length) { // an empty one means the working directory
                end = (char *)memcpy(path, dir, dir_length) + dir_length;
                *end++ = '/';
            }
            memcpy(end, file, length + 1);
            execute(path, argv, envp);
            if (errno == EACCES)
                denied = true;
            else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG && errno != ELOOP)
                return -1;
        }
        if (!dir[dir_length])
            break;
        dir += dir_length + 1;
    }
    errno = denied ? EACCES : ENOENT;
    return -1;
}

int execvp(const char *file, char *const argv[]) { return execvpe(file, argv, environ); }

// The arguments of a function that takes them one by one, as an array on its stack; args is left after the
// null pointer that ends them. (A macro, because an array as long as needed cannot be returned.)
#define ARGUMENTS_TO_ARRAY(argv, first)                                                                      \
    va_list args;                                                                                            \
    size_t argc = 1;                                                                                         \
    va_start(args, first);                                                                                   \
    while (va_arg(args, char *))                                                                             \
        argc++;                                                                                              \
    va_end(args);                                                                                            \
    char *argv[argc + 1];                                                                                    \
    argv[0] = (char *)first;                                                                                 \
    va_start(args, first);                                                                                   \
    for (size_t i = 1; i <= argc; i++) {                                                                     \
        argv[i] = va_arg(args, char *);                                                                      \
    }

int execl(const char *path, const char *arg0, ...) {
    ARGUMENTS_TO_ARRAY(argv, arg0)
    va_end(args);
    return execv(path, argv);
}

int execlp(const char *file, const char *arg0, ...) {
    ARGUMENTS_TO_ARRAY(argv, arg0)
    va_end(args);
    return execvp(file, argv);
}

int execle(const char *path, const char *arg0, ...) {
    ARGUMENTS_TO_ARRAY(argv, arg0)
    char *const *envp = va_arg(args, char *const *);
    va_end(args);
    return execve(path, argv, envp);
}
