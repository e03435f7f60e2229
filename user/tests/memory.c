// memory.c: the heap, demand zero, copy-on-write, the stack, promises, and what happens when there is no
// more.
#include <drupe/syscalls.h>
#include <sched.h>
#include <uapi/info.h>

#include "test.h"

enum { MIB = 1 << 20 };

// DESIGN.md, section 3: where the stack begins, and how far it may grow.
#define STACK_TOP   ((char *)0x3f00000000)
#define STACK_LIMIT (STACK_TOP - 8 * MIB)

extern char end[]; // of the program's bss: the heap begins on the next page

static char *heap_start(void) { return (char *)(((uintptr_t)end + PAGE - 1) & ~(uintptr_t)(PAGE - 1)); }

static char *grow(size_t bytes) { return (char *)ok(sbrk((ptrdiff_t)bytes)); }

static void give_back(size_t bytes) { ok(sbrk(-(ptrdiff_t)bytes)); }

// Memory of n whole pages, never used before.
static char *grow_pages(size_t n) {
    uintptr_t brk = (uintptr_t)sbrk(0);
    grow(-brk % PAGE);
    return grow(n * PAGE);
}

static void touch(char *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i += PAGE)
        ((volatile char *)p)[i] = 1;
}

static bool is_zero(const char *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (p[i])
            return false;
    return true;
}

static struct mem_info memory(void) {
    struct mem_info m;
    ok(meminfo(&m));
    return m;
}

// The heap takes all that can be promised, to the last page. Returns how many bytes. What others let go of
// later (the write-back of what was written before is awaited) can still be had: a few pages. Asks for no
// more than there is, as a refusal may take its time.
static size_t take_all(void) {
    size_t taken = 0;
    sync();
    for (uint64_t left; (left = memory().available) > 0;) {
        size_t tables = left / 512 + 4, step = left > 2 * tables ? left - tables : 1;
        if (sbrk((ptrdiff_t)(step * PAGE)) == (void *)-1)
            break;
        taken += step * PAGE;
    }
    return taken;
}

// What the kernel takes and gives back meanwhile for itself, in pages
enum { NOISE = 64 };
// a is b, give or take n
static bool near(uint64_t a, uint64_t b, uint64_t n) { return a <= b + n && b <= a + n; }

// Page tables for so many pages, which a process keeps to its end, and some more
static uint64_t tables_for(uint64_t pages) { return pages / 256 + NOISE; }

static void store(void *p) { *(volatile char *)p = 1; }
static void load(void *p) { (void)*(volatile char *)p; }

// ---- sbrk

TEST(memory, sbrk_gives_the_old_break_and_moves_it, "") {
    char *old = sbrk(0);
    check(grow(5 * PAGE) == old);
    check((char *)sbrk(0) == old + 5 * PAGE);
    check((char *)sbrk(-3 * PAGE) == old + 5 * PAGE);
    check((char *)sbrk(0) == old + 2 * PAGE);
}

TEST(memory, sbrk_moves_the_break_by_single_bytes, "") {
    char *p = grow_pages(1);
    give_back(PAGE);
    for (int i = 0; i < 3 * PAGE; i += 7) {
        check(grow(7) == p + i);
        memset(p + i, i, 7);
    }
    for (int i = 0; i < 3 * PAGE; i += 7)
        is(p[i + 6], (char)i);
}

TEST(memory, new_heap_reads_as_zero, "") {
    char *p = grow_pages(64);
    check(is_zero(p, 64 * PAGE));
}

TEST(memory, heap_given_back_and_taken_again_reads_as_zero, "") {
    char *p = grow_pages(64);
    fill_pattern(p, 64 * PAGE, 1);
    give_back(64 * PAGE);
    check(grow(64 * PAGE) == p);
    check(is_zero(p, 64 * PAGE));
}

TEST(memory, shrinking_inside_a_page_keeps_what_is_below, "") {
    char *p = grow_pages(2);
    fill_pattern(p, 2 * PAGE, 2);
    give_back(PAGE + 100);
    check(has_pattern(p, PAGE - 100, 2));
    grow(PAGE + 100);
    check(has_pattern(p, PAGE - 100, 2));
}

TEST(memory, heap_that_was_given_back_is_gone, "") {
    char *p = grow_pages(2);
    touch(p, 2 * PAGE);
    give_back(PAGE);
    store(p + PAGE - 1);
    dies(SIGSEGV, load, p + PAGE);
    dies(SIGSEGV, store, p + PAGE);
}

TEST(memory, a_system_call_does_not_reach_heap_that_was_given_back, "") {
    int fd = (int)ok(open("/dev/zero", O_RDWR));
    char *p = grow_pages(2);
    touch(p, 2 * PAGE);
    give_back(PAGE);
    is(read(fd, p, PAGE), PAGE);
    fails(EFAULT, read(fd, p + PAGE, 1));
}

