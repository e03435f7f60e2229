// time: run a command and say how long it took.

#include <cmd.h>
#include <stdio.h>
#include <string.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: time [-p] command [argument...]\n"
    "Run a command; then print on standard error the seconds that passed, and those the\n"
    "processor spent on it in user and in kernel mode.\n"
    "Status: the command's; 126 if it cannot be run, 127 if it is not found.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "+p")) != -1;)
        if (c != 'p')
            cmd_usage();
    if (optind == argc)
        cmd_usage();

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int status = cmd_run(argv + optind);
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct tms used;
    times(&used);
    int64_t passed = (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec;
    long ticks = sysconf(_SC_CLK_TCK);
    fprintf(stderr, "real %jd.%03d\n", (intmax_t)(passed / 1000000000), (int)(passed / 1000000 % 1000));
    fprintf(stderr, "user %jd.%02d\n", (intmax_t)(used.tms_cutime / ticks),
            (int)(used.tms_cutime % ticks * 100 / ticks));
    fprintf(stderr, "sys %jd.%02d\n", (intmax_t)(used.tms_cstime / ticks),
            (int)(used.tms_cstime % ticks * 100 / ticks));
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "%s: %s\n", argv[optind], strsignal(WTERMSIG(status)));
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}
