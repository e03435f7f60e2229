// mknod: make a device node or a pipe with a name.

#include <cmd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: mknod [-m mode] name b|c major minor, or: mknod [-m mode] name p\n"
                           "Make a block device (b), a character device (c) or a named pipe (p).\n";

int main(int argc, char **argv) {
    mode_t mode = 0666;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "m:")) != -1;) {
        if (c != 'm')
            cmd_usage();
        if (!cmd_mode(optarg, 0666, false, &mode))
            cmd_diex("%s: not a mode", optarg);
    }
    char **arg = argv + optind;
    int count = argc - optind;
    if (count < 2 || strlen(arg[1]) != 1 || !strchr("bcp", *arg[1]) || count != (*arg[1] == 'p' ? 2 : 4))
        cmd_usage();
    dev_t dev = 0;
    if (count == 4)
        dev = cmd_number(arg[2], 0, 255) << 8 | cmd_number(arg[3], 0, 255);
    mode |= *arg[1] == 'b' ? S_IFBLK : *arg[1] == 'c' ? S_IFCHR : S_IFIFO;
    if (mknod(arg[0], mode, dev) < 0)
        cmd_die("%s", arg[0]);
    return 0;
}
