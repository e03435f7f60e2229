// protection.c: what a program must not do ends the program, or fails, and touches nobody else.
#include <drupe/syscalls.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <uapi/info.h>
#include <uapi/time.h>

#include "process.h"
#include "test.h"

// DESIGN.md, section 3
#define USER_END 0x3f00000000UL
enum { TEXT = 0x10000 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void load(void *p) { (void)*(volatile char *)p; }
static void load_word(void *p) { (void)*(volatile uint64_t *)p; }
static void store(void *p) { *(volatile char *)p = 1; }
static void store_word(void *p) { *(volatile uint64_t *)p = 1; }
static void jump(void *p) { ((void (*)(void))p)(); }
static void add_atomically(void *p) { __atomic_fetch_add((int *)p, 1, __ATOMIC_RELAXED); }
static void load_reserved(void *p) { __asm__ volatile("lr.d t0, (%0)" ::"r"(p) : "t0", "memory"); }

// Memory of n whole pages.
static char *grow_pages(size_t n) {
    uintptr_t brk = (uintptr_t)sbrk(0);
    ok(sbrk((ptrdiff_t)(-brk % PAGE)));
    return (char *)ok(sbrk((ptrdiff_t)(n * PAGE)));
}

// ---- addresses

// One of each kind: below the program, holes, beyond user space, not in Sv39 at all, the kernel's half.
static const uint64_t forbidden[] = {
    0,
    8,
    PAGE - 1,
    TEXT - 1,
    0x2345678000,       // between heap and stack
    USER_END,           // DESIGN.md: nothing above
    0x3fffffffff,       // last of Sv39's lower half
    0x4000000000,       // first that Sv39 does not have
    0x8000000000000000, // bit 63 only
    0xffffffbfffffffff, // last that Sv39 does not have
    0xffffffc000000000, // physical address 0
    0xffffffc000100000, // the device that powers off
    0xffffffc002000000, // timer
    0xffffffc00c000000, // interrupt controller
    0xffffffc010000000, // serial line
    0xffffffc080000000, // firmware
    0xffffffc080200000, // kernel text
    0xffffffc083000000, // RAM
    0xffffffe000000000, // reserved
    0xffffffffc0000000, // guard of a kernel stack
    0xffffffffc0001000, // kernel stack
    0xfffffffffffffff8, // last word
};

TEST(protection, a_load_from_a_forbidden_address_is_killed, "") {
    for (size_t i = 0; i < COUNT(forbidden); i++)
        dies(SIGSEGV, load, (void *)forbidden[i]);
}

TEST(protection, a_store_to_a_forbidden_address_is_killed, "") {
    for (size_t i = 0; i < COUNT(forbidden); i++)
        dies(SIGSEGV, store, (void *)forbidden[i]);
}

TEST(protection, a_jump_to_a_forbidden_address_is_killed, "") {
    for (size_t i = 0; i < COUNT(forbidden); i++)
        dies(SIGSEGV, jump, (void *)(forbidden[i] & ~1UL));
}

TEST(protection, an_atomic_access_to_a_forbidden_address_is_killed, "") {
    for (size_t i = 0; i < COUNT(forbidden); i++)
        dies(SIGSEGV, add_atomically, (void *)(forbidden[i] & ~7UL));
    dies(SIGSEGV, load_reserved, (void *)0xffffffc080200000);
    dies(SIGSEGV, load_reserved, NULL);
}

TEST(protection, text_cannot_be_written, "") {
    dies(SIGSEGV, store, (void *)TEXT);
    dies(SIGSEGV, store, (void *)(uintptr_t)load);
    dies(SIGSEGV, add_atomically, (void *)((uintptr_t)load & ~7UL));
}

static const char constant[2 * PAGE] = "constant";

TEST(protection, constants_cannot_be_written, "") {
    dies(SIGSEGV, store, (void *)(uintptr_t)constant);
    dies(SIGSEGV, store, (void *)(uintptr_t)(constant + PAGE));
    is_text(constant, "constant");
}

static uint32_t data_code[2] = {0x00008067, 0x00008067}; // ret
static const uint32_t constant_code[2] = {0x00008067, 0x00008067};

TEST(protection, data_cannot_be_run, "") {
    dies(SIGSEGV, jump, data_code);
    dies(SIGSEGV, jump, (void *)(uintptr_t)constant_code);
}

TEST(protection, heap_and_stack_cannot_be_run, "") {
    uint32_t *heap = (uint32_t *)grow_pages(1);
    volatile uint32_t stack[2] = {0x00008067, 0x00008067};
    heap[0] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    dies(SIGSEGV, jump, heap);
    dies(SIGSEGV, jump, (void *)(uintptr_t)stack);
}

TEST(protection, the_page_behind_the_heap_cannot_be_reached, "") {
    char *end = grow_pages(1) + PAGE;
    store(end - 1);
    store_word(end - 8);
    dies(SIGSEGV, store, end);
    dies(SIGSEGV, load_word, end - 4); // half of it
    dies(SIGSEGV, store_word, end - 1);
}

// A system call with a stack pointer that is not ours, then a trap on it.
static void trap_on_wild_stack(void *sp) {
    __asm__ volatile("mv sp, %0\n"
                     "li a7, 9\n"
                     "ecall\n"
                     "sd zero, -8(sp)" ::"r"(sp)
                     : "a0", "a7", "memory");
}

TEST(protection, a_wild_stack_pointer_hurts_only_its_own_process, "") {
    dies(SIGSEGV, trap_on_wild_stack, (void *)0xffffffffc0005000);
    dies(SIGSEGV, trap_on_wild_stack, NULL);
    dies(SIGSEGV, trap_on_wild_stack, (void *)0x8000000000000000);
}

static void spoil_tp_and_gp(void *unused) {
    __asm__ volatile("li tp, -1\n"
                     "li gp, 0x40\n"
                     "li a7, 9\n"
                     "ecall\n"
                     "ld zero, 0(tp)" ::
                         : "a0", "a7", "memory");
}

TEST(protection, wild_thread_and_global_pointers_hurt_only_their_process, "") {
    dies(SIGSEGV, spoil_tp_and_gp, NULL);
}

// ---- alignment

TEST(protection, misaligned_loads_and_stores_work, "") {
    volatile char *p = grow_pages(3);
    for (int i = 1; i < 8; i++) {
        volatile uint64_t *at = (volatile uint64_t *)(uintptr_t)(p + PAGE - i); // over the edge of a page
        *at = 0x0102030405060708 + (uint64_t)i;
        check(*at == 0x0102030405060708 + (uint64_t)i);
        is(p[PAGE - i], 8 + i);
        is(p[PAGE - i + 7], 1);
    }
    is(p[0], 0);
    is(p[2 * PAGE], 0);
}

TEST(protection, a_misaligned_access_reaches_two_pages_that_are_not_there_yet, "") {
    char *p = grow_pages(4);
    check(*(volatile uint64_t *)(uintptr_t)(p + PAGE - 3) == 0);
    store_word(p + 3 * PAGE - 3);
    is(p[3 * PAGE - 3], 1);
}

TEST(protection, a_misaligned_atomic_access_is_sigbus, "") {
    char *p = grow_pages(1);
    store(p);
    dies(SIGBUS, add_atomically, p + 1);
    dies(SIGBUS, load_reserved, p + 4);
}

// ---- instructions

#define INSTRUCTIONS(X)                                                                                      \
    X(sret, 0x10200073)                                                                                      \
    X(mret, 0x30200073)                                                                                      \
    X(uret, 0x00200073)                                                                                      \
    X(dret, 0x7b200073)                                                                                      \
    X(mnret, 0x70200073)                                                                                     \
    X(wfi, 0x10500073)                                                                                       \
    X(sfence_vma, 0x12000073)                                                                                \
    X(sfence_vma_a0, 0x12050073)                                                                             \
    X(sinval_vma, 0x16000073)                                                                                \
    X(sfence_w_inval, 0x18000073)                                                                            \
    X(hfence_vvma, 0x22000073)                                                                               \
    X(hfence_gvma, 0x62000073)                                                                               \
    X(hlv_d, 0x6c054573)                                                                                     \
    X(hsv_d, 0x6ea54073)                                                                                     \
    X(all_zeros, 0x00000000)                                                                                 \
    X(all_ones, 0xffffffff)                                                                                  \
    X(no_opcode, 0x0000000b)                                                                                 \
    X(no_system_call, 0x7ff00073)

#define INSTRUCTION(name, word)                                                                              \
    static void run_##name(void *unused) { __asm__ volatile(".word " #word ::: "a0", "memory"); }
INSTRUCTIONS(INSTRUCTION)

TEST(protection, privileged_and_unknown_instructions_are_killed, "") {
#define RUN(name, word) dies(SIGILL, run_##name, NULL);
    INSTRUCTIONS(RUN)
}

static void run_ebreak(void *unused) { __asm__ volatile("ebreak"); }

TEST(protection, a_breakpoint_is_sigtrap, "") { dies(SIGTRAP, run_ebreak, NULL); }

// Of each kind: supervisor, hypervisor, machine, debug; to be read, and to be written.
#define REGISTERS(X)                                                                                         \
    X(sstatus, 0x100)                                                                                        \
    X(sie, 0x104)                                                                                            \
    X(stvec, 0x105)                                                                                          \
    X(scounteren, 0x106)                                                                                     \
    X(senvcfg, 0x10a)                                                                                        \
    X(sscratch, 0x140)                                                                                       \
    X(sepc, 0x141)                                                                                           \
    X(scause, 0x142)                                                                                         \
    X(stval, 0x143)                                                                                          \
    X(sip, 0x144)                                                                                            \
    X(stimecmp, 0x14d)                                                                                       \
    X(satp, 0x180)                                                                                           \
    X(scontext, 0x5a8)                                                                                       \
    X(hstatus, 0x600)                                                                                        \
    X(hgatp, 0x680)                                                                                          \
    X(vsatp, 0x280)                                                                                          \
    X(mstatus, 0x300)                                                                                        \
    X(misa, 0x301)                                                                                           \
    X(medeleg, 0x302)                                                                                        \
    X(mie, 0x304)                                                                                            \
    X(mtvec, 0x305)                                                                                          \
    X(mcounteren, 0x306)                                                                                     \
    X(menvcfg, 0x30a)                                                                                        \
    X(mscratch, 0x340)                                                                                       \
    X(mepc, 0x341)                                                                                           \
    X(mcause, 0x342)                                                                                         \
    X(mtval, 0x343)                                                                                          \
    X(mip, 0x344)                                                                                            \
    X(pmpcfg0, 0x3a0)                                                                                        \
    X(pmpaddr0, 0x3b0)                                                                                       \
    X(mcycle, 0xb00)                                                                                         \
    X(mhpmcounter3, 0xb03)                                                                                   \
    X(mvendorid, 0xf11)                                                                                      \
    X(mhartid, 0xf14)                                                                                        \
    X(tselect, 0x7a0)                                                                                        \
    X(dcsr, 0x7b0)                                                                                           \
    X(hpmcounter3, 0xc03)                                                                                    \
    X(unassigned, 0x8ff)

#define READ_AND_WRITE(name, number)                                                                         \
    static void read_##name(void *unused) { __asm__ volatile("csrr t0, " #number ::: "t0"); }                \
    static void write_##name(void *unused) { __asm__ volatile("csrw " #number ", zero"); }
REGISTERS(READ_AND_WRITE)

TEST(protection, reading_a_privileged_register_is_killed, "") {
#define READ(name, number) dies(SIGILL, read_##name, NULL);
    REGISTERS(READ)
}

TEST(protection, writing_a_privileged_register_is_killed, "") {
#define WRITE(name, number) dies(SIGILL, write_##name, NULL);
    REGISTERS(WRITE)
}

static uint64_t read_time(void) {
    uint64_t v;
    __asm__ volatile("rdtime %0" : "=r"(v));
    return v;
}

static void write_cycle(void *unused) { __asm__ volatile("csrw cycle, zero"); }
static void write_time(void *unused) { __asm__ volatile("csrw time, zero"); }

TEST(protection, programs_may_read_the_clock_registers_and_not_set_them, "") {
    uint64_t time = read_time(), cycle, instret, more;
    __asm__ volatile("rdcycle %0" : "=r"(cycle));
    __asm__ volatile("rdinstret %0" : "=r"(instret));
    until(read_time() > time);
    __asm__ volatile("rdinstret %0" : "=r"(more));
    check(more > instret);
    __asm__ volatile("rdcycle %0" : "=r"(more));
    check(more > cycle);
    dies(SIGILL, write_cycle, NULL);
    dies(SIGILL, write_time, NULL);
}

// ---- registers

// uint64_t protection_trial_HOW(number, const uint64_t in[32], uint64_t out[32]): all registers but zero and
// sp as in `in`, a7 = number; then a system call, a store to a0, or so many loops in t0; then all into `out`.
#define TRIAL(how, instructions)                                                                             \
    __asm__(".section .text.protection_trial_" #how ",\"ax\"\n"                                              \
            ".globl protection_trial_" #how "\n"                                                             \
            "protection_trial_" #how ":\n"                                                                   \
            "addi sp, sp, -144\n"                                                                            \
            "sd ra, 0(sp)\n sd gp, 8(sp)\n sd tp, 16(sp)\n sd a2, 24(sp)\n"                                  \
            ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11\n sd s\\n, (32 + 8 * \\n)(sp)\n .endr\n"                      \
            "mv x31, a1\n"                                                                                   \
            ".irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"    \
            "ld x\\n, (8 * \\n)(x31)\n .endr\n" instructions "\n"                                            \
            "sd x31, 128(sp)\n"                                                                              \
            "ld x31, 24(sp)\n"                                                                               \
            ".irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"       \
            "sd x\\n, (8 * \\n)(x31)\n .endr\n"                                                              \
            "ld t0, 128(sp)\n sd t0, 248(x31)\n"                                                             \
            "ld ra, 0(sp)\n ld gp, 8(sp)\n ld tp, 16(sp)\n"                                                  \
            ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11\n ld s\\n, (32 + 8 * \\n)(sp)\n .endr\n"                      \
            "addi sp, sp, 144\n ret\n"                                                                       \
            ".previous\n");                                                                                  \
    void protection_trial_##how(long unused, const uint64_t *in, uint64_t *out)

TRIAL(call, "ecall");
TRIAL(store, "sd a0, 0(a0)");
TRIAL(loop, "1: addi t0, t0, -1\n bnez t0, 1b");

enum { SP = 2, T0 = 5, A0 = 10, A7 = 17 };

// After a trial all registers but x0, sp and `changed` hold what they held before.
static void same_registers(const uint64_t *in, const uint64_t *out, int changed) {
    for (int i = 1; i < 32; i++)
        if (i != SP && i != changed && in[i] != out[i])
            FAIL("x%d was %lx and is %lx", i, in[i], out[i]);
}

static void fill_registers(uint64_t *in) {
    for (int i = 0; i < 32; i++)
        in[i] = 0x1111111111111111u * (unsigned)(i % 16) + (uint64_t)i;
}

TEST(protection, a_system_call_changes_no_register_but_the_result, "") {
    uint64_t in[32], out[32] = {0};
    fill_registers(in);
    in[A7] = 9; // getpid
    protection_trial_call(0, in, out);
    same_registers(in, out, A0);
    is(out[A0], getpid());
    in[A7] = 11; // yield
    for (int i = 0; i < 20; i++) {
        protection_trial_call(0, in, out);
        same_registers(in, out, A0);
        is(out[A0], 0);
    }
}

TEST(protection, a_page_fault_changes_no_register, "") {
    uint64_t in[32], out[32] = {0};
    char *p = grow_pages(20);
    for (int i = 0; i < 20; i++) {
        fill_registers(in);
        in[A0] = (uint64_t)(p + i * PAGE);
        protection_trial_store(0, in, out);
        same_registers(in, out, 0);
        check(*(uint64_t *)(uintptr_t)(p + i * PAGE) == in[A0]);
    }
}

static uint64_t my_switches(void) {
    struct proc_info me;
    is(proclist(getpid() - 1, &me, 1), 1);
    is(me.pid, getpid());
    return me.switches;
}

// Try until killed, and tell when I have been preempted often enough.
static int try_and_be_preempted(void *tell) {
    uint64_t in[32], out[32] = {0}, start = my_switches();
    bool told = false;
    fill_registers(in);
    in[T0] = 1000000; // long, as the kernel's locks are slow when harts are many and processors few
    for (;;) {
        protection_trial_loop(0, in, out);
        same_registers(in, out, T0);
        if (!told && my_switches() >= start + 3) {
            write_all(*(int *)tell, "x", 1);
            told = true;
        }
    }
    return 0;
}

TEST(protection, preemption_changes_no_register, "") {
    pid_t pid[8 + 1]; // more than harts, so that some must share one
    int tell[2];
    char c[2];
    struct mem_info m;
    ok(meminfo(&m));
    ok(pipe(tell));
    size_t n = m.harts + 1;
    check(n <= COUNT(pid));
    for (size_t i = 0; i < n; i++)
        pid[i] = spawn(try_and_be_preempted, &tell[1]);
    read_all(tell[0], c, 2);
    for (size_t i = 0; i < n; i++) {
        kill(pid[i], SIGKILL);
        is(wait_signal(pid[i]), SIGKILL);
    }
}

// All 32 floating-point registers from in, a system call, and into out.
static long call_with_fp(long number, const double *in, double *out) {
    register long a0 __asm__("a0") = 0;
    register long a7 __asm__("a7") = number;
    register const double *from __asm__("s2") = in;
    register double *to __asm__("s3") = out;
    __asm__ volatile(
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fld f\\n, (8 * \\n)(%2)\n .endr\n"
        "ecall\n"
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fsd f\\n, (8 * \\n)(%3)\n .endr\n"
        : "+r"(a0)
        : "r"(a7), "r"(from), "r"(to)
        : "memory", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2",
          "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10",
          "fs11", "ft8", "ft9", "ft10", "ft11");
    return a0;
}

static int yield_with_fp(void *seed) {
    double in[32], out[32];
    unsigned mode = (unsigned)(uintptr_t)seed % 5, flags;
    for (int round = 0; round < 100; round++) {
        fill_pattern(in, sizeof in, (unsigned)(uintptr_t)seed + (unsigned)round * 32);
        __asm__ volatile("fsrm %0\n fsflags %0" ::"r"(mode));
        is(call_with_fp(11, in, out), 0);
        __asm__ volatile("frcsr %0" : "=r"(flags));
        __asm__ volatile("fsrm zero");
        is(flags, mode << 5 | mode);
        check(memcmp(in, out, sizeof in) == 0);
    }
    return 0;
}

TEST(protection, floating_point_registers_survive_switches, "") {
    pid_t pid[12];
    for (uintptr_t i = 0; i < COUNT(pid); i++)
        pid[i] = spawn(yield_with_fp, (void *)(i + 1));
    for (size_t i = 0; i < COUNT(pid); i++)
        is(wait_exit(pid[i]), 0);
}

// The same numbers again and again, computed by several processes that are preempted on the way.
static int compute(void *result) {
    double sum = 0;
    for (int i = 1; i < 200000; i++)
        sum += 1.0 / i;
    return sum != *(double *)result;
}

TEST(protection, floating_point_registers_survive_preemption, "") {
    pid_t pid[8];
    double sum = 0;
    for (int i = 1; i < 200000; i++)
        sum += 1.0 / i;
    for (size_t i = 0; i < COUNT(pid); i++)
        pid[i] = spawn(compute, &sum);
    for (size_t i = 0; i < COUNT(pid); i++)
        is(wait_exit(pid[i]), 0);
}

TEST(protection, fork_copies_the_floating_point_registers, "") {
    double in[32], out[32];
    fill_pattern(in, sizeof in, 5);
    pid_t pid = (pid_t)call_with_fp(1, in, out);
    if (pid == 0)
        _exit(memcmp(in, out, sizeof in) != 0);
    check(pid > 0 && memcmp(in, out, sizeof in) == 0);
    is(wait_exit(pid), 0);
}

// Rounding mode and flags of the floating point, read without using it otherwise.
static long fcsr(void) {
    long value;
    __asm__ volatile("frcsr %0" : "=r"(value));
    return value;
}

// What a program had in the registers must not be there for others while it gives way to the next one.
TEST(protection, exec_leaves_no_floating_point_to_others, "") {
    enum { PAGES = 2048, ATTEMPTS = 300, VICTIMS = 5 };
    pid_t victim[VICTIMS];
    for (int i = 0; i < VICTIMS; i++)
        if ((victim[i] = fork_ok()) == 0) {
            while (fcsr() == 0)
                sched_yield();
            _exit(1);
        }
    char *memory = (char *)ok(sbrk(PAGES * PAGE)); // to be given back takes a while
    for (int i = 0; i < PAGES; i++)
        memory[i * PAGE] = 1;
    for (int i = 0; i < ATTEMPTS; i++) {
        pid_t pid = fork_ok();
        if (pid == 0) {
            sched_yield();
            __asm__ volatile("fsrm %0" ::"r"(1)); // round to zero
            execl("/true", "true", NULL);
            _exit(99);
        }
        is(wait_exit(pid), 0);
    }
    for (int i = 0; i < VICTIMS; i++)
        is(waitpid(victim[i], NULL, WNOHANG), 0);
    for (int i = 0; i < VICTIMS; i++)
        finish(victim[i]);
}

// A program that is nothing but this code. It exits with how many registers are not zero.
__asm__(".section .text.protection_clean,\"ax\"\n"
        ".globl protection_clean, protection_clean_end\n"
        ".balign 8\n"
        "protection_clean:\n"
        ".option push\n .option norvc\n"
        "snez ra, ra\n"
        ".irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "snez x\\n, x\\n\n add ra, ra, x\\n\n .endr\n"
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fmv.x.d t0, f\\n\n snez t0, t0\n add ra, ra, t0\n .endr\n"
        "frcsr t0\n snez t0, t0\n add a0, ra, t0\n"
        "li a7, 3\n ecall\n"
        ".option pop\n"
        "protection_clean_end:\n"
        ".previous\n");
extern const char protection_clean[], protection_clean_end[];

TEST(protection, exec_starts_with_clean_registers, "") {
    size_t size = (size_t)(protection_clean_end - protection_clean);
    static char file[2 * PAGE];
    const struct {
        uint8_t ident[16];
        uint16_t type, machine;
        uint32_t version;
        uint64_t entry, phoff, shoff;
        uint32_t flags;
        uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
        struct {
            uint32_t type, flags;
            uint64_t offset, vaddr, paddr, filesz, memsz, align;
        } segment;
    } header = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
                .type = 2,
                .machine = 243,
                .version = 1,
                .entry = TEXT,
                .phoff = 64,
                .ehsize = 64,
                .phentsize = 56,
                .phnum = 1,
                .segment = {1, 5, PAGE, TEXT, TEXT, size, size, PAGE}};
    memcpy(file, &header, sizeof header);
    memcpy(file + PAGE, protection_clean, size);
    make_file("program", file, PAGE + size);
    ok(chmod("program", 0755));
    pid_t pid = fork_ok();
    if (pid == 0) {
        double junk[32], out[32];
        memset(junk, 0x41, sizeof junk);
        __asm__ volatile("fsrmi 2");
        call_with_fp(9, junk, out);
        execv("program", (char *[]){"program", NULL});
        FAIL("exec: %s", strerror(errno));
    }
    is(wait_exit(pid), 0);
}

