// usertests: run the tests of the other files of this folder, each in a process of its own.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <fnmatch.h>
#include <sys/statfs.h>
#include <time.h>
#include <uapi/info.h>

#include "run.h"
#include "test.h"

static const char help[] =
    "usage: usertests [-lq] [-j n] [-r n] [-s seed] [-t seconds] [-d dir] [--tap] [name...]\n"
    "Run all tests, or those with these names, of these areas, or matching these patterns.\n"
    "  -l       list them\n"
    "  -q       only the quick ones\n"
    "  -j n     n at a time (then leaks are looked for in few)\n"
    "  -r n     n times over\n"
    "  -s seed  in an order drawn from the seed\n"
    "  -t secs  what a test may take (30); kernels with checks in every access need more\n"
    "  -d dir   where the tests work (/usertests.tmp)\n"
    "  --tap    report in TAP\n"
    "Each line tells the test, the result and how long it took. The status is 0 if all passed.\n";

// A test that takes more fails: time; memory besides what was taken before, unless it must be alone.
enum { LIMIT_MIB = 24 };
static unsigned limit_seconds = 30;
enum { JOBS = 16, LEAK_TRIES = 16, WARM_UP = 256 };

static struct test *tests; // sorted: by area, then as they stand in their files
static struct test **plan;
static size_t planned;
static bool tap, quick;
static const char *work = "/usertests.tmp";
static size_t failed, done;

// What a test must leave as it was.
struct state {
    int64_t memory, slab, objects, processes, blocks, inodes;
};

// A test that runs.
static struct job {
    struct test *test; // NULL: free
    pid_t pid, watch;
    const char *why; // it had to be ended; NULL: it ended by itself
    int word, report;
    uint64_t start;
    char dir[64];
} jobs[JOBS];

void test_register(struct test *t) {
    struct test **at = &tests;
    while (*at && strcmp((*at)->area, t->area) <= 0)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

static bool marked(const struct test *t, const char *mark) { return strstr(t->marks, mark) != NULL; }

static bool wanted(const struct test *t, char **names) {
    char full[96];
    if (quick && marked(t, "slow"))
        return false;
    snprintf(full, sizeof full, "%s/%s", t->area, t->name);
    for (char **n = names; *n; n++)
        if (strcmp(*n, t->area) == 0 || fnmatch(*n, t->name, 0) == 0 || fnmatch(*n, full, 0) == 0)
            return true;
    return *names == NULL;
}

// ---- one test

static _Noreturn void run_test(struct job *j, int report) {
    if (setpgid(0, 0) < 0 || dup2(report, REPORT_FD) < 0 || fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) < 0)
        cmd_die("%s", j->test->name);
    for (int fd = 3; fd < REPORT_FD; fd++)
        close(fd);
    if (chdir(j->dir) < 0)
        cmd_die("%s", j->dir);
    close(STDIN_FILENO);
    open("/dev/null", O_RDONLY);
    for (const char *c = j->test->name; *c; c++)
        random_state = (random_state ^ *c) * 16777619;
    random_state |= 1;
    j->test->run();
    exit(0);
}

static int64_t private_pages(void) {
    struct mem_info m;
    if (meminfo(&m) < 0)
        cmd_die("meminfo");
    return (int64_t)m.anon;
}

// Pages of memory that the processes of a group have; what they share counts for each.
static int64_t pages_of_group(pid_t group) {
    struct proc_info info;
    int64_t sum = 0;
    for (pid_t after = 0; proclist(after, &info, 1) == 1; after = info.pid)
        if (info.pgid == group)
            sum += (int64_t)info.resident / PAGE;
    return sum;
}

enum { OVER_TIME, OVER_MEMORY };

// The child that watches a test: exits with what is over, or is killed when the test has ended. It reads the
// test's pid from where the runner writes it. before: private_pages() then.
static _Noreturn void watch(const struct test *t, int pid_from, int64_t before) {
    const uint64_t end = now_ns() + limit_seconds * 1000000000ULL;
    const int64_t limit = (int64_t)LIMIT_MIB * 1024 * 1024 / PAGE;
    pid_t pid;
    if (read(pid_from, &pid, sizeof pid) != sizeof pid)
        _exit(OVER_TIME);
    while (now_ns() < end) {
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        if (!marked(t, "alone") && private_pages() > before + limit && pages_of_group(pid) > limit)
            _exit(OVER_MEMORY);
    }
    _exit(OVER_TIME);
}

