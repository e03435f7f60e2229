// exec.c: execve: what it keeps, what it replaces, what it refuses. Programs made by hand show what a program
// finds when it starts, and what becomes of an ELF file that is not as it should be.
#include <stddef.h>

#include "process.h"

// ---- programs made by hand

struct header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { LOAD = 1, NOTE = 4, X = 1, W = 2, R = 4, BASE = 0x10000, MOST_SEGMENTS = 16 };

struct image {
    struct header h;
    struct segment seg[MOST_SEGMENTS + 1];
    char code[512];
};

// Machine code, to be copied into an image.
#define CODE(name, text)                                                                                     \
    extern const char name[], name##_end[];                                                                  \
    __asm__(".pushsection .rodata\n .balign 8\n" #name ":\n" text "\n" #name "_end: .byte 0\n .popsection")
#define EXIT " li a7, 3\n ecall\n" // exit(a0)

CODE(code_42, " li a0, 42\n" EXIT);
CODE(code_argc, " ld a0, 0(sp)\n" EXIT);
CODE(code_stack_alignment, " andi a0, sp, 15\n" EXIT);
// Tell that it runs, and wait for a byte, or for the end of file; exit with how many came.
CODE(code_wait, " li a0, 1\n mv a1, sp\n li a2, 1\n li a7, 43\n ecall\n"
                " li a0, 0\n addi a1, sp, -16\n li a2, 1\n li a7, 42\n ecall\n" EXIT);
// The first byte 32 KiB behind its own page.
CODE(code_far, " li a0, 1\n mv a1, sp\n li a2, 1\n li a7, 43\n ecall\n"
               " li a0, 0\n addi a1, sp, -16\n li a2, 1\n li a7, 42\n ecall\n"
               " li t0, 0x18000\n lbu a0, 0(t0)\n" EXIT);
// All registers but sp, or'ed together: 0, or 1 if one is not 0.
CODE(code_registers, " or a0, a0, ra\n or a0, a0, gp\n or a0, a0, tp\n or a0, a0, t0\n or a0, a0, t1\n"
                     " or a0, a0, t2\n or a0, a0, s0\n or a0, a0, s1\n or a0, a0, a1\n or a0, a0, a2\n"
                     " or a0, a0, a3\n or a0, a0, a4\n or a0, a0, a5\n or a0, a0, a6\n or a0, a0, a7\n"
                     " or a0, a0, s2\n or a0, a0, s3\n or a0, a0, s4\n or a0, a0, s5\n or a0, a0, s6\n"
                     " or a0, a0, s7\n or a0, a0, s8\n or a0, a0, s9\n or a0, a0, s10\n or a0, a0, s11\n"
                     " or a0, a0, t3\n or a0, a0, t4\n or a0, a0, t5\n or a0, a0, t6\n snez a0, a0\n" EXIT);
// The same for some of floating point.
CODE(code_float,
     " fmv.x.d a0, fs0\n fmv.x.d a1, fs11\n fmv.x.d a2, fa0\n fmv.x.d a3, ft0\n fmv.x.d a4, ft11\n"
     " or a0, a0, a1\n or a0, a0, a2\n or a0, a0, a3\n or a0, a0, a4\n snez a0, a0\n" EXIT);
// The program "p" again.
CODE(code_again, " lla a0, 1f\n li a1, 0\n li a2, 0\n li a7, 2\n ecall\n" EXIT "1: .string \"p\"");
// Data at 0x20000: 1 if the 4 KiB from byte 89 on are not 0, else the byte before them.
CODE(code_bss, " li t0, 0x20000\n lbu a0, 88(t0)\n li t1, 4096\n"
               "1: lbu t2, 89(t0)\n bnez t2, 2f\n addi t0, t0, 1\n addi t1, t1, -1\n bnez t1, 1b\n" EXIT
               "2: li a0, 1\n" EXIT);
// The byte at the address that stands in its last eight bytes.
CODE(code_peek, " ld t0, 1f\n lbu a0, 0(t0)\n" EXIT " .balign 8\n1: .dword 0");

// All the heap there is, to the last page; then read each page of its second segment, and write each of the
// heap.
CODE(code_take_all, " li s0, 0x10000\n li s1, 0\n li t1, 4096\n"
                    "1: mv a0, s0\n li a7, 20\n ecall\n bltz a0, 2f\n bnez s1, 1b\n mv s1, a0\n j 1b\n"
                    "2: beq s0, t1, 3f\n mv s0, t1\n j 1b\n"
                    "3: li a0, 0\n li a7, 20\n ecall\n mv s2, a0\n li s3, 0x1000000\n li s4, 0x2000000\n"
                    "4: lbu t0, 0(s3)\n add s3, s3, t1\n bltu s3, s4, 4b\n"
                    "5: sb t1, 0(s1)\n add s1, s1, t1\n bltu s1, s2, 5b\n li a0, 42\n" EXIT);

// A good program of one segment.
static struct image image_of(const char *code, const char *end) {
    struct image im = {
        .h = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
              .type = 2,
              .machine = 243,
              .version = 1,
              .entry = BASE + offsetof(struct image, code),
              .phoff = offsetof(struct image, seg),
              .ehsize = sizeof(struct header),
              .phentsize = sizeof(struct segment),
              .phnum = 1},
        .seg[0] = {.type = LOAD, .flags = R | X, .vaddr = BASE, .filesz = sizeof im, .memsz = sizeof im},
    };
    check((size_t)(end - code) <= sizeof im.code);
    memcpy(im.code, code, (size_t)(end - code));
    return im;
}
#define IMAGE(code) image_of(code, code##_end)

