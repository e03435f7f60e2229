// test.h: what the tests of `usertests` are made of.
//
// A test is a function of its own, in the file of its area:
//
//     TEST(pipe, a_read_blocks_until_a_byte_arrives, "") {
//         int fd[2];
//         ok(pipe(fd));
//         ...
//         is(read(fd[0], &c, 1), 1);
//         fails(EBADF, read(fd[1], &c, 1));
//     }
//
// It runs in a process of its own, leader of its process group, in an empty directory that is removed
// afterwards, with standard input at /dev/null. The first check that does not hold ends it, and says where,
// what was seen and what was wanted; so does one in a child that it forks. What it leaves behind (processes,
// memory, blocks, inodes) is a failure too. `fails(E..., call(...))` also tells tools/lint-errnos that this
// error of this call is tested.
//
// Nothing here sleeps for a time and hopes: wait for what must happen (a byte in a pipe, a child, until()).
#ifndef USERTESTS_TEST_H
#define USERTESTS_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

struct test {
    const char *area, *name;
    // "slow": not with -q. "alone": never beside another, as it counts memory, or takes all of it
    const char *marks;
    void (*run)(void);
    struct test *next;
};
void test_register(struct test *t);

// area: one word, as the file is called. marks: any of "slow alone".
#define TEST(area, name, marks)                                                                              \
    static void test_##name(void);                                                                           \
    __attribute__((constructor)) static void register_##name(void) {                                         \
        static struct test t = {#area, #name, marks, test_##name, NULL};                                     \
        test_register(&t);                                                                                   \
    }                                                                                                        \
    static void test_##name(void)

// End the test as failed: print the place and the text.
_Noreturn void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

// The condition holds.
#define check(cond)                                                                                          \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            FAIL("%s does not hold", #cond);                                                                 \
    } while (0)
// Two integers are equal.
#define is(got, want) test_is(__FILE__, __LINE__, #got, (long)(got), (long)(want))
void test_is(const char *file, int line, const char *text, long got, long want);
// A call succeeds (its result is not -1, nor (void *)-1); gives the result.
#define ok(call) test_ok(__FILE__, __LINE__, #call, (long)(call))
long test_ok(const char *file, int line, const char *text, long result);
// A call fails (-1) with this errno.
#define fails(error, call) test_fails(__FILE__, __LINE__, #call, (errno = 0, (long)(call)), error)
void test_fails(const char *file, int line, const char *text, long result, int error);
// Two strings are equal.
#define is_text(got, want) test_is_text(__FILE__, __LINE__, #got, got, want)
void test_is_text(const char *file, int line, const char *text, const char *got, const char *want);
// Wait until the condition holds, giving the processor away in between; ten seconds are too long.
#define until(cond)                                                                                          \
    for (uint64_t end_ = now_ns() + 10000000000; !(cond); nap()) {                                           \
        if (now_ns() > end_)                                                                                 \
            FAIL("%s does not come to hold", #cond);                                                         \
    }

uint64_t now_ns(void); // monotonic clock
void nap(void);        // a millisecond

// fork() that fails the test when it fails.
pid_t fork_ok(void);
// A child that runs fn(arg) and exits with its result.
pid_t spawn(int (*fn)(void *), void *arg);
// waitpid that must succeed. The whole status word; the exit value, for a child that must exit; the signal,
// for one that must be killed.
int wait_word(pid_t pid);
int wait_exit(pid_t pid);
int wait_signal(pid_t pid);
// Run fn(arg) in a child that must be killed by this signal.
void dies(int sig, void (*fn)(void *), void *arg);
// Run a program (a path, no search) with its arguments, ended by NULL, in a child; gives its exit value.
int run_program(char *const argv[]);

// A new file with these bytes; write all, read all of n bytes or fail.
void make_file(const char *path, const void *bytes, size_t n);
void write_all(int fd, const void *buf, size_t n);
void read_all(int fd, void *buf, size_t n);
// The file holds exactly these bytes.
void file_is(const char *path, const void *bytes, size_t n);
bool exists(const char *path); // the name itself, lstat
// Bytes that differ from place to place and from seed to seed.
void fill_pattern(void *buf, size_t n, unsigned seed);
bool has_pattern(const void *buf, size_t n, unsigned seed);
// A number from the run's seed (-s), the same in each run of this test.
uint32_t random_number(void);

#endif
