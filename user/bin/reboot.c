// reboot: start the machine anew.

#include <cmd.h>
#include <sys/reboot.h>
#include <unistd.h>

static const char help[] = "usage: reboot\n"
                           "Write everything to the disk and start the machine anew.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1)
        cmd_usage();
    sync();
    reboot(RB_RESTART, 0);
    cmd_die("reboot"); // it does not return but on an error
}
