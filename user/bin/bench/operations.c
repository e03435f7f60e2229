// operations.c: what bench measures, and where workers wait for each other before they begin.
#include "bench.h"

enum { READ_BLOCKS = 64 };

char page[PAGE] __attribute__((aligned(PAGE)));
const char *const scratch = "bench.tmp";
void (*before_begin)(void);
uint64_t began, ended;

void pass_gate(void) {
    void (*gate)(void) = before_begin;
    before_begin = NULL;
    gate();
    began = ticks();
}

uint64_t empty_loop(int n) {
    uint64_t start = ticks();
    for (int i = 0; i < n; i++)
        __asm__ volatile("" ::: "memory");
    return ticks() - start;
}

uint64_t null_call(int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++)
        getpid();
    return end() - start;
}

uint64_t pipe_round_trip(int n) {
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

uint64_t fork_exit_wait(int n) {
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

uint64_t fork_exec_wait(int n) {
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

uint64_t sbrk_touch(int n) {
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

// Make a file of READ_BLOCKS blocks. A descriptor at its end.
int make_blocks(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    need(fd >= 0, path);
    for (int i = 0; i < READ_BLOCKS; i++)
        need(write(fd, page, PAGE) == PAGE, path);
    return fd;
}

// Read such a file in blocks, n in all.
uint64_t read_blocks(int fd, int n) {
    uint64_t took = 0;
    for (int done = 0; done < n; done += READ_BLOCKS) {
        int blocks = n - done < READ_BLOCKS ? n - done : READ_BLOCKS;
        lseek(fd, 0, SEEK_SET);
        uint64_t start = begin();
        for (int i = 0; i < blocks; i++)
            if (read(fd, page, PAGE) != PAGE)
                cmd_die("read");
        took += end() - start;
    }
    return took;
}

uint64_t read_cached(int n) {
    int fd = make_blocks(scratch);
    uint64_t took = read_blocks(fd, n);
    close(fd);
    unlink(scratch);
    return took;
}

uint64_t open_times(const char *path, int n) {
    uint64_t start = begin();
    for (int i = 0; i < n; i++) {
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            cmd_die("%s", path);
        close(fd);
    }
    return end() - start;
}

void make_file(const char *path) {
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

uint64_t create_unlink(int n) {
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

const struct operation operations[] = {
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
const int operation_count = sizeof operations / sizeof operations[0];
