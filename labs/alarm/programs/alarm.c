// alarm: what sigalarm() and sigreturn() do, for the grader of this lab.
//
//   alarm periodic | registers | results | floats | nested | sleeping | sharing | bursts | off | child | exec
//   |
//         handler-execs | harts
//
// Code that is interrupted spins in assembly which says what it needs, so that a register that gets lost is
// seen where it is looked for, and nowhere else.

#include <errno.h>
#include <lab.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

enum { TIMEBASE = 10000000, TICK = TIMEBASE / 100 };

// The system calls of this lab; NULL while they are missing.
int lab_sigalarm(int ticks, void (*handler)(void)) __asm__("sigalarm") __attribute__((weak));
int lab_sigreturn(void) __asm__("sigreturn") __attribute__((weak));

volatile int calls; // of the handler
volatile int calls_wanted;

static uint64_t now(void) { // 10 MHz
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return t;
}

// Compute until then. Keeps nothing in a0 meanwhile.
static void spin_until(uint64_t end) {
    __asm__ volatile("1: rdtime t0\n bltu t0, %0, 1b" ::"r"(end) : "t0", "a0", "memory");
}
// A little longer, so that a call is not due just at the end.
static void spin(uint64_t ticks) { spin_until(now() + ticks * TICK + TICK * 2 / 5); }

static void ended(void) {
    lab_result("returned", "sigreturn() comes back to the handler");
    exit(1);
}

// The usual handler.
static void count(void) {
    calls++;
    lab_sigreturn();
    ended();
}

static void arm(int ticks, void (*handler)(void)) {
    if (lab_sigalarm(ticks, handler) != 0) {
        lab_result("refused", "sigalarm(%d, handler) gives an error: %s", ticks, strerror(errno));
        exit(1);
    }
}

// ---- registers

// spin_x(in, out): load all registers but sp from in, and spin until calls has reached calls_wanted, with
// only a and b changing; then store all to out. All but sp, that is x1, x3 .. x31, each at its number. There
// are two, so that each register is looked at by one of them. spin_f: the same for f0 .. f31, and fcsr behind
// them. trash: a handler that leaves nothing as it was, but for sp.
void spin_x30(const uint64_t *in, uint64_t *out);
void spin_x5(const uint64_t *in, uint64_t *out);
void spin_f(const uint64_t *in, uint64_t *out);
void trash(void);
__asm__(".option push\n"
        ".option norelax\n" // gp is not what the linker thinks
        ".macro each_x op, base\n"
        "    .irp n, 1,3,4,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29\n"
        "    \\op x\\n, 8 * \\n(\\base)\n"
        "    .endr\n"
        ".endm\n"
        ".macro each_f op, base\n"
        "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "    \\op f\\n, 8 * \\n(\\base)\n"
        "    .endr\n"
        ".endm\n"
        ".macro keep op\n" // what a function must give back, in the frame of spin_*
        "    .irp n, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27\n"
        "    \\op x\\n, 8 * \\n(sp)\n"
        "    .endr\n"
        "    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27\n"
        "    f\\op f\\n, 256 + 8 * \\n(sp)\n"
        "    .endr\n"
        ".endm\n"
        ".macro enter\n"
        "    addi sp, sp, -528\n"
        "    keep sd\n"
        "    frcsr t0\n"
        "    sd t0, 520(sp)\n"
        "    sd a1, 512(sp)\n"
        ".endm\n"
        ".macro wait_for_calls a, b\n"
        "1:  lla \\a, calls\n"
        "    lw \\a, 0(\\a)\n"
        "    lla \\b, calls_wanted\n"
        "    lw \\b, 0(\\b)\n"
        "    blt \\a, \\b, 1b\n"
        ".endm\n"
        ".macro leave\n"
        "    keep ld\n"
        "    ld t0, 520(sp)\n"
        "    fscsr t0\n"
        "    addi sp, sp, 528\n"
        "    ret\n"
        ".endm\n"
        ".macro spin_x a, b, c, d\n" // c and d: the pair that the other one uses
        "    enter\n"
        "    mv \\a, a0\n"
        "    ld \\c, 8 * \\c\\()_number(\\a)\n"
        "    ld \\d, 8 * \\d\\()_number(\\a)\n"
        "    each_x ld, \\a\n"
        "    wait_for_calls \\a, \\b\n"
        "    ld \\a, 512(sp)\n"
        "    each_x sd, \\a\n"
        "    sd \\c, 8 * \\c\\()_number(\\a)\n"
        "    sd \\d, 8 * \\d\\()_number(\\a)\n"
        "    leave\n"
        ".endm\n"
        ".set x5_number, 5\n"
        ".set x6_number, 6\n"
        ".set x30_number, 30\n"
        ".set x31_number, 31\n"
        "spin_x30: spin_x x30, x31, x5, x6\n"
        "spin_x5:  spin_x x5, x6, x30, x31\n"
        "spin_f:\n"
        "    enter\n"
        "    ld t5, 256(a0)\n"
        "    fscsr t5\n"
        "    each_f fld, a0\n"
        "    wait_for_calls t5, t6\n"
        "    ld t5, 512(sp)\n"
        "    each_f fsd, t5\n"
        "    frcsr t6\n"
        "    sd t6, 256(t5)\n"
        "    leave\n"
        "trash:\n"
        "    lla t5, calls\n"
        "    lw t6, 0(t5)\n"
        "    addi t6, t6, 1\n"
        "    sw t6, 0(t5)\n"
        "    li t5, 0x5a\n"
        "    fscsr t5\n"
        "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "    fcvt.d.l f\\n, t5\n"
        "    .endr\n"
        "    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "    li x\\n, -\\n\n"
        "    .endr\n"
        "    tail sigreturn\n"
        ".option pop\n");

