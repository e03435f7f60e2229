// uniq: drop repeated lines that follow each other.

#include <cmd.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: uniq [-cdu] [input [output]]\n"
                           "Write one of each run of equal lines.\n"
                           "  -c  with how many there were\n"
                           "  -d  only of runs of two and more\n"
                           "  -u  only lines that are not repeated\n";

static bool counts, repeated, single;

static void print(const char *line, uintmax_t count) {
    if ((repeated && count < 2) || (single && count > 1))
        return;
    if (counts)
        printf("%ju ", count);
    puts(line);
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "cdu")) != -1;) {
        switch (c) {
        case 'c': counts = true; break;
        case 'd': repeated = true; break;
        case 'u': single = true; break;
        default: cmd_usage();
        }
    }
    if (argc - optind > 2)
        cmd_usage();
    const char *input = optind < argc ? argv[optind++] : "-", *output = optind < argc ? argv[optind] : "-";
    FILE *f = strcmp(input, "-") == 0 ? stdin : fopen(input, "r");
    if (!f)
        cmd_die("%s", input);
    if (strcmp(output, "-") != 0) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            cmd_die("%s", output);
    }

    char *line = NULL, *before = NULL;
    size_t room = 0, before_room = 0;
    uintmax_t count = 0;
    ssize_t len;
    while (!ferror(stdout) && (len = getline(&line, &room, f)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            line[len - 1] = '\0';
        if (count && strcmp(line, before) == 0) {
            count++;
            continue;
        }
        if (count)
            print(before, count);
        count = 1;
        char *t = before;
        before = line, line = t;
        size_t r = before_room;
        before_room = room, room = r;
    }
    if (count)
        print(before, count);
    if (ferror(f))
        cmd_die("%s", input);
    return 0;
}
