// file.c: descriptors and the bytes of regular files.
#include "test.h"

#include <drupe/syscalls.h>
#include <uapi/info.h>

#include <drupe/syscalls.h>
#include <limits.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <uapi/stat.h>

enum { DIRECT = 12 * PAGE, POINTERS = PAGE / 4 };
// Where the tree of the block map gets a level more: one, two, three levels of indirect blocks.
static const off_t boundary[] = {DIRECT, DIRECT + (off_t)POINTERS *PAGE,
                                 DIRECT + ((off_t)POINTERS + (off_t)POINTERS * POINTERS) * PAGE};
enum { BOUNDARIES = sizeof boundary / sizeof boundary[0] };

// No byte of this process is here. (volatile: the compiler shall not know.)
static void *nowhere(void) {
    void *volatile p = (void *)8;
    return p;
}

static int new_file(const char *path) { return (int)ok(open(path, O_RDWR | O_CREAT | O_EXCL, 0666)); }

static struct stat status_of(int fd) {
    struct stat st;
    ok(fstat(fd, &st));
    return st;
}

static off_t size_of(int fd) { return status_of(fd).st_size; }
static off_t position(int fd) { return ok(lseek(fd, 0, SEEK_CUR)); }

static bool all_are(const char *buf, size_t n, char byte) {
    for (size_t i = 0; i < n; i++)
        if (buf[i] != byte)
            return false;
    return true;
}

static uint64_t free_blocks(void) {
    struct statfs s;
    sync();
    ok(statfs(".", &s));
    return s.f_bfree;
}

// Reads the file by pread, n bytes at off must be zero.
static void zeros_at(int fd, off_t off, size_t n) {
    char buf[512];
    for (size_t part; n > 0; n -= part, off += (off_t)part) {
        part = n < sizeof buf ? n : sizeof buf;
        is(pread(fd, buf, part, off), part);
        if (!all_are(buf, part, 0))
            FAIL("a byte at %ld..+%zu is not zero", (long)off, part);
    }
}

// ---- open

TEST(file, open_creates_an_empty_file_with_the_mode_less_the_umask, "") {
    mode_t old = umask(027);
    int fd = (int)ok(open("f", O_WRONLY | O_CREAT, 0666));
    is(umask(old), 027);
    struct stat st = status_of(fd);
    is(st.st_mode, S_IFREG | 0640);
    is(st.st_size, 0);
    is(st.st_blocks, 0);
    is(st.st_nlink, 1);
    is(st.st_uid, 0);
}

TEST(file, open_with_excl_refuses_every_name_that_exists, "") {
    make_file("f", "x", 1);
    ok(mkdir("d", 0755));
    ok(symlink("nothing", "dangling"));
    ok(symlink("f", "link"));
    const char *names[] = {"f", "d", "dangling", "link"};
    for (int i = 0; i < 4; i++)
        fails(EEXIST, open(names[i], O_RDONLY | O_CREAT | O_EXCL, 0644));
    check(!exists("nothing"));
    ok(open("new", O_RDONLY | O_CREAT | O_EXCL, 0644));
}

TEST(file, open_with_creat_leaves_an_existing_file_as_it_is, "") {
    make_file("f", "content", 7);
    ok(chmod("f", 0600));
    int fd = (int)ok(open("f", O_RDWR | O_CREAT, 0777));
    is(status_of(fd).st_mode & 07777, 0600);
    file_is("f", "content", 7);
}

TEST(file, a_new_file_may_be_written_though_its_mode_forbids_it, "") {
    int fd = (int)ok(open("f", O_RDWR | O_CREAT, 0));
    is(write(fd, "x", 1), 1);
    is(status_of(fd).st_mode & 07777, 0);
}

TEST(file, open_with_trunc_empties_a_file_and_frees_its_blocks, "") {
    char buf[5 * PAGE] = {0};
    make_file("f", buf, sizeof buf);
    struct stat st;
    ok(stat("f", &st));
    is(st.st_blocks, 5 * PAGE / 512);
    int fd = (int)ok(open("f", O_WRONLY | O_TRUNC));
    st = status_of(fd);
    is(st.st_size, 0);
    is(st.st_blocks, 0);
}

TEST(file, open_of_what_is_not_there_fails, "") {
    fails(ENOENT, open("f", O_RDONLY));
    fails(ENOENT, open("f", O_RDWR | O_TRUNC));
    fails(ENOENT, open("", O_RDONLY));
    fails(ENOENT, open("", O_RDWR | O_CREAT, 0644));
    fails(ENOENT, open("no/f", O_RDWR | O_CREAT, 0644));
    check(!exists("f"));
}

