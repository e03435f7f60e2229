// tty.c: the terminal as far as nobody types, the other devices, and the kernel's log.
//
// What a typist sees (echo, erase, ^C) is tested by tests/session.t and tests/unit/tty_test.c.
#include <drupe/syscalls.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <uapi/info.h>

#include "test.h"

static const char *const terminals[] = {"/dev/tty", "/dev/console"};
enum { TERMINALS = 2 };

static int open_tty(void) { return (int)ok(open("/dev/tty", O_RDWR)); }

// Run fn in a child, which may change the terminal as it likes: afterwards it is as it was.
static void on_terminal(void (*fn)(int tty)) {
    int tty = open_tty();
    struct termios attr;
    struct winsize window;
    ok(tcgetattr(tty, &attr));
    ok(ioctl(tty, TIOCGWINSZ, &window));
    pid_t group = tcgetpgrp(tty), pid = fork_ok();
    if (pid == 0) {
        fn(tty);
        _exit(0);
    }
    int word = wait_word(pid);
    ok(tcsetattr(tty, TCSANOW, &attr));
    ok(ioctl(tty, TIOCSWINSZ, &window));
    if (group > 0)
        tcsetpgrp(tty, group); // unless it has gone
    is(word, 0);
    ok(close(tty));
}

static bool is_blocked(pid_t pid) {
    struct proc_info info;
    return proclist(pid - 1, &info, 1) == 1 && info.pid == pid && info.state == PS_BLOCKED;
}

// ---- the terminal is there

TEST(tty, the_terminal_is_a_character_device, "") {
    struct stat st;
    for (int i = 0; i < TERMINALS; i++) {
        ok(stat(terminals[i], &st));
        check(S_ISCHR(st.st_mode));
        is(major(st.st_rdev), 5);
        is(minor(st.st_rdev), i);
        int fd = (int)ok(open(terminals[i], O_RDWR));
        ok(fstat(fd, &st));
        check(S_ISCHR(st.st_mode));
        check(isatty(fd));
        ok(close(fd));
    }
}

TEST(tty, the_terminal_has_no_position, "") {
    int tty = open_tty();
    char c = 0;
    fails(ESPIPE, lseek(tty, 0, SEEK_CUR));
    fails(ESPIPE, pread(tty, &c, 1, 0));
    fails(ESPIPE, pwrite(tty, &c, 1, 0));
    fails(EINVAL, ftruncate(tty, 0));
    fails(EINVAL, fsync(tty));
}

TEST(tty, an_open_for_one_way_does_not_go_the_other, "") {
    char c = 0;
    int in = (int)ok(open("/dev/tty", O_RDONLY)), out = (int)ok(open("/dev/tty", O_WRONLY));
    fails(EBADF, write(in, &c, 1));
    fails(EBADF, read(out, &c, 1));
    ok(isatty(in) && isatty(out) ? 0 : -1); // requests work either way
}

TEST(tty, the_terminal_moves_no_bytes_at_once, "") {
    int tty = open_tty();
    char c;
    is(read(tty, &c, 0), 0);
    is(write(tty, &c, 0), 0);
}

TEST(tty, a_bad_buffer_to_write_is_efault, "") {
    int tty = open_tty();
    void *volatile null = NULL;
    fails(EFAULT, write(tty, null, 1));
    fails(EFAULT, write(tty, (void *)0xffffffc080200000, 1));
}

// ---- requests

TEST(tty, a_request_to_what_is_no_terminal_is_enotty, "") {
    static const unsigned long requests[] = {TCGETS,    TCSETS,     TCSETSW,    TCSETSF, TIOCGPGRP,
                                             TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ, 0};
    int fd[2], others[6];
    char buf[100] = {0};
    ok(pipe(fd));
    others[0] = fd[0];
    others[1] = fd[1];
    others[2] = (int)ok(open("/dev/null", O_RDWR));
    others[3] = (int)ok(open("/dev/zero", O_RDWR));
    others[4] = (int)ok(open(".", O_RDONLY));
    others[5] = (int)ok(open("file", O_RDWR | O_CREAT, 0644));
    for (int i = 0; i < 6; i++) {
        for (size_t k = 0; k < sizeof requests / sizeof requests[0]; k++)
            fails(ENOTTY, ioctl(others[i], requests[k], buf));
        check(!isatty(others[i]));
        fails(ENOTTY, tcgetpgrp(others[i]));
    }
}

