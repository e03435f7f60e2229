// lottery: who gets how much of the processor, for the grader of this lab and for its plot.
//
//   lottery shares SECONDS TICKETS...    children with so many tickets compute together; what did each get?
//   lottery plot SECONDS TICKETS...      the same, with a line "plot TIME USED..." (seconds) five times a
//   second lottery sleeper | inherit | tickets | pinfo | harts

#include <drupe/syscalls.h>
#include <errno.h>
#include <lab.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <uapi/info.h>
#include <unistd.h>

enum { MAX_RUNNERS = 8, TIMEBASE = 10000000, PINFO_MAX_ = 64 };

// As the hand-out has it; the kernel's own may not be there yet.
struct pinfo_list {
    int32_t count, unused;
    struct {
        int32_t pid, tickets;
        uint64_t wins;
    } proc[PINFO_MAX_];
};

// The system calls of this lab; NULL while they are missing.
int lab_settickets(int tickets) __asm__("settickets") __attribute__((weak));
int lab_getpinfo(struct pinfo_list *info) __asm__("getpinfo") __attribute__((weak));

static uint64_t now(void) { // 10 MHz
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}

static void set_tickets(int n) {
    if (lab_settickets(n) != 0) {
        lab_result("refused", "settickets(%d) gives an error: %s", n, strerror(errno));
        exit(1);
    }
}

// Times that this process was switched in.
static uint64_t switches_now(void) {
    struct proc_info me;
    if (proclist(getpid() - 1, &me, 1) != 1)
        lab_trouble("proclist fails");
    return me.switches;
}

// Compute from start to end; how far it got goes to fd, with an index. Asleep until then, it lets the others
// come as far as this. It counts its own steps, so nobody else's bookkeeping matters.
static void compete(int fd, uint64_t index, uint64_t start, uint64_t end) {
    if (now() < start)
        usleep((start - now()) / 10);
    uint64_t steps = 0, before = switches_now();
    while (now() < end)
        steps++;
    uint64_t line[3] = {index, steps, switches_now() - before};
    if (write(fd, line, sizeof(line)) != sizeof(line))
        exit(1);
    exit(0);
}

static pid_t start_child(void) {
    pid_t pid = fork();
    if (pid < 0)
        lab_trouble("fork fails");
    return pid;
}

// Collect what count children got, and report it: the share of each in thousandths, and all switches.
static void collect(int fd, int count) {
    uint64_t line[3], sum = 0, switches = 0, steps[MAX_RUNNERS];
    char key[16];
    for (int i = 0; i < count; i++) {
        if (read(fd, line, sizeof(line)) != sizeof(line) || line[0] >= MAX_RUNNERS)
            lab_trouble("a child tells nothing");
        steps[line[0]] = line[1];
        sum += line[1];
        switches += line[2];
    }
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "share%d", i);
        lab_result(key, "%llu", (unsigned long long)(steps[i] * 1000 / sum));
    }
    lab_result("switches", "%llu", (unsigned long long)switches);
}

// Five times a second, with so many tickets that it runs at once.
static void sample(const pid_t *pids, int count, uint64_t start, uint64_t end) {
    uint64_t base[MAX_RUNNERS] = {0};
    set_tickets(10000);
    for (uint64_t at = start; at <= end; at += TIMEBASE / 5) {
        if (at > now())
            usleep((at - now()) / 10);
        printf("plot %.1f", (double)(at - start) / TIMEBASE);
        for (int i = 0; i < count; i++) {
            struct proc_info p;
            if (proclist(pids[i] - 1, &p, 1) != 1)
                lab_trouble("proclist fails");
            if (at == start)
                base[i] = p.utime + p.stime;
            printf(" %.2f", (double)(p.utime + p.stime - base[i]) / 1e9);
        }
        printf("\n");
    }
}

static void shares(int argc, char **argv, bool plot) {
    int fds[2], count = argc - 3;
    pid_t pids[MAX_RUNNERS];
    if (argc < 4 || count > MAX_RUNNERS || pipe(fds))
        lab_trouble("usage: lottery shares SECONDS TICKETS...");
    uint64_t start = now() + TIMEBASE / 2, end = start + atoi(argv[2]) * (uint64_t)TIMEBASE;
    for (int i = 0; i < count; i++) {
        if ((pids[i] = start_child()) == 0) {
            set_tickets(atoi(argv[i + 3]));
            compete(fds[1], i, start, end);
        }
    }
    if (plot)
        sample(pids, count, start, end);
    collect(fds[0], count);
}

// Two compete; a third, who holds nearly all the tickets, sleeps.
static void sleeper(void) {
    int fds[2];
    if (pipe(fds))
        lab_trouble("pipe fails");
    pid_t asleep = start_child();
    if (asleep == 0) {
        set_tickets(10000);
        sleep(10000);
        exit(0);
    }
    uint64_t start = now() + TIMEBASE / 2, end = start + 14ULL * TIMEBASE;
    for (int i = 0; i < 2; i++) {
        if (start_child() == 0) {
            set_tickets(i == 0 ? 300 : 100);
            compete(fds[1], i, start, end);
        }
    }
    collect(fds[0], 2);
    kill(asleep, SIGKILL);
}

// Share 0 goes to a child that was born rich, share 1 to one that set its own tickets, share 2 to one that
// was born rich and ran another program then.
static void inherit(void) {
    int fds[2];
    if (pipe(fds))
        lab_trouble("pipe fails");
    uint64_t start = now() + TIMEBASE / 2, end = start + 14ULL * TIMEBASE;
    set_tickets(300);
    for (int i = 0; i < 3; i++) {
        if (start_child() != 0)
            continue;
        if (i == 1)
            set_tickets(100);
        if (i == 2) {
            char fd[24], from[24], to[24];
            snprintf(fd, sizeof(fd), "%d", fds[1]);
            snprintf(from, sizeof(from), "%llu", (unsigned long long)start);
            snprintf(to, sizeof(to), "%llu", (unsigned long long)end);
            char *args[] = {"lottery", "heir", fd, from, to, "-", NULL};
            execv("/lottery", args);
            lab_trouble("exec fails");
        }
        compete(fds[1], i, start, end);
    }
    set_tickets(1);
    collect(fds[0], 3);
}

