// threadtest: what the grader asks of user-level threads, a part a run.
//
//   threadtest part
//
// Where the part does not wait with uthread_join, the first thread yields until the others have done their
// work, but a thousand times at most: threads that never run are told, and not waited for.

#include <lab.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "uthread.h"

enum { PATIENCE = 1000 };

static struct uthread *make(void (*run)(void *), void *arg) {
    struct uthread *t = uthread_create(run, arg);
    if (!t) {
        lab_result("refused", "uthread_create gave NULL");
        exit(1);
    }
    return t;
}

static int done;

static void yield_until(int count) {
    for (int i = 0; i < PATIENCE && done < count; i++)
        uthread_yield();
}

// ---- begin, take turns

static void *seen_arg;

static void note_arg(void *arg) {
    seen_arg = arg;
    done++;
}

static void runs(void) {
    int x;
    make(note_arg, &x);
    lab_result("early", "%d", done);
    yield_until(1);
    lab_result("calls", "%d", done);
    lab_result("argument", "%s", seen_arg == &x ? "right" : "wrong");
}

static char turns[100];
static size_t turn_count;

static void turn(const char *name) {
    if (turn_count < sizeof turns - 1)
        turns[turn_count++] = *name;
}

static void four_turns(void *name) {
    for (int i = 0; i < 4; i++) {
        turn(name);
        uthread_yield();
    }
    done++;
}

static void alternate(void) {
    make(four_turns, "a");
    make(four_turns, "b");
    make(four_turns, "c");
    for (int i = 0; i < 5; i++) {
        turn("-");
        uthread_yield();
    }
    lab_result("turns", "%s", turn_count ? turns : "none");
}

// ---- registers

// hold(in, out, call): put in[0..11] into s0-s11 and in[12..23] into fs0-fs11, call, and see what is in them
// then.
void hold(const uint64_t *in, uint64_t *out, void (*call)(void));

#define EACH(op)   op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)
#define SAVE(n)    "sd s" #n ", 8*" #n "(sp)\n fsd fs" #n ", 96+8*" #n "(sp)\n"
#define RESTORE(n) "ld s" #n ", 8*" #n "(sp)\n fld fs" #n ", 96+8*" #n "(sp)\n"
#define SET(n)     "ld s" #n ", 8*" #n "(a0)\n fld fs" #n ", 96+8*" #n "(a0)\n"
#define LOOK(n)    "sd s" #n ", 8*" #n "(a1)\n fsd fs" #n ", 96+8*" #n "(a1)\n"
// clang-format off
__asm__(".text\n"
        "hold: addi sp, sp, -208\n"
        EACH(SAVE)
        "sd ra, 192(sp)\n"
        "sd a1, 200(sp)\n"
        EACH(SET)
        "jalr a2\n"
        "ld a1, 200(sp)\n"
        EACH(LOOK)
        EACH(RESTORE)
        "ld ra, 192(sp)\n"
        "addi sp, sp, 208\n"
        "ret\n");
// clang-format on

static bool lost[24];

static void hold_own(void *arg) {
    uint64_t in[24], out[24];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 24; i++)
            in[i] = 0x4000000000000000 + (uintptr_t)arg * 0x1000000 + round * 0x10000 + i;
        hold(in, out, uthread_yield);
        for (int i = 0; i < 24; i++)
            lost[i] |= in[i] != out[i];
    }
    done++;
}

static void registers(void) {
    make(hold_own, (void *)1);
    make(hold_own, (void *)2);
    hold_own((void *)3);
    yield_until(3);
    for (int half = 0; half < 2; half++) {
        char names[200] = "none";
        for (int i = 0, used = 0; i < 12; i++)
            if (lost[half * 12 + i])
                used += sprintf(names + used, "%s%s%d", used ? " " : "", half ? "fs" : "s", i);
        lab_result(half ? "float" : "integer", "%s", names);
    }
    lab_result("ended", "%d", done);
}

// ---- stacks

// A thread's function, which tells with which sp it was entered.
void tell_sp(void *arg);
__asm__(".text\n"
        "tell_sp: mv a1, sp\n"
        "tail note_sp\n");
static uintptr_t entry_sp[3];
__attribute__((used)) void note_sp(void *arg, uintptr_t sp);
void note_sp(void *arg, uintptr_t sp) {
    entry_sp[(uintptr_t)arg] = sp;
    done++;
}