TEST(tty, an_unknown_request_is_enotty, "") {
    int tty = open_tty();
    char buf[100];
    fails(ENOTTY, ioctl(tty, 0, buf));
    fails(ENOTTY, ioctl(tty, 0x1234, buf));
    fails(ENOTTY, ioctl(tty, TCGETS | 1UL << 32, buf)); // all bits count
}

TEST(tty, a_request_to_a_closed_descriptor_is_ebadf, "") {
    int tty = open_tty();
    struct winsize window;
    ok(close(tty));
    fails(EBADF, ioctl(tty, TIOCGWINSZ, &window));
    fails(EBADF, tcgetpgrp(tty));
}

TEST(tty, a_bad_argument_of_a_request_is_efault, "") {
    static const unsigned long requests[] = {TCGETS,    TCSETS,    TCSETSW,    TCSETSF,
                                             TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ};
    static const uint64_t bad[] = {0,         8, 0x2345678000, 0x3f00000000, 1UL << 63, 0xffffffc080200000,
                                   UINT64_MAX};
    int tty = open_tty();
    for (size_t k = 0; k < sizeof requests / sizeof requests[0]; k++)
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            fails(EFAULT, ioctl(tty, requests[k], (void *)bad[i]));
    static const struct termios constant; // readable, not writable
    fails(EFAULT, ioctl(tty, TCGETS, &constant));
}

// ---- attributes

static void set_and_get(int tty) {
    static const int when[] = {TCSANOW, TCSADRAIN, TCSAFLUSH};
    struct termios t, seen;
    ok(tcgetattr(tty, &t));
    for (int i = 0; i < 3; i++) {
        t.c_lflag ^= ECHO;
        t.c_iflag ^= ICRNL;
        t.c_cc[VMIN] = (cc_t)(i + 3);
        t.c_cc[VTIME] = (cc_t)(i + 7);
        t.c_cc[VINTR] = (cc_t)(i + 20);
        t.c_ispeed = t.c_ospeed = (speed_t)(9600 + i);
        ok(tcsetattr(tty, when[i], &t));
        ok(tcgetattr(tty, &seen));
        check(memcmp(&t, &seen, sizeof t) == 0);
    }
}

TEST(tty, attributes_are_what_was_set, "alone") { on_terminal(set_and_get); }

static void flags_one_by_one(int tty) {
    static const tcflag_t flags[] = {ISIG, ICANON, ECHO};
    struct termios t, seen;
    ok(tcgetattr(tty, &t));
    for (int i = 0; i < 6; i++) {
        t.c_iflag = i % 2 ? ICRNL : 0;
        t.c_lflag = flags[i / 2];
        ok(tcsetattr(tty, TCSANOW, &t));
        ok(tcgetattr(tty, &seen));
        is(seen.c_iflag, t.c_iflag);
        is(seen.c_lflag, t.c_lflag);
    }
}

TEST(tty, each_flag_can_be_set_alone, "alone") { on_terminal(flags_one_by_one); }

static void all_flags(int tty) {
    struct termios t, seen;
    ok(tcgetattr(tty, &t));
    t.c_iflag = t.c_oflag = t.c_cflag = t.c_lflag = ~(tcflag_t)0;
    ok(tcsetattr(tty, TCSANOW, &t));
    ok(tcgetattr(tty, &seen));
    is(seen.c_iflag, ICRNL);
    is(seen.c_oflag, 0);
    is(seen.c_cflag, 0);
    is(seen.c_lflag, ISIG | ICANON | ECHO);
}

TEST(tty, flags_that_do_nothing_read_back_as_off, "alone") { on_terminal(all_flags); }

static void both_names(int tty) {
    int console = (int)ok(open("/dev/console", O_RDWR));
    struct termios t, seen;
    ok(tcgetattr(tty, &t));
    t.c_cc[VTIME] = 77;
    ok(tcsetattr(tty, TCSANOW, &t));
    ok(tcgetattr(console, &seen));
    is(seen.c_cc[VTIME], 77);
    ok(ioctl(console, TIOCSWINSZ, &(struct winsize){.ws_row = 11, .ws_col = 22}));
    struct winsize window;
    ok(ioctl(tty, TIOCGWINSZ, &window));
    is(window.ws_row, 11);
}

TEST(tty, tty_and_console_are_the_same_terminal, "alone") { on_terminal(both_names); }

static void drain(int tty) { ok(tcdrain(tty)); }

