// pipe.c: pipes: order, blocking, atomic writes, ends that close, O_NONBLOCK, limits.
#include <drupe/syscalls.h>
#include <sched.h>
#include <uapi/info.h>
#include <uapi/limits.h>

#include "test.h"

enum { PIPE_BYTES = UAPI_PIPE_SIZE, ATOMIC = UAPI_PIPE_BUF };

static void make_pipe(int fd[2]) { ok(pipe(fd)); }

static void do_not_block(int fd) { ok(fcntl(fd, F_SETFL, O_NONBLOCK)); }

// Close one end in this process.
static void drop(int *fd) {
    ok(close(*fd));
    *fd = -1;
}

// Not static: each process of usertests would be promised all the buffers of all tests.
static char *buffer(size_t n) {
    char *p = calloc(n, 1);
    check(p != NULL);
    return p;
}

// Bytes that fit right now; they are filled in. The end is left as O_NONBLOCK.
static size_t fill_up(int fd) {
    static const char block[ATOMIC];
    size_t n = 0;
    do_not_block(fd);
    for (size_t piece = ATOMIC; piece > 0; piece /= 2)
        for (ssize_t got; (got = write(fd, block, piece)) > 0;)
            n += (size_t)got;
    return n;
}

static void expect_bytes(int fd, const char *want) {
    char got[100];
    ssize_t n = ok(read(fd, got, sizeof got - 1));
    got[n] = '\0';
    is_text(got, want);
}

static bool is_blocked(pid_t pid) {
    struct proc_info info;
    return proclist(pid - 1, &info, 1) == 1 && info.pid == pid && info.state == PS_BLOCKED;
}

// ---- what comes out

TEST(pipe, bytes_come_out_as_they_went_in, "") {
    int fd[2];
    make_pipe(fd);
    is(write(fd[1], "one ", 4), 4);
    is(write(fd[1], "two ", 4), 4);
    is(write(fd[1], "three", 5), 5);
    expect_bytes(fd[0], "one two three");
}

// The last bytes of the heap, so that one byte more is not there.
TEST(pipe, bytes_come_through_at_every_alignment_and_none_else, "") {
    enum { MOST = 90, OFFSETS = 9 };
    int fd[2];
    make_pipe(fd);
    char *heap = sbrk(2 * PAGE), *from = heap + PAGE, *to = heap + 2 * PAGE, want[2 * MOST];
    check(heap != (void *)-1);
    for (int i = 0; i < PAGE; i++)
        from[-1 - i] = (char)(i * 7 + i / 251);
    for (size_t a = 0; a < OFFSETS; a++)
        for (size_t b = 0; b < OFFSETS; b++)
            for (size_t n = 1; n <= MOST; n += n < 26 ? 1 : 13) {
                memset(to - 2 * MOST, 0x55, 2 * MOST);
                memset(want, 0x55, sizeof want);
                memcpy(want + sizeof want - b - n, from - a - n, n);
                is(write(fd[1], from - a - n, n), (ssize_t)n);
                is(read(fd[0], to - b - n, n), (ssize_t)n);
                is(memcmp(to - 2 * MOST, want, sizeof want), 0);
            }
    for (size_t n = 1; n <= MOST; n++)
        fails(EFAULT, write(fd[1], to - n + 1, n));
    is(sbrk(-2 * PAGE), to);
}

TEST(pipe, a_read_gives_what_there_is, "") {
    int fd[2];
    char buf[10];
    make_pipe(fd);
    is(write(fd[1], "abcde", 5), 5);
    is(read(fd[0], buf, 2), 2);
    is(buf[1], 'b');
    is(read(fd[0], buf, sizeof buf), 3);
    is(buf[0], 'c');
}

TEST(pipe, descriptors_are_the_lowest_and_the_read_end_comes_first, "") {
    int fd[2], more[2];
    make_pipe(fd);
    make_pipe(more);
    is(fd[0], 3);
    is(fd[1], 4);
    is(more[0], 5);
    drop(&fd[0]);
    drop(&more[0]);
    make_pipe(fd);
    is(fd[0], 3);
    is(fd[1], 5);
}

