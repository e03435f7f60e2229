// tee: copy standard input to standard output and to files.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const char help[] = "usage: tee [-ai] [file...]\n"
                           "Copy standard input to standard output and to each file.\n"
                           "  -a  append to the files   -i  ignore interrupts\n";

int main(int argc, char **argv) {
    int mode = O_TRUNC;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "ai")) != -1;) {
        switch (c) {
        case 'a': mode = O_APPEND; break;
        case 'i': signal(SIGINT, SIG_IGN); break;
        default: cmd_usage();
        }
    }

    int status = 0, count = argc - optind + 1;
    int *fd = cmd_realloc(NULL, count * sizeof fd[0]);
    const char **name = cmd_realloc(NULL, count * sizeof name[0]);
    fd[0] = STDOUT_FILENO;
    name[0] = "standard output";
    for (int i = 1; i < count; i++) {
        name[i] = argv[optind + i - 1];
        fd[i] = open(name[i], O_WRONLY | O_CREAT | mode, 0666);
        if (fd[i] < 0) {
            cmd_warn("%s", name[i]);
            status = 1;
        }
    }
    static char buf[CMD_COPY_BYTES];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            cmd_die("standard input");
        if (n == 0)
            return status;
        for (int i = 0; i < count; i++) {
            if (fd[i] >= 0 && cmd_write(fd[i], buf, n) < 0) {
                cmd_warn("%s", name[i]);
                status = 1;
                fd[i] = -1; // the others go on
            }
        }
    }
}