TEST(memory, the_heap_cannot_shrink_below_its_start, "") {
    char *brk = sbrk(0);
    fails(ENOMEM, sbrk(heap_start() - brk - 1));
    fails(ENOMEM, sbrk(PTRDIFF_MIN));
    fails(ENOMEM, sbrk(-(ptrdiff_t)(uintptr_t)brk));
    check(sbrk(0) == brk);
}

static int give_back_all(void *unused) {
    char *brk = sbrk(0), *start = heap_start();
    check(sbrk(start - brk) == brk);
    check(sbrk(0) == start);
    fails(ENOMEM, sbrk(-1));
    check(grow(PAGE) == start && is_zero(start, PAGE));
    return 0;
}

TEST(memory, the_whole_heap_can_be_given_back, "") {
    free(malloc(10 * PAGE)); // there is one
    is(wait_exit(spawn(give_back_all, NULL)), 0);
}

TEST(memory, sbrk_beyond_the_address_space_moves_nothing, "") {
    char *brk = sbrk(0);
    fails(ENOMEM, sbrk(PTRDIFF_MAX));
    fails(ENOMEM, sbrk(STACK_TOP - brk));
    fails(ENOMEM, sbrk(STACK_LIMIT - brk));
    fails(ENOMEM, sbrk((ptrdiff_t)1 << 38));
    check(sbrk(0) == brk);
    touch(grow_pages(1), PAGE);
}

TEST(memory, any_growing_and_shrinking_keeps_what_is_below_the_break, "") {
    enum { MOST = 40 };
    size_t have = 0;
    char *p = grow_pages(0);
    for (int i = 0; i < 300; i++) {
        size_t want = random_number() % (MOST * PAGE);
        if (want > have) {
            check(grow(want - have) == p + have);
            for (size_t k = (have + PAGE - 1) & ~(size_t)(PAGE - 1); k < want; k += PAGE)
                is(p[k], 0); // a fresh page
        } else {
            give_back(have - want);
        }
        size_t old = want < have ? want : have;
        for (size_t k = 0; k < old; k += 512)
            is(p[k], (char)(k >> 9) | 1);
        have = want;
        for (size_t k = 0; k < have; k += 512)
            p[k] = (char)(k >> 9) | 1;
    }
}

TEST(memory, a_child_has_a_break_of_its_own, "") {
    char *brk = sbrk(0);
    pid_t pid = fork_ok();
    if (pid == 0) {
        check(sbrk(0) == brk);
        grow(10 * PAGE);
        _exit(0);
    }
    is(wait_exit(pid), 0);
    check(sbrk(0) == brk);
}

// ---- demand zero

TEST(memory, heap_takes_frames_only_when_it_is_used, "alone") {
    uint64_t before = memory().anon;
    char *p = grow_pages(1000);
    check(near(memory().anon, before, 20));
    p[500 * PAGE] = 1;
    check(memory().anon > before && near(memory().anon, before, 20));
    touch(p, 1000 * PAGE);
    check(near(memory().anon, before + 1000, 20));
    give_back(1000 * PAGE);
    check(near(memory().anon, before, 20));
}

static int use_and_leave_a_secret(void *unused) {
    char *p = grow_pages(1000);
    memset(p, 0x5a, 1000 * PAGE);
    return 0;
}

TEST(memory, nobody_sees_what_a_process_left_in_its_frames, "") {
    is(wait_exit(spawn(use_and_leave_a_secret, NULL)), 0);
    char *p = grow_pages(1100);
    check(is_zero(p, 1100 * PAGE));
}

TEST(memory, a_system_call_brings_untouched_pages_in, "") {
    int fd[2];
    ok(pipe(fd));
    char *p = grow_pages(3);
    is(write(fd[1], p + PAGE - 2, 4), 4); // reads two pages that are not there yet
    is(read(fd[0], p + 2 * PAGE - 2, 4), 4);
    check(is_zero(p, 3 * PAGE));
}

static char bss[5 * PAGE];
static char data[5 * PAGE] = {[0] = 1, [2 * PAGE] = 2, [5 * PAGE - 1] = 3};

TEST(memory, a_program_starts_with_its_data_and_zeros, "") {
    check(is_zero(bss, sizeof bss));
    check(data[0] == 1 && data[2 * PAGE] == 2 && data[5 * PAGE - 1] == 3);
    check(is_zero(data + 1, 2 * PAGE - 1) && is_zero(data + 2 * PAGE + 1, 3 * PAGE - 2));
}

// ---- copy-on-write