// ---- system calls

static long sys_result(long r) {
    if (r < 0 && r >= -4095)
        errno = (int)-r;
    return r < 0 && r >= -4095 ? -1 : r;
}
// Past the C library, where it would use the pointer itself.
static long sys_stat(const char *path, void *p) { return sys_result(__sys_stat(path, p)); }
static long sys_lstat(const char *path, void *p) { return sys_result(__sys_lstat(path, p)); }
static long sys_fstat(int fd, void *p) { return sys_result(__sys_fstat(fd, p)); }
static long sys_statfs(const char *path, void *p) { return sys_result(__sys_statfs(path, p)); }
static long sys_waitpid(int pid, void *p, void *q) { return sys_result(__sys_waitpid(pid, p, 0, q)); }
static long sys_sigaction(int sig, void *p, void *q) { return sys_result(__sys_sigaction(sig, p, q)); }
static long sys_nanosleep(void *p) { return sys_result(__sys_nanosleep(p, NULL)); }
static long sys_clock_gettime(int clock, void *p) { return sys_result(__sys_clock_gettime(clock, p)); }
static long sys_times(void *p) { return sys_result(__sys_times(p)); }
static long sys_uname(void *p) { return sys_result(__sys_uname(p)); }
static long sys_getcwd(void *p, size_t n) { return sys_result(__sys_getcwd(p, n)); }
static long sys_getdents(int fd, void *p, size_t n) { return sys_result(__sys_getdents(fd, p, n)); }

