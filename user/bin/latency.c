// latency: how long a shell waits behind busy processes, counted in time slices by the scheduler.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <uapi/info.h>
#include <unistd.h>

static const char help[] =
    "usage: latency [-n busy]\n"
    "Start busy (4) processes that compute, and a shell; after two seconds send it the line\n"
    "`echo hi`, and print how many time slices were used up from the newline to the moment\n"
    "that the first byte of the answer has been read: the waits of the shell, of echo and of\n"
    "the reader together.\n";

static uint64_t slices(void) {
    struct mem_info info;
    if (meminfo(&info) < 0)
        cmd_die("meminfo");
    return info.slices;
}

static pid_t start(char *const argv[], int in, int out) {
    pid_t pid = fork();
    if (pid < 0)
        cmd_die("fork");
    if (pid == 0) {
        if (in >= 0)
            dup2(in, STDIN_FILENO);
        if (out >= 0)
            dup2(out, STDOUT_FILENO);
        execv(argv[0], argv);
        cmd_die(argv[0]);
    }
    return pid;
}

int main(int argc, char **argv) {
    int busy = 4;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "n:")) != -1;) {
        switch (c) {
        case 'n': busy = cmd_number(optarg, 0, 16); break;
        default: cmd_usage();
        }
    }
    pid_t spinners[16];
    for (int i = 0; i < busy; i++)
        spinners[i] = start((char *[]){"/spin", NULL}, -1, -1);
    int to[2], from[2];
    if (pipe(to) < 0 || pipe(from) < 0)
        cmd_die("pipe");
    fcntl(to[1], F_SETFD, FD_CLOEXEC); // the shell must see the end of its input
    pid_t shell = start((char *[]){"/sh", NULL}, to[0], from[1]);
    sleep(2); // the busy ones have shown by then what they are

    static const char line[] = "echo hi\n";
    char answer = 0;
    uint64_t before = slices();
    if (write(to[1], line, strlen(line)) < 0 || read(from[0], &answer, 1) != 1 || answer != 'h')
        cmd_die("shell");
    printf("slices %ju\n", (uintmax_t)(slices() - before));

    close(to[1]);
    for (int i = 0; i < busy; i++)
        kill(spinners[i], SIGKILL);
    waitpid(shell, NULL, 0);
    return 0;
}