TEST(file, open_through_a_file_fails, "") {
    make_file("f", "", 0);
    fails(ENOTDIR, open("f/x", O_RDONLY));
    fails(ENOTDIR, open("f/x", O_RDWR | O_CREAT, 0644));
    fails(ENOTDIR, open("f/", O_RDONLY));
    fails(ENOTDIR, open("f/.", O_RDONLY));
    fails(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
}

TEST(file, a_directory_opens_for_reading_only_and_has_no_bytes, "") {
    char c;
    ok(mkdir("d", 0755));
    fails(EISDIR, open("d", O_WRONLY));
    fails(EISDIR, open("d", O_RDWR));
    fails(EISDIR, open("d", O_WRONLY | O_TRUNC));
    fails(EISDIR, open("d", O_RDONLY | O_CREAT, 0644));
    fails(EISDIR, open(".", O_WRONLY));
    int fd = (int)ok(open("d", O_RDONLY));
    fails(EISDIR, read(fd, &c, 1));
    fails(EISDIR, pread(fd, &c, 1, 0));
    fails(EBADF, write(fd, &c, 1));
    ok(open("d/", O_RDONLY | O_DIRECTORY));
}

TEST(file, open_refuses_flags_without_a_meaning, "") {
    make_file("f", "", 0);
    fails(EINVAL, open("f", O_ACCMODE));
    fails(EINVAL, open("new", O_CREAT | O_DIRECTORY, 0755));
    check(!exists("new"));
}

TEST(file, open_with_nofollow_refuses_a_link_at_the_end_only, "") {
    ok(mkdir("d", 0755));
    make_file("d/f", "x", 1);
    ok(symlink("d", "link"));
    ok(symlink("d/f", "file"));
    fails(ELOOP, open("file", O_RDONLY | O_NOFOLLOW));
    fails(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
    ok(open("link/f", O_RDONLY | O_NOFOLLOW));
    ok(open("d/f", O_RDONLY | O_NOFOLLOW));
}

TEST(file, open_with_creat_makes_what_a_dangling_link_names, "") {
    ok(mkdir("d", 0755));
    ok(symlink("d/target", "link"));
    int fd = (int)ok(open("link", O_WRONLY | O_CREAT, 0644));
    write_all(fd, "x", 1);
    file_is("d/target", "x", 1);
}

TEST(file, a_path_that_asks_for_a_directory_creates_no_file, "") {
    check(open("new/", O_WRONLY | O_CREAT, 0644) < 0);
    check(!exists("new"));
}

TEST(file, a_device_that_nobody_drives_cannot_be_opened, "") {
    ok(mknod("c", S_IFCHR | 0666, makedev(250, 0)));
    ok(mknod("b", S_IFBLK | 0666, makedev(254, 0)));
    fails(ENXIO, open("c", O_RDONLY));
    fails(ENODEV, open("b", O_RDONLY));
    fails(EINVAL, mknod("d", S_IFCHR | 0666, 0x100000 | makedev(1, 3))); // no file system has room for that
    check(!exists("d"));
}

// Returns move the cursor only.
static int write_much_to_the_console(void *ready) {
    enum { MUCH = 8 << 20 };
    char *text = malloc(MUCH);
    check(text != NULL);
    memset(text, '\r', MUCH);
    int fd = (int)ok(open("/dev/console", O_WRONLY));
    write_all(*(int *)ready, text, 1);
    write_all(fd, text, MUCH);
    return 0;
}

TEST(file, who_writes_much_to_the_console_does_not_keep_others_from_it, "") {
    int ready[2], fd = (int)ok(open("/dev/console", O_WRONLY));
    char c;
    ok(pipe(ready));
    pid_t pid = spawn(write_much_to_the_console, &ready[1]);
    read_all(ready[0], &c, 1);
    for (int i = 0; i < 3; i++)
        write_all(fd, &c, 1);
    is(waitpid(pid, NULL, WNOHANG), 0); // it is not done yet
    ok(kill(pid, SIGKILL));
    is(wait_signal(pid), SIGKILL);
}

TEST(file, null_swallows_and_zero_gives_zeros, "") {
    char buf[100];
    int null = (int)ok(open("/dev/null", O_RDWR)), zero = (int)ok(open("/dev/zero", O_RDWR));
    is(write(null, buf, sizeof buf), sizeof buf);
    is(read(null, buf, sizeof buf), 0);
    memset(buf, 1, sizeof buf);
    is(read(zero, buf, sizeof buf), sizeof buf);
    check(all_are(buf, sizeof buf, 0));
}

// A copy of /bin/cat at "cat".
static void copy_cat(void) {
    char buf[16 * PAGE] = {0};
    int from = (int)ok(open("/bin/cat", O_RDONLY)), to = (int)ok(open("cat", O_WRONLY | O_CREAT, 0755));
    for (ssize_t n; (n = ok(read(from, buf, sizeof buf))) > 0;)
        write_all(to, buf, (size_t)n);
    ok(close(from));
    ok(close(to));
}

TEST(file, a_program_cannot_be_written_while_it_runs, "") {
    copy_cat();
    int in[2], out[2];
    ok(pipe(in));
    ok(pipe(out));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(in[0], 0));
        ok(dup2(out[1], 1));
        ok(close(in[1]));
        execl("./cat", "cat", (char *)NULL);
        FAIL("exec: %s", strerror(errno));
    }
    char c;
    is(write(in[1], "x", 1), 1);
    is(read(out[0], &c, 1), 1); // now it runs
    fails(ETXTBSY, open("cat", O_WRONLY));
    fails(ETXTBSY, open("cat", O_RDWR | O_TRUNC));
    fails(ETXTBSY, truncate("cat", 0));
    ok(close((int)ok(open("cat", O_RDONLY))));
    ok(close(in[1]));
    is(wait_exit(pid), 0);
    ok(open("cat", O_WRONLY));
}

