// sched.c: sleeping, clocks, CPU time, giving the processor away, and who gets it.
#include "process.h"

#include <sched.h>
#include <sys/times.h>

enum { MS = 1000000 }; // nanoseconds

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    ok(clock_gettime(clock, &t));
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

static void spin_cpu(uint64_t ns) {
    for (uint64_t end = cpu_ns() + ns; cpu_ns() < end;)
        ;
}

// Never enters the kernel by itself.
static _Noreturn int spin_forever(void *unused) {
    (void)unused;
    for (volatile long i = 0;; i++)
        ;
}

static uint64_t cpu_of(pid_t pid) {
    struct proc_info info = info_of(pid);
    return info.utime + info.stime;
}

enum { CROWD = 64 };
static pid_t crowd[CROWD];

static void start_spinners(long n) {
    check(n <= CROWD);
    for (long i = 0; i < n; i++)
        crowd[i] = spawn(spin_forever, NULL);
}

static void end_spinners(long n) {
    for (long i = 0; i < n; i++)
        ok(kill(crowd[i], SIGKILL));
    for (long i = 0; i < n; i++)
        is(wait_signal(crowd[i]), SIGKILL);
}

// ---- sleeping

TEST(sched, a_sleep_never_ends_early, "") {
    static const long lengths[] = {0, 1, 99, 100, 101, 12345, MS / 2, MS, 5 * MS, 20 * MS};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint64_t start = now_ns();
        ok(nanosleep(&(struct timespec){0, lengths[i]}, NULL));
        uint64_t took = now_ns() - start;
        if (took < (uint64_t)lengths[i])
            FAIL("a sleep of %ld ns took %lu", lengths[i], (unsigned long)took);
    }
}

TEST(sched, nanosleep_refuses_times_that_are_none, "") { // errno-test: nanosleep EFAULT
    fails(EINVAL, nanosleep(&(struct timespec){0, 1000000000}, NULL));
    fails(EINVAL, nanosleep(&(struct timespec){0, -1}, NULL));
    fails(EINVAL, nanosleep(&(struct timespec){-1, 0}, NULL));
    fails(EINVAL, nanosleep(&(struct timespec){INT64_MIN, 0}, NULL));
    fails(EINVAL, nanosleep(&(struct timespec){0, INT64_MAX}, NULL));
    is(__sys_nanosleep(BAD_ADDRESS, NULL), -EFAULT);
    is(__sys_nanosleep(KERNEL_ADDRESS, NULL), -EFAULT);
}

static int sleep_long(void *time) { return nanosleep(time, NULL); }

TEST(sched, long_sleeps_do_not_end, "") {
    struct timespec all[] = {
        {0, 999999999}, {1000000, 0}, {INT64_MAX / 1000000000 + 1, 0}, {INT64_MAX, 999999999}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pid_t pid = spawn(sleep_long, &all[i]);
        until(in_state(pid, PS_BLOCKED));
        nap();
        is(waitpid(pid, NULL, WNOHANG), 0);
        finish(pid);
    }
}

TEST(sched, a_hundred_sleepers_all_wake, "") {
    enum { N = 100 };
    int hold[2];
    char c;
    pid_t pid[N];
    ok(pipe(hold));
    for (int i = 0; i < N; i++) {
        uint64_t length = i % 4 ? random_number() % (20 * MS) : 10 * MS;
        if ((pid[i] = fork_ok()) > 0)
            continue;
        ok(close(hold[1]));
        read(hold[0], &c, 1); // until all are there
        uint64_t start = now_ns();
        ok(nanosleep(&(struct timespec){0, (long)length}, NULL));
        check(now_ns() - start >= length);
        _exit(0);
    }
    ok(close(hold[1]));
    for (int i = 0; i < N; i++)
        is(wait_exit(pid[i]), 0);
}

// ---- clocks

