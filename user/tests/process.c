// process.c: fork, exec, exit, wait, kill, process groups.
#include "test.h"

TEST(process, fork_gives_two_processes_with_different_pids, "") {
    pid_t me = getpid(), pid = fork_ok();
    if (pid == 0) {
        check(getpid() != me);
        is(getppid(), me);
        _exit(7);
    }
    check(pid != me);
    is(wait_exit(pid), 7);
}

TEST(process, wait_without_children_fails, "") { fails(ECHILD, waitpid(-1, NULL, 0)); }