TEST(protection, an_unknown_system_call_is_enosys, "") {
    static const uint64_t numbers[] = {0,         16,        255, 256, 1000, 1UL << 31, 1UL << 32 | 9,
                                       1UL << 63, UINT64_MAX};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint64_t in[32] = {[A7] = numbers[i]}, out[32];
        protection_trial_call(0, in, out);
        is(out[A0], -ENOSYS);
    }
}

// Where nothing can be read: not mapped, beyond user space, not in Sv39, the kernel's, wrapping round the
// end.
static const uint64_t unreadable[] = {
    8,
    PAGE - 1,
    0x2345678000,
    USER_END,
    USER_END - 1,
    1UL << 38,
    1UL << 63,
    0xffffffbffffffffe,
    0xffffffc000000000,
    0xffffffc000100000,
    0xffffffc080200000,
    0xffffffe000000000,
    0xffffffffc0001000,
    UINT64_MAX - 15,
    UINT64_MAX,
};
// The last byte of user space can be read, so some calls must be given another list.
static bool last_byte(uint64_t p) { return p == USER_END - 1; }

// Where nothing can be written: also the program itself.
static uint64_t unwritable(size_t i) {
    const uint64_t own[] = {TEXT, (uint64_t)(uintptr_t)load, (uint64_t)(uintptr_t)constant};
    return i < COUNT(own) ? own[i] : unreadable[i - COUNT(own)];
}
enum { UNWRITABLES = COUNT(unreadable) + 3 };

