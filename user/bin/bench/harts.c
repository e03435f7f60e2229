// harts.c: the same work by several processes at once, which share nothing but the kernel.
//
// Each worker has a directory of its own. They prepare, and warm up, and then begin together. What all of
// them did, by the time from the first one's beginning to the last one's end, is the throughput.
#include "bench.h"

#include <uapi/lockstat.h>

static const char shared[] = "../shared";

static uint64_t read_shared(int n) {
    int fd = open(shared, O_RDONLY);
    need(fd >= 0, shared);
    uint64_t took = read_blocks(fd, n);
    close(fd);
    return took;
}

// Not much at a time, so that memory is enough for all.
static uint64_t touch_and_return(int n) {
    enum { PAGES = 500 };
    uint64_t took = 0;
    for (int done = 0; done < n; done += PAGES)
        took += sbrk_touch(n - done < PAGES ? n - done : PAGES);
    return took;
}

static const struct work {
    const char *name, *text;
    uint64_t (*run)(int n);
    int times;
} works[] = {
    {"null", "null system calls", null_call, 300000},
    {"exec", "fork + exec + wait", fork_exec_wait, 150},
    {"fault", "page faults (sbrk, touch, give back)", touch_and_return, 10000},
    {"pipe", "pipe round trips, a pair of processes each", pipe_round_trip, 3000},
    {"read", "reads of 4 KiB, each of its own file", read_cached, 20000},
    {"read1", "reads of 4 KiB, all of one file", read_shared, 20000},
    {"create", "create + write 100 B + unlink, in its own directory", create_unlink, 1500},
};

struct span {
    uint64_t began, ended; // ticks
};

static int ready[2], go[2], result[2], done[2];

static void wait_for_all(void) {
    char byte = 0;
    need(write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1, "pipe");
}

static _Noreturn void work(const struct work *w, int number, int n) {
    char dir[16], byte;
    close(go[1]);
    close(done[1]);
    snprintf(dir, sizeof dir, "%d", number);
    need(chdir(dir) == 0, dir);
    w->run(n / 10 + 1);
    before_begin = wait_for_all;
    w->run(n);
    struct span span = {began, ended};
    need(write(result[1], &span, sizeof span) == sizeof span, "pipe");
    read(done[0], &byte, 1); // the others are not to be disturbed by our end
    _exit(0);
}

// Those of the locks that anybody found taken, since counting began again. A line each, for tools/bench-wall.
static void print_locks(int fd, const char *name, int workers) {
    static struct lock_stat stats[128];
    ssize_t got = read(fd, stats, sizeof stats);
    need(got >= 0, "/dev/lockstat");
    for (const struct lock_stat *s = stats; s < stats + got / sizeof *s; s++)
        if (s->contended)
            printf("lock %s %d %ju %ju %ju %s\n", name, workers, (uintmax_t)s->taken, (uintmax_t)s->contended,
                   (uintmax_t)s->waited, s->name);
}

// One measurement: work done in a second. lockstat: its device, or -1.
static double at_once(const struct work *w, int workers, int n, int lockstat) {
    struct span all = {UINT64_MAX, 0}, one;
    char bytes[64] = {0};
    need(pipe(ready) == 0 && pipe(go) == 0 && pipe(result) == 0 && pipe(done) == 0, "pipe");
    for (int i = 0; i < workers; i++) {
        pid_t child = fork();
        need(child >= 0, "fork");
        if (child == 0)
            work(w, i, n);
    }
    close(ready[1]);
    close(result[1]); // so that the reads below end if a worker fails
    for (int i = 0; i < workers; i++)
        need(read(ready[0], bytes, 1) == 1, "a worker");
    if (lockstat >= 0)
        need(write(lockstat, "", 1) == 1, "/dev/lockstat"); // count from 0
    need(write(go[1], bytes, workers) == workers, "pipe");
    for (int i = 0; i < workers; i++) {
        need(read(result[0], &one, sizeof one) == sizeof one, "a worker");
        all.began = one.began < all.began ? one.began : all.began;
        all.ended = one.ended > all.ended ? one.ended : all.ended;
    }
    if (lockstat >= 0)
        print_locks(lockstat, w->name, workers);
    const int open_ends[] = {ready[0], go[0], go[1], result[0], done[0], done[1]};
    for (size_t i = 0; i < sizeof open_ends / sizeof open_ends[0]; i++)
        close(open_ends[i]);
    while (wait(NULL) > 0)
        ;
    return (double)n * workers * 1e9 / ((double)(all.ended - all.began) * NS_PER_TICK);
}

void run_harts(char **names, int multiplier, int samples, int most, bool locks) {
    int lockstat = locks ? open("/dev/lockstat", O_RDWR) : -1;
    need(!locks || lockstat >= 0, "/dev/lockstat");
    need(mkdir(scratch, 0777) == 0 && chdir(scratch) == 0, scratch);
    for (int i = 0; i < most; i++) {
        char dir[16];
        snprintf(dir, sizeof dir, "%d", i);
        need(mkdir(dir, 0777) == 0, dir);
    }
    close(make_blocks(shared + 3));
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        for (int workers = 1; workers <= most && chosen(works[i].name, names); workers *= 2)
            for (int k = 0; k < samples; k++) {
                double rate = at_once(&works[i], workers, repetitions(works[i].times, multiplier), lockstat);
                printf("harts %s %d %.1f %s\n", works[i].name, workers, rate, works[i].text);
                fflush(stdout);
            }
    need(chdir("..") == 0, "..");
    cmd_remove_tree(scratch);
}
