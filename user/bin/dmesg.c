// dmesg: print the kernel's log.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] = "usage: dmesg\n"
                           "Print what the kernel has logged since boot, as far as it is kept.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1)
        cmd_usage();
    // all with one call, since the log may grow (and drop its start) between two
    char *buf = NULL;
    size_t room = 32 * 1024;
    ssize_t n;
    do {
        room *= 2;
        buf = cmd_realloc(buf, room);
        n = klog_read(buf, room, 0);
        if (n < 0)
            cmd_die("klog_read");
    } while ((size_t)n == room);
    if (cmd_write(STDOUT_FILENO, buf, n) < 0)
        cmd_die("standard output");
    return 0;
}
