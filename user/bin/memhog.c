// memhog: take all memory.

#include <cmd.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>

static const char help[] =
    "usage: memhog [-ku] [MiB]\n"
    "Take memory, and use it, until there is none or so many MiB are taken; say how many.\n"
    "  -k  keep it until killed   -u  do not use it\n";

enum { STEP = 64 * 1024, PAGE = 4096 };

int main(int argc, char **argv) {
    bool keep = false, unused = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "ku")) != -1;) {
        switch (c) {
        case 'k': keep = true; break;
        case 'u': unused = true; break;
        default: cmd_usage();
        }
    }
    int64_t limit = (optind < argc ? cmd_number(argv[optind], 0, 1 << 20) : 1 << 20) * (1024 * 1024),
            taken = 0;
    const char *why = "that is enough";
    setvbuf(stdout, NULL, _IONBF, 0); // nothing left to allocate when the time comes
    for (size_t step = STEP; taken < limit;) {
        char *p = sbrk(step);
        if (p == (char *)-1) {
            why = strerror(errno);
            if (step == PAGE)
                break;
            step = PAGE; // to the last page
            continue;
        }
        for (size_t i = 0; i < step && !unused; i += PAGE)
            p[i] = (char)(taken >> 12) | 1;
        taken += step;
    }
    printf("memhog: %jd MiB (%jd pages), then: %s\n", (intmax_t)(taken >> 20), (intmax_t)(taken / PAGE), why);
    while (keep)
        sleep(1000);
    return 0;
}
