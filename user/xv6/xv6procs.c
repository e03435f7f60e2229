// xv6procs: do processes, memory and time behave as the API of the other teaching kernel says? It enters
// through start. With an argument it is one of its own helpers.

#include "kernel/types.h"
#include "kernel/param.h"
#include "kernel/riscv.h"
#include "kernel/memlayout.h"
#include "kernel/fcntl.h"
#include "kernel/vm.h"
#include "user/user.h"
#include "check.h"

static char page[PGSIZE + 1];
static char *self;

static void value_large(void) { exit(0x12345678); }
static void value_minus(void) { exit(-7); }
static void run_on(void) {
    for (;;)
        pause(100);
}

static void test_wait(void) {
    int value, pid, i, n = 0;
    is(wait(0), -1, "wait without a child fails");
    is(child(value_large), 0x12345678, "wait gives the whole value of exit");
    is(child(value_minus), -7, "a negative one too");
    pid = fork();
    if (pid == 0)
        run_on();
    is(kill(pid), 0, "kill");
    is(wait(&value), pid, "wait gives the process that has ended");
    is(value, -1, "a child that was killed gives -1");
    is(kill(pid), -1, "kill of what is gone fails");
    is(kill(0), -1, "kill of 0 fails");
    is(kill(-1), -1, "kill of -1 fails");
    if (fork() == 0)
        exit(3);
    check(wait(0) > 0, "wait takes a null pointer");
    if (fork() == 0)
        exit(3);
    is(wait((int *)KERNBASE), -1, "wait to the kernel's memory fails");
    for (i = 0; i < 1000 && (pid = fork()) >= 0; i++)
        if (pid == 0)
            exit(0);
    check(i > NPROC / 2 && i < NPROC, "fork fails when the machine has NPROC processes");
    while (wait(0) > 0)
        n++;
    is(n, i, "wait gives each child once");
    check(getpid() > 1, "getpid");
}

// Run self with argv and give what it exits with, or -1000 if exec fails.
static int run(char **argv) {
    int value, pid = fork();
    if (pid == 0) {
        exec(self, argv);
        exit(-1000);
    }
    wait(&value);
    return pid < 0 ? -2000 : value;
}

static void fill(int bytes) {
    memset(page, 'x', sizeof(page));
    page[bytes] = 0;
}

static void test_exec(void) {
    char *argv[MAXARG + 1] = {self, "count", 0};
    int i;
    is(run(argv), 2, "exec hands over the arguments");
    for (i = 2; i < MAXARG - 1; i++)
        argv[i] = "x";
    argv[i] = 0;
    is(run(argv), MAXARG - 1, "MAXARG - 1 of them");
    argv[i] = "x";
    argv[i + 1] = 0;
    is(run(argv), -1000, "MAXARG are too many");
    argv[2] = page;
    argv[3] = 0;
    fill(3000);
    is(run(argv), 3, "an argument of 3000 bytes");
    fill(PGSIZE);
    is(run(argv), -1000, "one of a page is too long");
    fill(1500);
    argv[3] = argv[4] = page;
    argv[5] = 0;
    is(run(argv), -1000, "three of 1500 are too");
    argv[2] = (char *)KERNBASE;
    is(run(argv), -1000, "an argument in the kernel's memory fails");
    argv[2] = 0;
    is(exec(self, (char **)KERNBASE), -1, "arguments in the kernel's memory fail");
    is(exec((char *)-1, argv), -1, "a path there too");
    is(exec("nothing", argv), -1, "exec of what is not there fails");
    is(exec("/", argv), -1, "exec of a directory fails");
    make_file("/text", 0, "no program");
    is(exec("/text", argv), -1, "exec of what is no program fails");
    unlink("/text");
    chdir("/dev");
    is(exec("echo", argv), -1, "exec looks at its path only, and not in others");
    chdir("/");

    // a program of ours, by its path as seen from here
    int fds[2], value, n;
    char text[8] = {0};
    pipe(fds);
    if (fork() == 0) {
        char *echo[] = {"echo", "words", 0};
        close(1);
        dup(fds[1]);
        exec("echo", echo);
        exit(1);
    }
    close(fds[1]);
    n = read(fds[0], text, sizeof(text) - 1);
    close(fds[0]);
    wait(&value);
    check(n == 6 && value == 0 && strcmp(text, "words\n") == 0, "Drupe's own programs can be run too");
}

// ---- memory

static void touch(uint64 address) { *(volatile char *)address; }

