// start.c: from crt0.S to main, and the end of a process.

#include <drupe/syscalls.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp);
// Constructors, as user.ld lines them up. (picolibc's own loop wants other names for them in newer versions.)
extern void (*const __preinit_array_start[])(void);
extern void (*const __init_array_end[])(void);

static const char *program = "?";

_Noreturn void __drupe_start(int argc, char **argv, char **envp) {
    environ = envp;
    if (argc > 0) {
        const char *slash = strrchr(argv[0], '/');
        program = slash ? slash + 1 : argv[0];
    }
    for (void (*const *init)(void) = __preinit_array_start; init < __init_array_end; init++)
        (*init)();
    exit(main(argc, argv, envp));
}

const char *getprogname(void) { return program; }

_Noreturn void _exit(int value) {
    for (;;)
        __sys_exit(value);
}