// The image as the program "p".
static void make_image(const struct image *im) {
    unlink("p");
    make_file("p", im, sizeof *im);
    ok(chmod("p", 0755));
}

static char *const p_alone[] = {"p", NULL};

static int exec_image(const struct image *im) {
    make_image(im);
    return execv("p", p_alone);
}

static int run_image(const struct image *im, char *const argv[]) {
    make_image(im);
    pid_t pid = fork_ok();
    if (pid == 0) {
        execv("p", argv);
        FAIL("exec: %s", strerror(errno));
    }
    return wait_exit(pid);
}

// A child that runs the program "p", for those that tell that they run and wait for a byte. Closing
// *hold ends it.
static pid_t start_waiting(int *hold) {
    int in[2], out[2];
    char c;
    ok(pipe(in));
    ok(pipe(out));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(in[0], 0));
        ok(dup2(out[1], 1));
        ok(close(in[0]));
        ok(close(in[1]));
        ok(close(out[0]));
        ok(close(out[1]));
        execv("p", p_alone);
        FAIL("exec: %s", strerror(errno));
    }
    ok(close(in[0]));
    ok(close(out[1]));
    is(ok(read(out[0], &c, 1)), 1);
    ok(close(out[0]));
    *hold = in[1];
    return pid;
}

// ---- what a program finds

TEST(exec, a_program_made_by_hand_runs, "") {
    struct image im = IMAGE(code_42);
    is(run_image(&im, p_alone), 42);
}

TEST(exec, the_stack_holds_the_number_of_arguments, "") {
    struct image im = IMAGE(code_argc);
    is(run_image(&im, p_alone), 1);
    is(run_image(&im, (char *[]){"p", "a", "", "c", NULL}), 4);
    is(run_image(&im, (char *[]){NULL}), 0);
}

TEST(exec, no_vectors_are_empty_vectors, "") {
    struct image im = IMAGE(code_argc);
    make_image(&im);
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit((int)__sys_execve("p", NULL, NULL));
    is(wait_exit(pid), 0);
}

TEST(exec, the_stack_is_aligned_whatever_the_arguments, "") {
    struct image im = IMAGE(code_stack_alignment);
    char name[18] = "", *argv[10] = {NULL};
    for (int i = 0; i < 17; i++) {
        name[i] = 'x';
        argv[i / 2] = name;
        is(run_image(&im, argv), 0);
    }
}