TEST(pipe, each_end_goes_one_way, "") {
    int fd[2];
    char c = 'x';
    make_pipe(fd);
    fails(EBADF, write(fd[0], &c, 1));
    fails(EBADF, read(fd[1], &c, 1));
    is(ok(fcntl(fd[0], F_GETFL)) & O_ACCMODE, O_RDONLY);
    is(ok(fcntl(fd[1], F_GETFL)) & O_ACCMODE, O_WRONLY);
}

TEST(pipe, an_end_has_no_position_and_no_size, "") {
    int fd[2];
    char c = 'x';
    struct stat st;
    make_pipe(fd);
    for (int i = 0; i < 2; i++) {
        fails(ESPIPE, lseek(fd[i], 0, SEEK_CUR));
        fails(EINVAL, ftruncate(fd[i], 0));
        fails(EINVAL, fsync(fd[i]));
        ok(fstat(fd[i], &st));
        check(S_ISFIFO(st.st_mode));
    }
    fails(ESPIPE, pread(fd[0], &c, 1, 0));
    fails(ESPIPE, pwrite(fd[1], &c, 1, 0));
}

TEST(pipe, ends_stay_open_across_exec, "") {
    int fd[2];
    make_pipe(fd);
    is(ok(fcntl(fd[0], F_GETFD)), 0);
    is(ok(fcntl(fd[1], F_GETFD)), 0);
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(fd[1], STDOUT_FILENO));
        execv("/bin/echo", (char *[]){"echo", "from another program", NULL});
        FAIL("exec: %s", strerror(errno));
    }
    is(wait_exit(pid), 0);
    expect_bytes(fd[0], "from another program\n");
}

TEST(pipe, no_bytes_are_moved_at_once, "") {
    int fd[2];
    char c;
    make_pipe(fd);
    is(read(fd[0], &c, 0), 0); // empty, and does not wait
    fill_up(fd[1]);
    ok(fcntl(fd[1], F_SETFL, 0));
    is(write(fd[1], &c, 0), 0); // full, and does not wait
}

TEST(pipe, a_bad_buffer_loses_no_byte, "") {
    int fd[2];
    ok(sbrk((ptrdiff_t)(-(uintptr_t)sbrk(0) % PAGE + PAGE)));
    char *edge = sbrk(0); // nothing is mapped from here
    make_pipe(fd);
    is(write(fd[1], "abc", 3), 3);
    fails(EFAULT, read(fd[0], edge, 3));
    fails(EFAULT, write(fd[1], edge, 3));
    fails(EFAULT, write(fd[1], edge - 100, 101)); // all or nothing
    expect_bytes(fd[0], "abc");
    do_not_block(fd[0]);
    fails(EAGAIN, read(fd[0], edge - 1, 1));
}

// ---- blocking

TEST(pipe, a_read_blocks_until_a_byte_arrives, "") {
    int there[2], back[2];
    char c;
    make_pipe(there);
    make_pipe(back);
    pid_t pid = fork_ok();
    if (pid == 0) {
        is(read(there[0], &c, 1), 1);
        is(c, 'x');
        write_all(back[1], "y", 1);
        _exit(0);
    }
    until(is_blocked(pid));
    do_not_block(back[0]);
    fails(EAGAIN, read(back[0], &c, 1));
    write_all(there[1], "x", 1);
    is(wait_exit(pid), 0);
    expect_bytes(back[0], "y");
}

TEST(pipe, a_write_to_a_full_pipe_blocks_until_there_is_room, "") {
    int fd[2];
    char *buf = buffer(PIPE_BYTES);
    make_pipe(fd);
    is(fill_up(fd[1]), PIPE_BYTES);
    ok(fcntl(fd[1], F_SETFL, 0));
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(write(fd[1], "last", 4) != 4);
    until(is_blocked(pid));
    read_all(fd[0], buf, PIPE_BYTES);
    is(wait_exit(pid), 0);
    expect_bytes(fd[0], "last");
}

