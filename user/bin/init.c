// init: the first process. Keeps a shell running on the console, and waits for every process whose parent has
// ended.
//
//   init                            a shell for a person, started again whenever it ends
//   init -c command [argument...]   (boot argument run=) the command alone, then power off with its status

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { CONSOLE_MAJOR = 5, CONSOLE_MINOR = 1, RETRY_SECONDS = 1 };
static const char console[] = "/dev/console";

// The console becomes descriptor 0, 1 and 2, whatever these were.
static void open_console(void) {
    int fd = open(console, O_RDWR);
    if (fd < 0) {
        mkdir("/dev", 0755);
        mknod(console, S_IFCHR | 0600, makedev(CONSOLE_MAJOR, CONSOLE_MINOR));
        fd = open(console, O_RDWR);
    }
    for (int i = STDIN_FILENO; i <= STDERR_FILENO && fd >= 0; i++)
        dup2(fd, i);
    if (fd > STDERR_FILENO)
        close(fd);
}

// Starts the shell as the foreground job of the console. Returns its process id.
static pid_t start_shell(char **argv) {
    pid_t pid;
    while ((pid = fork()) < 0) {
        warn("fork");
        sleep(RETRY_SECONDS);
    }
    if (pid > 0) {
        setpgid(pid, pid); // the child does the same, so that it is done whichever runs first
        return pid;
    }
    setpgid(0, 0);
    tcsetpgrp(STDIN_FILENO, getpgrp());
    signal(SIGTTOU, SIG_DFL);
    argv[0] = "sh";
    execv("/sh", argv);
    execvp("sh", argv); // not in its usual place: perhaps in another of PATH
    warn("cannot start sh");
    sleep(RETRY_SECONDS); // it will be tried again
    _exit(127);
}

// Waits until process pid has ended, and for all others that end before it. Returns the status of pid.
static int wait_for(pid_t pid) {
    for (;;) {
        int status;
        pid_t ended = wait(&status);
        if (ended == pid)
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        if (ended < 0) // cannot be while pid runs
            sleep(RETRY_SECONDS);
    }
}

int main(int argc, char **argv) {
    if (getpid() != 1)
        errx(1, "only the kernel starts me, as process 1");
    open_console();
    signal(SIGTTOU, SIG_IGN); // tcsetpgrp sends it to those in the background
    setenv("PATH", "/bin:/", 1);
    setenv("HOME", "/", 1);
    setenv("TERM", "vt100", 1);
    chdir("/");

    if (argc > 1) {
        int status = wait_for(start_shell(argv));
        sync();
        reboot(RB_POWER_OFF, status);
        err(1, "reboot");
    }
    struct termios mode;
    bool have_mode = tcgetattr(STDIN_FILENO, &mode) == 0;
    for (;;) {
        if (have_mode) // as it was, should the last shell have been killed while it had it otherwise
            tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
        puts("init: starting sh");
        fflush(stdout);
        wait_for(start_shell((char *[]){"sh", NULL}));
    }
}
