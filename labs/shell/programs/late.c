// late: print words after some time.
//
//   late seconds word...        (0.2)

#include <cmd.h>
#include <stdio.h>
#include <time.h>

static const char help[] = "usage: late seconds word...\n"
                           "Wait, then print the words on a line.\n";

int main(int argc, char **argv) {
    int64_t ns;
    cmd_start(argv, help);
    if (argc < 3 || !cmd_seconds(argv[1], &ns))
        cmd_usage();
    nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
    for (int i = 2; i < argc; i++)
        printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
    return 0;
}