TEST(pipe, a_blocked_reader_gets_end_of_file_when_the_writer_closes, "") {
    int fd[2];
    char c;
    make_pipe(fd);
    pid_t pid = fork_ok();
    if (pid == 0) {
        drop(&fd[1]);
        _exit(read(fd[0], &c, 1) != 0);
    }
    until(is_blocked(pid));
    drop(&fd[1]);
    is(wait_exit(pid), 0);
}

TEST(pipe, a_blocked_writer_gets_epipe_when_the_reader_closes, "") {
    int fd[2];
    make_pipe(fd);
    fill_up(fd[1]);
    ok(fcntl(fd[1], F_SETFL, 0));
    pid_t pid = fork_ok();
    if (pid == 0) {
        drop(&fd[0]);
        signal(SIGPIPE, SIG_IGN);
        fails(EPIPE, write(fd[1], "x", 1));
        _exit(0);
    }
    until(is_blocked(pid));
    drop(&fd[0]);
    is(wait_exit(pid), 0);
}

TEST(pipe, all_blocked_readers_get_end_of_file, "") {
    int fd[2];
    pid_t pid[5];
    char c;
    make_pipe(fd);
    for (int i = 0; i < 5; i++)
        if ((pid[i] = fork_ok()) == 0) {
            drop(&fd[1]);
            _exit(read(fd[0], &c, 1) != 0);
        }
    for (int i = 0; i < 5; i++)
        until(is_blocked(pid[i]));
    drop(&fd[1]);
    for (int i = 0; i < 5; i++)
        is(wait_exit(pid[i]), 0);
}

static int read_a_byte(void *fd) {
    char c;
    return read(*(int *)fd, &c, 1) == 1 ? c : -1;
}

static int write_a_byte(void *fd) { return write(*(int *)fd, "x", 1) != 1; }

// A process that waits in a call can be killed; the call is given up with EINTR, though nobody lives to see
// it.
TEST(pipe, a_blocked_reader_can_be_killed_and_takes_nothing_along, "") {
    // errno-test: read EINTR
    int fd[2];
    make_pipe(fd);
    for (int i = 0; i < 5; i++) {
        pid_t pid = spawn(read_a_byte, &fd[0]), other = spawn(read_a_byte, &fd[0]);
        until(is_blocked(pid) && is_blocked(other));
        ok(kill(pid, SIGKILL));
        is(wait_signal(pid), SIGKILL);
        write_all(fd[1], "z", 1);
        is(wait_exit(other), 'z');
    }
}

TEST(pipe, a_blocked_writer_can_be_killed_and_leaves_nothing_behind, "") {
    // errno-test: write EINTR
    int fd[2];
    char *buf = buffer(PIPE_BYTES);
    make_pipe(fd);
    size_t full = fill_up(fd[1]);
    ok(fcntl(fd[1], F_SETFL, 0));
    pid_t pid = spawn(write_a_byte, &fd[1]);
    until(is_blocked(pid));
    ok(kill(pid, SIGTERM));
    is(wait_signal(pid), SIGTERM);
    read_all(fd[0], buf, full);
    do_not_block(fd[0]);
    fails(EAGAIN, read(fd[0], buf, 1));
}

TEST(pipe, an_ignored_signal_does_not_wake_a_reader, "") {
    int fd[2];
    make_pipe(fd);
    signal(SIGUSR1, SIG_IGN);
    pid_t pid = spawn(read_a_byte, &fd[0]);
    until(is_blocked(pid));
    ok(kill(pid, SIGUSR1));
    ok(kill(pid, SIGCHLD));
    until(is_blocked(pid));
    write_all(fd[1], "k", 1);
    is(wait_exit(pid), 'k');
}

// ---- the ends

TEST(pipe, a_read_is_end_of_file_when_all_write_ends_are_closed, "") {
    int fd[2];
    char c;
    make_pipe(fd);
    int copy = (int)ok(dup(fd[1]));
    write_all(copy, "x", 1);
    drop(&fd[1]);
    do_not_block(fd[0]);
    is(read(fd[0], &c, 1), 1);
    fails(EAGAIN, read(fd[0], &c, 1)); // the copy still is open
    ok(close(copy));
    is(read(fd[0], &c, 1), 0);
    is(read(fd[0], &c, 1), 0);
}

