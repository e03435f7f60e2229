// bench: what operations cost, in guest instructions, against the budgets of DESIGN.md section 10.
//
// Time is the `time` CSR. Under QEMU's -icount shift=0 a tick of the 10 MHz timebase is 100 instructions, so
//     tools/run 'bench'     with CONFIG=release, one hart, the RAM disk
// gives exact figures. (The cycle and instret CSRs count virtual nanoseconds, idle time included.) Without
// -icount the figures are host time times a constant and mean little.
//
// An operation is a function that does it n times. It runs warm: first a tenth of n unmeasured. What an empty
// loop costs is taken off.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: bench [-n times] [-lf] [name...]\n"
    "Measure what operations cost, in guest instructions (QEMU -icount shift=0).\n"
    "  -n times  repeat each so many times more often\n"
    "  -l        list the names\n"
    "  -f        curves instead: what operations cost as there are ever more processes,\n"
    "            names in a directory, pages in a process or a file (MEM=1G)\n";

enum { INSTRUCTIONS_PER_TICK = 100, PAGE = 4096 };

static char page[PAGE] __attribute__((aligned(PAGE)));
static const char *const scratch = "bench.tmp";

static inline uint64_t ticks(void) {
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

// For `make profile`: what is measured lies between marks, hints that do nothing (tools/profile-plugin.c).
static inline uint64_t begin(void) {
    __asm__ volatile("slti zero, zero, 1" ::: "memory");
    return ticks();
}
static inline uint64_t end(void) {
    uint64_t now = ticks();
    __asm__ volatile("slti zero, zero, 2" ::: "memory");
    return now;
}
static inline void forget_warm_up(void) { __asm__ volatile("slti zero, zero, 3" ::: "memory"); }

static void need(bool ok, const char *what) {
    if (!ok)
        cmd_die("%s", what);
}

// ---- the operations; each does its work n times and returns the ticks that it took

static uint64_t empty_loop(int n) {
    uint64_t start = ticks();
    for (int i = 0; i < n; i++)
        __asm__ volatile("" ::: "memory");
    return ticks() - start;
}

static uint64_t null_call(int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++)
        getpid();
    return end() - start;
}

static uint64_t pipe_round_trip(int n) {
    int there[2], back[2];
    need(pipe(there) == 0 && pipe(back) == 0, "pipe");
    char byte = 0;
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1)
            write(back[1], &byte, 1);
        _exit(0);
    }
    need(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "pipe"); // the child runs
    uint64_t start = begin();
    for (int i = 0; i < n; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            cmd_die("pipe");
    uint64_t stop = end();
    for (int i = 0; i < 2; i++) {
        close(there[1 - i]);
        close(back[i]);
    }
    waitpid(child, NULL, 0);
    return stop - start;
}

static uint64_t fork_exit_wait(int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        need(child > 0, "fork");
        waitpid(child, NULL, 0);
    }
    return end() - start;
}

static uint64_t fork_with_heap(int n) {
    enum { HEAP = 4 * 1024 * 1024 };
    char *heap = sbrk(HEAP);
    need(heap != (void *)-1, "sbrk");
    for (size_t i = 0; i < HEAP; i += PAGE)
        heap[i] = 1;
    uint64_t took = fork_exit_wait(n);
    sbrk(-HEAP);
    return took;
}

static uint64_t fork_exec_wait(int n) {
    static const char path[] = "/true"; // the smallest program
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0) {
            char *const argv[] = {"true", NULL}, *const envp[] = {NULL};
            execve(path, argv, envp);
            _exit(127);
        }
        need(child > 0, "fork");
        int status;
        waitpid(child, &status, 0);
        if (status != 0)
            cmd_diex("%s: cannot run it", path);
    }
    return end() - start;
}

static uint64_t pipe_stream(int n) {
    int data[2], done[2];
    need(pipe(data) == 0 && pipe(done) == 0, "pipe");
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
        close(data[1]);
        size_t total = 0;
        ssize_t got;
        while ((got = read(data[0], page, PAGE)) > 0) {
            total += got;
            if (total == (size_t)(n + 1) * PAGE)
                write(done[1], page, 1);
            else if (total == PAGE)
                write(done[1], page, 1); // the child runs
        }
        _exit(0);
    }
    need(write(data[1], page, PAGE) == PAGE && read(done[0], page, 1) == 1, "pipe");
    uint64_t start = begin();
    for (int i = 0; i < n; i++)
        if (write(data[1], page, PAGE) != PAGE)
            cmd_die("pipe");
    need(read(done[0], page, 1) == 1, "pipe");
    uint64_t stop = end();
    for (int i = 0; i < 2; i++) {
        close(data[1 - i]);
        close(done[i]);
    }
    waitpid(child, NULL, 0);
    return stop - start;
}

static uint64_t sbrk_touch(int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        volatile char *p = sbrk(PAGE);
        if (p == (void *)-1)
            cmd_die("sbrk");
        *p = 1;
    }
    uint64_t took = end() - start;
    sbrk(-(ptrdiff_t)n * PAGE);
    return took;
}