// What one process writes after a fork the other does not see, wherever it lies: whoever writes first.
static void write_apart(char *p, size_t bytes, bool child_first) {
    int to_child[2], to_parent[2];
    char go = 0;
    ok(pipe(to_child));
    ok(pipe(to_parent));
    fill_pattern(p, bytes, 1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        if (!child_first)
            read_all(to_child[0], &go, 1);
        check(has_pattern(p, bytes, 1));
        fill_pattern(p, bytes, 2);
        write_all(to_parent[1], &go, 1);
        read_all(to_child[0], &go, 1);
        check(has_pattern(p, bytes, 2));
        _exit(0);
    }
    if (child_first)
        read_all(to_parent[0], &go, 1);
    check(has_pattern(p, bytes, 1));
    fill_pattern(p, bytes, 3);
    write_all(to_child[1], &go, 1);
    if (!child_first)
        read_all(to_parent[0], &go, 1);
    check(has_pattern(p, bytes, 3));
    write_all(to_child[1], &go, 1);
    is(wait_exit(pid), 0);
    check(has_pattern(p, bytes, 3));
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

TEST(memory, parent_and_child_write_to_their_own_heap, "") {
    write_apart(grow_pages(20), 20 * PAGE, true);
    write_apart(grow_pages(20), 20 * PAGE, false);
}

TEST(memory, parent_and_child_write_to_their_own_data, "") {
    write_apart(data, sizeof data, true);
    write_apart(data, sizeof data, false);
}

TEST(memory, parent_and_child_write_to_their_own_bss, "") {
    write_apart(bss, sizeof bss, false);
    write_apart(bss, sizeof bss, true);
}

TEST(memory, parent_and_child_write_to_their_own_stack, "") {
    char room[6 * PAGE];
    write_apart(room, sizeof room, true);
    write_apart(room, sizeof room, false);
}

TEST(memory, what_the_kernel_writes_for_a_child_the_parent_does_not_see, "") {
    char *p = grow_pages(4);
    fill_pattern(p, 4 * PAGE, 1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        int fd = (int)ok(open("/dev/zero", O_RDONLY));
        read_all(fd, p + 100, 3 * PAGE);
        check(is_zero(p + 100, 3 * PAGE));
        check(has_pattern(p, 100, 1));
        _exit(0);
    }
    is(wait_exit(pid), 0);
    check(has_pattern(p, 4 * PAGE, 1));
}

TEST(memory, what_the_kernel_writes_for_a_parent_the_child_does_not_see, "") {
    int fd[2];
    char go = 0, *p = grow_pages(2);
    ok(pipe(fd));
    fill_pattern(p, 2 * PAGE, 1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        read_all(fd[0], &go, 1);
        check(has_pattern(p, 2 * PAGE, 1));
        _exit(0);
    }
    read_all((int)ok(open("/dev/zero", O_RDONLY)), p, 2 * PAGE);
    check(is_zero(p, 2 * PAGE));
    write_all(fd[1], &go, 1);
    is(wait_exit(pid), 0);
}

// Each generation writes its own and looks at what it has after all younger ones have written.
static void generation(char *p, size_t bytes, unsigned depth, unsigned last) {
    check(has_pattern(p, bytes, depth));
    if (depth < last) {
        pid_t pid = fork_ok();
        if (pid == 0) {
            fill_pattern(p, bytes, depth + 1);
            generation(p, bytes, depth + 1, last);
            _exit(0);
        }
        is(wait_exit(pid), 0);
    }
    check(has_pattern(p, bytes, depth));
}

TEST(memory, each_generation_of_forks_has_its_own_memory, "") {
    char *p = grow_pages(8);
    fill_pattern(p, 8 * PAGE, 0);
    generation(p, 8 * PAGE, 0, 10);
}

static void live_on_as_orphan(char *p, int in, int out) {
    char verdict = 0;
    read_all(in, &verdict, 1);
    verdict = has_pattern(p, 8 * PAGE, 4);
    fill_pattern(p, 8 * PAGE, 6);
    write_all(out, &verdict, 1);
}

TEST(memory, a_grandchild_keeps_its_memory_when_those_between_are_gone, "") {
    int in[2], out[2];
    char verdict = 0, *p = grow_pages(8);
    ok(pipe(in));
    ok(pipe(out));
    fill_pattern(p, 8 * PAGE, 4);
    pid_t pid = fork_ok();
    if (pid == 0) {
        if (fork_ok() == 0)
            live_on_as_orphan(p, in[0], out[1]);
        else
            fill_pattern(p, 8 * PAGE, 5);
        _exit(0);
    }
    is(wait_exit(pid), 0);
    fill_pattern(p, 8 * PAGE, 7);
    write_all(in[1], &verdict, 1);
    read_all(out[0], &verdict, 1);
    check(verdict);
    check(has_pattern(p, 8 * PAGE, 7));
}

TEST(memory, brothers_that_write_the_same_pages_do_not_meet, "") {
    enum { BROTHERS = 8, BYTES = 16 * PAGE };
    pid_t pid[BROTHERS];
    char *p = grow_pages(BYTES / PAGE);
    fill_pattern(p, BYTES, 99);
    for (unsigned i = 0; i < BROTHERS; i++)
        if ((pid[i] = fork_ok()) == 0) {
            for (unsigned round = 0; round < 10; round++) {
                fill_pattern(p, BYTES, i * 10 + round);
                sched_yield();
                check(has_pattern(p, BYTES, i * 10 + round));
            }
            _exit(0);
        }
    for (int i = 0; i < BROTHERS; i++)
        is(wait_exit(pid[i]), 0);
    check(has_pattern(p, BYTES, 99));
}

TEST(memory, a_child_sees_memory_as_it_was_at_the_fork, "") {
    int fd[2];
    char go = 0, *p = grow_pages(4);
    ok(pipe(fd));
    for (unsigned round = 0; round < 30; round++) { // the parent's hart must forget that it could write
        fill_pattern(p, 4 * PAGE, round);
        pid_t pid = fork_ok();
        if (pid == 0) {
            read_all(fd[0], &go, 1);
            _exit(!has_pattern(p, 4 * PAGE, round));
        }
        fill_pattern(p, 4 * PAGE, round + 1);
        write_all(fd[1], &go, 1);
        is(wait_exit(pid), 0);
    }
}

TEST(memory, fork_shares_frames_until_one_writes, "alone") {
    int fd[2];
    char go = 0, *p = grow_pages(500);
    ok(pipe(fd));
    touch(p, 500 * PAGE);
    uint64_t before = memory().anon;
    pid_t pid = fork_ok();
    if (pid == 0) {
        read(fd[0], &go, 1);
        touch(p, 100 * PAGE);
        check(near(memory().anon, before + 100, 20));
        _exit(0);
    }
    check(near(memory().anon, before, 20));
    write_all(fd[1], &go, 1);
    is(wait_exit(pid), 0);
    check(near(memory().anon, before, 20));
}

TEST(memory, the_last_user_of_a_page_writes_to_it_in_place, "alone") {
    char *p = grow_pages(500);
    fill_pattern(p, 500 * PAGE, 3);
    uint64_t before = memory().anon;
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork_ok();
        if (pid == 0)
            _exit(0);
        is(wait_exit(pid), 0);
        touch(p, 500 * PAGE);
        check(near(memory().anon, before, 20));
    }
}