TEST(exec, registers_start_as_zero, "") {
    struct image im = IMAGE(code_registers);
    is(run_image(&im, p_alone), 0);
}

TEST(exec, floating_point_registers_start_as_zero, "") {
    struct image im = IMAGE(code_float);
    double x = 1.5;
    __asm__ volatile("fmv.d fs0, %0\n fmv.d fs11, %0\n fmv.d ft0, %0\n fmv.d ft11, %0" ::"f"(x)
                     : "fs0", "fs11", "ft0", "ft11");
    make_image(&im);
    pid_t pid = fork_ok();
    if (pid == 0) {
        execv("p", p_alone);
        _exit(99);
    }
    is(wait_exit(pid), 0);
}

TEST(exec, memory_behind_the_data_of_the_file_is_zero, "") {
    struct image im = IMAGE(code_bss);
    im.h.phnum = 2;
    im.seg[0].paddr = 7; // it is byte 88, and nobody else reads it
    im.seg[1] =
        (struct segment){.type = LOAD, .flags = R | W, .vaddr = 0x20000, .filesz = 89, .memsz = 2 * PAGE};
    is(run_image(&im, p_alone), 7);
}

TEST(exec, nothing_of_the_old_program_stays_in_memory, "") {
    struct image im = IMAGE(code_peek);
    char *old = sbrk(PAGE);
    uint64_t address = (uint64_t)old;
    *old = 1;
    memcpy(im.code + (code_peek_end - code_peek) - 8, &address, 8);
    make_image(&im);
    pid_t pid = fork_ok();
    if (pid == 0) {
        execv("p", p_alone);
        _exit(99);
    }
    is(wait_signal(pid), SIGSEGV);
}

// Runs a program and gives what it writes to standard output.
static char *output_of(char *const argv[], char *const envp[]) {
    static char text[4200];
    int out[2];
    ok(pipe(out));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(out[1], 1));
        execve(argv[0], argv, envp);
        FAIL("exec %s: %s", argv[0], strerror(errno));
    }
    ok(close(out[1]));
    size_t n = 0;
    for (ssize_t got; (got = ok(read(out[0], text + n, sizeof text - 1 - n))) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    ok(close(out[0]));
    is(wait_exit(pid), 0);
    return text;
}

TEST(exec, arguments_arrive_byte_for_byte, "") {
    char large[4001];
    memset(large, 'y', 4000);
    large[4000] = '\0';
    char *argv[] = {"/bin/printf", "%s|", "one", "", "t w o", "\x80\xff\n", large, NULL};
    char *got = output_of(argv, environ);
    check(strncmp(got, "one||t w o|\x80\xff\n|yyyy", 17) == 0);
    is(strlen(got), 4016);
}

TEST(exec, the_environment_is_the_one_that_was_given, "") {
    char *none[] = {NULL}, *some[] = {"A=1", "B=x y", "EMPTY=", NULL};
    is_text(output_of((char *[]){"/bin/env", NULL}, none), "");
    is_text(output_of((char *[]){"/bin/env", NULL}, some), "A=1\nB=x y\nEMPTY=\n");
    is_text(output_of((char *[]){"/bin/env", NULL}, some + 2), "EMPTY=\n");
}

// ---- what stays

TEST(exec, a_process_stays_who_it_is, "") {
    struct image im = IMAGE(code_wait);
    int hold;
    make_image(&im);
    pid_t pid = start_waiting(&hold);
    struct proc_info info = info_of(pid);
    is(info.ppid, getpid());
    is(info.pgid, getpgrp());
    is_text(info.name, "p");
    write_all(hold, "x", 1);
    is(wait_exit(pid), 1);
}

// The name of a process that runs the program at path, which waits.
static void name_is(char *path, const char *name) {
    int in[2];
    ok(pipe(in));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(in[0], 0));
        ok(close(in[1]));
        execv(path, p_alone);
        FAIL("exec: %s", strerror(errno));
    }
    until(strcmp(info_of(pid).name, "usertests") != 0);
    is_text(info_of(pid).name, name);
    ok(close(in[1]));
    is(wait_exit(pid), 0);
}

