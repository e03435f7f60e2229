// profile: run a command between two marks for `make profile` (tools/profile-plugin.c), which do nothing
// elsewhere.

#include <cmd.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] = "usage: profile command [argument...]\n"
                           "Run a command; `make profile` counts what is executed from its fork to its end.\n"
                           "Status: the command's; 126 if it cannot be run, 127 if it is not found.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (getopt(argc, argv, "+") != -1 || optind == argc)
        cmd_usage();
    __asm__ volatile("slti zero, zero, 1" ::: "memory");
    int status = cmd_run(argv + optind);
    __asm__ volatile("slti zero, zero, 2" ::: "memory");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