TEST(memory, a_write_to_program_data_stays_out_of_the_program_file, "") {
    static char before[PAGE], after[PAGE];
    int fd = (int)ok(open("/bin/usertests", O_RDONLY)), other = (int)ok(open("/bin/usertests", O_RDONLY));
    struct stat st;
    ok(fstat(fd, &st));
    uint32_t sum[2] = {0, 0};
    for (off_t at = 0; at < st.st_size; at += PAGE) {
        ssize_t n = ok(pread(fd, before, PAGE, at));
        for (ssize_t i = 0; i < n; i++)
            sum[0] = sum[0] * 31 + before[i];
    }
    fill_pattern(data, sizeof data, 77);
    for (off_t at = 0; at < st.st_size; at += PAGE) {
        ssize_t n = ok(pread(other, after, PAGE, at));
        for (ssize_t i = 0; i < n; i++)
            sum[1] = sum[1] * 31 + after[i];
    }
    is(sum[1], sum[0]);
}

TEST(memory, a_kill_races_with_page_faults, "") {
    int fd[2];
    char go, *p = grow_pages(100);
    ok(pipe(fd));
    fill_pattern(p, 100 * PAGE, 1);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork_ok();
        if (pid == 0) {
            write_all(fd[1], "x", 1);
            for (;;) {
                touch(p, 100 * PAGE);               // copies
                touch(grow_pages(100), 100 * PAGE); // zeros
                give_back(100 * PAGE);
            }
        }
        read_all(fd[0], &go, 1);
        ok(kill(pid, SIGKILL));
        is(wait_signal(pid), SIGKILL);
        check(has_pattern(p, 100 * PAGE, 1));
    }
}

// ---- the stack

TEST(memory, the_stack_grows_to_8_mib, "") {
    pid_t pid = fork_ok();
    if (pid == 0) {
        for (char *p = STACK_TOP - PAGE; p >= STACK_LIMIT; p -= 64 * PAGE)
            p[1] = p[1] + 1;
        is(*STACK_LIMIT, 0);
        STACK_LIMIT[0] = 1;
        _exit(0);
    }
    is(wait_exit(pid), 0);
}