TEST(tty, output_can_be_waited_for, "alone") { on_terminal(drain); }

// ---- window

static void set_window(int tty) {
    const struct winsize sizes[] = {{50, 132, 640, 480}, {0, 0, 0, 0}, {65535, 65535, 65535, 65535}};
    struct winsize seen;
    for (int i = 0; i < 3; i++) {
        ok(ioctl(tty, TIOCSWINSZ, &sizes[i]));
        ok(ioctl(tty, TIOCGWINSZ, &seen));
        check(memcmp(&seen, &sizes[i], sizeof seen) == 0);
    }
}

TEST(tty, the_window_size_is_what_was_set, "alone") { on_terminal(set_window); }

static void change_window_in_foreground(int tty) {
    ok(tcsetpgrp(tty, getpgrp()));
    ok(ioctl(tty, TIOCSWINSZ, &(struct winsize){.ws_row = 30, .ws_col = 90}));
    ok(ioctl(tty, TIOCSWINSZ, &(struct winsize){.ws_row = 31, .ws_col = 91}));
}

TEST(tty, a_new_window_size_kills_nobody, "alone") { on_terminal(change_window_in_foreground); }

// ---- foreground group

static void take_foreground(int tty) {
    ok(tcsetpgrp(tty, getpgrp()));
    is(tcgetpgrp(tty), getpgrp());
    int console = (int)ok(open("/dev/console", O_RDONLY));
    is(tcgetpgrp(console), getpgrp());
}

TEST(tty, a_group_can_be_put_into_the_foreground, "alone") { on_terminal(take_foreground); }

static int exit_at_once(void *unused) { return 0; }

static void put_bad_groups(int tty) {
    pid_t gone = spawn(exit_at_once, NULL), before = tcgetpgrp(tty);
    is(wait_exit(gone), 0);
    // errno-test: ioctl EPERM EINVAL
    fails(EPERM, tcsetpgrp(tty, gone));
    fails(EPERM, tcsetpgrp(tty, getpid())); // I am no leader of a group
    fails(EPERM, tcsetpgrp(tty, INT32_MAX));
    fails(EINVAL, tcsetpgrp(tty, 0));
    fails(EINVAL, tcsetpgrp(tty, -1));
    fails(EINVAL, tcsetpgrp(tty, INT32_MIN));
    is(tcgetpgrp(tty), before);
}

TEST(tty, only_a_group_that_exists_can_be_put_into_the_foreground, "alone") { on_terminal(put_bad_groups); }

static int leave_group_and_wait(void *fds) {
    char c;
    int *fd = fds;
    ok(setpgid(0, 0));
    write_all(fd[1], "x", 1);
    return read(fd[2], &c, 1) != 1;
}

static void read_in_background(int tty) {
    int fd[4];
    char c;
    ok(pipe(fd));
    ok(pipe(fd + 2));
    pid_t other = spawn(leave_group_and_wait, fd);
    read_all(fd[0], &c, 1);
    ok(tcsetpgrp(tty, other));
    fails(EIO, read(tty, &c, 1));
    is(write(tty, &c, 0), 0); // but it may write
    write_all(fd[3], "x", 1);
    is(wait_exit(other), 0);
}

TEST(tty, a_read_in_the_background_is_eio, "alone") { on_terminal(read_in_background); }

// ---- reads while nobody types

// The terminal is mine, and what was typed before is forgotten.
static void own(int tty, bool raw, int min) {
    struct termios t;
    ok(tcsetpgrp(tty, getpgrp()));
    ok(tcgetattr(tty, &t));
    t.c_lflag = raw ? t.c_lflag & ~(tcflag_t)ICANON : t.c_lflag | ICANON;
    t.c_cc[VMIN] = (cc_t)min;
    ok(tcsetattr(tty, TCSAFLUSH, &t));
}

static void read_without_waiting(int tty) {
    char c;
    ok(fcntl(tty, F_SETFL, O_NONBLOCK));
    own(tty, false, 1);
    fails(EAGAIN, read(tty, &c, 1));
    own(tty, true, 1);
    fails(EAGAIN, read(tty, &c, 1));
}

TEST(tty, a_terminal_read_that_must_not_block_is_eagain, "alone") { on_terminal(read_without_waiting); }

static void read_raw(int tty) {
    char c;
    own(tty, true, 0);
    is(read(tty, &c, 1), 0);
}

TEST(tty, a_raw_read_of_no_bytes_at_least_returns_at_once, "alone") { on_terminal(read_raw); }

