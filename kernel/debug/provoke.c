// provoke.c: boot argument provoke=NAME makes the kernel do something wrong, so that tests see what it says.
#include "debug/debug.h"

#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "sched/thread.h"
#include "sched/timer.h"

static struct spinlock low = SPINLOCK(RANK_TTY, "low"), high = SPINLOCK(RANK_TIMER, "high");

static bool goes_on; // boot does, and the harm comes later

static uint64_t volatile near_null = 8;

static void read_null(void) { kprintf("%d\n", *(volatile int *)near_null); }

static void write_text(void) { *(volatile uint32_t *)(uint64_t)debug_provoke = 0; }

static NOINLINE void take_low(void) { spin_lock(&low); }
static NOINLINE void take_high(void) { spin_lock(&high); }

static void lock_twice(void) {
    take_low();
    spin_lock(&low);
}

static void lock_out_of_rank(void) {
    take_high();
    spin_lock(&low);
}

static void unlock_not_held(void) { spin_unlock(&low); }

static void block_with_lock(void) {
    struct waitq q;
    waitq_init(&q, "never");
    take_low();
    take_high();
    waitq_wait(&q, &high, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
}

static void mutex_with_lock(void) {
    struct mutex m;
    mutex_init(&m, MUTEX_INODE, "provoked");
    take_low();
    mutex_lock(&m);
}

static int recurse(volatile int *depth) {
    volatile char room[512];
    room[0] = (char)*depth;
    ++*depth;
    return *depth ? recurse(depth) + room[0] : 0;
}

static void overflow_stack(void) {
    volatile int depth = 0;
    recurse(&depth);
}

static void hang(void) {
    csr_clear(sstatus, SSTATUS_SIE);
    for (;;)
        ;
}

#if CONFIG_UBSAN
static volatile int big = INT32_MAX, forty = 40;
static volatile int table[4];

static void overflow_int(void) { big = big + 1; }
static void shift_far(void) { big = 1 << forty; }
static void index_outside(void) { table[forty % 5 + 4] = 0; }
static void misaligned(void) { *(volatile int *)((char *)&table[1] + forty % 39) = 0; }
static void divide_by_zero(void) { big = big / (forty - 40); }
#endif

#if CONFIG_LOCKDEP
static struct mutex one, two, many[3];

static NOINLINE void one_then_two(void) {
    mutex_lock_nested(&one);
    mutex_lock_nested(&two);
    mutex_unlock(&two);
    mutex_unlock(&one);
}

static NOINLINE void two_then_one(void) {
    mutex_lock_nested(&two);
    mutex_lock_nested(&one);
}

static void lock_in_circle(void) {
    mutex_init(&one, MUTEX_INODE, "one");
    mutex_init(&two, MUTEX_INODE, "two");
    one_then_two();
    two_then_one();
}

static NOINLINE void nest_under(struct mutex *guard, struct mutex *m) {
    if (guard)
        mutex_lock(guard);
    mutex_lock_nested(m);
    mutex_lock_nested(m + 1);
    mutex_unlock(m + 1);
    mutex_unlock(m);
    if (guard)
        mutex_unlock(guard);
}

static NOINLINE void nest_guarded(void) { nest_under(&one, &many[0]); }
static NOINLINE void nest_unguarded(void) { nest_under(NULL, &many[1]); }

static void nest_mutexes(void) {
    mutex_init(&one, MUTEX_RENAME, "guard");
    for (int i = 0; i < 3; i++)
        mutex_init(&many[i], MUTEX_DIR, "one of many");
    nest_guarded();
    nest_unguarded();
}

static void copy_with_lock(void) {
    take_low();
    copy_to_user(0x10000, "", 1);
}

static void copy_with_mutex(void) {
    mutex_init(&one, MUTEX_INODE, "one");
    mutex_lock(&one);
    copy_to_user(0x10000, "", 1);
}

static NOINLINE void switch_off(void) { interrupts_off(); }

static void sleep_while_off(void) {
    switch_off();
    thread_sleep_until(0, false);
}

static void yield_while_off(void) {
    switch_off();
    thread_yield();
}

static void allocate_while_off(void) {
    switch_off();
    page_alloc(0, PAGE_KERNEL, PAGE_WAIT);
}

// Run the timer interrupt's handler in a moment, with this as what it is to call.
static void in_handler(bool (*fn)(struct thread *t)) {
    static struct timer t;
    timer_arm(&t, time_now(), fn, NULL);
    thread_sleep_until(time_now() + timebase, false);
}

static bool handler_switches_off(struct thread *t) {
    switch_off();
    return true;
}

static bool handler_locks(struct thread *t) {
    low.rank = RANK_RUNQ; // behind the timers' lock
    take_low();
    return true;
}

static void off_after_handler(void) { in_handler(handler_switches_off); }
static void lock_after_handler(void) { in_handler(handler_locks); }

static struct spinlock bare = {.name = "bare"};

static bool handler_takes_bare(struct thread *t) {
    spin_wait_raw(&bare);
    spin_release_raw(&bare);
    return true;
}

static NOINLINE void thread_takes_bare(void) {
    spin_wait_raw(&bare);
    spin_release_raw(&bare);
}

static void bare_in_handler(void) {
    thread_takes_bare();
    in_handler(handler_takes_bare);
}

// What comes after the thread on its hart, the idle thread mostly, goes on with interrupts switched off
// twice.
static void after_the_end(struct thread *t) {
    thread_free(t);
    switch_off();
}

static void end_soon(void *unused) {
    thread_sleep_until(time_now() + timebase / 100, false);
    thread_exit(after_the_end);
}

static void off_at_idle(void) {
    thread_start(thread_create("ends", end_soon, NULL, NULL));
    thread_sleep_until(time_now() + timebase, false);
}

static void end_with_mutex(void *unused) {
    mutex_init(&one, MUTEX_INODE, "one");
    mutex_lock(&one);
    thread_exit(thread_free);
}

static void mutex_at_end(void) {
    thread_start(thread_create("ends", end_with_mutex, NULL, NULL));
    thread_sleep_until(time_now() + timebase, false);
}

// The first user thread enters user mode by way of this.
static void (*enter_user)(void *unused);

static void enter_switched_off(void *unused) {
    switch_off();
    enter_user(unused);
}

static void off_in_user_mode(void) {
    enter_user = thread_enter_user;
    thread_enter_user = enter_switched_off;
    goes_on = true;
}

// A system call that asks for more memory than there is comes by here.
static uint64_t shrink_nothing_off(uint64_t want, int how) {
    switch_off();
    return 0;
}

static uint64_t shrink_nothing_locked(uint64_t want, int how) {
    take_low();
    return 0;
}

static void off_after_syscall(void) {
    page_shrinkers[1] = shrink_nothing_off;
    page_wait = NULL;
    goes_on = true;
}

// By a bare pointer, in a system call: the stack of the program.
static uint64_t read_user(uint64_t want, int how) { return *(volatile char *)(USER_END - 8) & 0; }

static void read_user_memory(void) {
    page_shrinkers[1] = read_user;
    page_wait = NULL;
    goes_on = true;
}

static void lock_after_syscall(void) {
    page_shrinkers[1] = shrink_nothing_locked;
    page_wait = NULL;
    goes_on = true;
}
#endif

#if CONFIG_KASAN
static volatile int four = 4;
static volatile char letters[5];

static volatile char *object_of(size_t size) { return kmalloc(size, PAGE_WAIT); }
static void give_back(volatile void *object) { kfree((void *)object); }

static void use_after_free(void) {
    volatile char *object = object_of(40);
    give_back(object);
    kprintf("%d\n", object[8]);
}

static void overflow_heap(void) { object_of(40)[40] = 1; }

static void free_twice(void) {
    volatile char *object = object_of(40);
    give_back(object);
    give_back(object);
}

static void free_inside(void) { give_back(object_of(40) + 16); }

static void overflow_array(void) {
    volatile int before[4] = {0}, array[4] = {0};
    array[four] = 1;
    kprintf("%d\n", before[0] + array[0]);
}

static void overflow_global(void) { letters[four + 1] = 1; }

static void use_freed_frame(void) {
    struct page *p = page_alloc(0, PAGE_KERNEL, PAGE_WAIT);
    volatile char *frame = page_va(p);
    page_put(p);
    frame[8] = 1;
}

static void overflow_frames(void) { object_of(5000)[5000] = 1; }

static void use_dead_stack(void) {
    volatile char *stack = kstack_alloc();
    kstack_free((void *)stack);
    stack[64] = 1;
}

static void use_outside_scope(void) {
    volatile int *p;
    {
        volatile int inner[2] = {0};
        p = inner;
    }
    kprintf("%d\n", *p);
}

static void copy_too_much(void) { memcpy((void *)object_of(40), (void *)object_of(48), 48); }

static void string_without_end(void) {
    char *s = (char *)object_of(8);
    memset(s, 'x', 8);
    kprintf("%lu\n", strlen(s));
}

static void copy_to_user_too_much(void) { copy_to_user(0x10000, (void *)object_of(24), 32); }
#endif

#if CONFIG_RACE
enum { TURNS = 400000 };
static uint64_t counter;
static uint32_t flag, begun, finished;

// Run one and other on two harts, each in a loop.
static void (*other_half)(void);
static void other_main(void *unused) {
    __atomic_store_n(&begun, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < TURNS; i++)
        other_half();
    __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
    thread_exit(thread_free);
}
static void at_once(void (*one)(void), void (*other)(void)) {
    other_half = other;
    thread_start(thread_create("racer", other_main, NULL, NULL));
    while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE))
        ;
    for (int i = 0; i < TURNS; i++)
        one();
    while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
        thread_yield();
}