TEST(protection, a_bad_path_is_efault_in_every_call, "") {
    struct stat st;
    char buf[16];
    make_file("file", "", 0);
    for (size_t i = 0; i <= COUNT(unreadable); i++) {
        char *p = (char *)(i < COUNT(unreadable) ? unreadable[i] : 0);
        if (last_byte((uint64_t)p))
            *p = 'x'; // a path that goes on beyond user space
        fails(EFAULT, open(p, O_RDONLY));
        fails(EFAULT, open(p, O_RDWR | O_CREAT, 0644));
        fails(EFAULT, stat(p, &st));
        fails(EFAULT, lstat(p, &st));
        fails(EFAULT, statfs(p, &(struct statfs){0}));
        fails(EFAULT, chmod(p, 0644));
        fails(EFAULT, link(p, "new"));
        fails(EFAULT, link("file", p));
        fails(EFAULT, unlink(p));
        fails(EFAULT, rename(p, "new"));
        fails(EFAULT, rename("file", p));
        fails(EFAULT, mkdir(p, 0755));
        fails(EFAULT, rmdir(p));
        fails(EFAULT, chdir(p));
        fails(EFAULT, mknod(p, S_IFREG | 0644, 0));
        fails(EFAULT, symlink(p, "new"));
        fails(EFAULT, symlink("target", p));
        fails(EFAULT, readlink(p, buf, sizeof buf));
        fails(EFAULT, truncate(p, 0));
        fails(EFAULT, execv(p, (char *[]){"x", NULL}));
    }
    check(exists("file") && !exists("new"));
}