TEST(exec, a_name_is_the_last_of_its_path_cut_at_31_bytes, "") {
    struct image im = IMAGE(code_wait);
    make_image(&im);
    ok(mkdir("d", 0755));
    ok(rename("p", "d/a23456789b123456789c123456789d1"));
    name_is("d/a23456789b123456789c123456789d1", "a23456789b123456789c123456789d1");
    ok(rename("d/a23456789b123456789c123456789d1", "d/a23456789b123456789c123456789d123"));
    name_is("./d/../d/a23456789b123456789c123456789d123", "a23456789b123456789c123456789d1");
}

TEST(exec, a_program_called_by_a_link_has_the_name_of_the_link, "") {
    struct image im = IMAGE(code_wait);
    make_image(&im);
    ok(symlink("p", "link"));
    name_is("./link", "link");
}

TEST(exec, directory_and_umask_stay, "") {
    ok(mkdir("d", 0755));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(chdir("d"));
        umask(0);
        execl("/bin/mkdir", "mkdir", "e", NULL);
        _exit(99);
    }
    is(wait_exit(pid), 0);
    struct stat st;
    ok(stat("d/e", &st));
    is(st.st_mode & 0777, 0777);
}

TEST(exec, ignored_signals_stay_ignored, "") {
    struct image im = IMAGE(code_wait);
    int hold;
    make_image(&im);
    signal(SIGTERM, SIG_IGN);
    pid_t pid = start_waiting(&hold);
    ok(kill(pid, SIGTERM));
    write_all(hold, "x", 1);
    is(wait_exit(pid), 1);
    signal(SIGTERM, SIG_DFL);
    pid = start_waiting(&hold);
    ok(kill(pid, SIGTERM));
    is(wait_signal(pid), SIGTERM);
}

TEST(exec, descriptors_stay_open_but_those_marked, "") {
    struct image im = IMAGE(code_wait);
    int stay[2], go[2], hold;
    char c;
    make_image(&im);
    ok(pipe(stay));
    ok(pipe(go));
    ok(fcntl(go[1], F_SETFD, FD_CLOEXEC));
    ok(fcntl(stay[0], F_SETFL, O_NONBLOCK));
    pid_t pid = start_waiting(&hold);
    ok(close(go[1]));
    ok(close(stay[1]));
    is(ok(read(go[0], &c, 1)), 0);
    fails(EAGAIN, read(stay[0], &c, 1)); // somebody might still write
    ok(close(hold));
    is(wait_exit(pid), 0);
    is(ok(read(stay[0], &c, 1)), 0);
}

TEST(exec, a_failed_exec_changes_nothing, "") {
    int fd = (int)ok(open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0755));
    char *heap = sbrk(PAGE);
    struct proc_info before = info_of(getpid());
    *heap = 'h';
    for (int i = 0; i < 20; i++) {
        fails(ENOENT, execl("/nothing", "nothing", NULL));
        fails(ETXTBSY, execl("f", "f", NULL));
    }
    write_all(fd, "still open", 10);
    is(*heap, 'h');
    struct proc_info after = info_of(getpid());
    is_text(after.name, before.name);
    is(after.size, before.size);
}

TEST(exec, a_hundred_programs_after_each_other, "") {
    struct image im = IMAGE(code_42);
    make_image(&im);
    for (int i = 0; i < 100; i++)
        is(run_program((char *[]){"./p", NULL}), 42);
}

TEST(exec, kill_meets_exec, "") {
    struct image im = IMAGE(code_again);
    make_image(&im);
    for (int i = 0; i < 15; i++) {
        pid_t pid = fork_ok();
        if (pid == 0) {
            execv("p", p_alone);
            _exit(99);
        }
        for (volatile unsigned n = random_number() % 20000; n > 0; n--)
            ;
        finish(pid);
    }
    ok(close((int)ok(open("p", O_WRONLY)))); // nobody runs it any more
}

// ---- the file while it runs