static void start(struct job *j, struct test *t) {
    int report[2], tell[2];
    *j = (struct job){.test = t, .start = now_ns()};
    snprintf(j->dir, sizeof j->dir, "%s/%s", work, t->name);
    cmd_remove_tree(j->dir);
    if (mkdir(j->dir, 0755) < 0 || pipe(report) < 0 || pipe(tell) < 0)
        cmd_die("%s", j->dir);
    j->report = report[0];
    fflush(NULL);
    const int64_t before = private_pages();
    j->watch = fork(); // first: once the test runs, it may take all memory
    if (j->watch == 0)
        watch(t, tell[0], before);
    j->pid = j->watch < 0 ? -1 : fork();
    if (j->pid == 0)
        run_test(j, report[1]);
    if (j->pid < 0 || j->watch < 0 || write(tell[1], &j->pid, sizeof j->pid) < 0)
        cmd_die("fork");
    close(report[1]);
    close(tell[0]);
    close(tell[1]);
}

// Ends what is left of the test's process group. False if there was something, after a moment's patience.
static bool end_group(pid_t group) {
    for (uint64_t end = now_ns() + 2000000000; now_ns() < end; nap())
        if (kill(-group, 0) < 0)
            return true;
    kill(-group, SIGKILL);
    while (kill(-group, 0) == 0)
        nap();
    return false;
}

// The text says why it failed, "" if it did not.
static void judge(struct job *j, char *text, size_t n) {
    bool alone = end_group(j->pid);
    ssize_t got = read(j->report, text, n - 1);
    close(j->report);
    text[got > 0 ? got : 0] = '\0';
    if (text[0])
        return;
    if (j->why)
        snprintf(text, n, "%s", j->why);
    else if (WIFSIGNALED(j->word))
        snprintf(text, n, "killed by signal %d", WTERMSIG(j->word));
    else if (WEXITSTATUS(j->word) != 0)
        snprintf(text, n, "exited with %d", WEXITSTATUS(j->word));
    else if (!alone)
        snprintf(text, n, "left processes behind");
}

static void report(const struct test *t, const char *why, uint64_t ns) {
    done++;
    failed += *why != '\0';
    unsigned long ms = (unsigned long)(ns / 1000000);
    if (tap && *why)
        printf("not ok %zu - %s/%s\n# %s\n", done, t->area, t->name, why);
    else if (tap)
        printf("ok %zu - %s/%s\n", done, t->area, t->name);
    else if (*why)
        printf("test %s: FAILED (%lu ms)\n    %s\n", t->name, ms, why);
    else
        printf("test %s: OK (%lu ms)\n", t->name, ms);
    fflush(stdout);
}

// Waits until a running test has ended. Returns its job, with the directory removed; text says why it failed.
static struct job *wait_job(char *text, size_t n) {
    for (;;) {
        int word;
        pid_t pid = waitpid(-1, &word, 0);
        if (pid < 0)
            cmd_die("waitpid");
        for (struct job *j = jobs; j < jobs + JOBS; j++) {
            if (j->test && pid == j->watch) {
                j->why = WIFEXITED(word) && WEXITSTATUS(word) == OVER_MEMORY ? "took too much memory"
                                                                             : "took too long";
                kill(-j->pid, SIGKILL);
            } else if (j->test && pid == j->pid) {
                j->word = word;
                if (!j->why) {
                    kill(j->watch, SIGKILL);
                    waitpid(j->watch, NULL, 0);
                }
                judge(j, text, n);
                cmd_remove_tree(j->dir);
                return j;
            }
        }
    }
}

// ---- leaks

static struct state look(void) {
    struct mem_info m;
    struct statfs s;
    sync();
    if (meminfo(&m) < 0 || statfs("/", &s) < 0)
        cmd_die("usertests");
    return (struct state){(int64_t)(m.free + m.cached), (int64_t)m.slab,    (int64_t)m.objects,
                          (int64_t)m.processes,         (int64_t)s.f_bfree, (int64_t)s.f_ffree};
}

// What is lost from before to after, as a text; "" if nothing is.
static void losses(struct state before, struct state after, char *text, size_t n) {
    text[0] = '\0';
    const struct {
        const char *what;
        int64_t lost;
    } all[] = {{"pages of memory", before.memory - after.memory - (after.slab - before.slab)},
               {"slab pages", after.slab - before.slab},
               {"kernel objects", after.objects - before.objects},
               {"processes", after.processes - before.processes},
               {"disk blocks", before.blocks - after.blocks},
               {"inodes", before.inodes - after.inodes}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].lost > 0)
            snprintf(text + strlen(text), n - strlen(text), "%s%ld %s lost", text[0] ? ", " : "",
                     (long)all[i].lost, all[i].what);
}