static const char *const x_names[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                      "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                      "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

static uint64_t pattern(int i) { return 0x0123456789abcdefULL * (2 * i + 3); }

// Names of the registers (of count) that are not as they were, except those in a mask; "" if all are.
static const char *differences(const uint64_t *in, const uint64_t *out, int count, uint32_t but) {
    static char text[256];
    text[0] = 0;
    for (int i = 0; i < count; i++) {
        char name[16];
        if ((i < 32 && but >> i & 1) || in[i] == out[i] || strlen(text) > 200)
            continue;
        if (count == 32)
            snprintf(name, sizeof(name), "%s ", x_names[i]);
        else if (i < 32)
            snprintf(name, sizeof(name), "f%d ", i);
        else
            snprintf(name, sizeof(name), "fcsr ");
        strcat(text, name);
    }
    return text;
}

// Spin through n calls of trash; what has been lost.
static const char *lost_x(int n) {
    uint64_t in[32], out[32];
    for (int i = 0; i < 32; i++)
        in[i] = pattern(i);
    memset(out, 0, sizeof(out));
    calls_wanted = calls + n;
    spin_x30(in, out);
    const char *lost = differences(in, out, 32, 1 << 0 | 1 << 2 | 1U << 30 | 1U << 31);
    if (*lost)
        return lost;
    calls_wanted = calls + n;
    spin_x5(in, out);
    return differences(in, out, 32, 1 << 0 | 1 << 2 | 1 << 5 | 1 << 6);
}

static const char *lost_f(int n) {
    uint64_t in[33], out[33];
    for (int i = 0; i < 32; i++)
        in[i] = pattern(i) & ~(1ULL << 62); // no NaN
    in[32] = 0x25;                          // round down; inexact, overflow
    memset(out, 0, sizeof(out));
    calls_wanted = calls + n;
    spin_f(in, out);
    return differences(in, out, 33, 0);
}

static void registers(void) {
    arm(1, trash);
    const char *lost = lost_x(20);
    arm(0, trash);
    lab_result("lost", "%s", *lost ? lost : "none");
}

// A call may also come at the end of a system call, whose result must come through.
static void results(void) {
    int wrong = 0;
    pid_t me = getpid();
    arm(1, count);
    for (int i = 0; i < 30000; i++)
        wrong += getpid() != me;
    arm(0, count);
    lab_result("wrong", "%d", wrong);
    lab_result("calls", "%d", calls);
}

static pid_t start_child(void) {
    pid_t pid = fork();
    if (pid < 0)
        lab_trouble("fork fails: %s", strerror(errno));
    return pid;
}

// Alone, and beside a process that changes the floating-point registers too.
static void floats(void) {
    arm(1, trash);
    const char *lost = lost_f(20);
    lab_result("alone", "%s", *lost ? lost : "none");
    pid_t other = start_child();
    if (other == 0)
        for (volatile double x = 1;; x = x * 1.5 + 1)
            ;
    lost = lost_f(20);
    arm(0, trash);
    lab_result("beside", "%s", *lost ? lost : "none");
    kill(other, SIGKILL);
}

// ---- when it is called

static void periodic(void) {
    static const int every[] = {1, 2, 5};
    char key[16];
    for (int i = 0; i < 3; i++) {
        calls = 0;
        arm(every[i], count);
        spin(100);
        arm(0, count);
        snprintf(key, sizeof(key), "every%d", every[i]);
        lab_result(key, "%d", calls);
    }
}

static volatile int depth, deepest;

static void slow(void) {
    calls++;
    if (++depth > 1) {
        lab_result("depth", "%d", depth);
        exit(1);
    }
    spin(5);
    depth--;
    lab_sigreturn();
    ended();
}

// The handler takes longer than from one call to the next. How much time is left for the program itself?
static void nested(void) {
    uint64_t own = 0, last = now(), t;
    arm(2, slow);
    for (uint64_t end = last + 120 * TICK; last < end; last = t) {
        __asm__ volatile("rdtime %0" : "=r"(t)::"a0");
        if (t - last < TICK) // no call in between
            own += t - last;
    }
    arm(0, slow);
    lab_result("depth", "%d", depth + 1);
    lab_result("calls", "%d", calls);
    lab_result("own", "%llu", (unsigned long long)(own / TICK));
}

static void sleeping(void) {
    arm(2, count);
    for (int i = 0; i < 20; i++)
        usleep(100000);
    arm(0, count);
    lab_result("calls", "%d", calls);
}

// Half a hart for two seconds.
static void sharing(void) {
    pid_t other = start_child();
    if (other == 0)
        for (;;)
            ;
    arm(2, count);
    spin(200);
    arm(0, count);
    lab_result("calls", "%d", calls);
    kill(other, SIGKILL);
}

// 1.2 s of computing in pieces of 3 ms.
static void bursts(void) {
    arm(4, count);
    for (int i = 0; i < 400; i++) {
        spin_until(now() + 3 * TIMEBASE / 1000);
        usleep(1000);
    }
    arm(0, count);
    lab_result("calls", "%d", calls);
}

static void off(void) {
    errno = 0;
    int r = lab_sigreturn();
    lab_result("sigreturn", "%d %s", r, r == -1 && errno == EINVAL ? "EINVAL" : strerror(errno));
    arm(1, count);
    spin(10);
    errno = 0;
    r = lab_sigalarm(-1, count);
    lab_result("negative", "%d %s", r, r == -1 && errno == EINVAL ? "EINVAL" : strerror(errno));
    int before = calls;
    spin(10);
    lab_result("goes-on", "%d", calls - before);
    arm(0, count);
    before = calls;
    spin(20);
    lab_result("off", "%d", calls - before);
}

// ---- fork and exec

static void child(void) {
    arm(1, count);
    pid_t pid = start_child();
    if (pid == 0) {
        calls = 0;
        spin(20);
        lab_result("child", "%d", calls);
        exit(0);
    }
    waitpid(pid, NULL, 0);
    spin(20);
    arm(0, count);
    lab_result("parent", "%s", calls >= 10 ? "called" : "not called");
}

static void exec_self(const char *what) {
    char *args[] = {"alarm", (char *)what, (char *)lab_token, NULL};
    execv("/alarm", args);
    lab_trouble("exec fails: %s", strerror(errno));
}

// In the same program count has the same address, so a call that should not be is counted.
static void after_exec(void) {
    spin(20);
    lab_result("after-exec", "%d", calls);
}

static void exec_in_handler(void) { exec_self("after-handler"); }

static void after_handler(void) {
    spin(20);
    lab_result("before", "%d", calls);
    arm(1, count);
    spin(20);
    arm(0, count);
    lab_result("after", "%d", calls);
}

// ---- several harts

static void harts(void) {
    int bad = 0, status;
    for (int i = 0; i < 8; i++) {
        if (start_child() != 0)
            continue;
        arm(30 + i % 3 * 10, trash); // long: where a host halts harts, a handler may take a while
        if (*lost_x(1))
            exit(8);
        if (*lost_f(1))
            exit(9);
        if (start_child() == 0)
            exit(0);
        wait(NULL);
        exit(7);
    }
    for (int i = 0; i < 8; i++)
        if (wait(&status) < 0 || status != 7 << 8)
            bad = status;
    lab_result("bad", "%s",
               bad == 0        ? "none"
               : bad == 8 << 8 ? "registers are lost"
               : bad == 9 << 8 ? "floating-point registers are lost"
                               : "a process ends in another way than it should");
}

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {{"periodic", periodic}, {"registers", registers},   {"results", results},
             {"floats", floats},     {"nested", nested},         {"sleeping", sleeping},
             {"sharing", sharing},   {"bursts", bursts},         {"off", off},
             {"child", child},       {"after-exec", after_exec}, {"after-handler", after_handler},
             {"harts", harts}};

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    const char *what = argc > 1 ? argv[1] : "";
    if (!lab_sigalarm)
        lab_missing("sigalarm()");
    if (!lab_sigreturn)
        lab_missing("sigreturn()");
    if (strcmp(what, "exec") == 0) {
        arm(1, count);
        exec_self("after-exec");
    }
    if (strcmp(what, "handler-execs") == 0) {
        arm(1, exec_in_handler);
        spin(200);
        lab_trouble("the handler is not called");
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcmp(what, parts[i].name) == 0) {
            parts[i].run();
            return 0;
        }
    lab_trouble("alarm: there is no part '%s'", what);
}