static uint64_t write_new(int n) {
    enum { BLOCKS = 256 }; // 1 MiB a file, so that the disk need not be large
    uint64_t took = 0;
    for (int done = 0; done < n; done += BLOCKS) {
        int blocks = n - done < BLOCKS ? n - done : BLOCKS;
        int fd = open(scratch, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        need(fd >= 0, scratch);
        uint64_t start = begin();
        for (int i = 0; i < blocks; i++)
            if (write(fd, page, PAGE) != PAGE)
                cmd_die("%s", scratch);
        took += end() - start;
        close(fd);
        unlink(scratch);
    }
    return took;
}

static uint64_t read_cached(int n) {
    enum { BLOCKS = 64 };
    int fd = open(scratch, O_RDWR | O_CREAT | O_TRUNC, 0666);
    need(fd >= 0, scratch);
    for (int i = 0; i < BLOCKS; i++)
        need(write(fd, page, PAGE) == PAGE, scratch);
    uint64_t took = 0;
    for (int done = 0; done < n; done += BLOCKS) {
        int blocks = n - done < BLOCKS ? n - done : BLOCKS;
        lseek(fd, 0, SEEK_SET);
        uint64_t start = begin();
        for (int i = 0; i < blocks; i++)
            if (read(fd, page, PAGE) != PAGE)
                cmd_die("%s", scratch);
        took += end() - start;
    }
    close(fd);
    unlink(scratch);
    return took;
}

static uint64_t open_times(const char *path, int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            cmd_die("%s", path);
        close(fd);
    }
    return end() - start;
}

static void make_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT, 0666);
    need(fd >= 0, path);
    close(fd);
}

static uint64_t open_close(int n) {
    make_file(scratch);
    uint64_t took = open_times(scratch, n);
    unlink(scratch);
    return took;
}

static uint64_t create_unlink(int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        int fd = open(scratch, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd < 0 || write(fd, page, 100) != 100)
            cmd_die("%s", scratch);
        close(fd);
        unlink(scratch);
    }
    return end() - start;
}

struct operation {
    const char *name, *text;
    uint64_t (*run)(int n);
    int times;
    int goal; // instructions
};

static const struct operation operations[] = {
    {"null", "null system call (getpid)", null_call, 100000, 150},
    {"pipe1", "1-byte pipe round trip, two processes", pipe_round_trip, 4000, 2500},
    {"fork", "fork + exit + wait", fork_exit_wait, 500, 25000},
    {"fork4m", "the same with 4 MiB of heap touched", fork_with_heap, 200, 80000},
    {"exec", "fork + exec + wait", fork_exec_wait, 200, 70000},
    {"pipe4k", "4 KiB through a pipe, another process reads", pipe_stream, 4000, 4000},
    {"sbrk", "sbrk + first touch, a page", sbrk_touch, 2000, 1600},
    {"write4k", "write 4 KiB, new file, cached", write_new, 1024, 3000},
    {"read4k", "read 4 KiB, cached", read_cached, 8192, 1800},
    {"open", "open + close, path of one name", open_close, 8000, 1800},
    {"create", "create + write 100 B + unlink", create_unlink, 1000, 15000},
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

static int64_t instructions(uint64_t took, int n) {
    int64_t all = (int64_t)(took - empty_loop(n)) * INSTRUCTIONS_PER_TICK;
    return (all + n / 2) / n;
}

static bool chosen(const char *name, char **names) {
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void run_table(char **names, int multiplier) {
    int64_t result[OPERATIONS];
    printf("%-45s | %12s | %8s\n", "operation", "instructions", "goal");
    for (int i = 0; i < OPERATIONS; i++) {
        const struct operation *op = &operations[i];
        if (!chosen(op->name, names))
            continue;
        int n = op->times * multiplier;
        op->run(n / 10 + 1);
        forget_warm_up();
        result[i] = instructions(op->run(n), n);
        printf("%-45s | %12jd | %8d%s\n", op->text, (intmax_t)result[i], op->goal,
               result[i] > op->goal ? "  over" : "");
        fflush(stdout);
    }
    for (int i = 0; i < OPERATIONS; i++)
        if (chosen(operations[i].name, names))
            printf("bench %s %jd %d %s\n", operations[i].name, (intmax_t)result[i], operations[i].goal,
                   operations[i].text); // for tools/bench
}

// ---- flatness: the price must not depend on how many there are

// Have `more` further processes asleep, which end when the write end of gate is closed. Returns how many
// there are.
static int put_to_sleep(int more, const int gate[2]) {
    for (int i = 0; i < more; i++) {
        pid_t child = fork();
        if (child < 0) {
            cmd_warn("fork, after %d", i);
            return i;
        }
        if (child == 0) {
            char byte;
            close(gate[1]);
            read(gate[0], &byte, 1);
            _exit(0);
        }
    }
    return more;
}

// A point of a curve, for tools/bench.
static void point(const char *curve, long at, uint64_t took, int n) {
    printf("curve %s %ld %jd\n", curve, at, (intmax_t)instructions(took, n));
    fflush(stdout);
}

// What a fork, and a round trip through pipes, cost with others asleep, each on a pipe of all.
static void curves_of_processes(int multiplier) {
    static const int steps[] = {1, 10, 100, 1000, 4000};
    int gate[2], asleep = 0, n = 100 * multiplier;
    need(pipe(gate) == 0, "pipe");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        asleep += put_to_sleep(steps[i] - asleep, gate);
        fork_exit_wait(n); // also lets those just made go to sleep
        point("fork_by_processes", asleep, fork_exit_wait(n), n);
        pipe_round_trip(n);
        point("wakeup_by_sleepers", asleep, pipe_round_trip(n), n);
    }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < asleep; i++)
        wait(NULL);
}

