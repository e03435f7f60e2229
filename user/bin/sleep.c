// sleep: wait for some time.

#include <cmd.h>
#include <errno.h>
#include <time.h>

static const char help[] = "usage: sleep seconds\n"
                           "Wait for so many seconds, which may have a fraction: 0.25.\n";

int main(int argc, char **argv) {
    int64_t nanoseconds;
    cmd_start(argv, help);
    if (argc != 2)
        cmd_usage();
    if (!cmd_seconds(argv[1], &nanoseconds))
        cmd_diex("%s: not a number of seconds", argv[1]);
    struct timespec rest = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    while (nanosleep(&rest, &rest) < 0)
        if (errno != EINTR)
            cmd_die("nanosleep");
    return 0;
}