static void aligned(void) {
    for (uintptr_t i = 0; i < 3; i++)
        make(tell_sp, (void *)i);
    yield_until(3);
    lab_result("ended", "%d", done);
    lab_result("modulo", "%u %u %u", (unsigned)entry_sp[0] % 16, (unsigned)entry_sp[1] % 16,
               (unsigned)entry_sp[2] % 16);
}

static int damaged;

// Uses 8 KiB of stack, a frame at a time, and lets others run in each.
static void deep(uintptr_t who, int levels) {
    volatile uint64_t mine[16];
    for (int i = 0; i < 16; i++)
        mine[i] = who * 1000 + levels;
    if (levels % 8 == 0)
        uthread_yield();
    if (levels > 0)
        deep(who, levels - 1);
    for (int i = 0; i < 16; i++)
        damaged += mine[i] != who * 1000 + levels;
}

static void deep_thread(void *arg) {
    deep((uintptr_t)arg, 40);
    done++;
}

static void stacks(void) {
    for (uintptr_t i = 1; i <= 5; i++)
        make(deep_thread, (void *)i);
    deep(6, 40);
    yield_until(5);
    lab_result("ended", "%d", done);
    lab_result("damaged", "%d", damaged);
}

// ---- ends

static void (*volatile leave)(void) =
    uthread_exit; // so that the compiler does not know that it never returns

static void exit_deep(int levels) {
    if (levels == 0)
        leave();
    else
        exit_deep(levels - 1);
    damaged++; // nobody comes back
}

static void end_inside(void *arg) {
    exit_deep(10);
    damaged++;
}

static void end_by_return(void *arg) { uthread_yield(); }

static void ends(void (*run)(void *)) {
    make(run, NULL);
    make(four_turns, "x");
    make(run, NULL);
    make(four_turns, "y");
    yield_until(2);
    lab_result("turns", "%s", turn_count ? turns : "none");
    lab_result("came-back", "%d", damaged);
}
static void returns(void) { ends(end_by_return); }
static void exits(void) { ends(end_inside); }

static void join(void) {
    struct uthread *quick = make(note_arg, NULL), *slow = make(four_turns, "j");
    uthread_join(slow);
    lab_result("slow", "%s", done == 2 ? "has ended" : "has not ended");
    uthread_join(quick);
    lab_result("quick", "%s", "has ended");
}

static void nothing(void *arg) { done++; }

static void memory(void) {
    enum { THREADS = 5000 };
    char *before = NULL;
    for (int i = 0; i < THREADS; i++) {
        uthread_join(make(nothing, NULL));
        if (i == 10)
            before = sbrk(0);
    }
    lab_result("ran", "%d", done);
    lab_result("growth", "%td", (char *)sbrk(0) - before);
}

static void many(void) {
    enum { THREADS = 300 };
    static struct uthread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = make(four_turns, "m");
    for (int i = 0; i < THREADS; i++)
        uthread_join(threads[i]);
    lab_result("ended", "%d", done);
}

static void outlive(void *first) {
    uthread_join(first);
    lab_result("first", "has ended");
    for (int i = 0; i < 3; i++)
        uthread_yield();
    lab_result("second", "ends");
}

static void outlive_too(void *arg) {
    for (int i = 0; i < 20; i++)
        uthread_yield();
    lab_result("last", "ends");
    uthread_exit();
}

static void first_exits(void) {
    make(outlive, uthread_self());
    make(outlive_too, NULL);
    uthread_yield();
    lab_result("before", "exit");
    uthread_exit();
}

// ---- costs

static bool stop;
static void spin(void *arg) {
    while (!stop) {
        uthread_yield();
        done++;
    }
}

static void costs(void) {
    enum { THREADS = 50, ROUNDS = 100 };
    for (int i = 0; i < THREADS; i++)
        make(spin, NULL);
    uthread_yield();
    done = 0;
    uint64_t before = lab_instructions();
    for (int i = 0; i < ROUNDS; i++)
        uthread_yield();
    uint64_t took = lab_instructions() - before;
    stop = true;
    lab_result("switches", "%d", done);
    lab_result("instructions", "%lu", (unsigned long)(took / ROUNDS / (THREADS + 1)));
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"runs", runs},       {"alternate", alternate}, {"registers", registers},
                 {"aligned", aligned}, {"stacks", stacks},       {"returns", returns},
                 {"exits", exits},     {"join", join},           {"memory", memory},
                 {"many", many},       {"costs", costs},         {"first-exits", first_exits}};
    lab_start(&argc, &argv);
    for (size_t i = 0; argc == 2 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(argv[1], parts[i].name) == 0)
            parts[i].run();
    return 0;
}
