// cow: fork that copies nothing until somebody writes.
//
//   cow WHAT TOKEN      WHAT is a name of the table at the end

#include <signal.h>
#include <time.h>

#include "memory.h"

static char *area;

static pid_t start(void) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        lab_trouble("fork failed: %s", strerror(errno));
    return pid;
}

// The wait status of a child.
static int end_of(pid_t pid) {
    int status;
    if (waitpid(pid, &status, 0) != pid)
        lab_trouble("waitpid failed");
    return status;
}

// A child that waits until finish_waiting.
static pid_t start_waiting(int *hold) {
    int fd[2];
    open_pipe(fd);
    pid_t pid = start();
    if (pid == 0) {
        close(fd[1]);
        await(fd[0]);
        _exit(0);
    }
    close(fd[0]);
    *hold = fd[1];
    return pid;
}

static void finish_waiting(pid_t pid, int hold) {
    send(hold, 'x');
    close(hold);
    end_of(pid);
}

// What do forks of a process with 16 MiB take?
static void cheap(void) {
    enum { PAGES = 16 * MIB / PAGE, CHILDREN = 10 };
    int hold[CHILDREN];
    pid_t pid[CHILDREN];
    area = new_pages(PAGES);
    fill(area, PAGES, 'a');
    pid[0] = start_waiting(&hold[0]); // what the first fork needs besides
    finish_waiting(pid[0], hold[0]);
    long before = free_frames();
    pid[0] = start_waiting(&hold[0]);
    lab_result("one", "%ld", before - free_frames());
    for (int i = 1; i < CHILDREN; i++)
        pid[i] = start_waiting(&hold[i]);
    for (int i = 0; i < CHILDREN; i++)
        finish_waiting(pid[i], hold[i]);
    lab_result("all", "%d", CHILDREN);
    lab_result("left", "%ld", before - free_frames());
}

static char in_data[PAGE] = "d", in_bss[PAGE];

// Each side writes, and looks at what the other one sees.
static void apart(void) {
    int down[2], up[2];
    char on_stack[64] = "s", seen[16] = "";
    open_pipe(down);
    open_pipe(up);
    area = new_pages(4);
    fill(area, 4, 'a');
    pid_t pid = start();
    if (pid == 0) {
        await(down[0]); // the parent has written
        lab_result("heap-of-child", "%c", area[0]);
        lab_result("data-of-child", "%c", in_data[0]);
        lab_result("bss-of-child", "%d", in_bss[0]);
        lab_result("stack-of-child", "%c", on_stack[0]);
        area[PAGE] = in_data[1] = in_bss[1] = on_stack[1] = 'c';
        send(up[1], 'x');
        await(down[0]);
        _exit(area[PAGE] == 'c' && in_data[1] == 'c' && in_bss[1] == 'c' && on_stack[1] == 'c' ? 0 : 1);
    }
    area[0] = in_data[0] = in_bss[0] = on_stack[0] = 'p'; // at once
    send(down[1], 'x');
    await(up[0]);
    snprintf(seen, sizeof seen, "%c%c%d%d", area[PAGE], area[0], in_data[1], in_bss[1]);
    lab_result("parent", "%s", seen);
    send(down[1], 'x');
    lab_result("child-keeps", "%s", end_of(pid) == 0 ? "its own" : "something else");
}

// A page that four generations share: each writes once, the youngest first.
static void generations(void) {
    int good = 1;
    area = new_pages(1);
    area[0] = '0';
    for (char c = '1'; c < '4'; c++) {
        pid_t pid = start();
        if (pid > 0) {
            good = end_of(pid) == 0 && area[0] == c - 1;
            area[0] = '!';
            if (c > '1')
                _exit(!good);
            lab_result("generations", "%s", good ? "apart" : "mixed up");
            return;
        }
        if (area[0] != c - 1)
            _exit(1);
        area[0] = c;
    }
    _exit(0);
}

// The kernel writes for the child, into pages that it shares.
static void by_kernel(void) {
    int fd[2];
    open_pipe(fd);
    area = new_pages(3);
    fill(area, 3, 'a');
    pid_t pid = start();
    if (pid == 0) {
        (void)!write(fd[1], "zzz", 3);
        _exit(read(fd[0], area + PAGE - 1, 3) == 3 && area[PAGE] == 'z' && area[PAGE + 2] == 0 ? 0 : 1);
    }
    lab_result("child", "%s", end_of(pid) == 0 ? "read it" : "did not read it");
    lab_result("parent", "%c", area[PAGE]);
}

static const char constant[PAGE] = "constant";

static void code(void) {
    int zero = open_zero();
    lab_result("code", "%s", ending(store, at((uintptr_t)store)));
    lab_result("constant", "%s", ending(store, at((uintptr_t)constant)));
    lab_result("kernel", "%s", error_of(read(zero, at((uintptr_t)constant), 1)));
    lab_result("first", "%c", *at((uintptr_t)constant) ? *at((uintptr_t)constant) : '0');
}

