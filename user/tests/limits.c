// limits.c: limits of processes from both sides: arguments, descriptors, paths to programs, how many there
// may be, and the numbers of system calls.
#include <limits.h>

#include "process.h"

// ---- arguments: ARG_MAX bytes, strings and pointers together

// A string of n bytes with its NUL.
static char *string(size_t n) {
    char *s = malloc(n); // not static: each child would be promised a copy of its own
    check(s != NULL);
    memset(s, 'x', n - 1);
    s[n - 1] = '\0';
    return s;
}

// What fits, whether null pointers and the count are counted or not; and what never does.
static size_t fits(size_t pointers) { return ARG_MAX - (pointers + 3) * sizeof(char *); }
static size_t too_much(size_t pointers) { return ARG_MAX - pointers * sizeof(char *) + 1; }

static char *const nothing[] = {NULL};

static int run_true(char *const argv[], char *const envp[]) {
    pid_t pid = fork_ok();
    if (pid == 0) {
        execve("/bin/true", argv, envp);
        _exit(errno);
    }
    return wait_exit(pid);
}

TEST(limits, one_argument_may_be_as_long_as_all_may_be, "") {
    char *argv[] = {"", NULL, NULL};
    argv[1] = string(fits(2) - 1);
    is(run_true(argv, nothing), 0);
    argv[1] = string(too_much(2) - 1);
    fails(E2BIG, execve("/bin/true", argv, nothing));
}

TEST(limits, the_environment_counts_as_arguments_do, "") {
    char *argv[] = {"", NULL}, *envp[] = {NULL, NULL};
    envp[0] = string(fits(2) - 1);
    is(run_true(argv, envp), 0);
    envp[0] = string(too_much(2) - 1);
    fails(E2BIG, execve("/bin/true", argv, envp));
    argv[0] = string(ARG_MAX / 2);
    envp[0] = string(fits(2) - ARG_MAX / 2);
    is(run_true(argv, envp), 0);
    envp[0] = string(too_much(2) - ARG_MAX / 2);
    fails(E2BIG, execve("/bin/true", argv, envp));
}

TEST(limits, pointers_to_arguments_count, "") {
    enum { LENGTH = 64, EACH = LENGTH + sizeof(char *), N = (ARG_MAX - 3 * sizeof(char *)) / EACH };
    char *argv[N + 3] = {NULL}, *same = string(LENGTH);
    for (size_t i = 0; i < N; i++)
        argv[i] = same;
    is(run_true(argv, nothing), 0);
    argv[N] = argv[N + 1] = same; // the strings alone would still fit
    fails(E2BIG, execve("/bin/true", argv, nothing));
}

TEST(limits, the_longest_argument_arrives_whole, "") {
    size_t length = fits(3) - sizeof "printf" - sizeof "%s" - 1;
    char *sent = string(length + 1), *got = string(length + 1);
    int out[2];
    ok(pipe(out));
    fill_pattern(sent, length, 1);
    for (size_t i = 0; i < length; i++)
        sent[i] |= 1; // no NUL
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(out[1], 1));
        ok(close(out[0]));
        execve("/bin/printf", (char *[]){"printf", "%s", sent, NULL}, nothing);
        FAIL("exec: %s", strerror(errno));
    }
    ok(close(out[1]));
    read_all(out[0], got, length);
    is_text(got + length - 10, sent + length - 10);
    check(memcmp(got, sent, length) == 0);
    is(ok(read(out[0], got, 1)), 0); // and no more
    is(wait_exit(pid), 0);
}

// ---- paths: PATH_MAX bytes with the NUL, NAME_MAX bytes of a name

TEST(limits, a_path_to_a_program_is_as_long_as_paths_may_be, "") {
    char path[PATH_MAX + 1];
    memset(path, '/', sizeof path);
    strcpy(path + PATH_MAX - sizeof "/bin/true", "/bin/true");
    is(strlen(path), PATH_MAX - 1);
    is(run_program((char *[]){path, NULL}), 0);
    memset(path, '/', sizeof path);
    strcpy(path + PATH_MAX + 1 - sizeof "/bin/true", "/bin/true");
    fails(ENAMETOOLONG, execv(path, nothing));
}

