// cat: write files to standard output, one after the other.

#include <cmd.h>
#include <unistd.h>

static const char help[] = "usage: cat [-u] [file...]\n"
                           "Write each file to standard output; no file, or -, is standard input.\n"
                           "  -u  do not buffer (it never does)\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "u")) != -1;)
        if (c != 'u')
            cmd_usage();

    int status = 0;
    static char *standard_input[] = {"-", NULL};
    for (char **file = optind < argc ? argv + optind : standard_input; *file; file++) {
        int fd = cmd_open(*file);
        if (fd < 0 || cmd_copy(fd, *file, STDOUT_FILENO, "standard output") < 0)
            status = 1;
        if (fd > STDIN_FILENO)
            close(fd);
    }
    return status;
}