TEST(pipe, what_was_written_can_be_read_after_the_writer_has_closed, "") {
    int fd[2];
    make_pipe(fd);
    write_all(fd[1], "rest", 4);
    drop(&fd[1]);
    expect_bytes(fd[0], "rest");
    expect_bytes(fd[0], "");
}

TEST(pipe, a_child_keeps_the_write_end_open, "") {
    int fd[2], go[2];
    char c;
    make_pipe(fd);
    make_pipe(go);
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(read_a_byte(&go[0]) != 'g');
    drop(&fd[1]);
    do_not_block(fd[0]);
    fails(EAGAIN, read(fd[0], &c, 1));
    write_all(go[1], "g", 1);
    is(wait_exit(pid), 0);
    is(read(fd[0], &c, 1), 0);
}

TEST(pipe, a_killed_writer_is_end_of_file, "") {
    int fd[2], never[2];
    char c;
    make_pipe(fd);
    make_pipe(never);
    pid_t pid = spawn(read_a_byte, &never[0]);
    drop(&fd[1]);
    ok(kill(pid, SIGKILL));
    is(read(fd[0], &c, 1), 0); // waits until it is gone
    is(wait_signal(pid), SIGKILL);
}

TEST(pipe, a_write_without_readers_is_epipe, "") {
    int fd[2];
    make_pipe(fd);
    signal(SIGPIPE, SIG_IGN);
    drop(&fd[0]);
    fails(EPIPE, write(fd[1], "x", 1));
    char *large = buffer(2 * PIPE_BYTES);
    fails(EPIPE, write(fd[1], large, 2 * PIPE_BYTES));
    do_not_block(fd[1]);
    fails(EPIPE, write(fd[1], "x", 1));
}

static void write_into(void *fd) { write(*(int *)fd, "x", 1); }

TEST(pipe, a_write_without_readers_is_sigpipe, "") {
    int fd[2];
    make_pipe(fd);
    drop(&fd[0]);
    dies(SIGPIPE, write_into, &fd[1]);
}

TEST(pipe, a_full_pipe_without_readers_is_epipe, "") {
    int fd[2];
    make_pipe(fd);
    signal(SIGPIPE, SIG_IGN);
    fill_up(fd[1]);
    ok(fcntl(fd[1], F_SETFL, 0));
    drop(&fd[0]);
    fails(EPIPE, write(fd[1], "x", 1));
}

TEST(pipe, a_long_write_ends_when_the_reader_goes, "") {
    enum { LONG = 3 * PIPE_BYTES, READ = 10000 };
    char *buf = buffer(LONG);
    int fd[2];
    make_pipe(fd);
    signal(SIGPIPE, SIG_IGN);
    pid_t pid = fork_ok();
    if (pid == 0) {
        drop(&fd[0]);
        ssize_t n = write(fd[1], buf, LONG);
        if (n < 0)
            is(errno, EPIPE);
        else
            check(n >= READ && n < LONG);
        fails(EPIPE, write(fd[1], buf, 1));
        _exit(0);
    }
    drop(&fd[1]);
    read_all(fd[0], buf, READ);
    until(is_blocked(pid));
    drop(&fd[0]);
    is(wait_exit(pid), 0);
}

// ---- O_NONBLOCK

TEST(pipe, a_read_that_must_not_block_is_eagain, "") {
    int fd[2];
    char c;
    make_pipe(fd);
    do_not_block(fd[0]);
    fails(EAGAIN, read(fd[0], &c, 1));
    write_all(fd[1], "ab", 2);
    is(read(fd[0], &c, 1), 1);
    is(read(fd[0], &c, 1), 1);
    fails(EAGAIN, read(fd[0], &c, 1));
}