TEST(limits, the_name_of_a_program_has_up_to_255_bytes, "") {
    char path[2 + NAME_MAX + 2] = "./";
    memset(path + 2, 'n', NAME_MAX + 1);
    fails(ENAMETOOLONG, execv(path, nothing));
    path[2 + NAME_MAX] = '\0';
    make_file(path, "", 0);
    ok(chmod(path, 0755));
    fails(ENOEXEC, execv(path, nothing)); // found
}

// ---- descriptors: OPEN_MAX of a process

// Opens descriptors until there are no more; gives the last.
static int open_all(void) {
    int last = -1;
    for (int fd; (fd = dup(0)) >= 0;)
        last = fd;
    is(errno, EMFILE);
    return last;
}

TEST(limits, a_process_has_descriptors_up_to_1023, "") {
    int link[2] = {-1, -1};
    is(open_all(), OPEN_MAX - 1);
    fails(EMFILE, dup(0));
    fails(EMFILE, open("/dev/null", O_RDONLY));
    fails(EMFILE, pipe(link));
    fails(EMFILE, fcntl(0, F_DUPFD, 0));
    is(link[0], -1);
    ok(close(700));
    fails(EMFILE, pipe(link)); // it takes two
    is(ok(open("/dev/null", O_RDONLY)), 700);
    ok(close(3));
    ok(close(OPEN_MAX - 1));
    ok(pipe(link));
    is(link[0], 3);
    is(link[1], OPEN_MAX - 1);
    is(ok(dup2(0, 5)), 5); // takes none
}

TEST(limits, descriptor_numbers_end_at_1023, "") {
    is(ok(dup2(0, OPEN_MAX - 1)), OPEN_MAX - 1);
    fails(EBADF, dup2(0, OPEN_MAX));
    fails(EBADF, dup2(0, -1));
    fails(EBADF, dup2(0, INT_MAX));
    fails(EBADF, close(OPEN_MAX));
    fails(EBADF, close(INT_MIN));
    ok(close(OPEN_MAX - 1));
    is(ok(fcntl(0, F_DUPFD, OPEN_MAX - 1)), OPEN_MAX - 1);
    fails(EMFILE, fcntl(0, F_DUPFD, OPEN_MAX - 1));
    fails(EINVAL, fcntl(0, F_DUPFD, OPEN_MAX));
    fails(EINVAL, fcntl(0, F_DUPFD, -1));
}

TEST(limits, a_child_inherits_all_descriptors_there_can_be, "") {
    int link[2];
    char c;
    ok(pipe(link));
    for (int fd = link[1] + 1; fd < OPEN_MAX; fd++)
        ok(dup2(link[1], fd));
    pid_t pid = fork_ok();
    if (pid == 0) {
        for (int fd = link[1] + 1; fd < OPEN_MAX; fd++)
            ok(close(fd));
        write_all(link[1], "x", 1);
        _exit(0);
    }
    is(wait_exit(pid), 0);
    for (int fd = link[1]; fd < OPEN_MAX; fd++)
        ok(close(fd));
    is(ok(read(link[0], &c, 1)), 1);
    is(ok(read(link[0], &c, 1)), 0);
}

// ---- how many processes

// Children that wait until they are killed, at most n or as many as take half of the memory, in a group of
// their own. Returns how many, the first of which is *leader.
static int start_many(int n, pid_t *leader) {
    struct mem_info m;
    pid_t last = 0;
    ok(meminfo(&m));
    uint64_t enough = m.available / 2;
    for (int i = 0; i < n; i++) {
        ok(meminfo(&m));
        if (m.available < enough)
            return i;
        pid_t pid = spawn_sleeper();
        if (i == 0)
            *leader = pid;
        ok(setpgid(pid, *leader));
        check(pid != last);
        last = pid;
    }
    return n;
}

