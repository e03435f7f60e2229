// spin: use the processor.

#include <cmd.h>
#include <time.h>

static const char help[] =
    "usage: spin [seconds]\n"
    "Use the processor, for so many seconds of its time (which may have a fraction), else for\n"
    "ever. For tests of the scheduler.\n";

static int64_t used(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
        cmd_die("clock_gettime");
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
    int64_t limit = INT64_MAX;
    cmd_start(argv, help);
    if (argc > 2)
        cmd_usage();
    if (argc == 2 && !cmd_seconds(argv[1], &limit))
        cmd_diex("%s: not a number of seconds", argv[1]);
    for (volatile unsigned i = 0; limit == INT64_MAX || used() < limit;)
        for (unsigned end = i + 100000; i != end;)
            i++;
    return 0;
}