TEST(sched, clocks_1_to_4_are_there_and_no_others, "") { // errno-test: clock_gettime EFAULT
    struct timespec t;
    static const int others[] = {0, 5, -1, INT32_MAX, INT32_MIN};
    for (int clock = 1; clock <= 4; clock++) {
        t.tv_nsec = -1;
        ok(clock_gettime(clock, &t));
        check(t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
        is(__sys_clock_gettime(clock, BAD_ADDRESS), -EFAULT);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        fails(EINVAL, clock_gettime(others[i], &t));
}

TEST(sched, the_monotonic_clock_never_goes_back, "") {
    uint64_t last = now_ns(), now;
    for (int i = 0; i < 3000; i++, last = now) {
        if (i % 100 == 0)
            sched_yield();
        now = now_ns();
        check(now >= last);
    }
}

TEST(sched, all_harts_have_the_same_time, "") {
    enum { N = 5, ROUNDS = 8 }; // a ring of processes hands round the time
    int link[N][2];
    for (int i = 0; i < N; i++)
        ok(pipe(link[i]));
    for (int i = 0; i < N; i++)
        if (fork_ok() == 0) {
            uint64_t then;
            for (int round = 0; round < ROUNDS; round++) {
                read_all(link[i][0], &then, sizeof then);
                uint64_t now = now_ns();
                if (now < then)
                    FAIL("%lu after %lu", (unsigned long)now, (unsigned long)then);
                if (i + 1 < N || round + 1 < ROUNDS)
                    write_all(link[(i + 1) % N][1], &now, sizeof now);
            }
            _exit(0);
        }
    uint64_t now = now_ns();
    write_all(link[0][1], &now, sizeof now);
    for (int i = 0; i < N; i++) {
        int word;
        ok(wait(&word));
        is(word, 0);
    }
}

// Real less monotonic time lies between the two.
static void clock_offset(uint64_t *low, uint64_t *high) {
    uint64_t before = now_ns(), real = clock_ns(CLOCK_REALTIME), after = now_ns();
    *low = real - after;
    *high = real - before;
}

TEST(sched, the_real_time_clock_runs_as_the_monotonic_one, "") {
    uint64_t low[2], high[2];
    check(clock_ns(CLOCK_REALTIME) / 1000000000 > 1600000000); // 2020
    clock_offset(&low[0], &high[0]);
    for (int i = 0; i < 10; i++) {
        nap();
        clock_offset(&low[1], &high[1]);
        check(low[1] <= high[0] && low[0] <= high[1]);
    }
}

// ---- CPU time

TEST(sched, cpu_time_is_no_more_than_time, "") {
    uint64_t start = now_ns(), cpu = cpu_ns();
    spin_cpu(3 * MS);
    cpu = cpu_ns() - cpu;
    check(cpu >= 3 * MS);
    check(cpu <= now_ns() - start);
}

TEST(sched, a_sleeper_uses_no_cpu_time, "") {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 20 && least > 2 * MS; i++) { // again if the host was busy just then
        uint64_t cpu = cpu_ns();
        ok(nanosleep(&(struct timespec){0, 10 * MS}, NULL));
        cpu = cpu_ns() - cpu;
        least = cpu < least ? cpu : least;
    }
    check(least <= 2 * MS);
}

TEST(sched, a_child_starts_without_cpu_time, "") {
    spin_cpu(20 * MS);
    bool found = false;
    for (int i = 0; i < 10 && !found; i++) { // again if the host was busy just then
        pid_t pid = fork_ok();
        if (pid == 0) {
            struct tms t;
            ok(times(&t));
            is(t.tms_cutime + t.tms_cstime, 0);
            _exit(cpu_ns() < 20 * MS);
        }
        found = wait_exit(pid) == 1;
    }
    check(found);
}

TEST(sched, times_tells_user_and_system_time_apart, "") { // errno-test: times EFAULT
    struct tms start, t;
    times(&start);
    do { // in user mode, mostly
        for (volatile int i = 0; i < 10000; i++)
            ;
        times(&t);
    } while (t.tms_utime < start.tms_utime + 2);
    do // in the kernel, as far as possible
        is(getpgid(NO_PID), -1);
    while (times(&t), t.tms_stime < start.tms_stime + 1);
    check(t.tms_utime + t.tms_stime <= (clock_t)(cpu_ns() / (10 * MS)));
    is(__sys_times(BAD_ADDRESS), -EFAULT);
    check(__sys_times(NULL) > 0);
}

TEST(sched, times_counts_hundredths_of_a_second, "") {
    struct tms t;
    is(sysconf(_SC_CLK_TCK), 100);
    for (int i = 0; i < 3; i++) {
        uint64_t before = now_ns(), ticks = (uint64_t)times(&t), after = now_ns();
        check(ticks >= before / (10 * MS) && ticks <= after / (10 * MS));
        nap();
    }
}

static int work_and_wait(void *depth) {
    spin_cpu(15 * MS);
    int next = *(int *)depth - 1;
    return next > 0 ? wait_exit(spawn(work_and_wait, &next)) : 0;
}

TEST(sched, the_time_of_a_child_counts_once_it_is_waited_for, "") {
    struct tms t;
    int depth = 2;
    pid_t pid = spawn(work_and_wait, &depth);
    until(in_state(pid, PS_ZOMBIE));
    times(&t);
    is(t.tms_cutime + t.tms_cstime, 0);
    is(wait_exit(pid), 0);
    times(&t);
    check(t.tms_cutime + t.tms_cstime >= 2); // of 3, its own child's too; each part is rounded down
}

// ---- giving the processor away

static _Noreturn int yield_forever(void *unused) {
    (void)unused;
    for (;;)
        sched_yield();
}

static uint64_t switches_of_crowd(long n) {
    uint64_t sum = 0;
    for (long i = 0; i < n; i++)
        sum += info_of(crowd[i]).switches;
    return sum;
}

TEST(sched, a_yield_lets_others_run, "") {
    long n = 2 * harts();
    for (long i = 0; i < n; i++)
        crowd[i] = spawn(yield_forever, NULL);
    until(switches_of_crowd(n) > 2000); // the ends of turns would give 100 a second to each hart
    end_spinners(n);
}

TEST(sched, a_yield_alone_returns, "") {
    for (int i = 0; i < 1000; i++)
        is(sched_yield(), 0);
}

// ---- who gets the processor

TEST(sched, there_is_work_for_every_hart, "alone") {
    long n = harts();
    start_spinners(n);
    for (uint64_t end = now_ns() + 10000L * MS, seen = 0; seen != (1UL << n) - 1; nap()) {
        seen = 0;
        for (long i = 0; i < n; i++)
            seen |= 1UL << info_of(crowd[i]).hart;
        if (now_ns() > end)
            FAIL("%ld spinners run on harts %lx only", n, (unsigned long)seen);
    }
    end_spinners(n);
}

TEST(sched, nobody_starves, "") {
    long n = 2 * harts() + 1;
    start_spinners(n);
    for (long i = 0; i < n; i++)
        until(cpu_of(crowd[i]) >= 15 * MS);
    end_spinners(n);
}

TEST(sched, equals_get_equal_shares_of_all_harts, "alone") {
    long n = 3 * harts();
    uint64_t sum, least, most;
    start_spinners(n);
    do { // the host may have stopped one of them for a while: that evens out
        nap();
        sum = most = 0;
        least = UINT64_MAX;
        for (long i = 0; i < n; i++) {
            uint64_t cpu = cpu_of(crowd[i]);
            sum += cpu;
            most = cpu > most ? cpu : most;
            least = cpu < least ? cpu : least;
        }
    } while (sum / (uint64_t)n < 60 * MS || (most > 4 * least && sum / (uint64_t)n < 2000 * MS));
    end_spinners(n);
    if (most > 4 * least)
        FAIL("of %ld who spin on %ld harts, one ran for %lu ms, another for %lu ms", n, harts(),
             (unsigned long)(most / MS), (unsigned long)(least / MS));
}

TEST(sched, who_has_slept_runs_soon_beside_spinners, "") {
    long n = harts() + 1; // so that each hart has one, and ours another
    start_spinners(n);
    for (int i = 0; i < 3; i++) {
        uint64_t start = now_ns();
        nap();
        uint64_t took = now_ns() - start;
        if (took > 10000L * MS)
            FAIL("a sleep of 1 ms took %lu ms", (unsigned long)(took / MS));
    }
    end_spinners(n);
}

// A sleeper may have been charged before it slept, if the host took its hart away; not each of ten.
TEST(sched, who_sleeps_has_no_worse_priority_than_who_spins, "") {
    long n = harts() + 1;
    bool better = false;
    start_spinners(n);
    until(cpu_of(crowd[0]) > 20 * MS);
    for (int i = 0; i < 10 && !better; i++) {
        pid_t sleeper = spawn_sleeper();
        until(in_state(sleeper, PS_BLOCKED));
        better = info_of(sleeper).priority <= info_of(crowd[0]).priority;
        finish(sleeper);
    }
    check(better);
    end_spinners(n);
}

// For ever: children that run for half a turn each, and after ten of them a copy of oneself takes over. So
// nobody here uses up a turn. In a group of their own.
static int relay(void *group) {
    ok(setpgid(0, *(pid_t *)group));
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        for (int i = 0; i < 10; i++) {
            int end[2];
            char c;
            ok(pipe(end));
            if (fork_ok() == 0) {
                for (uint64_t start = now_ns(); now_ns() - start < 5 * MS;)
                    ;
                _exit(0);
            }
            ok(close(end[1]));
            is(ok(read(end[0], &c, 1)), 0);
            ok(close(end[0]));
        }
        if (fork_ok() > 0)
            return 0;
    }
}

