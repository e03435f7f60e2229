// uptime: how long the machine has been up, and how busy.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <stdio.h>
#include <time.h>
#include <uapi/info.h>

static const char help[] =
    "usage: uptime\n"
    "Print the time, how long the machine has been up, its processes and harts, and the part\n"
    "of their time that the harts were busy.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc > 1)
        cmd_usage();
    struct mem_info m;
    if (meminfo(&m) < 0)
        cmd_die("meminfo");
    char now[16];
    time_t t = time(NULL);
    strftime(now, sizeof now, "%H:%M:%S", localtime(&t));
    uint64_t seconds = m.uptime / 1000000000, all = m.uptime / 1000 * (m.harts ? m.harts : 1),
             idle = m.idle / 1000;
    unsigned busy = all > idle ? (unsigned)((all - idle) * 100 / all) : 0;
    printf("%s up ", now);
    if (seconds >= 86400)
        printf("%ju days, ", (uintmax_t)(seconds / 86400));
    printf("%u:%02u:%02u, %ju processes, %ju harts, %u%% busy\n", (unsigned)(seconds / 3600 % 24),
           (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), (uintmax_t)m.processes,
           (uintmax_t)m.harts, busy);
    return 0;
}
