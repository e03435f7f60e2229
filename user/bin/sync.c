// sync: write everything to the disk.

#include <cmd.h>
#include <unistd.h>

static const char help[] = "usage: sync\n"
                           "Write all that is not yet on the disk to it, and wait until it is there.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1)
        cmd_usage();
    sync();
    return 0;
}