TEST(protection, bad_arguments_of_exec_are_efault, "") {
    char *good[] = {"true", NULL};
    for (size_t i = 0; i < COUNT(unreadable); i++) {
        char *bad = (char *)unreadable[i];
        if (last_byte(unreadable[i]))
            *bad = 'x';
        fails(EFAULT, execve("/bin/true", (char **)unreadable[i], good));
        fails(EFAULT, execve("/bin/true", good, (char **)unreadable[i]));
        fails(EFAULT, execve("/bin/true", (char *[]){"true", bad, NULL}, good));
        fails(EFAULT, execve("/bin/true", good, (char *[]){bad, NULL}));
    }
}

TEST(protection, an_argument_vector_that_runs_out_of_memory_is_efault, "") {
    char **vector = (char **)(grow_pages(1) + PAGE) - 3;
    vector[0] = vector[1] = vector[2] = "word"; // and then nothing is mapped
    fails(EFAULT, execv("/bin/true", vector));
    vector[2] = NULL;
    pid_t pid = fork_ok();
    if (pid == 0)
        fails(ENOENT, execv("/nothing", vector));
    if (pid == 0)
        execv("/bin/true", vector);
    is(wait_exit(pid), 0);
}

TEST(protection, a_bad_buffer_to_fill_is_efault_in_every_call, "") {
    int zero = (int)ok(open("/dev/zero", O_RDONLY)), dir = (int)ok(open(".", O_RDONLY));
    make_file("file", "0123456789abcdef", 16);
    int file = (int)ok(open("file", O_RDONLY));
    ok(symlink("somewhere", "link"));
    for (size_t i = 0; i < UNWRITABLES; i++) {
        char *p = (char *)unwritable(i);
        fails(EFAULT, read(zero, p, 16));
        fails(EFAULT, read(file, p, 16));
        fails(EFAULT, pread(file, p, 16, 0));
        fails(EFAULT, sys_getdents(dir, p, 512));
        fails(EFAULT, sys_stat("file", p));
        fails(EFAULT, sys_lstat("file", p));
        fails(EFAULT, sys_fstat(file, p));
        fails(EFAULT, sys_statfs("/", p));
        fails(EFAULT, readlink("link", p, 16));
        fails(EFAULT, sys_getcwd(p, 4096));
        fails(EFAULT, pipe((int *)p));
        fails(EFAULT, sys_uname(p));
        fails(EFAULT, sys_clock_gettime(UAPI_CLOCK_MONOTONIC, p));
        fails(EFAULT, sys_times(p));
        fails(EFAULT, meminfo((struct mem_info *)p));
        fails(EFAULT, proclist(0, (struct proc_info *)p, 4));
        fails(EFAULT, klog_read(p, 16, 0));
        fails(EFAULT, sys_sigaction(SIGUSR1, NULL, p));
    }
    is(lseek(file, 0, SEEK_CUR), 0);           // no read has moved it
    is(open("/dev/null", O_RDONLY), file + 1); // no pipe was left open
}