// The kernel keeps its stacks for life, and the caches of each hart fill once. Have that happen before
// anybody counts: this many processes at once, more than most tests have.
static void warm_up(void) {
    int hold[2];
    char c;
    if (pipe(hold) < 0)
        cmd_die("pipe");
    for (int i = 0; i < WARM_UP; i++)
        if (fork() == 0) {
            close(hold[1]);
            read(hold[0], &c, 1);
            _exit(0);
        }
    close(hold[0]);
    close(hold[1]);
    while (wait(NULL) > 0)
        ;
}

// A test alone. What it takes for the first time may stay taken (a cache grows, a slab gets a page); what it
// takes each time is lost.
static void run_alone(struct test *t) {
    char why[REPORT_BYTES] = "", lost[REPORT_BYTES];
    uint64_t start_time = now_ns(), ns = 0;
    for (int i = 0; i < LEAK_TRIES; i++) {
        struct state before = look();
        start(&jobs[0], t);
        wait_job(why, sizeof why);
        jobs[0].test = NULL;
        if (i == 0)
            ns = now_ns() - start_time;
        losses(before, look(), lost, sizeof lost);
        if (why[0] || !lost[0])
            break;
    }
    if (!why[0] && lost[0])
        snprintf(why, sizeof why, "each time it runs: %.300s", lost);
    report(t, why, ns);
}

// Up to n at a time; those that must be alone come one by one when the others are done.
static void run_beside(size_t n) {
    size_t next = 0, running = 0;
    for (;;) {
        while (next < planned && marked(plan[next], "alone"))
            next++;
        if (next < planned && running < n) {
            struct job *j = jobs;
            while (j->test)
                j++;
            start(j, plan[next++]);
            running++;
        } else if (running > 0) {
            char why[REPORT_BYTES];
            struct job *j = wait_job(why, sizeof why);
            report(j->test, why, now_ns() - j->start);
            j->test = NULL;
            running--;
        } else {
            break;
        }
    }
    for (size_t i = 0; i < planned; i++)
        if (marked(plan[i], "alone"))
            run_alone(plan[i]);
}

// ---- all of them

static void make_plan(char **names, unsigned long seed) {
    size_t n = 0;
    for (struct test *t = tests; t; t = t->next)
        n++;
    plan = cmd_realloc(NULL, (n + 1) * sizeof *plan);
    for (struct test *t = tests; t; t = t->next)
        if (wanted(t, names))
            plan[planned++] = t;
    for (size_t i = planned; seed != 0 && i > 1; i--) {
        size_t other = random_number() % i;
        struct test *t = plan[other];
        plan[other] = plan[i - 1];
        plan[i - 1] = t;
    }
}

int main(int argc, char **argv) {
    int at_once = 1, repeats = 1;
    unsigned long seed = 0;
    bool list = false;
    cmd_start(argv, help);
    for (char **a = argv + 1; *a; a++)
        if (strcmp(*a, "--tap") == 0) {
            tap = true;
            for (char **b = a--; *b; b++)
                b[0] = b[1];
            argc--;
        }
    for (int c; (c = getopt(argc, argv, "lqj:r:s:t:d:")) != -1;) {
        switch (c) {
        case 'l': list = true; break;
        case 'q': quick = true; break;
        case 'j': at_once = (int)cmd_number(optarg, 1, JOBS); break;
        case 'r': repeats = (int)cmd_number(optarg, 1, 1000000); break;
        case 's': seed = (unsigned long)cmd_number(optarg, 0, INT64_MAX); break;
        case 't': limit_seconds = (unsigned)cmd_number(optarg, 1, 100000); break;
        case 'd': work = optarg; break;
        default: cmd_usage();
        }
    }
    random_state = (uint32_t)seed * 2654435761u + 1;
    make_plan(argv + optind, seed);
    if (planned == 0)
        cmd_diex("no test has such a name");
    for (size_t i = 0; list && i < planned; i++)
        printf("%s/%s%s%s\n", plan[i]->area, plan[i]->name, plan[i]->marks[0] ? "  " : "", plan[i]->marks);
    if (list)
        return 0;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    cmd_remove_tree(work);
    if (mkdir(work, 0755) < 0)
        cmd_die("%s", work);
    if (tap)
        printf("1..%zu\n", planned * repeats);
    if (at_once == 1)
        warm_up();
    for (int r = 0; r < repeats; r++) {
        for (size_t i = 0; at_once == 1 && i < planned; i++)
            run_alone(plan[i]);
        if (at_once > 1)
            run_beside((size_t)at_once);
    }
    cmd_remove_tree(work);
    if (!tap && failed == 0)
        printf("ALL TESTS PASSED\n");
    else if (!tap)
        printf("%zu TESTS FAILED\n", failed);
    return failed != 0;
}
