// popen.c: a shell command on the other end of a stream, and system.

#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"

struct process {
    FILE *f;
    pid_t pid;
    struct process *next;
};
static struct process *processes;

FILE *popen(const char *command, const char *mode) {
    int fds[2];
    bool reads = *mode == 'r';
    if ((*mode != 'r' && *mode != 'w') || (mode[1] && strcmp(mode + 1, "e"))) {
        errno = EINVAL;
        return NULL;
    }
    struct process *p = malloc(sizeof *p);
    if (!p)
        return NULL;
    if (pipe(fds) < 0) {
        free(p);
        return NULL;
    }
    int mine = fds[!reads], its = fds[reads];
    fcntl(mine, F_SETFD, FD_CLOEXEC); // so that no later child keeps a pipe of ours open
    p->f = fdopen(mine, mode);
    p->pid = p->f ? fork() : -1;
    if (p->pid == 0) {
        if (its == (reads ? STDOUT_FILENO : STDIN_FILENO))
            fcntl(its, F_SETFD, 0);
        else {
            dup2(its, reads ? STDOUT_FILENO : STDIN_FILENO);
            close(its);
        }
        execl(_PATH_BSHELL, "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int saved = errno;
    close(its);
    if (p->pid < 0) {
        if (p->f)
            fclose(p->f);
        else
            close(mine);
        free(p);
        errno = saved;
        return NULL;
    }
    p->next = processes;
    processes = p;
    return p->f;
}

int pclose(FILE *f) {
    struct process **at = &processes;
    while (*at && (*at)->f != f)
        at = &(*at)->next;
    struct process *p = *at;
    if (!p) {
        errno = EINVAL;
        return -1;
    }
    *at = p->next;
    pid_t pid = p->pid, got;
    free(p);
    fclose(f);
    int status;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -1 : status;
}

// The caller ignores the keyboard's signals until the command has ended (POSIX); the command does not.
int system(const char *command) {
    if (!command)
        return access(_PATH_BSHELL, X_OK) == 0;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        execl(_PATH_BSHELL, "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (pid > 0)
        while (waitpid(pid, &status, 0) < 0)
            if (errno != EINTR) {
                status = -1;
                break;
            }
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return status;
}