TEST(sched, who_begins_anew_all_the_time_keeps_nobody_waiting, "") {
    pid_t group = 0;
    for (long i = 0; i < 2 * harts(); i++) {
        pid_t pid = spawn(relay, &group);
        group = group ? group : pid;
        setpgid(pid, group); // as it does, too
    }
    for (int i = 0; i < 20; i++) {
        nap();
        finish(spawn_sleeper());
    }
    ok(kill(-group, SIGKILL));
    while (wait(NULL) > 0)
        ;
}

// ---- waking up

TEST(sched, no_wake_up_is_lost_between_two, "") {
    enum { PAIRS = 4, ROUNDS = 40 };
    for (int i = 0; i < PAIRS; i++) {
        int there[2], back[2];
        char c = 0;
        ok(pipe(there));
        ok(pipe(back));
        if (fork_ok() == 0) {
            for (int round = 0; round < ROUNDS; round++) {
                write_all(there[1], &c, 1);
                read_all(back[0], &c, 1);
            }
            _exit(c);
        }
        if (fork_ok() == 0) {
            for (int round = 0; round < ROUNDS; round++) {
                read_all(there[0], &c, 1);
                c++;
                write_all(back[1], &c, 1);
            }
            _exit(c);
        }
    }
    for (int i = 0; i < 2 * PAIRS; i++) {
        int word;
        ok(wait(&word));
        is(WEXITSTATUS(word), ROUNDS);
    }
}