TEST(protection, a_bad_buffer_to_take_from_is_efault_in_every_call, "") {
    int file = (int)ok(open("file", O_RDWR | O_CREAT, 0644)), fd[2];
    ok(pipe(fd));
    for (size_t i = 0; i < COUNT(unreadable); i++) {
        void *p = (void *)unreadable[i];
        fails(EFAULT, write(file, p, 16));
        fails(EFAULT, pwrite(file, p, 16, 0));
        fails(EFAULT, write(fd[1], p, 16));
        fails(EFAULT, sys_nanosleep(p));
        fails(EFAULT, sys_sigaction(SIGUSR1, p, NULL));
    }
    is(lseek(file, 0, SEEK_END), 0);
    ok(fcntl(fd[0], F_SETFL, O_NONBLOCK));
    char c;
    fails(EAGAIN, read(fd[0], &c, 1)); // nothing of all that went in
}

TEST(protection, a_null_buffer_is_efault_where_one_is_needed, "") {
    int zero = (int)ok(open("/dev/zero", O_RDWR)), dir = (int)ok(open(".", O_RDONLY));
    make_file("file", "x", 1);
    int file = (int)ok(open("file", O_RDWR));
    void *volatile null = NULL;
    fails(EFAULT, read(zero, null, 1));
    fails(EFAULT, read(file, null, 1));
    fails(EFAULT, write(file, null, 1));
    fails(EFAULT, pread(file, null, 1, 0));
    fails(EFAULT, pwrite(file, null, 1, 0));
    fails(EFAULT, sys_getdents(dir, null, 512));
    fails(EFAULT, sys_fstat(file, null));
    fails(EFAULT, sys_stat("file", null));
    fails(EFAULT, pipe(null));
    fails(EFAULT, sys_uname(null));
    fails(EFAULT, sys_nanosleep(null));
    fails(EFAULT, sys_clock_gettime(UAPI_CLOCK_REALTIME, null));
    fails(EFAULT, meminfo(null));
    fails(EFAULT, proclist(0, null, 1));
    fails(EFAULT, klog_read(null, 1, 0));
    file_is("file", "x", 1);
}