TEST(pipe, a_write_to_a_full_pipe_that_must_not_block_is_eagain, "") {
    int fd[2];
    char *buf = buffer(2 * PIPE_BYTES);
    make_pipe(fd);
    is(fill_up(fd[1]), PIPE_BYTES);
    fails(EAGAIN, write(fd[1], buf, 1));
    fails(EAGAIN, write(fd[1], buf, ATOMIC));
    fails(EAGAIN, write(fd[1], buf, 2 * PIPE_BYTES));
    read_all(fd[0], buf, 1);
    is(write(fd[1], buf, 1), 1);
    fails(EAGAIN, write(fd[1], buf, 1));
}

TEST(pipe, an_atomic_write_that_must_not_block_goes_whole_or_not_at_all, "") {
    int fd[2];
    char *buf = buffer(PIPE_BYTES);
    make_pipe(fd);
    fill_up(fd[1]);
    read_all(fd[0], buf, ATOMIC - 1);
    fails(EAGAIN, write(fd[1], buf, ATOMIC)); // a byte is missing
    is(write(fd[1], buf, ATOMIC - 1), ATOMIC - 1);
    read_all(fd[0], buf, ATOMIC);
    is(write(fd[1], buf, ATOMIC), ATOMIC);
}

TEST(pipe, a_long_write_that_must_not_block_goes_as_far_as_there_is_room, "") {
    int fd[2];
    char *in = buffer(3 * PIPE_BYTES), *out = buffer(PIPE_BYTES);
    make_pipe(fd);
    do_not_block(fd[1]);
    fill_pattern(in, 3 * PIPE_BYTES, 1);
    is(write(fd[1], in, 3 * PIPE_BYTES), PIPE_BYTES);
    read_all(fd[0], out, 1000);
    is(write(fd[1], in + PIPE_BYTES, ATOMIC + 1), 1000);
    read_all(fd[0], out + 1000, PIPE_BYTES - 1000);
    check(memcmp(in, out, PIPE_BYTES) == 0);
    read_all(fd[0], out, 1000);
    check(memcmp(in + PIPE_BYTES, out, 1000) == 0);
}

TEST(pipe, not_to_block_belongs_to_an_end_and_its_copies, "") {
    int fd[2];
    make_pipe(fd);
    int copy = (int)ok(dup(fd[0]));
    do_not_block(copy);
    is(ok(fcntl(fd[0], F_GETFL)), O_RDONLY | O_NONBLOCK);
    is(ok(fcntl(fd[1], F_GETFL)), O_WRONLY);
    ok(fcntl(fd[0], F_SETFL, 0));
    is(ok(fcntl(copy, F_GETFL)), O_RDONLY);
}

TEST(pipe, end_of_file_comes_before_eagain, "") {
    int fd[2];
    char c;
    make_pipe(fd);
    do_not_block(fd[0]);
    drop(&fd[1]);
    is(read(fd[0], &c, 1), 0);
}

// ---- much, and many

// Write n bytes of the pattern in pieces of any size up to `most`.
static void write_pieces(int fd, size_t n, size_t most) {
    char *p = malloc(n);
    fill_pattern(p, n, 8);
    for (size_t done = 0, piece; done < n; done += piece) {
        piece = random_number() % most + 1;
        piece = piece < n - done ? piece : n - done;
        is(write(fd, p + done, piece), piece); // one that may block writes all
    }
    free(p);
}

static void transfer(size_t n, size_t most_written, size_t most_read) {
    int fd[2];
    make_pipe(fd);
    pid_t pid = fork_ok();
    if (pid == 0) {
        drop(&fd[0]);
        write_pieces(fd[1], n, most_written);
        _exit(0);
    }
    drop(&fd[1]);
    char *p = malloc(n + most_read);
    size_t done = 0;
    for (ssize_t got; (got = ok(read(fd[0], p + done, random_number() % most_read + 1))) > 0;) {
        done += (size_t)got;
        check(done <= n);
    }
    is(done, n);
    check(has_pattern(p, n, 8));
    free(p);
    is(wait_exit(pid), 0);
    drop(&fd[0]);
}