static int read_one(void *fd) {
    char c;
    return (int)read(*(int *)fd, &c, 1);
}

TEST(sched, each_of_many_waiters_wakes_for_its_own, "") {
    enum { N = 20 };
    int link[2];
    pid_t pid[N];
    ok(pipe(link));
    for (int i = 0; i < N; i++)
        pid[i] = spawn(read_one, &link[0]);
    for (int i = 0; i < N; i++)
        until(in_state(pid[i], PS_BLOCKED));
    for (int i = 0; i < N; i++) {
        int word;
        write_all(link[1], "x", 1);
        ok(waitpid(-1, &word, 0)); // one has got it
        is(word, 1 << 8);
        is(waitpid(-1, NULL, WNOHANG), i < N - 1 ? 0 : -1);
    }
}

// ---- registers

enum { YIELD = 11 };

// For each of these numbers or names, which stand as \\i, repeats what follows up to .endr.
#define EACH_FLOAT                                                                                           \
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
#define EACH_INT                                                                                             \
    ".irp i, ra,t1,t2,s1,a1,a2,a3,a4,a5,a6,a7,s2,s3,s4,s5,s6,s7,s8,s9,s10,t3,t4,t5,t6\n .set k, k + 1\n"
#define SPIN_15_MS(end, now)                                                                                 \
    " rdtime " now "\n li " end ", 150000\n add " end ", " end ", " now "\n"                                 \
    "1: rdtime " now "\n bltu " now ", " end ", 1b\n"