// What do writes cost, an instruction count a page, while a child shares the pages, and when it has gone?
static void last_owner(void) {
    enum { PAGES = 100 };
    int hold;
    area = new_pages(PAGES);
    fill(area, PAGES, 'a');
    pid_t pid = start_waiting(&hold);
    uint64_t t0 = lab_instructions();
    fill(area, PAGES, 'b');
    uint64_t t1 = lab_instructions();
    finish_waiting(pid, hold);
    pid = start_waiting(&hold);
    finish_waiting(pid, hold);
    uint64_t t2 = lab_instructions();
    fill(area, PAGES, 'c');
    uint64_t t3 = lab_instructions();
    lab_result("shared", "%ld", (long)(t1 - t0) / PAGES);
    lab_result("alone", "%ld", (long)(t3 - t2) / PAGES);
    lab_result("saved", "%ld", ((long)(t1 - t0) - (long)(t3 - t2)) / PAGES);
}

// Thirty children share 100 pages, write to half of them, and take some of their own.
static void family(void) {
    enum { PAGES = 100, CHILDREN = 30 };
    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = start();
        if (pid == 0) {
            fill(area, PAGES / 2, 'c');
            fill(new_pages(20), 20, 'n');
            _exit(0);
        }
        end_of(pid);
        fill(area, PAGES, 'p');
    }
}

static void leak(void) {
    area = new_pages(100);
    family();
    long before = free_frames();
    family();
    lab_result("lost", "%ld", before - free_frames());
}

// ---- when there is no more memory

static void touch_128_mib(char *p) { fill(p, 128 * MIB / PAGE, 'm'); }
static void read_128_mib(char *p) { _exit(read(open_zero(), p, 128 * MIB) == 128 * MIB ? 1 : 0); }
static void write_all(char *p) { fill(p, 20 * MIB / PAGE, 'w'); }

// As ending(), but a child that does not come to an end is killed after three seconds of the guest's.
static const char *ending_soon(void (*act)(char *), char *p) {
    enum { TENTHS = 30 };
    int status = 0;
    pid_t pid = start(), done = 0;
    if (pid == 0) {
        act(p);
        _exit(0);
    }
    for (int i = 0; i < TENTHS && done == 0; i++) {
        nanosleep(&(struct timespec){0, 100000000}, NULL);
        done = waitpid(pid, &status, WNOHANG);
    }
    if (done != pid) {
        kill(pid, SIGKILL);
        return "still going on after three seconds";
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? "SIGSEGV"
           : WIFEXITED(status) && WEXITSTATUS(status) == 0    ? "nothing"
                                                              : "something else";
}

static void memory_gone(void) {
    area = new_pages(128 * MIB / PAGE);
    ending_soon(load, area); // what the first time needs besides
    long before = free_frames();
    lab_result("heap", "%s", ending_soon(touch_128_mib, area));
    lab_result("read", "%s", ending_soon(read_128_mib, area));
    fill(area, 20 * MIB / PAGE, 'p'); // more than half of what there is
    lab_result("copies", "%s", ending_soon(write_all, area));
    lab_result("changed", "%ld", wrong(area, 20 * MIB / PAGE, 'p'));
    sbrk(-128 * MIB);
    lab_result("lost", "%ld", before - free_frames());
}

// ---- many processes at once

enum { WORKERS = 4, ROUNDS = 40, PAGES = 8 };

// Write to some pages, and to one through the kernel, then see that all hold what this process has written.
static int churn(char *expected, unsigned *random, int fd[2]) {
    int bad = 0;
    for (int i = 0; i < 5; i++) {
        *random = *random * 1103515245 + 12345;
        int page = (int)(*random >> 16) % PAGES;
        char c = (char)('A' + (*random >> 24) % 26);
        if (i < 4)
            area[page * PAGE] = c;
        else
            bad += write(fd[1], &c, 1) != 1 || read(fd[0], area + page * PAGE, 1) != 1;
        expected[page] = c;
    }
    for (int i = 0; i < PAGES; i++)
        bad += area[i * PAGE] != expected[i];
    return bad;
}

static int work(int number) {
    char expected[PAGES];
    unsigned random = (unsigned)number;
    int fd[2], bad = 0, status;
    open_pipe(fd);
    for (int i = 0; i < PAGES; i++)
        area[i * PAGE] = expected[i] = (char)('a' + number);
    for (int round = 0; round < ROUNDS; round++) {
        int inner[2];
        open_pipe(inner);
        pid_t pid = fork();
        if (pid == 0) {
            random += 77;
            bad = churn(expected, &random, inner);
            pid_t second = fork(); // a grandchild, which often outlives us
            random += second == 0;
            open_pipe(inner);
            bad += second < 0 ? 1 : churn(expected, &random, inner);
            if (second > 0 && round % 2 == 0)
                bad += waitpid(second, &status, 0) != second || status != 0;
            _exit(bad != 0);
        }
        bad += churn(expected, &random, fd);
        bad += pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
        close(inner[0]);
        close(inner[1]);
    }
    return bad;
}

static void many(void) {
    int good = 0, status;
    area = new_pages(PAGES);
    for (int i = 0; i < WORKERS; i++)
        if (start() == 0)
            _exit(work(i) != 0);
    for (int i = 0; i < WORKERS; i++)
        good += wait(&status) > 0 && status == 0;
    lab_result("good", "%d", good);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"cheap", cheap},
    {"apart", apart},
    {"generations", generations},
    {"by-kernel", by_kernel},
    {"code", code},
    {"last-owner", last_owner},
    {"leak", leak},
    {"memory-gone", memory_gone},
    {"many", many},
};

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc > 1 && strcmp(argv[1], tests[i].name) == 0) {
            tests[i].run();
            return 0;
        }
    return 2;
}