TEST(file, a_bad_address_of_a_path_is_an_error, "") {
    fails(EFAULT, open(nowhere(), O_RDONLY));
    fails(EFAULT, open((char *)-1, O_RDWR | O_CREAT, 0644));
    fails(EFAULT, truncate(nowhere(), 0));
}

TEST(file, a_new_file_has_times_of_now, "") {
    time_t before = time(NULL);
    struct stat st = status_of(new_file("f"));
    time_t after = time(NULL);
    check(before <= st.st_mtime && st.st_mtime <= after);
    check(before <= st.st_atime && st.st_atime <= after);
    check(before <= st.st_ctime && st.st_ctime <= after);
}

// ---- descriptors

TEST(file, open_gives_the_lowest_free_descriptor, "") {
    int a = new_file("a"), b = new_file("b"), c = new_file("c");
    is(b, a + 1);
    is(c, a + 2);
    ok(close(b));
    is(dup(c), b);
    ok(close(a));
    ok(close(b));
    is(ok(open("a", O_RDONLY)), a);
    is(ok(open("b", O_RDONLY)), b);
}

TEST(file, descriptors_end_at_open_max, "") {
    int last = -1, fd, null = (int)ok(open("/dev/null", O_RDONLY));
    while ((fd = dup(null)) >= 0)
        last = fd;
    is(errno, EMFILE);
    is(last, OPEN_MAX - 1);
    fails(EMFILE, dup(null));
    fails(EMFILE, fcntl(null, F_DUPFD, 0));
    fails(EMFILE, fcntl(null, F_DUPFD_CLOEXEC, OPEN_MAX - 1));
    fails(EMFILE, open("/dev/null", O_RDONLY));
    fails(EMFILE, open("f", O_RDWR | O_CREAT, 0644));
    check(!exists("f"));
    is(ok(dup2(null, OPEN_MAX - 1)), OPEN_MAX - 1);
    ok(close(700));
    is(ok(open("f", O_RDWR | O_CREAT, 0644)), 700);
}

TEST(file, open_that_fails_at_emfile_cuts_nothing, "") {
    make_file("f", "content", 7);
    int null = (int)ok(open("/dev/null", O_RDONLY));
    while (dup(null) >= 0)
        ;
    fails(EMFILE, open("f", O_RDWR | O_TRUNC));
    ok(close(null));
    file_is("f", "content", 7);
}

TEST(file, close_of_what_is_not_open_fails, "") {
    int fd = new_file("f");
    ok(close(fd));
    fails(EBADF, close(fd));
    fails(EBADF, close(-1));
    fails(EBADF, close(OPEN_MAX));
    fails(EBADF, close(INT_MAX));
    fails(EBADF, close(INT_MIN));
}

TEST(file, calls_on_a_closed_descriptor_fail, "") {
    char c = 0;
    struct stat st;
    const int bad[] = {-1, 50, OPEN_MAX, INT_MAX, INT_MIN};
    for (int i = 0; i < 5; i++) {
        fails(EBADF, read(bad[i], &c, 1));
        fails(EBADF, write(bad[i], &c, 1));
        fails(EBADF, pread(bad[i], &c, 1, 0));
        fails(EBADF, pwrite(bad[i], &c, 1, 0));
        fails(EBADF, lseek(bad[i], 0, SEEK_SET));
        fails(EBADF, dup(bad[i]));
        fails(EBADF, dup2(bad[i], 20));
        fails(EBADF, dup2(bad[i], bad[i]));
        fails(EBADF, fcntl(bad[i], F_GETFL));
        fails(EBADF, fcntl(bad[i], F_GETFD));
        fails(EBADF, fcntl(bad[i], F_DUPFD, 0));
        fails(EBADF, fstat(bad[i], &st));
        fails(EBADF, ftruncate(bad[i], 0));
        fails(EBADF, fsync(bad[i]));
    }
    fails(EBADF, dup(20));
}

TEST(file, dup_shares_the_position_and_outlives_the_first, "") {
    int fd = new_file("f"), other = (int)ok(dup(fd));
    write_all(fd, "abc", 3);
    is(position(other), 3);
    ok(lseek(other, 1, SEEK_SET));
    ok(close(fd));
    char buf[3];
    is(read(other, buf, 3), 2);
    check(memcmp(buf, "bc", 2) == 0);
}

TEST(file, dup2_closes_what_was_there, "") {
    int fd[2], f = new_file("f");
    char c;
    ok(pipe(fd));
    is(ok(dup2(f, fd[1])), fd[1]); // the only writer goes
    is(read(fd[0], &c, 1), 0);
    write_all(fd[1], "x", 1);
    is(size_of(f), 1);
}

