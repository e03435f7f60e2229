// provoke.c: boot argument provoke=NAME makes the kernel do something wrong, so that tests see what it says.
#include "debug/debug.h"

#include "lib/string.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"
#include "sched/mutex.h"

static struct spinlock low = SPINLOCK(RANK_TTY, "low"), high = SPINLOCK(RANK_TIMER, "high");

static uint64_t volatile near_null = 8;

static void read_null(void) { kprintf("%d\n", *(volatile int *)near_null); }

static void write_text(void) { *(volatile uint32_t *)(uint64_t)debug_provoke = 0; }

static void lock_twice(void) {
    spin_lock(&low);
    spin_lock(&low);
}

static void lock_out_of_rank(void) {
    spin_lock(&high);
    spin_lock(&low);
}

static void unlock_not_held(void) { spin_unlock(&low); }

static void block_with_lock(void) {
    struct waitq q;
    waitq_init(&q, "never");
    spin_lock(&low);
    spin_lock(&high);
    waitq_wait(&q, &high, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
}

static void mutex_with_lock(void) {
    struct mutex m;
    mutex_init(&m, MUTEX_INODE, "provoked");
    spin_lock(&low);
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
};

void debug_provoke(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
        if (strcmp(acts[i].name, name) == 0)
            acts[i].act();
    panic("boot argument provoke=%s: nothing known by that name, or it did no harm", name);
}