TEST(memory, the_stack_does_not_grow_beyond_8_mib, "") {
    dies(SIGSEGV, load, STACK_LIMIT - 1);
    dies(SIGSEGV, store, STACK_LIMIT - 1);
    dies(SIGSEGV, store, STACK_LIMIT - PAGE);
    dies(SIGSEGV, store, STACK_LIMIT - MIB);
}

// Each call needs a page of stack.
static long __attribute__((noinline)) recurse(long depth) {
    volatile char room[PAGE];
    room[0] = (char)depth;
    room[PAGE - 1] = room[0];
    long sum = depth == 0 ? 0 : recurse(depth - 1) + 1;
    if (room[PAGE - 1] != (char)depth)
        FAIL("the stack was overwritten");
    return sum;
}

static int recurse_many(void *depth) { return recurse((long)depth) != (long)depth; }
static void recurse_without_end(void *unused) { recurse(1L << 40); }

TEST(memory, deep_recursion_works, "") { is(wait_exit(spawn(recurse_many, (void *)1800)), 0); }

TEST(memory, endless_recursion_is_killed, "") { dies(SIGSEGV, recurse_without_end, NULL); }

TEST(memory, nothing_is_mapped_above_the_stack, "") {
    store(STACK_TOP - 1);
    dies(SIGSEGV, load, STACK_TOP);
    dies(SIGSEGV, store, STACK_TOP);
}

TEST(memory, a_system_call_makes_the_stack_grow, "") {
    int fd = (int)ok(open("/dev/zero", O_RDONLY));
    pid_t pid = fork_ok();
    if (pid == 0) {
        is(read(fd, STACK_TOP - 4 * MIB, 3 * PAGE), 3 * PAGE);
        is(read(fd, STACK_LIMIT, 1), 1);
        fails(EFAULT, read(fd, STACK_LIMIT - 1, 1));
        fails(EFAULT, read(fd, STACK_LIMIT - PAGE, 1));
        _exit(0);
    }
    is(wait_exit(pid), 0);
}

TEST(memory, a_child_keeps_the_stack_that_its_parent_has, "") {
    char *low = STACK_TOP - 2 * MIB;
    is(*low, 0);
    *low = 1;
    pid_t pid = fork_ok();
    if (pid == 0) {
        is(*low, 1);
        *low = 2;
        STACK_TOP[-3 * MIB] = 3; // and goes on from there
        _exit(0);
    }
    is(wait_exit(pid), 0);
    is(*low, 1);
    is(STACK_TOP[-3 * MIB], 0);
}

// ---- figures

TEST(memory, meminfo_adds_up, "") {
    struct mem_info m = memory();
    is(m.page_size, PAGE);
    check(m.total > 8 * MIB / PAGE);
    check(m.free + m.cached + m.anon + m.slab <= m.total);
    check(m.dirty <= m.cached);
    check(m.available <= m.total && m.promised <= m.total && m.anon <= m.promised);
    check(m.processes >= 3); // init, the runner and I
    check(m.harts >= 1 && m.harts <= 8);
    struct mem_info later = memory();
    check(later.uptime > m.uptime && later.idle >= m.idle && later.slices >= m.slices);
}

TEST(memory, meminfo_counts_what_is_promised, "alone") {
    struct mem_info before = memory();
    grow_pages(1000);
    struct mem_info with = memory();
    check(near(with.promised, before.promised + 1000, NOISE));
    check(near(with.available + 1000, before.available, NOISE));
    give_back(1000 * PAGE);
    until(memory().promised <= before.promised + NOISE);
    until(memory().available + NOISE >= before.available);
}

// A child's stack grows to 6 MiB, perhaps after its heap was larger for a while: how much more is promised
// then?
static uint64_t promised_for_stack(bool heap_before) {
    int out[2];
    uint64_t promised;
    ok(pipe(out));
    pid_t pid = fork_ok();
    if (pid == 0) {
        if (heap_before) {
            touch(grow_pages(20 * MIB / PAGE), 20 * MIB);
            give_back(20 * MIB);
        }
        promised = memory().promised;
        load(STACK_TOP - 6 * MIB);
        promised = memory().promised - promised;
        write_all(out[1], &promised, sizeof promised);
        _exit(0);
    }
    read_all(out[0], &promised, sizeof promised);
    is(wait_exit(pid), 0);
    ok(close(out[0]));
    ok(close(out[1]));
    return promised;
}

TEST(memory, page_tables_of_heap_and_stack_are_promised_each_for_itself, "alone") {
    until(promised_for_stack(false) == promised_for_stack(true)); // or somebody else began or ended just then
}

static int wait_for_byte(void *fd) {
    char c;
    return read(*(int *)fd, &c, 1) != 1;
}