TEST(protection, a_buffer_of_no_bytes_may_lie_anywhere, "") {
    int zero = (int)ok(open("/dev/zero", O_RDWR));
    make_file("file", "x", 1);
    int file = (int)ok(open("file", O_RDWR));
    for (size_t i = 0; i < COUNT(unreadable); i++) {
        void *p = (void *)unreadable[i];
        is(read(zero, p, 0), 0);
        is(read(file, p, 0), 0);
        is(write(file, p, 0), 0);
    }
    is(proclist(0, NULL, 0), 0);
}

static int exit_at_once(void *unused) { return 5; }

TEST(protection, a_bad_place_for_the_status_is_efault_in_wait, "") {
    for (size_t i = 0; i < UNWRITABLES; i++) {
        fails(EFAULT, sys_waitpid(spawn(exit_at_once, NULL), (void *)unwritable(i), NULL));
        fails(EFAULT, sys_waitpid(spawn(exit_at_once, NULL), NULL, (void *)unwritable(i)));
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) // whether these have been waited for, POSIX does not say
        ;
}

TEST(protection, no_page_of_the_kernels_half_can_be_read_by_a_call, "") {
    int fd[2];
    ok(pipe(fd));
    for (uint64_t gib = 256; gib < 512; gib++) // each entry of the root table
        fails(EFAULT, write(fd[1], (void *)(0xffffff8000000000 + (gib << 30)), 1));
    for (uint64_t at = 0; at < 512; at++) { // kernel image, each page; RAM, each 2 MiB; stacks, each page
        fails(EFAULT, write(fd[1], (void *)(0xffffffc080200000 + at * PAGE), 1));
        fails(EFAULT, write(fd[1], (void *)(0xffffffc080000000 + (at << 21)), 1));
        fails(EFAULT, write(fd[1], (void *)(0xffffffffc0000000 + at * PAGE), 1));
    }
    for (int i = 0; i < 1000; i++) {
        uint64_t at = (uint64_t)random_number() << 32 | random_number();
        fails(EFAULT, write(fd[1], (void *)(at | 1UL << 63), 1));
    }
}