TEST(file, dup2_onto_itself_changes_nothing, "") {
    int fd = new_file("f");
    ok(fcntl(fd, F_SETFD, FD_CLOEXEC));
    is(ok(dup2(fd, fd)), fd);
    is(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(file, dup2_to_a_number_out_of_range_fails, "") {
    int fd = new_file("f");
    fails(EBADF, dup2(fd, -1));
    fails(EBADF, dup2(fd, OPEN_MAX));
    is(ok(dup2(fd, OPEN_MAX - 1)), OPEN_MAX - 1);
    is(ok(dup2(fd, 10)), 10);
    fails(EBADF, dup2(99, 10)); // and 10 stays open
    ok(close(10));
}

TEST(file, dupfd_gives_the_lowest_free_one_not_below, "") {
    int fd = new_file("f");
    is(ok(fcntl(fd, F_DUPFD, 100)), 100);
    is(ok(fcntl(fd, F_DUPFD, 100)), 101);
    is(ok(fcntl(fd, F_DUPFD, 63)), 63); // the ends of a word of 64
    is(ok(fcntl(fd, F_DUPFD, 63)), 64);
    ok(close(100));
    is(ok(fcntl(fd, F_DUPFD, 99)), 99);
    is(ok(fcntl(fd, F_DUPFD, 99)), 100);
    is(ok(fcntl(fd, F_DUPFD, OPEN_MAX - 1)), OPEN_MAX - 1);
    fails(EMFILE, fcntl(fd, F_DUPFD, OPEN_MAX - 1));
    fails(EINVAL, fcntl(fd, F_DUPFD, OPEN_MAX));
    fails(EINVAL, fcntl(fd, F_DUPFD, -1));
}

TEST(file, fcntl_refuses_a_command_it_does_not_know, "") { fails(EINVAL, fcntl(0, 12345, 0)); }

TEST(file, close_on_exec_belongs_to_the_descriptor, "") {
    int fd = (int)ok(open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    is(fcntl(fd, F_GETFD), FD_CLOEXEC);
    is(fcntl(dup(fd), F_GETFD), 0);
    is(fcntl(dup2(fd, 40), F_GETFD), 0);
    is(fcntl(fcntl(fd, F_DUPFD, 0), F_GETFD), 0);
    is(fcntl(fcntl(fd, F_DUPFD_CLOEXEC, 0), F_GETFD), FD_CLOEXEC);
    ok(fcntl(fd, F_SETFD, 0));
    is(fcntl(fd, F_GETFD), 0);
    is(fcntl(new_file("g"), F_GETFD), 0);
    ok(fcntl(fd, F_SETFD, FD_CLOEXEC)); // and a number used again starts without it
    ok(close(fd));
    is(ok(open("f", O_RDONLY)), fd);
    is(fcntl(fd, F_GETFD), 0);
}

TEST(file, exec_closes_what_is_marked_and_keeps_the_rest, "") {
    int fd = new_file("f"), gone = (int)ok(dup2(fd, 8)), kept = (int)ok(dup2(fd, 7));
    ok(fcntl(gone, F_SETFD, FD_CLOEXEC));
    is(run_program((char *[]){"/bin/sh", "-c", "echo kept >&7", NULL}), 0);
    ok(dup2((int)ok(open("/dev/null", O_WRONLY)), 2)); // where the shell complains
    check(run_program((char *[]){"/bin/sh", "-c", "echo gone >&8", NULL}) != 0);
    file_is("f", "kept\n", 5);
    is(position(kept), 5); // shared with the program
    write_all(gone, "x", 1);
}

TEST(file, getfl_tells_mode_and_flags, "") {
    make_file("f", "", 0);
    is(fcntl((int)ok(open("f", O_RDONLY)), F_GETFL), O_RDONLY);
    is(fcntl((int)ok(open("f", O_WRONLY | O_APPEND)), F_GETFL), O_WRONLY | O_APPEND);
    is(fcntl((int)ok(open("f", O_RDWR | O_TRUNC | O_CREAT | O_CLOEXEC, 0644)), F_GETFL), O_RDWR);
    is(fcntl((int)ok(open("f", O_RDWR | O_NONBLOCK)), F_GETFL), O_RDWR | O_NONBLOCK);
    is(fcntl((int)ok(open("f", O_RDWR | O_SYNC)), F_GETFL), O_RDWR | O_SYNC);
}

TEST(file, setfl_changes_append_but_not_the_access_mode, "") {
    make_file("f", "abc", 3);
    int fd = (int)ok(open("f", O_WRONLY)), other = (int)ok(dup(fd));
    char c;
    ok(fcntl(fd, F_SETFL, O_APPEND | O_RDWR));
    is(fcntl(other, F_GETFL), O_WRONLY | O_APPEND); // of the open file, so of both
    write_all(other, "d", 1);
    file_is("f", "abcd", 4);
    fails(EBADF, read(fd, &c, 1));
    ok(fcntl(fd, F_SETFL, 0));
    ok(lseek(fd, 0, SEEK_SET));
    write_all(fd, "A", 1);
    file_is("f", "Abcd", 4);
}

TEST(file, reading_and_writing_need_the_mode_to_open_with, "") {
    char c = 'x';
    make_file("f", "abc", 3);
    int in = (int)ok(open("f", O_RDONLY)), out = (int)ok(open("f", O_WRONLY));
    fails(EBADF, write(in, &c, 1));
    fails(EBADF, write(in, &c, 0));
    fails(EBADF, pwrite(in, &c, 1, 0));
    fails(EBADF, ftruncate(in, 0));
    fails(EBADF, read(out, &c, 1));
    fails(EBADF, pread(out, &c, 1, 0));
    file_is("f", "abc", 3);
}

// ---- read, write, lseek

TEST(file, a_read_stops_at_the_end, "") {
    char buf[10];
    int fd = new_file("f");
    is(read(fd, buf, 10), 0);
    write_all(fd, "hello", 5);
    is(read(fd, buf, 10), 0);
    ok(lseek(fd, 2, SEEK_SET));
    is(read(fd, buf, 10), 3);
    check(memcmp(buf, "llo", 3) == 0);
    is(read(fd, buf, 10), 0);
    ok(lseek(fd, 1000000, SEEK_SET));
    is(read(fd, buf, 10), 0);
    is(position(fd), 1000000);
    is(pread(fd, buf, 10, 4), 1);
    is(pread(fd, buf, 10, 5), 0);
    is(pread(fd, buf, 10, INT64_MAX), 0);
}

TEST(file, bytes_written_in_odd_pieces_come_back_in_others, "") {
    enum { SIZE = 200000 };
    char out[SIZE] = {0}, in[SIZE] = {0};
    int fd = new_file("f");
    fill_pattern(out, SIZE, 1);
    for (size_t at = 0, n; at < SIZE; at += n) {
        n = random_number() % 9000 + 1;
        n = n < SIZE - at ? n : SIZE - at;
        is(write(fd, out + at, n), n);
    }
    ok(lseek(fd, 0, SEEK_SET));
    for (size_t at = 0, n; at < SIZE; at += n) {
        n = random_number() % 7000 + 1;
        n = n < SIZE - at ? n : SIZE - at;
        is(read(fd, in + at, n), n);
    }
    check(has_pattern(in, SIZE, 1));
    is(size_of(fd), SIZE);
}

TEST(file, a_transfer_of_no_bytes_does_nothing, "") {
    int fd = new_file("f");
    write_all(fd, "abc", 3);
    is(write(fd, nowhere(), 0), 0);
    is(pwrite(fd, nowhere(), 0, 100), 0);
    is(read(fd, nowhere(), 0), 0);
    is(position(fd), 3);
    is(size_of(fd), 3);
}

TEST(file, pread_and_pwrite_leave_the_position_alone, "") {
    char buf[3];
    int fd = new_file("f");
    write_all(fd, "abcdef", 6);
    ok(lseek(fd, 1, SEEK_SET));
    is(pwrite(fd, "XY", 2, 3), 2);
    is(pread(fd, buf, 3, 2), 3);
    check(memcmp(buf, "cXY", 3) == 0);
    is(position(fd), 1);
    is(pwrite(fd, "end", 3, 10), 3);
    file_is("f", "abcXYf\0\0\0\0end", 13);
}

TEST(file, pread_and_pwrite_want_a_file_that_has_positions, "") {
    int fd = new_file("f"), p[2];
    char c = 0;
    ok(pipe(p));
    fails(EINVAL, pread(fd, &c, 1, -1));
    fails(EINVAL, pwrite(fd, &c, 1, -1));
    fails(EINVAL, pwrite(fd, &c, 1, INT64_MIN));
    fails(ESPIPE, pread(p[0], &c, 1, 0));
    fails(ESPIPE, pwrite(p[1], &c, 1, 0));
    is(size_of(fd), 0);
}

TEST(file, append_writes_at_the_end_wherever_the_position_is, "") {
    make_file("f", "abc", 3);
    int fd = (int)ok(open("f", O_RDWR | O_APPEND));
    is(position(fd), 0);
    write_all(fd, "d", 1);
    is(position(fd), 4);
    ok(lseek(fd, 0, SEEK_SET));
    write_all(fd, "e", 1);
    is(position(fd), 5);
    ok(ftruncate(fd, 2));
    write_all(fd, "f", 1);
    file_is("f", "abf", 3);
}

TEST(file, pwrite_writes_where_it_says_even_with_append, "") {
    make_file("f", "abc", 3);
    int fd = (int)ok(open("f", O_RDWR | O_APPEND));
    is(pwrite(fd, "X", 1, 1), 1);
    file_is("f", "aXc", 3);
}

TEST(file, two_opens_have_a_position_each, "") {
    char a[2], b[2];
    make_file("f", "abc", 3);
    int one = (int)ok(open("f", O_RDONLY)), two = (int)ok(open("f", O_RDWR));
    read_all(one, a, 2);
    read_all(two, b, 1);
    check(a[1] == 'b' && b[0] == 'a');
    write_all(two, "X", 1);
    is(pread(one, a, 1, 1), 1);
    is(a[0], 'X');
}

TEST(file, fork_shares_the_position, "") {
    char buf[4];
    make_file("f", "abcd", 4);
    int fd = (int)ok(open("f", O_RDONLY));
    read_all(fd, buf, 1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        read_all(fd, buf, 2);
        _exit(buf[0] == 'b' ? 0 : 1);
    }
    is(wait_exit(pid), 0);
    read_all(fd, buf, 1);
    is(buf[0], 'd');
}

TEST(file, lseek_counts_from_start_position_and_end, "") {
    int fd = new_file("f");
    write_all(fd, "abcdef", 6);
    is(lseek(fd, 2, SEEK_SET), 2);
    is(lseek(fd, 3, SEEK_CUR), 5);
    is(lseek(fd, -5, SEEK_CUR), 0);
    is(lseek(fd, -1, SEEK_END), 5);
    is(lseek(fd, 10, SEEK_END), 16);
    is(size_of(fd), 6); // seeking changes nothing
    is(lseek(fd, INT64_MAX, SEEK_SET), INT64_MAX);
}

TEST(file, lseek_that_fails_leaves_the_position, "") {
    int fd = new_file("f"), p[2];
    write_all(fd, "abc", 3);
    fails(EINVAL, lseek(fd, -1, SEEK_SET));
    fails(EINVAL, lseek(fd, -4, SEEK_CUR));
    fails(EINVAL, lseek(fd, -4, SEEK_END));
    fails(EINVAL, lseek(fd, 0, 77));
    fails(EINVAL, lseek(fd, 0, -1));
    check(lseek(fd, INT64_MAX, SEEK_CUR) == -1); // past what off_t holds
    is(position(fd), 3);
    ok(pipe(p));
    fails(ESPIPE, lseek(p[0], 0, SEEK_CUR));
}

TEST(file, a_bad_buffer_is_an_error_and_changes_nothing, "") {
    int fd = new_file("f");
    write_all(fd, "abc", 3);
    fails(EFAULT, write(fd, nowhere(), 5));
    fails(EFAULT, write(fd, (void *)-8, 5));
    fails(EFAULT, write(fd, (void *)-8, SIZE_MAX)); // wraps around
    fails(EFAULT, pwrite(fd, nowhere(), 5, 100));
    fails(EFAULT, pread(fd, nowhere(), 3, 0));
    is(lseek(fd, 0, SEEK_SET), 0);
    fails(EFAULT, read(fd, nowhere(), 3));
    fails(EFAULT, read(fd, (void *)0xffffffc080200000, 3)); // the kernel's
    is(position(fd), 0);
    file_is("f", "abc", 3);
    // errno-test: fstat EFAULT
    is(__sys_fstat(fd, nowhere()), -EFAULT);
}

// Where the heap ends, at the end of a page: nothing is mapped from there on.
static char *end_of_memory(void) {
    ok(sbrk(3 * PAGE));
    char *top = (char *)((uintptr_t)sbrk(0) / PAGE * PAGE);
    ok(sbrk(top - (char *)sbrk(0)));
    return top;
}

TEST(file, a_write_from_half_mapped_memory_writes_what_it_says, "") {
    char *top = end_of_memory(), name[] = "0";
    memset(top - 100, 'x', 100);
    for (int had = 0; had < 2 * PAGE; had += 1000, name[0]++) { // bytes that are there already
        int fd = new_file(name);
        ok(ftruncate(fd, had));
        is(pwrite(fd, "abc", 3, had), 3);
        ok(lseek(fd, 0, SEEK_END));
        ssize_t n = write(fd, top - 100, 2 * PAGE);
        if (n < 0) {
            is(errno, EFAULT);
            n = 0;
        }
        check(n <= 100);
        is(size_of(fd), had + 3 + n);
        is(position(fd), had + 3 + n);
        ok(ftruncate(fd, 5 * PAGE)); // and nothing is left behind the end
        zeros_at(fd, had + 3 + n, (size_t)(5 * PAGE - had - 3 - n));
    }
}

TEST(file, a_read_into_half_mapped_memory_moves_as_far_as_it_says, "") {
    char buf[3 * PAGE] = {0};
    fill_pattern(buf, sizeof buf, 9);
    make_file("f", buf, sizeof buf);
    char *top = end_of_memory();
    int fd = (int)ok(open("f", O_RDONLY));
    ssize_t n = read(fd, top - PAGE, 3 * PAGE);
    if (n < 0)
        is(errno, EFAULT);
    check(n <= PAGE);
    is(position(fd), n < 0 ? 0 : n);
    if (n > 0)
        check(has_pattern(top - PAGE, (size_t)n, 9));
}

// ---- sizes and holes

TEST(file, every_size_around_a_page_comes_back, "") {
    static char buf[2 * PAGE + 1];
    const size_t sizes[] = {0,    1,        511,          512,      513,         PAGE - 1,
                            PAGE, PAGE + 1, 2 * PAGE - 1, 2 * PAGE, 2 * PAGE + 1};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        fill_pattern(buf, sizes[i], i);
        make_file("f", buf, sizes[i]);
        file_is("f", buf, sizes[i]);
        struct stat st;
        ok(stat("f", &st));
        is(st.st_size, sizes[i]);
        is(st.st_blocks, (sizes[i] + PAGE - 1) / PAGE * (PAGE / 512));
    }
}

TEST(file, bytes_across_each_level_of_the_block_map_come_back, "") {
    char out[8], in[8];
    int fd = new_file("f");
    for (unsigned i = 0; i < BOUNDARIES; i++) {
        fill_pattern(out, 8, i);
        is(pwrite(fd, out, 8, boundary[i] - 4), 8);
        is(size_of(fd), boundary[i] + 4);
    }
    for (unsigned i = 0; i < BOUNDARIES; i++) {
        is(pread(fd, in, 8, boundary[i] - 4), 8);
        check(has_pattern(in, 8, i));
        zeros_at(fd, boundary[i] - PAGE, PAGE - 4);
        if (i + 1 < BOUNDARIES)
            zeros_at(fd, boundary[i] + 4, PAGE);
    }
    // six of data; above: none and 1, 1 and 2, 1 and 3 (with one for each level shared by all below it)
    is(status_of(fd).st_blocks, (6 + 1 + 2 + 1 + 3) * (PAGE / 512));
}

TEST(file, a_file_cut_at_each_level_of_the_block_map_keeps_what_is_below, "") {
    int fd = new_file("f");
    for (int i = 0; i < BOUNDARIES; i++)
        is(pwrite(fd, "abcdefgh", 8, boundary[i] - 4), 8);
    for (int i = BOUNDARIES - 1; i >= 0; i--) {
        char in[8];
        ok(ftruncate(fd, boundary[i] + 1));
        is(pread(fd, in, 8, boundary[i] - 4), 5);
        check(memcmp(in, "abcde", 5) == 0);
        blkcnt_t before = status_of(fd).st_blocks;
        ok(ftruncate(fd, boundary[i]));
        // a block of data goes, and the i + 1 indirect ones that led to it
        is(before - status_of(fd).st_blocks, (1 + i + 1) * (PAGE / 512));
        is(pread(fd, in, 8, boundary[i] - 4), 4);
        check(memcmp(in, "abcd", 4) == 0);
    }
    ok(ftruncate(fd, 0));
    is(status_of(fd).st_blocks, 0);
}

TEST(file, a_hole_reads_as_zeros_and_takes_no_blocks, "") {
    int fd = new_file("f");
    is(pwrite(fd, "x", 1, 20 * PAGE), 1);
    struct stat st = status_of(fd);
    is(st.st_size, 20 * PAGE + 1);
    is(st.st_blocks, 2 * (PAGE / 512)); // the page, and the indirect block that names it
    zeros_at(fd, 0, 20 * PAGE);
    is(status_of(fd).st_blocks, 2 * (PAGE / 512)); // still
}

TEST(file, a_write_into_a_hole_leaves_zeros_around_it, "") {
    int fd = new_file("f");
    ok(ftruncate(fd, 10 * PAGE));
    is(pwrite(fd, "abc", 3, 5 * PAGE + 100), 3);
    zeros_at(fd, 0, 5 * PAGE + 100);
    zeros_at(fd, 5 * PAGE + 103, 5 * PAGE - 103);
    char buf[3];
    is(pread(fd, buf, 3, 5 * PAGE + 100), 3);
    check(memcmp(buf, "abc", 3) == 0);
    is(status_of(fd).st_blocks, PAGE / 512);
}

TEST(file, seeking_past_the_end_and_writing_leaves_a_hole, "") {
    int fd = new_file("f");
    write_all(fd, "a", 1);
    ok(lseek(fd, 3 * PAGE, SEEK_END));
    write_all(fd, "b", 1);
    is(size_of(fd), 3 * PAGE + 2);
    zeros_at(fd, 1, 3 * PAGE);
    is(status_of(fd).st_blocks, 2 * (PAGE / 512));
}

TEST(file, a_file_that_shrinks_and_grows_has_zeros_where_it_was_cut, "") {
    char buf[3 * PAGE] = {0};
    int fd = new_file("f");
    memset(buf, 'x', sizeof buf);
    write_all(fd, buf, sizeof buf);
    ok(ftruncate(fd, PAGE + 10));
    is(size_of(fd), PAGE + 10);
    is(pread(fd, buf, sizeof buf, 0), PAGE + 10);
    ok(ftruncate(fd, 3 * PAGE));
    is(pread(fd, buf, PAGE + 10, 0), PAGE + 10);
    check(all_are(buf, PAGE + 10, 'x'));
    zeros_at(fd, PAGE + 10, 2 * PAGE - 10);
    ok(ftruncate(fd, 3)); // the same by a write past the end
    is(pwrite(fd, "y", 1, 100), 1);
    zeros_at(fd, 3, 97);
}

TEST(file, truncate_by_name_follows_links, "") {
    make_file("f", "abcdef", 6);
    ok(symlink("f", "link"));
    ok(truncate("link", 3));
    file_is("f", "abc", 3);
    ok(truncate("f", 5));
    file_is("f", "abc\0", 5);
    ok(truncate("f", 0));
    file_is("f", "", 0);
}

TEST(file, truncate_wants_a_regular_file_and_a_size, "") {
    int fd = new_file("f"), p[2];
    ok(mkdir("d", 0755));
    write_all(fd, "abc", 3);
    fails(EINVAL, truncate("f", -1));
    fails(EINVAL, ftruncate(fd, -1));
    fails(EFBIG, truncate("f", INT64_MAX));
    fails(EFBIG, ftruncate(fd, INT64_MAX));
    fails(EISDIR, truncate("d", 0));
    fails(EINVAL, truncate("/dev/null", 0));
    fails(ENOENT, truncate("g", 0));
    fails(ENOENT, truncate("", 0));
    fails(ENOTDIR, truncate("f/g", 0));
    fails(ENOTDIR, truncate("f/", 0));
    ok(pipe(p));
    fails(EINVAL, ftruncate(p[1], 0));
    file_is("f", "abc", 3);
}

TEST(file, the_largest_size_holds_a_byte_and_no_more, "") {
    int fd = new_file("f");
    off_t low = 1, high = INT64_MAX; // low can be had, high cannot
    while (low + 1 < high) {
        off_t middle = low + (high - low) / 2;
        *(ftruncate(fd, middle) == 0 ? &low : &high) = middle;
    }
    check(low > (off_t)1 << 40); // a terabyte at the least
    ok(ftruncate(fd, 0));
    is(pwrite(fd, "ab", 2, low - 1), 1);
    fails(EFBIG, pwrite(fd, "a", 1, low));
    fails(EFBIG, pwrite(fd, "a", 1, INT64_MAX));
    ok(lseek(fd, low, SEEK_SET));
    fails(EFBIG, write(fd, "a", 1));
    is(size_of(fd), low);
    char c;
    is(pread(fd, &c, 1, low - 1), 1);
    is(c, 'a');
}

TEST(file, a_reader_past_the_new_end_sees_the_end_and_a_writer_leaves_a_hole, "") {
    static char buf[2 * PAGE];
    make_file("f", buf, sizeof buf);
    int fd = (int)ok(open("f", O_RDWR));
    read_all(fd, buf, 2 * PAGE - 10);
    ok(truncate("f", 5));
    is(read(fd, buf, 10), 0);
    is(position(fd), 2 * PAGE - 10);
    write_all(fd, "x", 1);
    is(size_of(fd), 2 * PAGE - 9);
    is(status_of(fd).st_blocks, 2 * (PAGE / 512));
}

// Random reads, writes and truncations of n bytes from base on, compared with an array.
static void compare_with_array(off_t base, size_t n, int rounds) {
    char *model = calloc(1, n), *buf = malloc(n);
    check(model && buf);
    int fd = new_file("f");
    size_t size = 0; // behind base
    ok(ftruncate(fd, base));
    for (int r = 0; r < rounds; r++) {
        size_t at = random_number() % n, len = random_number() % (n - at) / (r % 3 * 4 + 1) + 1;
        uint32_t what = random_number() % 8;
        if (what < 4) {
            fill_pattern(buf, len, (unsigned)r);
            is(pwrite(fd, buf, len, base + (off_t)at), len);
            memcpy(model + at, buf, len);
            size = size > at + len ? size : at + len;
        } else if (what < 5) {
            ok(ftruncate(fd, base + (off_t)at));
            memset(model + at, 0, n - at);
            size = at;
        } else {
            size_t want = at >= size ? 0 : len < size - at ? len : size - at;
            is(pread(fd, buf, len, base + (off_t)at), want);
            if (memcmp(buf, model + at, want) != 0)
                FAIL("round %d: %zu bytes at %ld+%zu differ", r, want, (long)base, at);
        }
        is(size_of(fd), base + (off_t)size);
    }
    free(model);
    free(buf);
}

TEST(file, a_file_behaves_as_an_array_of_bytes, "") { compare_with_array(0, 30000, 300); }

TEST(file, a_file_behaves_as_an_array_where_the_block_map_gets_levels, "") {
    for (int i = 0; i < BOUNDARIES; i++) {
        compare_with_array(boundary[i] - 10000, 20000, 100);
        ok(unlink("f"));
    }
}

TEST(file, an_unlinked_file_lives_until_its_last_descriptor_closes, "alone") {
    char buf[20 * PAGE] = {0};
    uint64_t before = free_blocks();
    int fd = new_file("f"), other = (int)ok(dup(fd));
    fill_pattern(buf, sizeof buf, 5);
    write_all(fd, buf, sizeof buf / 2);
    ok(unlink("f"));
    is(status_of(fd).st_nlink, 0);
    write_all(fd, buf + sizeof buf / 2, sizeof buf / 2);
    ok(close(fd));
    memset(buf, 0, sizeof buf);
    is(pread(other, buf, sizeof buf, 0), sizeof buf);
    check(has_pattern(buf, sizeof buf, 5));
    check(free_blocks() < before);
    ok(close(other));
    check(free_blocks() >= before);
}

// ---- status, fsync

TEST(file, fstat_tells_kind_and_number_as_stat_does, "") {
    struct stat st;
    int fd = new_file("f"), p[2];
    write_all(fd, "abc", 3);
    ok(stat("f", &st));
    is(status_of(fd).st_ino, st.st_ino);
    is(status_of(fd).st_dev, st.st_dev);
    check(S_ISREG(st.st_mode));
    is(st.st_size, 3);
    check(S_ISDIR(status_of((int)ok(open(".", O_RDONLY))).st_mode));
    ok(pipe(p));
    check(S_ISFIFO(status_of(p[0]).st_mode));
    st = status_of((int)ok(open("/dev/null", O_RDONLY)));
    check(S_ISCHR(st.st_mode));
    is(st.st_rdev, makedev(1, 3));
}

TEST(file, fsync_writes_files_and_directories_and_nothing_else, "") {
    int fd = new_file("f"), p[2];
    write_all(fd, "abc", 3);
    is(fsync(fd), 0);
    is(fsync((int)ok(open("f", O_RDONLY))), 0);
    is(fsync((int)ok(open(".", O_RDONLY))), 0);
    ok(pipe(p));
    fails(EINVAL, fsync(p[0]));
    fails(EINVAL, fsync((int)ok(open("/dev/null", O_RDWR))));
    file_is("f", "abc", 3);
}

TEST(file, a_write_with_o_sync_is_on_the_disk_when_it_returns, "alone") {
    struct mem_info before, after;
    int fd = (int)ok(open("f", O_WRONLY | O_CREAT | O_SYNC, 0644));
    sync();
    ok(meminfo(&before));
    is(write(fd, "x", 1), 1);
    ok(meminfo(&after));
    check(after.dirty <= before.dirty);
}
