// check.c: the checks and helpers that test.h offers to tests.
#include "test.h"

#include <stdarg.h>
#include <time.h>

#include "run.h"

void test_fail(const char *file, int line, const char *format, ...) {
    char text[REPORT_BYTES];
    const char *slash = strrchr(file, '/');
    int n = snprintf(text, sizeof text, "%s:%d: ", slash ? slash + 1 : file, line);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - n, format, args);
    va_end(args);
    write(REPORT_FD, text, strlen(text) + 1);
    _exit(1);
}

void test_is(const char *file, int line, const char *text, long got, long want) {
    if (got != want)
        test_fail(file, line, "%s: saw %ld, want %ld", text, got, want);
}

long test_ok(const char *file, int line, const char *text, long result) {
    if (result == -1)
        test_fail(file, line, "%s: %s", text, strerror(errno));
    return result;
}

void test_fails(const char *file, int line, const char *text, long result, int error) {
    if (result != -1)
        test_fail(file, line, "%s: saw success (%ld), want: %s", text, result, strerror(error));
    if (errno != error) {
        int seen = errno;
        char name[48];
        snprintf(name, sizeof name, "%s", strerror(seen));
        test_fail(file, line, "%s: saw: %s (%d), want: %s (%d)", text, name, seen, strerror(error), error);
    }
}

void test_is_text(const char *file, int line, const char *text, const char *got, const char *want) {
    if (strcmp(got, want) != 0)
        test_fail(file, line, "%s: saw \"%.80s\", want \"%.80s\"", text, got, want);
}

uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

void nap(void) { nanosleep(&(struct timespec){0, 1000000}, NULL); }

pid_t fork_ok(void) { return (pid_t)ok(fork()); }

pid_t spawn(int (*fn)(void *), void *arg) {
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(fn(arg));
    return pid;
}

int wait_word(pid_t pid) {
    int word;
    is(ok(waitpid(pid, &word, 0)), pid);
    return word;
}

int wait_exit(pid_t pid) {
    int word = wait_word(pid);
    if (!WIFEXITED(word))
        FAIL("a child that should have exited was killed by signal %d", WTERMSIG(word));
    return WEXITSTATUS(word);
}

int wait_signal(pid_t pid) {
    int word = wait_word(pid);
    if (!WIFSIGNALED(word))
        FAIL("a child that should have been killed exited with %d", WEXITSTATUS(word));
    return WTERMSIG(word);
}

void dies(int sig, void (*fn)(void *), void *arg) {
    pid_t pid = fork_ok();
    if (pid == 0) {
        fn(arg);
        _exit(0);
    }
    is(wait_signal(pid), sig);
}

int run_program(char *const argv[]) {
    pid_t pid = fork_ok();
    if (pid == 0) {
        execv(argv[0], argv);
        FAIL("exec %s: %s", argv[0], strerror(errno));
    }
    return wait_exit(pid);
}

void write_all(int fd, const void *buf, size_t n) {
    for (size_t done = 0; done < n;)
        done += ok(write(fd, (const char *)buf + done, n - done));
}

void read_all(int fd, void *buf, size_t n) {
    for (size_t done = 0; done < n;) {
        size_t got = ok(read(fd, (char *)buf + done, n - done));
        if (got == 0)
            FAIL("end of file after %zu of %zu bytes", done, n);
        done += got;
    }
}

void make_file(const char *path, const void *bytes, size_t n) {
    int fd = (int)ok(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    write_all(fd, bytes, n);
    ok(close(fd));
}

void file_is(const char *path, const void *bytes, size_t n) {
    char *buf = malloc(n + 1);
    check(buf != NULL);
    int fd = (int)ok(open(path, O_RDONLY));
    size_t got = 0;
    for (ssize_t r; got <= n && (r = ok(read(fd, buf + got, n + 1 - got))) > 0;)
        got += r;
    is(got, n);
    for (size_t i = 0; i < n; i++)
        if (buf[i] != ((const char *)bytes)[i])
            FAIL("%s: byte %zu is %d, want %d", path, i, buf[i], ((const char *)bytes)[i]);
    ok(close(fd));
    free(buf);
}

bool exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static unsigned char pattern(size_t i, unsigned seed) {
    return (unsigned char)((i * 2654435761u >> 7) + i / PAGE * 31 + seed * 97);
}

void fill_pattern(void *buf, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buf)[i] = pattern(i, seed);
}

bool has_pattern(const void *buf, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)buf)[i] != pattern(i, seed))
            return false;
    return true;
}

uint32_t random_state = 1;

uint32_t random_number(void) {
    random_state ^= random_state << 13; // xorshift32
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}
