// ps: list processes.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <stdio.h>
#include <uapi/info.h>
#include <unistd.h>

static const char help[] =
    "usage: ps [-AaefljH] [-p pid]\n"
    "List all processes: process, parent and group, state, processor time, bytes of address\n"
    "space and of memory, what it waits for, program.\n"
    "  -l      also the hart, threads, priority and switches\n"
    "  -p pid  only this one; status 1 if there is none\n"
    "State: R running, r ready, S blocked, T stopped, Z zombie. The other options change nothing.\n";

static void print(const struct proc_info *p, bool details) {
    char size[8], resident[8];
    cmd_human(p->size, size);
    cmd_human(p->resident, resident);
    char state = p->state <= PS_ZOMBIE ? "rRSTZ"[p->state] : '?';
    uint64_t hundredths = (p->utime + p->stime) / 10000000;
    printf("%5d %5d %5d %c ", p->pid, p->ppid, p->pgid, state);
    if (details)
        printf("%4u %3u %3u %8ju ", p->hart, p->threads, p->priority, (uintmax_t)p->switches);
    printf("%4ju:%02u.%02u %6s %6s %-12.16s %.32s\n", (uintmax_t)(hundredths / 6000),
           (unsigned)(hundredths / 100 % 60), (unsigned)(hundredths % 100), size, resident,
           p->state == PS_BLOCKED && p->wait[0] ? p->wait : "-", p->name);
}

int main(int argc, char **argv) {
    bool details = false, found = false;
    int64_t only = -1;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "AHaefjlp:")) != -1;) {
        switch (c) {
        case 'l': details = true; break;
        case 'p': only = cmd_number(optarg, 0, INT32_MAX); break;
        case '?': cmd_usage();
        }
    }
    if (optind < argc)
        cmd_usage();
    printf("  PID  PPID  PGID S %s      TIME   SIZE    RSS WAIT         NAME\n",
           details ? "HART THR PRI SWITCHES " : "");
    // A piece at a time, as memory is scarce just when somebody wants to see who took it.
    static struct proc_info list[64];
    int count, after = 0;
    while ((count = proclist(after, list, sizeof list / sizeof list[0])) > 0) {
        for (int i = 0; i < count; i++) {
            if (only < 0 || list[i].pid == only) {
                print(&list[i], details);
                found = true;
            }
        }
        after = list[count - 1].pid;
    }
    if (count < 0)
        cmd_die("proclist");
    return !found;
}