TEST(memory, meminfo_counts_processes, "alone") {
    int fd[2];
    ok(pipe(fd));
    uint64_t before = memory().processes;
    pid_t pid = spawn(wait_for_byte, &fd[0]);
    is(memory().processes, before + 1);
    write_all(fd[1], "x", 1);
    is(wait_exit(pid), 0);
    is(memory().processes, before);
}

// ---- promises

TEST(memory, sbrk_beyond_memory_fails_and_nothing_is_lost, "alone") {
    struct mem_info before = memory();
    char *brk = sbrk(0);
    fails(ENOMEM, sbrk((ptrdiff_t)((before.available + 16 * NOISE) * PAGE)));
    fails(ENOMEM, sbrk((ptrdiff_t)(before.total * PAGE)));
    check(sbrk(0) == brk);
    until(memory().available + NOISE >= before.available);
    size_t most = (before.available - tables_for(before.available)) * PAGE; // but that much can be had
    grow(most);
    fails(ENOMEM, sbrk((ptrdiff_t)(tables_for(before.available) * PAGE)));
    give_back(most);
    until(memory().available + tables_for(before.available) >= before.available);
}

TEST(memory, all_that_can_be_promised_can_be_taken_page_by_page, "alone") {
    size_t taken = take_all();
    fails(ENOMEM, sbrk(NOISE * PAGE));
    check(memory().available < NOISE);
    give_back(NOISE * PAGE);
    grow(PAGE);
    give_back(taken - NOISE * PAGE);
}

TEST(memory, fork_beyond_memory_fails_and_nothing_is_lost, "alone") {
    struct mem_info before = memory();
    size_t most = before.available / 10 * 6 * PAGE;
    char *p = grow(most);
    fill_pattern(p, 100 * PAGE, 5);
    fails(ENOMEM, fork()); // twice as much cannot be promised
    check(has_pattern(p, 100 * PAGE, 5));
    is(memory().processes, before.processes);
    fails(ECHILD, waitpid(-1, NULL, WNOHANG));
    give_back(most);
    until(memory().available + tables_for(before.available) >= before.available);
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(3);
    is(wait_exit(pid), 3);
}

TEST(memory, a_fork_of_a_fork_is_promised_its_memory_too, "alone") {
    grow(memory().available / 10 * 4 * PAGE);
    pid_t pid = fork_ok();
    if (pid == 0) {
        fails(ENOMEM, fork());
        _exit(0);
    }
    is(wait_exit(pid), 0);
    pid = fork_ok(); // now there is room again
    if (pid == 0)
        _exit(0);
    is(wait_exit(pid), 0);
}

// A process that holds all of memory, and gives some of it back when it is asked to.
struct hog {
    pid_t pid;
    int ask, answer;
};

static struct hog hog_start(bool use) {
    int ask[2], answer[2];
    ok(pipe(ask));
    ok(pipe(answer));
    pid_t pid = fork_ok();
    if (pid == 0) {
        char *p = sbrk(0);
        size_t pages = 0, taken = take_all();
        if (use)
            touch(p + PAGE, taken - PAGE);
        do {
            write_all(answer[1], &pages, sizeof pages);
            read_all(ask[0], &pages, sizeof pages);
            give_back(pages * PAGE);
        } while (pages > 0);
        _exit(0);
    }
    size_t start;
    read_all(answer[0], &start, sizeof start);
    return (struct hog){pid, ask[1], answer[0]};
}

static void hog_gives(const struct hog *h, size_t pages) {
    write_all(h->ask, &pages, sizeof pages);
    read_all(h->answer, &pages, sizeof pages);
}

static void hog_end(const struct hog *h) {
    kill(h->pid, SIGKILL);
    is(wait_signal(h->pid), SIGKILL);
}

TEST(memory, a_fork_without_memory_works_again_when_there_is_some, "slow alone") {
    char *p = grow_pages(20);
    fill_pattern(p, 20 * PAGE, 1);
    struct hog hog = hog_start(false);
    pid_t pid;
    int refused = 0;
    for (size_t step = 4; (pid = fork()) < 0; step *= 2, refused++) {
        is(errno, ENOMEM);
        check(has_pattern(p, 20 * PAGE, 1));
        hog_gives(&hog, step);
    }
    if (pid == 0)
        _exit(!has_pattern(p, 20 * PAGE, 1));
    is(wait_exit(pid), 0);
    check(refused > 0);
    hog_end(&hog);
}

// Run a program where there are only so many pages. 0: it ran, 2: ENOMEM.
static int exec_in_few_pages(void *pages) {
    char *argv[] = {"true", NULL};
    char *p = grow_pages(1);
    fill_pattern(p, PAGE, 9);
    take_all();
    give_back((size_t)pages * PAGE);
    execv("/bin/true", argv);
    if (errno != ENOMEM || !has_pattern(p, PAGE, 9))
        FAIL("exec with %zu pages left: %s", (size_t)pages, strerror(errno));
    return 2;
}

