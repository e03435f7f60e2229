// forkbomb: make processes until there are no more to be had.

#include <cmd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <errno.h>
#include <unistd.h>

static const char help[] =
    "usage: forkbomb [-k | -x] [most]\n"
    "Make processes that sleep, until fork fails or there are most of them; say how many and\n"
    "why no more; end them.\n"
    "  -k  keep them until this process is killed\n"
    "  -x  explode: every child forks too, for ever. Ends by kill -KILL of its process group.\n";

static _Noreturn void explode(void) {
    for (;;)
        if (fork() < 0)
            nanosleep(&(struct timespec){0, 10000000}, NULL); // a bomb that lets others live for a moment
}

int main(int argc, char **argv) {
    bool keep = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "kx")) != -1;) {
        switch (c) {
        case 'k': keep = true; break;
        case 'x': explode();
        default: cmd_usage();
        }
    }
    int64_t most = optind < argc ? cmd_number(argv[optind], 0, INT32_MAX) : INT32_MAX, count = 0;

    // The children wait for end of file on a pipe that only this process can write to: they never outlive it.
    int gate[2];
    if (pipe(gate) < 0)
        cmd_die("pipe");
    const char *why = "that is enough";
    for (; count < most; count++) {
        pid_t child = fork();
        if (child < 0) {
            why = strerror(errno);
            break;
        }
        if (child == 0) {
            char byte;
            close(gate[1]);
            while (read(gate[0], &byte, 1) > 0)
                continue;
            _exit(0);
        }
    }
    printf("forkbomb: %jd processes, then: %s\n", (intmax_t)count, why);
    fflush(stdout);
    while (keep)
        sleep(1000);
    close(gate[1]);
    int64_t ended = 0;
    while (ended < count && wait(NULL) > 0)
        ended++;
    if (ended != count)
        cmd_diex("only %jd of them ended", (intmax_t)ended);
    return 0;
}