// How many are in a group, by the process list.
static int count_group(pid_t group) {
    struct proc_info chunk[32];
    int sum = 0;
    for (int n, after = 0; (n = (int)ok(proclist(after, chunk, 32))) > 0; after = chunk[n - 1].pid)
        for (int i = 0; i < n; i++)
            sum += chunk[i].pgid == group;
    return sum;
}

TEST(limits, up_to_two_thousand_processes_live_side_by_side, "slow alone") {
    pid_t leader = 0;
    int n = start_many(2000, &leader);
    is(count_group(leader), n);
    fails(ECHILD, waitpid(NO_PID, NULL, WNOHANG));
    is(waitpid(-1, NULL, WNOHANG), 0);
    ok(kill(-leader, SIGKILL));
    for (int i = 0; i < n; i++) {
        int word;
        ok(waitpid(-leader, &word, 0));
        is(word, SIGKILL);
    }
    fails(ECHILD, wait(NULL));
    check(n >= 60); // in 64 MiB there are more
}

TEST(limits, three_hundred_zombies_wait_to_be_waited_for, "") {
    enum { N = 300 };
    pid_t pid[N];
    for (int i = 0; i < N; i++)
        if ((pid[i] = fork_ok()) == 0)
            _exit(i % 256);
    for (int i = N; i-- > 0;)
        is(wait_exit(pid[i]), i % 256);
    fails(ECHILD, wait(NULL));
}

TEST(limits, processes_are_limited_zombies_among_them, "slow alone") {
    enum { MOST = 1 << 15 };
    struct mem_info m;
    pid_t pid;
    int n = 0;
    while ((pid = fork()) > 0)
        n++;
    if (pid == 0)
        _exit(0);
    int saw = errno;
    ok(meminfo(&m));
    // A small machine has no memory for so many.
    check(saw == EAGAIN ? n > MOST - 200 && n < MOST : saw == ENOMEM && m.available < 4096);
    for (; n > 0; n--)
        ok(wait(NULL));
    fails(ECHILD, wait(NULL));
    finish(spawn_sleeper());
}
// errno-test: fork EAGAIN

TEST(limits, fork_says_when_there_is_no_room_for_more, "alone") {
    struct mem_info m;
    int ready[2], n = 0;
    char c;
    pid_t hog, leader = 0, pid;
    ok(pipe(ready));
    if ((hog = fork_ok()) == 0) { // leaves 4 MiB
        ok(meminfo(&m));
        ok(sbrk((long)(m.available - 1024) * PAGE));
        write_all(ready[1], "x", 1);
        nanosleep(&(struct timespec){1000, 0}, NULL);
        _exit(99);
    }
    read_all(ready[0], &c, 1);
    while ((pid = fork()) > 0) {
        leader = leader ? leader : pid;
        ok(setpgid(pid, leader));
        n++;
    }
    if (pid == 0) {
        nanosleep(&(struct timespec){1000, 0}, NULL);
        _exit(99);
    }
    is(errno, ENOMEM);
    check(n > 10);
    fails(ENOMEM, fork());             // still
    is(waitpid(-1, NULL, WNOHANG), 0); // and all others live
    ok(kill(-leader, SIGKILL));
    for (int i = 0; i < n; i++)
        ok(waitpid(-leader, NULL, 0));
    finish(spawn_sleeper());
    finish(hog);
}

// ---- system calls

static long call(long number) {
    register long a0 __asm__("a0") = 7, a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}

TEST(limits, a_number_that_is_no_system_call_gives_enosys, "") {
    static const long numbers[] = {0,       500, 1023,     1024,     4096,        INT_MAX,
                                   INT_MIN, -1,  LONG_MAX, LONG_MIN, 1L << 32 | 9};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        is(call(numbers[i]), -ENOSYS);
    is(call(9), getpid());
}
