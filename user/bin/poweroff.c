// poweroff: switch the machine off.

#include <cmd.h>
#include <sys/reboot.h>
#include <unistd.h>

static const char help[] = "usage: poweroff [status]\n"
                           "Write everything to the disk and switch the machine off.\n"
                           "status is what tools/run (under QEMU) exits with; else 0.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 2)
        cmd_usage();
    int status = argc == 2 ? cmd_number(argv[1], 0, 255) : 0;
    sync();
    reboot(RB_POWER_OFF, status);
    cmd_die("reboot"); // it does not return but on an error
}