TEST(exec, the_file_of_a_running_program_cannot_be_written, "") {
    struct image im = IMAGE(code_wait);
    int hold;
    make_image(&im);
    pid_t pid = start_waiting(&hold);
    fails(ETXTBSY, open("p", O_WRONLY));
    fails(ETXTBSY, open("p", O_RDWR));
    fails(ETXTBSY, truncate("p", 0));
    ok(close((int)ok(open("p", O_RDONLY))));
    ok(close(hold));
    is(wait_exit(pid), 0);
    ok(close((int)ok(open("p", O_WRONLY))));
}

TEST(exec, the_file_is_busy_until_the_last_that_runs_it_ends, "") {
    struct image im = IMAGE(code_wait);
    int hold[2];
    make_image(&im);
    pid_t first = start_waiting(&hold[0]), second = start_waiting(&hold[1]);
    finish(first);
    fails(ETXTBSY, open("p", O_WRONLY));
    finish(second);
    ok(close((int)ok(open("p", O_WRONLY))));
}

TEST(exec, a_file_open_for_writing_does_not_run, "") {
    struct image im = IMAGE(code_42);
    make_image(&im);
    int fd = (int)ok(open("p", O_WRONLY));
    fails(ETXTBSY, execv("p", p_alone));
    ok(close(fd));
    is(run_program((char *[]){"./p", NULL}), 42);
}

TEST(exec, a_program_runs_on_after_its_file_is_unlinked, "") {
    struct image im = IMAGE(code_far);
    int hold;
    im.seg[0].filesz = im.seg[0].memsz = 0x8000 + 16;
    make_image(&im);
    int fd = (int)ok(open("p", O_WRONLY));
    is(ok(pwrite(fd, "Mxxxxxxxxxxxxxxx", 16, 0x8000)), 16);
    ok(close(fd));
    pid_t pid = start_waiting(&hold);
    ok(unlink("p"));
    sync();
    make_file("other", &im, sizeof im); // may take what the other gave back, had it done so
    ok(close(hold));
    is(wait_exit(pid), 'M');
}

// ---- which file

TEST(exec, a_path_must_lead_to_a_program, "") {
    char name[258];
    memset(name, 'n', 257);
    name[256] = '\0';
    make_file("plain", "x", 1);
    ok(symlink("loop", "loop"));
    ok(symlink("nowhere", "dangling"));
    fails(ENOENT, execv("nothing", p_alone));
    fails(ENOENT, execv("", p_alone));
    fails(ENOENT, execv("dangling", p_alone));
    fails(ENOTDIR, execv("plain/p", p_alone));
    fails(ELOOP, execv("loop", p_alone));
    fails(ENAMETOOLONG, execv(name, p_alone));
    name[255] = '\0';
    fails(ENOENT, execv(name, p_alone));
    fails(EACCES, execv(".", p_alone));
    fails(EACCES, execv("plain", p_alone)); // nobody may execute it
    fails(EACCES, execv("/dev/null", p_alone));
}

TEST(exec, one_permission_to_execute_is_enough_for_root, "") {
    struct image im = IMAGE(code_42);
    make_image(&im);
    for (mode_t mode = 01; mode <= 0100; mode <<= 3) {
        ok(chmod("p", mode));
        is(run_program((char *[]){"./p", NULL}), 42);
    }
    ok(chmod("p", 0666));
    fails(EACCES, execv("p", p_alone));
}

TEST(exec, a_link_to_a_program_is_followed, "") {
    struct image im = IMAGE(code_42);
    make_image(&im);
    ok(mkdir("d", 0755));
    ok(symlink("../p", "d/one"));
    ok(symlink("d/one", "two"));
    is(run_program((char *[]){"./two", NULL}), 42);
}

