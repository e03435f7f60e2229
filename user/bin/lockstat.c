// lockstat: which locks are taken, and which are waited for.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <uapi/lockstat.h>
#include <unistd.h>

static const char help[] =
    "usage: lockstat [-cz]\n"
    "Show for each class of the kernel's locks how often it was taken and was not free then,\n"
    "how long all who found it taken waited, and how long it was held at the longest.\n"
    "Microseconds; what was waited for most comes first.\n"
    "  -c  only what was waited for   -z  count from 0 again\n"
    "The kernel counts if built with make CONFIG=lockdep.\n";

enum { CLASSES = 128 };
static struct lock_stat stats[CLASSES];

static int by_wait(const void *a, const void *b) {
    const struct lock_stat *x = a, *y = b;
    if (x->waited != y->waited)
        return x->waited < y->waited ? 1 : -1;
    return x->taken < y->taken ? 1 : x->taken > y->taken ? -1 : 0;
}

int main(int argc, char **argv) {
    bool contended = false, zero = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "cz")) != -1;) {
        switch (c) {
        case 'c': contended = true; break;
        case 'z': zero = true; break;
        default: cmd_usage();
        }
    }
    if (optind < argc)
        cmd_usage();
    int fd = open("/dev/lockstat", O_RDWR);
    if (fd < 0 && errno == ENXIO)
        cmd_diex("this kernel does not count; build it with make CONFIG=lockdep");
    if (fd < 0)
        cmd_die("/dev/lockstat");
    if (zero) {
        if (write(fd, "", 1) != 1)
            cmd_die("/dev/lockstat");
        return 0;
    }
    ssize_t n = read(fd, stats, sizeof stats);
    if (n < 0)
        cmd_die("/dev/lockstat");
    size_t count = (size_t)n / sizeof stats[0];
    qsort(stats, count, sizeof stats[0], by_wait);
    printf("%-28s %10s %10s %12s %12s\n", "lock", "taken", "not free", "waited us", "longest us");
    for (size_t i = 0; i < count; i++)
        if (stats[i].contended || !contended)
            printf("%-28s %10ju %10ju %12.1f %12.1f\n", stats[i].name, (uintmax_t)stats[i].taken,
                   (uintmax_t)stats[i].contended, (double)stats[i].waited / 1e3,
                   (double)stats[i].longest / 1e3);
    return 0;
}