static void throw_input_away(int tty) {
    char c;
    own(tty, false, 1);
    ok(tcflush(tty, TCIFLUSH));
    ok(fcntl(tty, F_SETFL, O_NONBLOCK));
    fails(EAGAIN, read(tty, &c, 1));
}

TEST(tty, input_can_be_thrown_away, "alone") { on_terminal(throw_input_away); }

static int read_a_byte(void *tty) {
    char c;
    return (int)read(*(int *)tty, &c, 1);
}

static void kill_reader(int tty) {
    own(tty, false, 1);
    pid_t pid = spawn(read_a_byte, &tty);
    until(is_blocked(pid));
    ok(kill(pid, SIGTERM));
    is(wait_signal(pid), SIGTERM);
}

TEST(tty, a_process_that_waits_for_a_key_can_be_killed, "alone") { on_terminal(kill_reader); }

static void wake_reader(int tty) {
    own(tty, true, 1);
    pid_t pid = spawn(read_a_byte, &tty);
    until(is_blocked(pid));
    own(tty, true, 0);
    is(wait_exit(pid), 0);
}

TEST(tty, a_reader_sees_that_the_mode_has_changed, "alone") { on_terminal(wake_reader); }

// ---- other devices

TEST(tty, null_is_empty_and_takes_all, "") {
    int fd = (int)ok(open("/dev/null", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644));
    char buf[100];
    is(read(fd, buf, sizeof buf), 0);
    is(write(fd, buf, sizeof buf), sizeof buf);
    is(read(fd, buf, sizeof buf), 0);
    enum { LARGE = 1 << 20 };
    char *large = malloc(LARGE);
    is(write(fd, large, LARGE), LARGE);
    free(large);
}

TEST(tty, zero_gives_zeros_and_takes_all, "") {
    enum { BYTES = 300000, FROM = 3, TO = BYTES - 7 };
    char *buf = malloc(BYTES), *before = malloc(BYTES);
    check(buf && before);
    int fd = (int)ok(open("/dev/zero", O_RDWR));
    fill_pattern(buf, BYTES, 1);
    fill_pattern(before, BYTES, 1);
    is(read(fd, buf + FROM, TO - FROM), TO - FROM);
    for (int i = 0; i < BYTES; i++)
        is(buf[i], i < FROM || i >= TO ? before[i] : 0);
    is(write(fd, buf, BYTES), BYTES);
}

TEST(tty, random_gives_other_bytes_each_time, "") {
    unsigned char buf[2][10000];
    int fd = (int)ok(open("/dev/random", O_RDWR)), seen[256] = {0};
    is(read(fd, buf[0], sizeof buf[0]), sizeof buf[0]);
    is(read(fd, buf[1], sizeof buf[1]), sizeof buf[1]);
    check(memcmp(buf[0], buf[1], sizeof buf[0]) != 0);
    for (size_t i = 0; i < sizeof buf; i++)
        seen[((unsigned char *)buf)[i]]++;
    for (int i = 0; i < 256; i++) // 78 on average
        check(seen[i] > 20 && seen[i] < 200);
    is(write(fd, "seed", 4), 4);
}

TEST(tty, a_forked_reader_gets_its_own_random_bytes, "") {
    int fd = (int)ok(open("/dev/random", O_RDONLY)), result[2];
    uint64_t mine, other;
    ok(pipe(result));
    pid_t pid = fork_ok();
    read_all(fd, &mine, sizeof mine);
    if (pid == 0) {
        write_all(result[1], &mine, sizeof mine);
        _exit(0);
    }
    read_all(result[0], &other, sizeof other);
    check(mine != other);
    is(wait_exit(pid), 0);
}

TEST(tty, a_device_honours_how_it_was_opened, "") {
    char c = 0;
    fails(EBADF, write((int)ok(open("/dev/null", O_RDONLY)), &c, 1));
    fails(EBADF, read((int)ok(open("/dev/zero", O_WRONLY)), &c, 1));
}