TEST(exec, addresses_are_checked, "") {
    char *bad[] = {"p", BAD_ADDRESS, NULL}, *const *nowhere = BAD_ADDRESS;
    struct image im = IMAGE(code_42);
    make_image(&im);
    fails(EFAULT, execve(BAD_ADDRESS, p_alone, p_alone));
    fails(EFAULT, execve("p", nowhere, p_alone));
    fails(EFAULT, execve("p", p_alone, nowhere));
    fails(EFAULT, execve("p", bad, p_alone));
    fails(EFAULT, execve("p", p_alone, bad));
    fails(EFAULT, execve("p", KERNEL_ADDRESS, p_alone));
    // a vector without a null pointer, up to the end of memory
    char **end = (char **)(((uintptr_t)sbrk(2 * PAGE) + 3 * PAGE - 1) / PAGE * PAGE);
    end[-1] = "x";
    fails(EFAULT, execve("p", end - 1, p_alone));
    // a string without an end
    char *text = (char *)end - 3;
    memset(text, 'x', 3);
    fails(EFAULT, execve("p", (char *[]){text, NULL}, p_alone));
    text[2] = '\0';
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(execve("p", (char *[]){text, NULL}, p_alone));
    is(wait_exit(pid), 42);
}

// ---- what is no program

TEST(exec, a_file_that_is_no_program_is_refused, "") { // errno-test: execve ENOEXEC
    make_file("p", "", 0);
    ok(chmod("p", 0755));
    fails(ENOEXEC, execv("p", p_alone));
    make_file("p", "#!/bin/sh\nexit 3\n", 17);
    fails(ENOEXEC, execv("p", p_alone));
    struct image im = IMAGE(code_42);
    make_file("p", &im, sizeof im.h - 1);
    fails(ENOEXEC, execv("p", p_alone));
    make_file("p", &im, sizeof im.h + sizeof im.seg[0] - 1);
    fails(ENOEXEC, execv("p", p_alone));
    make_file("p", &im, sizeof im - 1); // the segment is not all there
    fails(ENOEXEC, execv("p", p_alone));
}