TEST(pipe, much_goes_through_in_pieces_of_any_size, "") {
    transfer(5000, 10, 10);
    transfer(100000, 100000, 300);
    transfer(400000, 9000, 9000);
    transfer(400000, 5000, 100000);
    transfer(1 << 20, 200000, 200000);
}

// Records of a letter: how many bytes, who, which, and then the same letter.
struct record {
    uint16_t bytes;
    uint8_t who;
    uint8_t serial;
    char letters[ATOMIC - 4];
};

static void write_records(int fd, int who, int count, bool full) {
    struct record r = {.who = (uint8_t)who};
    memset(r.letters, 'a' + who, sizeof r.letters);
    for (int i = 0; i < count; i++) {
        r.bytes = (uint16_t)(full ? sizeof r : 5 + random_number() % (sizeof r - 4));
        r.serial = (uint8_t)i;
        is(write(fd, &r, r.bytes), r.bytes);
    }
    _exit(0);
}

// Several write; what one call has written must come out in one piece, in order.
static void many_writers(bool full) {
    enum { WRITERS = 4, COUNT = 50 };
    int fd[2], seen[WRITERS] = {0};
    pid_t pid[WRITERS];
    make_pipe(fd);
    for (int i = 0; i < WRITERS; i++)
        if ((pid[i] = fork_ok()) == 0) {
            random_number();
            for (int k = 0; k < i; k++)
                random_number();
            write_records(fd[1], i, COUNT, full);
        }
    drop(&fd[1]);
    for (int i = 0; i < WRITERS * COUNT; i++) {
        struct record r;
        read_all(fd[0], &r, 4);
        check(r.who < WRITERS && r.bytes >= 4 && r.bytes <= sizeof r);
        is(r.serial, seen[r.who]++);
        read_all(fd[0], r.letters, r.bytes - 4u);
        for (int k = 0; k < r.bytes - 4; k++)
            is(r.letters[k], 'a' + r.who);
    }
    char c;
    is(read(fd[0], &c, 1), 0);
    for (int i = 0; i < WRITERS; i++)
        is(wait_exit(pid[i]), 0);
}

TEST(pipe, writes_up_to_pipe_buf_are_not_mixed, "") { many_writers(false); }

TEST(pipe, writes_of_just_pipe_buf_are_not_mixed, "") { many_writers(true); }

TEST(pipe, long_writes_of_two_writers_all_arrive, "") {
    enum { BYTES = 500000 };
    char *buf = buffer(BYTES);
    int fd[2];
    size_t seen[2] = {0, 0};
    pid_t pid[2];
    make_pipe(fd);
    for (int i = 0; i < 2; i++)
        if ((pid[i] = fork_ok()) == 0) {
            memset(buf, i, BYTES);
            _exit(write(fd[1], buf, BYTES) != BYTES);
        }
    drop(&fd[1]);
    for (ssize_t n; (n = ok(read(fd[0], buf, BYTES))) > 0;)
        for (ssize_t k = 0; k < n; k++)
            seen[(unsigned char)buf[k] & 1]++;
    is(seen[0], BYTES);
    is(seen[1], BYTES);
    is(wait_exit(pid[0]), 0);
    is(wait_exit(pid[1]), 0);
}

// Read numbers until the end, and tell how many there were and their sum.
static void add_numbers(int in, int out) {
    uint64_t result[2] = {0, 0};
    uint32_t n;
    for (ssize_t got; (got = ok(read(in, &n, sizeof n))) > 0; result[0]++) {
        is(got, sizeof n);
        result[1] += n;
    }
    write_all(out, result, sizeof result);
    _exit(0);
}