TEST(tty, devices_are_what_their_numbers_say, "") {
    char c;
    ok(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    ok(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
    is(read((int)ok(open("null", O_RDONLY)), &c, 1), 0);
    is(read((int)ok(open("zero", O_RDONLY)), &c, 1), 1);
    ok(mknod("tty", S_IFCHR | 0666, makedev(5, 0)));
    check(isatty((int)ok(open("tty", O_RDONLY))));
    struct stat st;
    ok(stat("zero", &st));
    is(major(st.st_rdev), 1);
    is(minor(st.st_rdev), 5);
}

TEST(tty, a_device_without_a_driver_is_enxio, "") {
    static const int numbers[][2] = {{0, 0}, {1, 0},  {1, 99}, {1, 255},  {2, 0},
                                     {5, 2}, {15, 0}, {16, 0}, {255, 255}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ok(mknod("device", S_IFCHR | 0666, makedev(numbers[i][0], numbers[i][1])));
        fails(ENXIO, open("device", O_RDONLY));
        fails(ENXIO, open("device", O_RDWR));
        ok(unlink("device"));
    }
}

TEST(tty, a_block_device_cannot_be_opened, "") {
    ok(mknod("disk", S_IFBLK | 0666, makedev(254, 0)));
    fails(ENODEV, open("disk", O_RDONLY));
    fails(ENODEV, open("disk", O_RDWR));
    ok(unlink("disk"));
}

TEST(tty, a_device_is_no_directory_and_no_file, "") {
    int fd = (int)ok(open("/dev/null", O_RDWR));
    char buf[512];
    fails(EINVAL, ftruncate(fd, 0));
    fails(EINVAL, fsync(fd));
    is(__sys_getdents(fd, buf, sizeof buf), -ENOTDIR);
    fails(ENOTDIR, open("/dev/null/file", O_RDONLY));
    fails(ENOTDIR, open("/dev/null", O_RDONLY | O_DIRECTORY));
    fails(EINVAL, truncate("/dev/null", 0));
}

// ---- the kernel's log

TEST(tty, the_kernel_log_can_be_read, "") {
    enum { BYTES = 1 << 17 };
    char *log = malloc(BYTES);
    ssize_t n = ok(klog_read(log, BYTES, 0));
    check(n > 0 && n < BYTES);
    for (ssize_t i = 0; i < n; i++)
        check(log[i] == '\n' || log[i] == '\t' || (log[i] >= ' ' && log[i] <= '~'));
    is(klog_read(log, 1, 0), 1);
    is(klog_read(log, 0, 0), 0);
}

static char *volatile near_null = (char *)8;
static void store_to_null(void *unused) { *near_null = 1; }

// Bytes that were ever logged: from there on there is nothing to read.
static int64_t log_end(void) {
    int64_t low = 0, high = (int64_t)1 << 40;
    while (low < high) {
        char c;
        int64_t middle = (low + high) / 2;
        if (ok(klog_read(&c, 1, middle)) == 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

TEST(tty, the_kernel_log_tells_of_a_fault, "alone") {
    static char line[1000];
    int64_t end = log_end();
    is(klog_read(line, sizeof line, end), 0);
    dies(SIGSEGV, store_to_null, NULL);
    ssize_t n = ok(klog_read(line, sizeof line - 1, end));
    check(n > 0);
    line[n] = '\0';
    check(strstr(line, "usertests[") != NULL);
    check(strstr(line, "Segmentation fault") != NULL);
    is(line[n - 1], '\n');
}

TEST(tty, the_kernel_log_is_the_same_in_any_pieces, "alone") {
    enum { BYTES = 1 << 17 };
    char *whole = malloc(BYTES), *pieces = malloc(BYTES);
    ssize_t n = ok(klog_read(whole, BYTES, 0)), done = 0;
    int64_t oldest = log_end() - n;
    check(oldest >= 0);
    for (ssize_t got; (got = ok(klog_read(pieces + done, random_number() % 999 + 1, oldest + done))) > 0;) {
        done += got;
        check(done <= n);
    }
    is(done, n);
    check(memcmp(whole, pieces, (size_t)n) == 0);
}

TEST(tty, reading_the_log_beyond_its_end_is_nothing, "") {
    char c;
    is(klog_read(&c, 1, INT64_MAX), 0);
    is(klog_read(&c, 1, log_end() + (1 << 20)), 0);
}

TEST(tty, a_bad_place_in_the_log_is_einval, "") {
    char c;
    fails(EINVAL, klog_read(&c, 1, -1));
    fails(EINVAL, klog_read(&c, 1, INT64_MIN));
}

TEST(tty, a_bad_buffer_for_the_log_is_efault, "") {
    fails(EFAULT, klog_read((char *)8, 1, 0));
    fails(EFAULT, klog_read((char *)0xffffffc080200000, 100, 0));
}