// A directory of ever more names: most are links to one file, so that there need not be as many inodes.
static void curves_of_names(int multiplier) {
    static const int steps[] = {10, 100, 1000, 10000, 60000};
    int names = 0, n = 500 * multiplier;
    char path[64], first[64];
    need(mkdir(scratch, 0777) == 0, scratch);
    snprintf(first, sizeof first, "%s/name-0", scratch);
    make_file(first);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        while (++names < steps[i]) {
            snprintf(path, sizeof path, "%s/name-%d", scratch, names);
            need(link(first, path) == 0, path);
        }
        snprintf(path, sizeof path, "%s/name-%d", scratch, names - 1); // the farthest from the start
        open_times(path, n / 10 + 1);
        point("open_by_names", names, open_times(path, n), n);
        snprintf(path, sizeof path, "%s/new", scratch);
        uint64_t took = 0, missed = 0;
        for (int k = 0; k < n; k++) {
            uint64_t start = begin();
            make_file(path);
            unlink(path);
            took += end() - start;
        }
        point("create_by_names", names, took, n);
        for (int k = 0; k < n; k++) { // once each, so the name cache has no part in it
            snprintf(path, sizeof path, "%s/none-%zu-%d", scratch, i, k);
            uint64_t start = begin();
            access(path, F_OK);
            missed += end() - start;
        }
        point("miss_by_names", names, missed, n);
    }
    while (names-- > 0) {
        snprintf(path, sizeof path, "%s/name-%d", scratch, names);
        unlink(path);
    }
    need(rmdir(scratch) == 0, scratch);
}

// The first touch of a page, and 4 KiB read and written, by how much there is.
static void curves_of_sizes(int multiplier) {
    static const int heaps[] = {1, 16, 256, 1024, 4096}, files[] = {1, 16, 256, 1024, 2048};
    for (size_t i = 0; i < sizeof heaps / sizeof heaps[0]; i++) {
        int n = 20 * multiplier;
        ptrdiff_t size = (ptrdiff_t)heaps[i] * PAGE;
        char *heap = sbrk(size);
        need(heap != (void *)-1, "sbrk");
        uint64_t start = begin();
        for (ptrdiff_t at = 0; at < size; at += PAGE)
            heap[at] = 1;
        point("touch_by_pages", heaps[i], end() - start, heaps[i]);
        fork_exit_wait(n / 10 + 1);
        point("fork_by_pages", heaps[i], fork_exit_wait(n), n);
        sbrk(-size);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int fd = open(scratch, O_RDWR | O_CREAT | O_TRUNC, 0666);
        need(fd >= 0, scratch);
        uint64_t start = begin();
        for (int k = 0; k < files[i]; k++)
            need(write(fd, page, PAGE) == PAGE, scratch);
        point("write4k_by_pages", files[i], end() - start, files[i]);
        lseek(fd, 0, SEEK_SET);
        start = begin();
        for (int k = 0; k < files[i]; k++)
            need(read(fd, page, PAGE) == PAGE, scratch);
        point("read4k_by_pages", files[i], end() - start, files[i]);
        close(fd);
        unlink(scratch);
    }
}

int main(int argc, char **argv) {
    int multiplier = 1;
    bool flat = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "fln:")) != -1;) {
        switch (c) {
        case 'f': flat = true; break;
        case 'l':
            for (int i = 0; i < OPERATIONS; i++)
                printf("%-8s %s\n", operations[i].name, operations[i].text);
            return 0;
        case 'n': multiplier = cmd_number(optarg, 1, 1000); break;
        default: cmd_usage();
        }
    }
    for (char **name = argv + optind; *name; name++) {
        bool known = false;
        for (int i = 0; i < OPERATIONS; i++)
            known |= strcmp(*name, operations[i].name) == 0;
        if (!known)
            cmd_diex("%s: no such operation (-l lists them)", *name);
    }
    if (flat) {
        curves_of_processes(multiplier);
        curves_of_names(multiplier);
        curves_of_sizes(multiplier);
    } else {
        run_table(argv + optind, multiplier);
    }
    return 0;
}