TEST(pipe, each_byte_goes_to_one_of_several_readers, "") {
    enum { READERS = 4, NUMBERS = 2000 };
    int in[2], out[2];
    pid_t pid[READERS];
    uint64_t count = 0, sum = 0, want = 0;
    make_pipe(in);
    make_pipe(out);
    for (int i = 0; i < READERS; i++)
        if ((pid[i] = fork_ok()) == 0) {
            drop(&in[1]);
            add_numbers(in[0], out[1]);
        }
    for (uint32_t i = 0; i < NUMBERS; i++) {
        write_all(in[1], &i, sizeof i);
        want += i;
    }
    drop(&in[1]);
    for (int i = 0; i < READERS; i++) {
        uint64_t result[2];
        read_all(out[0], result, sizeof result);
        count += result[0];
        sum += result[1];
        is(wait_exit(pid[i]), 0);
    }
    is(count, NUMBERS);
    is(sum, want);
}

TEST(pipe, two_processes_take_turns, "") {
    int there[2], back[2];
    make_pipe(there);
    make_pipe(back);
    pid_t pid = fork_ok();
    uint32_t n = 0;
    if (pid == 0) {
        for (uint32_t i = 0; i < 200; i++) {
            read_all(there[0], &n, sizeof n);
            is(n, 2 * i);
            n++;
            write_all(back[1], &n, sizeof n);
        }
        _exit(0);
    }
    for (uint32_t i = 0; i < 200; i++) {
        n = 2 * i;
        write_all(there[1], &n, sizeof n);
        read_all(back[0], &n, sizeof n);
        is(n, 2 * i + 1);
    }
    is(wait_exit(pid), 0);
}

TEST(pipe, a_number_goes_round_a_ring_of_processes, "") {
    enum { RING = 20, ROUNDS = 20 };
    int first[2], in;
    uint32_t n = 0;
    pid_t pid[RING];
    make_pipe(first);
    in = first[0];
    for (int i = 0; i < RING; i++) {
        int next[2];
        make_pipe(next);
        if ((pid[i] = fork_ok()) == 0) {
            drop(&first[1]);
            drop(&next[0]);
            while (read(in, &n, sizeof n) == sizeof n) {
                n++;
                write_all(next[1], &n, sizeof n);
            }
            _exit(0);
        }
        ok(close(in));
        drop(&next[1]);
        in = next[0];
    }
    for (int round = 1; round <= ROUNDS; round++) {
        write_all(first[1], &n, sizeof n);
        read_all(in, &n, sizeof n);
        is(n, round * RING);
    }
    drop(&first[1]); // the end goes round as well
    is(read(in, &n, sizeof n), 0);
    for (int i = 0; i < RING; i++)
        is(wait_exit(pid[i]), 0);
}

TEST(pipe, a_program_copies_from_pipe_to_pipe, "") {
    enum { BYTES = 300000 };
    char *buf = buffer(BYTES);
    int in[2], out[2];
    make_pipe(in);
    make_pipe(out);
    pid_t cat = fork_ok();
    if (cat == 0) {
        ok(dup2(in[0], STDIN_FILENO));
        ok(dup2(out[1], STDOUT_FILENO));
        for (int fd = 3; fd < 20; fd++)
            close(fd);
        execv("/bin/cat", (char *[]){"cat", NULL});
        _exit(99);
    }
    pid_t writer = fork_ok();
    if (writer == 0) {
        write_pieces(in[1], BYTES, 20000);
        _exit(0);
    }
    drop(&in[1]);
    drop(&out[1]);
    read_all(out[0], buf, BYTES);
    check(has_pattern(buf, BYTES, 8));
    is(wait_exit(writer), 0);
    is(wait_exit(cat), 0);
}

TEST(pipe, many_pipes_are_apart, "") {
    enum { PIPES = 100 };
    int fd[PIPES][2];
    for (int i = 0; i < PIPES; i++) {
        make_pipe(fd[i]);
        write_all(fd[i][1], &i, sizeof i);
    }
    for (int i = PIPES - 1; i >= 0; i--) {
        int n;
        read_all(fd[i][0], &n, sizeof n);
        is(n, i);
        drop(&fd[i][0]);
        drop(&fd[i][1]);
    }
}

// ---- limits

TEST(pipe, a_pipe_holds_64_kib, "") {
    int fd[2];
    char *buf = buffer(PIPE_BYTES);
    make_pipe(fd);
    is(write(fd[1], buf, PIPE_BYTES), PIPE_BYTES); // does not wait
    do_not_block(fd[1]);
    fails(EAGAIN, write(fd[1], buf, 1));
}

