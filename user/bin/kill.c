// kill: send a signal to processes.

#include <cmd.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

static const char help[] =
    "usage: kill [-s signal | -signal] pid..., or: kill -l [status]\n"
    "Send a signal, TERM if none is named, to processes; -pid is a process group.\n"
    "  -l  list the signals, or name the one of a number or exit status\n"
    "A signal is a name, as KILL or SIGKILL, or a number; 0 only asks whether pid exists.\n";

static const struct {
    const char *name;
    int number;
} signals[] = {{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},    {"TRAP", SIGTRAP},
               {"ABRT", SIGABRT}, {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL},  {"USR1", SIGUSR1},
               {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},  {"TERM", SIGTERM},
               {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},  {"TTIN", SIGTTIN},
               {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"SYS", SIGSYS},   {"WINCH", SIGWINCH}};
enum { COUNT = sizeof signals / sizeof signals[0] };

static int signal_number(const char *text) {
    if (isdigit((unsigned char)*text))
        return cmd_number(text, 0, 64);
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (int i = 0; i < COUNT; i++)
        if (strcasecmp(text, signals[i].name) == 0)
            return signals[i].number;
    cmd_diex("%s: no such signal", text);
}

static const char *signal_name(int number) {
    for (int i = 0; i < COUNT; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return NULL;
}

static int list(char **status) {
    if (!*status) {
        bool first = true;
        for (int number = 1; number < 64; number++) {
            const char *name = signal_name(number);
            if (name)
                printf("%s%s", first ? "" : " ", name);
            first = first && !name;
        }
        putchar('\n');
        return 0;
    }
    for (; *status; status++) {
        int number = cmd_number(*status, 0, 255);
        const char *name = signal_name(number > 128 ? number - 128 : number);
        if (!name)
            cmd_diex("%s: no such signal", *status);
        puts(name);
    }
    return 0;
}

int main(int argc, char **argv) {
    int sig = SIGTERM;
    cmd_start(argv, help);
    char **arg = argv + 1;
    if (*arg && strcmp(*arg, "-l") == 0)
        return list(arg + 1);
    if (*arg && strcmp(*arg, "-s") == 0) {
        if (!arg[1])
            cmd_usage();
        sig = signal_number(arg[1]);
        arg += 2;
    } else if (*arg && (*arg)[0] == '-' && strcmp(*arg, "--") != 0) {
        sig = signal_number(*arg + 1);
        arg++;
    }
    if (*arg && strcmp(*arg, "--") == 0)
        arg++;
    if (!*arg)
        cmd_usage();

    int status = 0;
    (void)argc;
    for (; *arg; arg++) {
        pid_t pid = cmd_number(*arg, INT32_MIN + 1, INT32_MAX);
        if (kill(pid, sig) < 0) {
            cmd_warn("%s", *arg);
            status = 1;
        }
    }
    return status;
}
