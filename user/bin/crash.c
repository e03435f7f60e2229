// crash: do something that a program must not do. The kernel kills it, and lives on.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: crash [name]\n"
    "Do the bad thing of that name; without a name, list them. Status 1 if nothing stopped it.\n";

static volatile int sink;
static const int constant = 1;

static void null(void) { *(volatile int *)0 = 1; }

static void null_read(void) { sink = *(volatile int *)(uintptr_t)(sink + 8); }

static void wild(void) {
    *(volatile int *)0x2345678000 = 1; // a user address that nothing is mapped at
}

static void noncanonical(void) { sink = *(volatile int *)0x1234567890123458; }

static void kernel(void) {
    sink = *(volatile int *)0xffffffc080200000; // RAM through the kernel's direct map
}

static void kernel_write(void) { *(volatile int *)0xffffffc080200000 = 1; }

static void jump(void) { ((void (*)(void))0xffffffc080200000)(); }

static void jump_null(void) { ((void (*)(void))(uintptr_t)sink)(); }

static void jump_stack(void) {
    volatile uint32_t code[] = {0x00008067}; // ret
    __asm__ volatile("fence.i");
    ((void (*)(void))(uintptr_t)code)();
}

static void write_text(void) { *(volatile char *)(uintptr_t)write_text = 0; }

static void write_rodata(void) { *(volatile int *)(uintptr_t)&constant = 2; }

static void priv(void) { __asm__ volatile("csrr %0, sstatus" : "=r"(sink)); }

static void priv_write(void) { __asm__ volatile("csrw satp, zero"); }

static void sret(void) { __asm__ volatile("sret"); }

static void wfi(void) { __asm__ volatile("wfi"); }

static void illegal(void) { __asm__ volatile(".word 0"); }

static int deeper(int n) {
    volatile char room[1024];
    if (n < sink) // never, but the compiler cannot know
        return 0;
    room[0] = n;
    return deeper(n + 1) + room[0];
}

static void stack(void) { sink = deeper(0); }

static void stack_kernel(void) { // a stack pointer that is not ours, then a trap
    __asm__ volatile("li sp, -4096\n li a7, 9\n ecall\n sd zero, 0(sp)" ::: "a0", "a7", "memory");
}

static void misaligned(void) {
    static char room[16] __attribute__((aligned(8)));
    memcpy(room + 1, &(int){42}, sizeof(int));
    printf("misaligned load: %d\n", *(volatile int *)(uintptr_t)(room + 1)); // QEMU's harts can
    fflush(stdout);
    __asm__ volatile("amoadd.w zero, %0, (%1)" ::"r"(1), "r"(room + 1)
                     : "memory"); // an atomic must be aligned
}

static void divide(void) {
    volatile int one = 1, zero = 0; // else the compiler, which knows what 1 / x can be, decides
    printf("1 / 0 = %d, 1 %% 0 = %d: RISC-V does not trap\n", one / zero, one % zero);
    exit(0);
}

static void breakpoint(void) { __asm__ volatile("ebreak"); }

static void aborted(void) { abort(); }

static const struct {
    const char *name, *text;
    void (*run)(void);
} things[] = {
    {"null", "write through a null pointer", null},
    {"null-read", "read just above address 0", null_read},
    {"wild", "write where nothing is mapped", wild},
    {"noncanonical", "read from an address that Sv39 does not have", noncanonical},
    {"kernel", "read kernel memory", kernel},
    {"kernel-write", "write kernel memory", kernel_write},
    {"jump", "run kernel memory", jump},
    {"jump-null", "run address 0", jump_null},
    {"jump-stack", "run the stack", jump_stack},
    {"text", "write to the program's text", write_text},
    {"rodata", "write to a constant", write_rodata},
    {"priv", "read a supervisor register", priv},
    {"priv-write", "write the page table register", priv_write},
    {"sret", "return from a trap that was none", sret},
    {"wfi", "wait for an interrupt", wfi},
    {"illegal", "run an instruction that does not exist", illegal},
    {"stack", "use more stack than there is", stack},
    {"stack-kernel", "point the stack at the kernel, then call it", stack_kernel},
    {"misaligned", "load, then add atomically, at an odd address", misaligned},
    {"div", "divide by zero (status 0)", divide},
    {"break", "a breakpoint without a debugger", breakpoint},
    {"abort", "abort(3)", aborted},
};

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 2)
        cmd_usage();
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        if (argc == 1) {
            printf("%-13s %s\n", things[i].name, things[i].text);
        } else if (strcmp(argv[1], things[i].name) == 0) {
            things[i].run();
            cmd_diex("%s: nothing stopped it", argv[1]);
        }
    }
    if (argc == 2)
        cmd_diex("%s: not known", argv[1]);
    return 0;
}
