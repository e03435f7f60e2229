// free: how memory is used.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <stdio.h>
#include <uapi/info.h>
#include <unistd.h>

static const char help[] =
    "usage: free [-b | -k | -m | -h]\n"
    "Show how memory is used, in KiB (-b: bytes, -m: MiB, -h: with units).\n"
    "  promised   what the kernel has promised to processes, used or not\n"
    "  available  what it could still promise: free memory, and cache that it can give back\n";

static uint64_t page, unit = 1024;
static bool human;

static void row(const char *name, uint64_t pages) {
    char text[24];
    if (human)
        cmd_human(pages * page, text);
    else
        snprintf(text, sizeof text, "%ju", (uintmax_t)(pages * page / unit));
    printf("%-12s %12s\n", name, text);
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "bhkm")) != -1;) {
        switch (c) {
        case 'b': unit = 1; break;
        case 'h': human = true; break;
        case 'k': unit = 1024; break;
        case 'm': unit = 1024 * 1024; break;
        default: cmd_usage();
        }
    }
    if (optind < argc)
        cmd_usage();
    struct mem_info m;
    if (meminfo(&m) < 0)
        cmd_die("meminfo");
    page = m.page_size;
    row("total", m.total);
    row("used", m.total - m.free - m.cached);
    row("  programs", m.anon);
    row("  slab", m.slab);
    row("cache", m.cached);
    row("  dirty", m.dirty);
    row("free", m.free);
    row("promised", m.promised);
    row("available", m.available);
    return 0;
}