static NOINLINE void count_up(void) { counter++; }
static NOINLINE void count_down(void) { counter--; }
static void race_counter(void) { at_once(count_up, count_down); }

static NOINLINE void look_at_flag(void) { __asm__ volatile("" ::"r"(flag)); }
static NOINLINE void raise_flag(void) { __atomic_fetch_xor(&flag, 1, __ATOMIC_RELAXED); }
static void race_flag(void) { at_once(look_at_flag, raise_flag); }

// A struct that is copied while the other one writes a field of it.
static struct pair { uint64_t a, b, c[6]; } pair;
static NOINLINE void copy_pair(void) {
    struct pair copy;
    memcpy(&copy, &pair, sizeof(copy));
    __asm__ volatile("" ::"r"(&copy) : "memory");
}
static NOINLINE void write_pair(void) { pair.c[3]++; }
static void race_copy(void) { at_once(copy_pair, write_pair); }

// A writer that the compiler puts no check before; it writes often, to be as slow as the other half.
static NOINLINE void count_unseen(void) {
    for (int i = 0; i < 100; i++)
        __asm__ volatile("amoadd.d zero, %0, (%1)" ::"r"(1UL), "r"(&counter) : "memory");
}
static NOINLINE void look_at_counter(void) { __asm__ volatile("" ::"r"(counter)); }
static void race_unseen(void) { at_once(look_at_counter, count_unseen); }