TEST(memory, exec_fails_wherever_memory_ends_in_it, "slow alone") {
    // errno-test: execve ENOMEM
    uint64_t pages = 0;
    is(wait_exit(spawn(exec_in_few_pages, (void *)pages)), 2);
    while (wait_exit(spawn(exec_in_few_pages, (void *)(pages += 2))) != 0)
        check(pages < 200);
    is(wait_exit(spawn(exec_in_few_pages, (void *)(pages + 1))), 0);
}

// A copy of /bin/true that has so many bytes of zeroed memory behind its data.
static void make_program_with_bss(const char *name, uint64_t bytes) {
    struct stat st;
    int fd = (int)ok(open("/bin/true", O_RDONLY));
    ok(fstat(fd, &st));
    char *elf = malloc((size_t)st.st_size);
    read_all(fd, elf, (size_t)st.st_size);
    uint64_t table;
    memcpy(&table, elf + 32, sizeof table);
    for (int i = 0; i < elf[56]; i++) {
        char *segment = elf + table + i * 56;
        if (segment[0] == 1 && segment[4] & 2) // to be loaded, may be written
            memcpy(segment + 40, &bytes, sizeof bytes);
    }
    make_file(name, elf, (size_t)st.st_size);
    ok(chmod(name, 0755));
    free(elf);
}

TEST(memory, a_program_larger_than_memory_does_not_start, "alone") {
    char *argv[] = {"program", NULL};
    struct mem_info m = memory();
    make_program_with_bss("half", m.available / 2 * PAGE);
    make_program_with_bss("larger", (m.available + 1) * PAGE);
    make_program_with_bss("largest", 1UL << 36);
    is(run_program((char *[]){"half", NULL}), 0);
    fails(ENOMEM, execv("larger", argv));
    fails(ENOMEM, execv("largest", argv));
    until(memory().available + NOISE >= m.available);
}

static int use_all_memory(void *unused) {
    uint64_t *p = (uint64_t *)grow_pages(0);
    size_t pages = take_all() / PAGE;
    for (size_t i = 0; i < pages; i++)
        p[i * PAGE / sizeof *p] = ~i;
    for (size_t i = 0; i < pages; i++)
        if (p[i * PAGE / sizeof *p] != ~i)
            FAIL("page %zu of %zu holds %lx", i, pages, p[i * PAGE / sizeof *p]);
    return 0;
}

TEST(memory, every_page_that_was_promised_can_be_used, "slow alone") {
    is(wait_exit(spawn(use_all_memory, NULL)), 0);
}

TEST(memory, a_promise_holds_when_another_has_taken_the_rest, "slow alone") {
    char *p = grow_pages(500);
    struct hog hog = hog_start(true);
    fails(ENOMEM, sbrk(NOISE * PAGE));
    fill_pattern(p, 500 * PAGE, 6); // each is a page fault
    check(has_pattern(p, 500 * PAGE, 6));
    hog_end(&hog);
}

TEST(memory, all_is_free_again_when_a_hog_has_gone, "alone") {
    uint64_t before = memory().available;
    struct hog hog = hog_start(false);
    check(memory().available < NOISE);
    hog_end(&hog);
    until(memory().available + NOISE >= before);
}

static void grow_stack_without_memory(void *unused) {
    take_all();
    store(STACK_TOP - 100 * PAGE);
}

static int use_first_stack_pages_without_memory(void *unused) {
    take_all();
    for (int i = 1; i <= 4; i++) {
        volatile char *p = STACK_TOP - i * PAGE;
        *p = *p + 1;
    }
    return 0;
}

TEST(memory, the_first_16_kib_of_stack_are_promised, "alone") {
    is(wait_exit(spawn(use_first_stack_pages_without_memory, NULL)), 0);
}

TEST(memory, a_stack_that_cannot_grow_ends_its_own_process, "alone") {
    dies(SIGSEGV, grow_stack_without_memory, NULL);
    STACK_TOP[-100 * PAGE] = 1; // mine can
}

// Write all, though the call may say ENOMEM while too much waits for the disk.
static void write_all_patiently(int fd, const char *p, size_t n) {
    int refused = 0;
    for (size_t done = 0; done < n;) {
        ssize_t moved = write(fd, p + done, n - done);
        if (moved > 0) {
            done += (size_t)moved;
            continue;
        }
        check(errno == ENOMEM && refused++ < 50);
        ok(fsync(fd));
    }
}

