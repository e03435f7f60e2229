// rocode: a program's own code and constants, which nobody may change, and its data, which nobody may run.
//
//   rocode write TOKEN     write to code and constants
//   rocode kernel TOKEN    have system calls write there
//   rocode run TOKEN       run data
//   rocode wx TOKEN        a program that wants memory which it can write and run

#include "forge.h"

static const char constant[PAGE] = "a constant";
static uint32_t data_code[2] = {0x00008067, 0x00008067}; // ret
static char buffer[64];

static void write_code(void) {
    lab_result("code", "%s", ending(store, at((uintptr_t)load)));
    lab_result("constant", "%s", ending(store, at((uintptr_t)constant)));
    lab_result("data", "%s", ending(store, buffer));
}

static const char *outcome(ssize_t n) {
    return n >= 0 ? "worked" : errno == EFAULT ? "EFAULT" : strerror(errno);
}

static void kernel_code(void) {
    int zero = open("/dev/zero", O_RDONLY);
    if (zero < 0)
        lab_trouble("no /dev/zero");
    lab_result("code", "%s", outcome(read(zero, at((uintptr_t)load), 1)));
    lab_result("constant", "%s", outcome(read(zero, at((uintptr_t)constant), 1)));
    lab_result("first", "%c", *at((uintptr_t)constant) ? *at((uintptr_t)constant) : '0');
    lab_result("data", "%s", outcome(read(zero, buffer, 1)));
}

static void run_data(void) {
    char on_stack[sizeof data_code] __attribute__((aligned(4)));
    memcpy(on_stack, data_code, sizeof data_code);
    char *heap = sbrk(PAGE);
    memcpy(heap, data_code, sizeof data_code);
    __asm__ volatile("fence.i" ::: "memory");
    lab_result("data", "%s", ending(jump, at((uintptr_t)data_code)));
    lab_result("heap", "%s", ending(jump, heap));
    lab_result("stack", "%s", ending(jump, at((uintptr_t)on_stack)));
}

static void exec_wx(void) {
    struct forged f = forge(0x10000, R | X);
    lab_result("good", "%s", run_forged(&f));
    f = forge(0x10000, R | W | X);
    lab_result("wx", "%s", run_forged(&f));
}

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "write") == 0)
        write_code();
    else if (strcmp(what, "kernel") == 0)
        kernel_code();
    else if (strcmp(what, "run") == 0)
        run_data();
    else if (strcmp(what, "wx") == 0)
        exec_wx();
    else
        return 2;
    return 0;
}