TEST(protection, no_page_of_the_kernels_half_can_be_written_by_a_call, "") {
    int zero = (int)ok(open("/dev/zero", O_RDONLY));
    for (uint64_t gib = 256; gib < 512; gib++)
        fails(EFAULT, read(zero, (void *)(0xffffff8000000000 + (gib << 30)), 1));
    for (uint64_t at = 0; at < 512; at++) {
        fails(EFAULT, read(zero, (void *)(0xffffffc080200000 + at * PAGE), 1));
        fails(EFAULT, read(zero, (void *)(0xffffffc080000000 + (at << 21)), 1));
        fails(EFAULT, read(zero, (void *)(0xffffffffc0000000 + at * PAGE), 1));
    }
    for (int i = 0; i < 1000; i++) {
        uint64_t at = (uint64_t)random_number() << 32 | random_number();
        fails(EFAULT, read(zero, (void *)(at | 1UL << 63), 1));
    }
}

// What a call with a buffer that is good at first may do: EFAULT, or only the good part.
static void part_or_efault(ssize_t n, size_t good) {
    if (n < 0)
        is(errno, EFAULT);
    else
        check((size_t)n <= good);
}

TEST(protection, a_buffer_that_runs_into_nothing_is_used_up_to_there, "") {
    enum { GOOD = 100 };
    int zero = (int)ok(open("/dev/zero", O_RDONLY)), file = (int)ok(open("file", O_RDWR | O_CREAT, 0644));
    char *p = grow_pages(1) + PAGE - GOOD;
    static const size_t sizes[] = {GOOD + 1, GOOD + PAGE, 1 << 20, 1UL << 40, SIZE_MAX >> 1, SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        part_or_efault(read(zero, p, sizes[i]), GOOD);
        fill_pattern(p, GOOD, 1);
        ssize_t n = write(file, p, sizes[i]);
        part_or_efault(n, GOOD);
        check(n <= 0 || lseek(file, 0, SEEK_END) == n);
        ok(ftruncate(file, 0));
        ok(lseek(file, 0, SEEK_SET));
    }
}

TEST(protection, a_buffer_that_runs_into_the_end_of_user_space_is_used_up_to_there, "") {
    enum { GOOD = 64 };
    int zero = (int)ok(open("/dev/zero", O_RDONLY));
    pid_t pid = fork_ok(); // the arguments of main lie there
    if (pid == 0) {
        char *p = (char *)(USER_END - GOOD);
        part_or_efault(read(zero, p, GOOD + 1), GOOD);
        part_or_efault(read(zero, p, SIZE_MAX), GOOD);
        part_or_efault(read(zero, p, -(size_t)p + 100), GOOD); // wraps round to 100
        is(read(zero, p, GOOD), GOOD);
        _exit(0);
    }
    is(wait_exit(pid), 0);
}

TEST(protection, a_string_that_ends_with_the_last_mapped_byte_is_read, "") {
    struct stat st;
    char *p = grow_pages(1) + PAGE;
    memcpy(p - 5, "/dev", 5);
    ok(stat(p - 5, &st));
    p[-1] = '/';
    fails(EFAULT, stat(p - 5, &st));
}

TEST(protection, bad_descriptors_are_ebadf_in_every_call, "") {
    static const int bad[] = {-1, 99, 1023, 1024, 100000, INT32_MAX, INT32_MIN};
    char buf[512];
    for (size_t i = 0; i < COUNT(bad); i++) {
        fails(EBADF, close(bad[i]));
        fails(EBADF, read(bad[i], buf, 1));
        fails(EBADF, write(bad[i], buf, 1));
        fails(EBADF, pread(bad[i], buf, 1, 0));
        fails(EBADF, pwrite(bad[i], buf, 1, 0));
        fails(EBADF, lseek(bad[i], 0, SEEK_SET));
        fails(EBADF, dup(bad[i]));
        fails(EBADF, dup2(bad[i], 5));
        fails(EBADF, fcntl(bad[i], F_GETFL));
        fails(EBADF, fcntl(bad[i], F_GETFD));
        fails(EBADF, fcntl(bad[i], F_DUPFD, 0));
        fails(EBADF, sys_fstat(bad[i], buf));
        fails(EBADF, sys_getdents(bad[i], buf, sizeof buf));
        fails(EBADF, ftruncate(bad[i], 0));
        fails(EBADF, fsync(bad[i]));
        fails(EBADF, ioctl(bad[i], TCGETS, buf));
    }
}

TEST(protection, a_process_killed_for_a_fault_leaves_others_alone, "") {
    int fd[2];
    char *p = grow_pages(1), c = 'x';
    ok(pipe(fd));
    *p = 1;
    for (int i = 0; i < 10; i++) {
        dies(SIGSEGV, store, (void *)0xffffffc080200000);
        is(*p, 1);
        write_all(fd[1], &c, 1);
        read_all(fd[0], &c, 1);
    }
}