TEST(pipe, a_pipe_without_free_descriptors_is_emfile, "") {
    int fd[2] = {-1, -1}, last = -1;
    for (int got; (got = open("/dev/null", O_RDONLY)) >= 0;)
        last = got;
    fails(EMFILE, pipe(fd));
    ok(close(last));
    fails(EMFILE, pipe(fd)); // one is not enough, and is not lost
    is(open("/dev/null", O_RDONLY), last);
    ok(close(last));
    ok(close(last - 1));
    ok(pipe(fd));
    check((fd[0] == last - 1 && fd[1] == last));
}

TEST(pipe, one_that_cannot_tell_its_descriptors_leaves_none, "") {
    ok(sbrk((ptrdiff_t)(-(uintptr_t)sbrk(0) % PAGE)));
    int *volatile half = (int *)sbrk(0) - 1; // room for one of the two
    fails(EFAULT, pipe(half));
    is(open("/dev/null", O_RDONLY), 3);
}

TEST(pipe, reader_and_writer_that_close_at_once_lose_nothing, "") {
    for (int i = 0; i < 100; i++) { // a race: who is last frees the pipe
        int fd[2];
        make_pipe(fd);
        pid_t pid = fork_ok();
        if (pid == 0) {
            close(fd[0]);
            write_all(fd[1], "x", 1);
            _exit(0);
        }
        drop(&fd[1]);
        expect_bytes(fd[0], "x");
        drop(&fd[0]);
        is(wait_exit(pid), 0);
    }
}

TEST(pipe, a_writer_races_with_the_readers_close, "") {
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 100; i++) {
        int fd[2];
        make_pipe(fd);
        pid_t pid = fork_ok();
        if (pid == 0) {
            drop(&fd[0]);
            while (write(fd[1], "x", 1) == 1)
                ;
            _exit(errno != EPIPE);
        }
        drop(&fd[1]);
        if (i % 2)
            sched_yield();
        drop(&fd[0]);
        is(wait_exit(pid), 0);
    }
}

TEST(pipe, a_kill_races_with_a_transfer, "") {
    char *buf = buffer(PIPE_BYTES);
    for (int i = 0; i < 50; i++) {
        int fd[2];
        make_pipe(fd);
        pid_t pid = fork_ok();
        if (pid == 0)
            for (;;)
                write_all(fd[1], buf, PIPE_BYTES);
        drop(&fd[1]);
        for (int k = 0; k < i % 5; k++)
            ok(read(fd[0], buf, random_number() % PIPE_BYTES + 1));
        ok(kill(pid, SIGKILL));
        while (ok(read(fd[0], buf, PIPE_BYTES)) > 0) // ends when the writer has
            ;
        is(wait_signal(pid), SIGKILL);
        drop(&fd[0]);
    }
}

TEST(pipe, a_killed_writer_leaves_whole_records_only, "") {
    for (int i = 0; i < 20; i++) {
        int fd[2];
        struct record r = {.bytes = sizeof r};
        pid_t pid[2];
        make_pipe(fd);
        for (int k = 0; k < 2; k++)
            if ((pid[k] = fork_ok()) == 0)
                write_records(fd[1], k, 1 << 30, true);
        drop(&fd[1]);
        for (int k = 0; k < i; k++)
            read_all(fd[0], &r, sizeof r);
        ok(kill(pid[0], SIGKILL));
        ok(kill(pid[1], SIGKILL));
        for (ssize_t n; (n = ok(read(fd[0], &r, 4))) > 0;) { // what is still in there
            is(n, 4);
            is(r.bytes, sizeof r);
            read_all(fd[0], r.letters, sizeof r.letters);
            for (size_t k = 0; k < sizeof r.letters; k++)
                is(r.letters[k], 'a' + r.who);
        }
        is(wait_signal(pid[0]), SIGKILL);
        is(wait_signal(pid[1]), SIGKILL);
        drop(&fd[0]);
    }
}
