// bench.h: what the parts of bench share: the clock, marks for profiles, the operations.
#pragma once

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INSTRUCTIONS_PER_TICK = 100, NS_PER_TICK = 100, PAGE = 4096 };

extern char page[PAGE];           // to read into and to write from
extern const char *const scratch; // the name of a file or directory that an operation may make, and removes

static inline uint64_t ticks(void) {
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

// Set by a worker, to wait for the others when all preparations are made: called at the next begin, and not
// again.
extern void (*before_begin)(void);
void pass_gate(void);
extern uint64_t began, ended; // when it came back, and the last end since

// For `make profile`: what is measured lies between marks, hints that do nothing (tools/profile-plugin.c).
static inline uint64_t begin(void) {
    if (before_begin)
        pass_gate();
    __asm__ volatile("slti zero, zero, 1" ::: "memory");
    return ticks();
}
static inline uint64_t end(void) {
    uint64_t now = ticks();
    __asm__ volatile("slti zero, zero, 2" ::: "memory");
    return ended = now;
}
static inline void forget_warm_up(void) { __asm__ volatile("slti zero, zero, 3" ::: "memory"); }

static inline void need(bool ok, const char *what) {
    if (!ok)
        cmd_die("%s", what);
}

// operations.c: each does its work n times and returns the ticks that it took.
struct operation {
    const char *name, *text;
    uint64_t (*run)(int n);
    int times;
    int goal; // instructions
};
extern const struct operation operations[];
extern const int operation_count;

uint64_t empty_loop(int n);
uint64_t null_call(int n);
uint64_t pipe_round_trip(int n);
uint64_t fork_exit_wait(int n);
uint64_t fork_exec_wait(int n);
uint64_t sbrk_touch(int n);
uint64_t read_cached(int n);
int make_blocks(const char *path);
uint64_t read_blocks(int fd, int n);
uint64_t create_unlink(int n);
uint64_t open_times(const char *path, int n);
void make_file(const char *path);

// main.c: is this name among those asked for? Of none, all are.
bool chosen(const char *name, char **names);
int repetitions(int times, int multiplier); // multiplier 0: a hundredth, and one more
int64_t instructions(uint64_t took, int n); // of one of n

// curves.c: what operations cost as there is ever more of something.
void run_curves(char **names, int multiplier);
void touch_region(int regions, char *region); // run by it in a copy of this program

// harts.c: the same work by 1, 2, 4 ... processes at once, up to `most`; with locks, what locks they met.
void run_harts(char **names, int multiplier, int samples, int most, bool locks);

// disk.c: a file larger than memory, and many small ones, written and read. What names: copy, write, read,
// ...
void run_disk(char **names, bool quick);