static void test_mapped(void) {
    static const uint64 bad[] = {0,         4096,       KERNBASE, 0x3f00000000, 0x3fffffc000, 0x3fffffd000,
                                 TRAPFRAME, TRAMPOLINE, MAXVA,    MAXVA * 2,    -4096};
    int i, value, alive = 0;
    for (i = 0; i < 11; i++) {
        if (fork() == 0) {
            touch(bad[i]);
            exit(0);
        }
        wait(&value);
        alive += value != -1;
    }
    is(alive, 0, "nothing is mapped at 0, nor from 0x3f00000000 up: a child that looks there is killed");
}

static void read_csr(void) { r_sstatus(); }
static void write_text(void) { *(volatile short *)(uint64)strlen = 0; }
static void below_stack(void) { touch(r_sp() - USERSTACK * PGSIZE); }
static int deeper(volatile char *above) {
    volatile char here[256];
    here[0] = *above;
    return deeper(here) + here[0];
}
static void overflow(void) {
    char c = 0;
    deeper(&c);
}
static void use_stack(void) {
    volatile char here[2000];
    here[0] = 1;
    here[1999] = here[0];
    exit(here[1999]);
}

static void test_protection(void) {
    test_mapped();
    is(child(read_csr), -1, "a register of the supervisor kills");
    is(child(write_text), -1, "a write to the program's text kills");
    is(child(use_stack), 1, "there is most of a page of stack");
    is(child(below_stack), -1, "and nothing below it");
    is(child(overflow), -1, "a recursion without end is killed");
}

static void all_memory(void) {
    int pages = 0;
    while (sbrk(PGSIZE) != SBRK_ERROR)
        *(sbrk(0) - 1) = pages++;
    exit(pages > 1000 ? 0 : 2);
}

static void test_sbrk(void) {
    char *a = sbrk(0), *b, *c;
    is(sbrk(1) - a, 0, "sbrk gives the old end");
    is(sbrk(0) - a, 1, "which goes up by as many bytes");
    a = sbrk(-1) - 1;
    is(sbrk(0) - a, 0, "or down");
    b = sbrk(3 * PGSIZE);
    check(b[0] == 0 && b[3 * PGSIZE - 1] == 0, "new memory is zero");
    memset(b, 7, 3 * PGSIZE);
    c = sbrk(-PGSIZE);
    sbrk(PGSIZE);
    is(c[-1], 0, "and so is what comes back");
    sbrk(-3 * PGSIZE);
    is(sbrk(1 << 30) == SBRK_ERROR, 1, "1 GiB is refused");
    is(sbrk(0) - a, 0, "and nothing changes");
    is(sbrk(0x80000004) == SBRK_ERROR, 0, "to give back more than there is does nothing");
    is(sbrk(0) - a, 0, "nothing at all");
    b = sbrklazy(2 * PGSIZE);
    check(b == a, "sbrklazy gives the old end too");
    b[PGSIZE] = 1;
    is(sbrk(-2 * PGSIZE) - a, 2 * PGSIZE, "sbrk gives back what sbrklazy took");
    check(sys_sbrk(PGSIZE, SBRK_LAZY) == a && sys_sbrk(-PGSIZE, SBRK_EAGER) == a + PGSIZE,
          "sys_sbrk is both");
    is(child(all_memory), 0, "sbrk gives SBRK_ERROR when memory is gone, and nobody is killed");
    check((a = sbrk(PGSIZE)) != SBRK_ERROR, "afterwards it is there again");
    sbrk(-PGSIZE);
    is(pipe((int *)a), -1, "what was given back is gone");
}

static void test_time(void) {
    int from = uptime(), passed;
    uint64 time = r_time();
    is(pause(3), 0, "pause");
    passed = uptime() - from;
    check(passed >= 3 && passed < 30, "of 3 ticks takes 3 ticks of uptime");
    check(r_time() - time >= 3000000, "which are tenths of a second");
    from = uptime();
    is(sleep(2), 0, "sleep");
    check(uptime() - from >= 2, "is the same");
    from = uptime();
    is(pause(-1), 0, "a negative time is none");
    check(uptime() - from < 10, "and does not last");
}

int start(int argc, char **argv) {
    self = argv[0];
    if (argc > 1)
        exit(argv[argc] == 0 ? argc : -1);
    test_wait();
    test_exec();
    test_protection();
    test_sbrk();
    test_time();
    return failures > 0; // is exit
}