// A program with this change is refused.
#define REFUSED(change)                                                                                      \
    do {                                                                                                     \
        struct image im = IMAGE(code_42);                                                                    \
        im.change;                                                                                           \
        if (exec_image(&im) == -1 && errno != ENOEXEC)                                                       \
            FAIL("%s: %s", #change, strerror(errno));                                                        \
    } while (0)

TEST(exec, a_header_that_is_wrong_is_refused, "") {
    REFUSED(h.ident[0] = 0x7e);
    REFUSED(h.ident[3] = 'f');
    REFUSED(h.ident[4] = 1); // 32 bits
    REFUSED(h.ident[5] = 2); // big endian
    REFUSED(h.ident[6] = 0);
    REFUSED(h.type = 1); // relocatable
    REFUSED(h.machine = 62);
    REFUSED(h.version = 2);
    REFUSED(h.phentsize = 55);
    REFUSED(h.phentsize = 57);
    REFUSED(h.phnum = 0);
    REFUSED(h.phnum = 0xffff);
    REFUSED(h.phoff = sizeof im - 55);
    REFUSED(h.phoff = sizeof im);
    REFUSED(h.phoff = sizeof im + 1);
    REFUSED(h.phoff = UINT64_MAX);
    REFUSED(h.phoff = INT64_MAX);
}

// To refuse such a program is good; to let it end itself is good as well.
TEST(exec, an_entry_that_is_no_code_harms_nobody_else, "") {
    static const uint64_t entries[] = {
        0, BASE - 2, BASE + PAGE, 0x3effffff00, 0x123456789abcdef0, UINT64_MAX << 38, UINT64_MAX - 1};
    struct image im = IMAGE(code_42);
    for (size_t i = 0; i <= sizeof entries / sizeof entries[0]; i++) {
        if (i < sizeof entries / sizeof entries[0])
            im.h.entry = entries[i];
        else
            im = IMAGE(code_42), im.seg[0].flags = R; // in data
        make_image(&im);
        pid_t pid = fork_ok();
        if (pid == 0) {
            execv("p", p_alone);
            _exit(errno);
        }
        int word = wait_word(pid);
        check(word == SIGSEGV || word == ENOEXEC << 8);
    }
}

TEST(exec, a_segment_that_is_wrong_is_refused, "") {
    REFUSED(seg[0].type = NOTE); // nothing to load
    REFUSED(seg[0].flags = R | W | X);
    REFUSED(seg[0].filesz = sizeof im + 1);
    REFUSED(seg[0].memsz = sizeof im - 1); // smaller than in the file
    REFUSED(seg[0].memsz = 0);
    REFUSED(seg[0].filesz = UINT64_MAX);
    REFUSED(seg[0].memsz = UINT64_MAX);
    REFUSED(seg[0].memsz = INT64_MAX);
    REFUSED(seg[0].offset = 1);
    REFUSED(seg[0].offset = PAGE); // behind the end of the file
    REFUSED(seg[0].offset = UINT64_MAX - PAGE + 1);
    REFUSED(seg[0].vaddr = BASE - PAGE);
    REFUSED(seg[0].vaddr = 0);
    REFUSED(seg[0].vaddr = BASE + 8); // not where the file has it in its page
    REFUSED(seg[0].vaddr = 0x3f00000000 - PAGE);
    REFUSED(seg[0].vaddr = UINT64_MAX - PAGE + 1);
    REFUSED(seg[0].vaddr = UINT64_MAX << 38); // the kernel's half
}

static struct image image_of_segments(int n) {
    struct image im = IMAGE(code_42);
    im.h.phnum = (uint16_t)n;
    for (int i = 1; i < n; i++)
        im.seg[i] = (struct segment){
            .type = LOAD, .flags = R | W, .vaddr = BASE + 16 * (uint64_t)i * PAGE, .memsz = 1};
    return im;
}

TEST(exec, a_program_has_16_segments_and_no_more, "") {
    struct image im = image_of_segments(MOST_SEGMENTS);
    is(run_image(&im, p_alone), 42);
    im = image_of_segments(MOST_SEGMENTS + 1);
    fails(ENOEXEC, exec_image(&im));
}

TEST(exec, segments_may_not_overlap, "") {
    struct image im = image_of_segments(3);
    im.seg[2].vaddr = im.seg[1].vaddr + PAGE;
    is(run_image(&im, p_alone), 42);
    im.seg[1].memsz = PAGE; // just up to the next
    is(run_image(&im, p_alone), 42);
    im.seg[1].memsz = PAGE + 1;
    fails(ENOEXEC, exec_image(&im));
    im.seg[1].memsz = 1;
    im.seg[2].vaddr = im.seg[1].vaddr;
    fails(ENOEXEC, exec_image(&im));
}

TEST(exec, an_empty_segment_does_no_harm, "") {
    struct image im = image_of_segments(2);
    im.seg[1].memsz = 0;
    is(run_image(&im, p_alone), 42);
}

TEST(exec, a_program_larger_than_memory_is_refused, "") { // errno-test: execve ENOMEM
    struct image im = image_of_segments(2);
    im.seg[1].memsz = 100ULL << 30;
    fails(ENOMEM, exec_image(&im));
    im.seg[1].memsz = 1;
    is(run_image(&im, p_alone), 42);
}

// The page cache counts as memory that can be had back, but not the pages of it that a program maps. What has
// been promised as heap is there all the same.
TEST(exec, a_program_that_maps_its_whole_file_gets_what_it_was_promised, "alone") {
    enum { BYTES = 0x1000000 };
    struct image im = IMAGE(code_take_all);
    char buf[PAGE];
    im.h.phnum = 2;
    im.seg[1] = (struct segment){
        .type = LOAD, .flags = R, .offset = BYTES, .vaddr = BYTES, .filesz = BYTES, .memsz = BYTES};
    make_image(&im);
    ok(truncate("p", 2 * BYTES));
    int fd = (int)ok(open("p", O_RDONLY));
    for (off_t at = 0; at < 2 * BYTES; at += PAGE)
        is(ok(pread(fd, buf, PAGE, at)), PAGE);
    ok(close(fd));
    is(run_program((char *[]){"./p", NULL}), 42);
}
