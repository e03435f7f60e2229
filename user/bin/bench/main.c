// bench: what operations cost, in guest instructions (budgets: DESIGN.md section 10) or in time.
//
// Time is the `time` CSR. Under QEMU's -icount shift=0 a tick of the 10 MHz timebase is 100 instructions, so
//     tools/run 'bench'     with CONFIG=release, one hart, the RAM disk
// gives exact figures. (The cycle and instret CSRs count virtual nanoseconds, idle time included.) Without
// -icount a tick is 100 ns of the host's time: that is what -w and -p are for.
//
// An operation is a function that does it n times. It runs warm: first a tenth of n unmeasured. What an empty
// loop costs is taken off. Lines that begin with bench, curve, line, wall, harts, lock or disk are for
// tools/bench*.
#include "bench.h"

static const char help[] =
    "usage: bench [-n times | -q] [-l | -d | -f | -w | -p most [-k]] [-r samples] [name...]\n"
    "Measure what operations cost, in guest instructions (QEMU -icount shift=0).\n"
    "  -n times    repeat each so many times more often; -q: a hundredth as often\n"
    "  -l          list the names\n"
    "  -d          a file of 256 MiB and 10,000 small ones (copy, write, read, create,\n"
    "              readfiles, remove; a disk of 512 MiB)\n"
    "  -f          curves instead (processes, names, sizes, pipes, regions): what operations\n"
    "              cost as there is ever more of something (MEM=1G; an image of 128 MiB with\n"
    "              110,000 inodes); `-f files`: 4 KiB to 1 GiB (MEM=6G, a disk of 2 GiB)\n"
    "  -w          time instead, in ns of the host (without -icount)\n"
    "  -p most     work in a second (null, exec, fault, pipe, read, read1, create) by 1, 2, 4,\n"
    "              ... processes at once\n"
    "  -k          and the locks that they found taken (CONFIG=lockdep)\n"
    "  -r samples  with -w and -p: measure so often\n";

int64_t instructions(uint64_t took, int n) {
    int64_t all = (int64_t)(took - empty_loop(n)) * INSTRUCTIONS_PER_TICK;
    return (all + n / 2) / n;
}

bool chosen(const char *name, char **names) {
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int repetitions(int times, int multiplier) { return multiplier ? times * multiplier : times / 100 + 1; }

static void run_table(char **names, int multiplier) {
    int64_t result[operation_count];
    printf("%-45s | %12s | %8s\n", "operation", "instructions", "goal");
    for (int i = 0; i < operation_count; i++) {
        const struct operation *op = &operations[i];
        if (!chosen(op->name, names))
            continue;
        int n = repetitions(op->times, multiplier);
        op->run(n / 10 + 1);
        forget_warm_up();
        result[i] = instructions(op->run(n), n);
        printf("%-45s | %12jd | %8d%s\n", op->text, (intmax_t)result[i], op->goal,
               result[i] > op->goal ? "  over" : "");
        fflush(stdout);
    }
    for (int i = 0; i < operation_count; i++)
        if (chosen(operations[i].name, names))
            printf("bench %s %jd %d %s\n", operations[i].name, (intmax_t)result[i], operations[i].goal,
                   operations[i].text);
}

static void run_wall(char **names, int multiplier, int samples) {
    for (int i = 0; i < operation_count; i++) {
        const struct operation *op = &operations[i];
        int n = repetitions(op->times, multiplier);
        if (!chosen(op->name, names))
            continue;
        op->run(n / 10 + 1);
        for (int k = 0; k < samples; k++) {
            printf("wall %s %.1f %s\n", op->name, (double)op->run(n) * NS_PER_TICK / n, op->text);
            fflush(stdout);
        }
    }
}

int main(int argc, char **argv) {
    int multiplier = 1, samples = 1, most = 0;
    char *region = NULL;
    bool disk = false, curves = false, wall = false, locks = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "dfg:kln:p:qr:w")) != -1;) {
        switch (c) {
        case 'd': disk = true; break;
        case 'f': curves = true; break;
        case 'g': region = (char *)(uintptr_t)cmd_number(optarg, 0, INT64_MAX); break; // curves.c itself asks
        case 'k': locks = true; break;
        case 'l':
            for (int i = 0; i < operation_count; i++)
                printf("%-8s %s\n", operations[i].name, operations[i].text);
            return 0;
        case 'n': multiplier = cmd_number(optarg, 1, 1000); break;
        case 'p': most = cmd_number(optarg, 1, 64); break;
        case 'q': multiplier = 0; break;
        case 'r': samples = cmd_number(optarg, 1, 1000); break;
        case 'w': wall = true; break;
        default: cmd_usage();
        }
    }
    char **names = argv + optind;
    if (region && *names)
        touch_region(cmd_number(*names, 1, 1000), region);
    else if (disk)
        run_disk(names, multiplier == 0);
    else if (curves)
        run_curves(names, multiplier);
    else if (most)
        run_harts(names, multiplier, samples, most, locks);
    else if (wall)
        run_wall(names, multiplier, samples);
    else
        run_table(names, multiplier);
    return 0;
}