TEST(memory, files_can_be_written_and_read_without_free_memory, "slow alone") {
    enum { BLOCK = 64 * PAGE };
    char *block = grow_pages(64);
    struct hog hog = hog_start(true);
    int fd = (int)ok(open("file", O_RDWR | O_CREAT, 0644));
    for (unsigned i = 0; i < 16; i++) { // 4 MiB: more than the reserve of a machine with 64 MiB
        fill_pattern(block, BLOCK, i);
        write_all_patiently(fd, block, BLOCK);
    }
    ok(fsync(fd));
    for (unsigned i = 0; i < 16; i++) {
        is(pread(fd, block, BLOCK, i * BLOCK), BLOCK);
        check(has_pattern(block, BLOCK, i));
    }
    hog_end(&hog);
}

// The kernel's own part of memory, which system calls may use beyond what is promised, into full pipes.
// Returns how many there are.
static int fill_pipes(int (*ends)[2], int most) {
    static const char block[PAGE];
    int n = 0;
    for (; n < most && pipe(ends[n]) == 0; n++) {
        ok(fcntl(ends[n][1], F_SETFL, O_NONBLOCK));
        while (write(ends[n][1], block, PAGE) > 0)
            ;
    }
    return n;
}

enum { MOST_PIPES = 500 };

TEST(memory, a_pipe_works_on_when_the_kernel_has_no_memory, "alone") {
    enum { BYTES = 64 * PAGE };
    int ends[MOST_PIPES][2], fd[2], more[2];
    char *p = malloc(BYTES);
    ok(pipe(fd));
    fill_pattern(p, BYTES, 1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        memset(p, 0, BYTES);
        read_all(fd[0], p, BYTES);
        _exit(!has_pattern(p, BYTES, 1));
    }
    take_all();
    int n = fill_pipes(ends, MOST_PIPES);
    fails(ENOMEM, pipe(more));
    write_all(fd[1], p, BYTES);
    is(wait_exit(pid), 0);
    for (int i = 0; i < n; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
    ok(pipe(more));
}

// Nothing is left for system calls, not even for another open file. Leaves errno from the last try.
static void exhaust_kernel(void) {
    int ends[MOST_PIPES][2];
    int null = (int)ok(open("/dev/null", O_RDONLY)); // its inode stays in memory
    take_all();
    fill_pipes(ends, MOST_PIPES);
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    check(errno == ENFILE || errno == ENOMEM);
    ok(fcntl(null, F_GETFD));
}

TEST(memory, no_memory_for_open_files_is_enfile, "alone") {
    // errno-test: pipe ENFILE
    int fd[2], error = ENOMEM;
    ok(dup2(STDIN_FILENO, 1023)); // so that the table of descriptors need not grow
    ok(close(1023));
    exhaust_kernel();
    fails(ENFILE, open("/dev/null", O_RDONLY));
    fails(ENFILE, open("file", O_RDWR | O_CREAT, 0644));
    check(!exists("file"));
    give_back(12 * PAGE); // a pipe's buffer needs 16; then come its files
    for (int i = 0; pipe(fd) < 0; i++) {
        check(errno == ENOMEM || errno == ENFILE);
        check(i < 100);
        error = errno;
        give_back(PAGE);
    }
    is(error, ENFILE);
}

// A process whose table of descriptors must grow for the next one. On each byte from `ask` it tries, and
// tells.
static int try_to_grow_table(int ask, int tell, bool last) {
    char c;
    while (ok(dup(STDIN_FILENO)) < 511)
        ;
    write_all(tell, "x", 1);
    read_all(ask, &c, 1);
    if (last)
        fails(ENOMEM, open("/dev/null", O_RDONLY));
    else
        open("/dev/null", O_RDONLY);
    write_all(tell, "x", 1);
    read_all(ask, &c, 1); // and keeps what it has
    return 0;
}

TEST(memory, no_memory_for_more_descriptors_is_enomem, "alone") {
    enum { TRIES = 12 }; // all but the last may get two of the pages that were too few for one more pipe, 15
    int ends[MOST_PIPES][2], ask[TRIES][2], tell[2];
    pid_t pid[TRIES];
    char c;
    ok(pipe(tell));
    for (int i = 0; i < TRIES; i++) {
        ok(pipe(ask[i]));
        if ((pid[i] = fork_ok()) == 0)
            _exit(try_to_grow_table(ask[i][0], tell[1], i == TRIES - 1));
        read_all(tell[0], &c, 1);
    }
    take_all();
    fill_pipes(ends, MOST_PIPES);
    for (int i = 0; i < TRIES; i++) {
        write_all(ask[i][1], "x", 1);
        read_all(tell[0], &c, 1);
    }
    fails(ENOMEM, fcntl(STDIN_FILENO, F_DUPFD, 1000));
    for (int i = 0; i < TRIES; i++) {
        write_all(ask[i][1], "x", 1);
        is(wait_exit(pid[i]), 0);
    }
    ok(fcntl(STDIN_FILENO, F_DUPFD, 1000));
}