// What is right, and not reported: a lock, atomics, a read that is marked.
static NOINLINE void count_locked(void) {
    spin_lock(&low);
    counter++;
    flag = racy(pair.a) & 1;
    spin_unlock(&low);
    __atomic_fetch_add(&pair.a, 1, __ATOMIC_RELAXED);
}
static void race_none(void) { at_once(count_locked, count_locked); }
#endif

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"read-null", read_null},
    {"write-text", write_text},
    {"lock-twice", lock_twice},
    {"lock-out-of-rank", lock_out_of_rank},
    {"unlock-not-held", unlock_not_held},
    {"block-with-lock", block_with_lock},
    {"mutex-with-lock", mutex_with_lock},
    {"overflow-stack", overflow_stack},
    {"hang", hang},
#if CONFIG_UBSAN
    {"overflow-int", overflow_int},
    {"shift-far", shift_far},
    {"index-outside", index_outside},
    {"misaligned", misaligned},
    {"divide-by-zero", divide_by_zero},
#endif
#if CONFIG_LOCKDEP
    {"lock-in-circle", lock_in_circle},
    {"nest-mutexes", nest_mutexes},
    {"copy-with-lock", copy_with_lock},
    {"copy-with-mutex", copy_with_mutex},
    {"sleep-while-off", sleep_while_off},
    {"yield-while-off", yield_while_off},
    {"allocate-while-off", allocate_while_off},
    {"off-after-handler", off_after_handler},
    {"lock-after-handler", lock_after_handler},
    {"bare-in-handler", bare_in_handler},
    {"off-at-idle", off_at_idle},
    {"mutex-at-end", mutex_at_end},
    {"off-in-user-mode", off_in_user_mode},
    {"off-after-syscall", off_after_syscall},
    {"lock-after-syscall", lock_after_syscall},
    {"read-user-memory", read_user_memory},
#endif
#if CONFIG_KASAN
    {"use-after-free", use_after_free},
    {"overflow-heap", overflow_heap},
    {"free-twice", free_twice},
    {"free-inside", free_inside},
    {"overflow-array", overflow_array},
    {"overflow-global", overflow_global},
    {"use-freed-frame", use_freed_frame},
    {"overflow-frames", overflow_frames},
    {"use-dead-stack", use_dead_stack},
    {"use-outside-scope", use_outside_scope},
    {"copy-too-much", copy_too_much},
    {"string-without-end", string_without_end},
    {"copy-to-user-too-much", copy_to_user_too_much},
#endif
#if CONFIG_RACE
    {"race-counter", race_counter},
    {"race-flag", race_flag},
    {"race-copy", race_copy},
    {"race-unseen", race_unseen},
    {"race-none", race_none},
#endif
};

void debug_provoke(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(acts[i].name, name) == 0) {
            acts[i].act();
            if (goes_on)
                return;
        }
    panic("boot argument provoke=%s: nothing known by that name, or it did no harm", name);
}