// What settickets takes and what it refuses.
static void tickets(void) {
    static const int good[] = {1, 2, 100, 10000}, bad[] = {0, -1, 10001, INT32_MIN};
    char key[16];
    for (int i = 0; i < 4; i++) {
        snprintf(key, sizeof(key), "good%d", i);
        lab_result(key, "%d", lab_settickets(good[i]));
        errno = 0;
        snprintf(key, sizeof(key), "bad%d", i);
        lab_result(key, "%s", lab_settickets(bad[i]) == -1 && errno == EINVAL ? "EINVAL" : "other");
    }
}

static int place_of(const struct pinfo_list *info, pid_t pid) {
    for (int i = 0; i < info->count && i < PINFO_MAX_; i++)
        if (info->proc[i].pid == pid)
            return i;
    return -1;
}

static const char *fault(void *where) {
    errno = 0;
    return lab_getpinfo(where) == -1 && errno == EFAULT ? "EFAULT" : "other";
}

// A table of known processes, some of which run and some of which wait; and pointers that are none.
static void pinfo(void) {
    static struct pinfo_list info;
    struct proc_info all[PINFO_MAX_];
    pid_t pids[3];
    int fds[2];
    char c;
    if (!lab_getpinfo)
        lab_missing("getpinfo()");
    if (pipe(fds))
        lab_trouble("pipe fails");
    for (int i = 0; i < 3; i++) {
        if ((pids[i] = start_child()) == 0) {
            set_tickets((i + 1) * 11);
            if (write(fds[1], "", 1) != 1)
                exit(1);
            for (;;)
                if (i == 2) // the others run
                    sleep(10000);
        }
    }
    set_tickets(44);
    for (int i = 0; i < 3; i++)
        if (read(fds[0], &c, 1) != 1)
            lab_trouble("a child tells nothing");
    sleep(1);
    memset(&info, 0xff, sizeof(info));
    lab_result("status", "%d", lab_getpinfo(&info));
    lab_result("count", "%d", info.count);
    lab_result("processes", "%d", proclist(0, all, PINFO_MAX_));
    int self = place_of(&info, getpid()), order = 1, rest = 0;
    lab_result("self", "%d", self < 0 ? -1 : info.proc[self].tickets);
    uint64_t wins[3];
    for (int i = 0; i < 3; i++) {
        char key[16];
        int at = place_of(&info, pids[i]);
        snprintf(key, sizeof(key), "child%d", i);
        lab_result(key, "%d", at < 0 ? -1 : info.proc[at].tickets);
        wins[i] = at < 0 ? 0 : info.proc[at].wins;
    }
    for (int i = 1; i < info.count && i < PINFO_MAX_; i++)
        order = order && info.proc[i].pid > info.proc[i - 1].pid;
    for (int i = info.count; i >= 0 && i < PINFO_MAX_; i++)
        rest = rest || info.proc[i].pid || info.proc[i].tickets || info.proc[i].wins;
    lab_result("order", "%s", order ? "rising" : "other");
    lab_result("rest", "%s", rest ? "other" : "zero");
    lab_result("runner_wins", "%llu", (unsigned long long)(wins[0] + wins[1]));
    lab_result("sleeper_wins", "%llu", (unsigned long long)wins[2]);
    lab_result("null", "%s", fault(NULL));
    lab_result("code", "%s", fault((void *)(uintptr_t)pinfo));
    lab_result("kernel", "%s", fault((void *)0xffffffc080200000UL));
    for (int i = 0; i < 3; i++)
        kill(pids[i], SIGKILL);
}

// Many children on all harts change their tickets, sleep, compute, and end.
static void harts(void) {
    int alive = 0, bad = 0, status;
    for (int i = 0; i < 24; i++, alive++) {
        if (start_child() != 0)
            continue;
        unsigned seed = i + 1;
        for (int round = 0; round < 12; round++) {
            seed = seed * 1103515245 + 12345;
            set_tickets(seed / 65536 % 10000 + 1);
            for (uint64_t until = now() + seed / 65536 % 20000; now() < until;)
                ;
            if (seed & 1 << 20)
                usleep(seed / 65536 % 1000);
            if (seed & 1 << 21 && start_child() == 0)
                exit(0);
        }
        while (wait(NULL) > 0)
            ;
        exit(7);
    }
    for (; alive > 0; alive--)
        bad += wait(&status) < 0 || status != 7 << 8;
    lab_result("bad", "%d", bad);
}

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    const char *what = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "heir") == 0)
        compete(atoi(argv[2]), 2, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    if (!lab_settickets)
        lab_missing("settickets()");
    if (strcmp(what, "shares") == 0 || strcmp(what, "plot") == 0)
        shares(argc, argv, what[0] == 'p');
    else if (strcmp(what, "sleeper") == 0)
        sleeper();
    else if (strcmp(what, "inherit") == 0)
        inherit();
    else if (strcmp(what, "tickets") == 0)
        tickets();
    else if (strcmp(what, "harts") == 0)
        harts();
    else if (strcmp(what, "pinfo") == 0)
        pinfo();
    else
        lab_trouble("usage: lottery shares | plot | sleeper | inherit | tickets | pinfo | harts");
    return 0;
}