// Puts first, first + 1 ... into the registers of floating point, makes the system call, or spins if it is 0,
// and tells whether they are as before.
static bool float_registers_stay(double first, long call) {
    double before[32], after[32];
    uint64_t now, end;
    for (int i = 0; i < 32; i++)
        before[i] = first + i;
    __asm__ volatile(EACH_FLOAT " fld f\\i, 8*\\i(%[before])\n .endr\n"
                                " mv a7, %[call]\n beqz a7, 2f\n ecall\n j 3f\n"
                                "2: " SPIN_15_MS("%[end]", "%[now]") "3:\n" EACH_FLOAT
                                                                     " fsd f\\i, 8*\\i(%[after])\n .endr\n"
                     : [now] "=&r"(now), [end] "=&r"(end)
                     : [before] "r"(before), [after] "r"(after), [call] "r"(call)
                     : "a0", "a7", "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9",
                       "f10", "f11", "f12", "f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21",
                       "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30", "f31");
    return memcmp(before, after, sizeof before) == 0;
}

// The same for whole numbers, in most registers.
static bool registers_stay(uint64_t number) {
    register uint64_t first __asm__("a0") = number;
    uint64_t bad;
    __asm__ volatile(".set k, 0\n" EACH_INT " addi \\i, %[first], k\n .endr\n" SPIN_15_MS(
                         "%[bad]", "t0") " li %[bad], 0\n .set k, 0\n" EACH_INT
                                         " addi \\i, \\i, -k\n xor \\i, \\i, %[first]\n"
                                         " or %[bad], %[bad], \\i\n .endr\n"
                     : [bad] "=&r"(bad)
                     : [first] "r"(first)
                     : "ra", "t0", "t1", "t2", "s1", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3",
                       "s4", "s5", "s6", "s7", "s8", "s9", "s10", "t3", "t4", "t5", "t6");
    return bad == 0;
}

static int check_registers(void *number) {
    int n = *(int *)number;
    for (int i = 0; i < 50; i++)
        check(float_registers_stay(1000.0 * n + i, YIELD));
    for (int i = 0; i < 3; i++)
        check(float_registers_stay(1000.0 * n + i, 0));
    for (int i = 0; i < 3; i++)
        check(registers_stay(0x123456789abcdef0 * n + i));
    return 0;
}

TEST(sched, everybody_has_registers_of_its_own, "") {
    int n = 2 * (int)harts() + 1; // so that they take turns, and move to other harts
    check(n <= CROWD);
    for (int i = 0; i < n; i++)
        crowd[i] = spawn(check_registers, &i);
    for (int i = 0; i < n; i++)
        is(wait_exit(crowd[i]), 0);
}

TEST(sched, floating_point_registers_go_to_the_child, "") {
    register double x __asm__("fs1") = 3.25;
    __asm__ volatile("" : "+f"(x));
    pid_t pid = fork_ok();
    __asm__ volatile("" : "+f"(x));
    if (pid == 0)
        _exit((int)(x * 4));
    is(x == 3.25, true);
    is(wait_exit(pid), 13);
}
