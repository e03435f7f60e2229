// uname: print what system this is.

#include <cmd.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help[] =
    "usage: uname [-amnrsv]\n"
    "Print the system's name.\n"
    "  -s  name   -n  host   -r  release   -v  version   -m  machine   -a  all of these\n";

int main(int argc, char **argv) {
    static const char letters[] = "snrvm";
    bool show[5] = {false};
    cmd_start(argv, help);
    bool any = false;
    for (int c; (c = getopt(argc, argv, "amnrsv")) != -1; any = true) {
        if (c == '?')
            cmd_usage();
        for (int i = 0; i < 5; i++)
            show[i] |= c == 'a' || c == letters[i];
    }
    if (optind < argc)
        cmd_usage();
    if (!any)
        show[0] = true;
    struct utsname name;
    if (uname(&name) < 0)
        cmd_die("uname");
    const char *text[5] = {name.sysname, name.nodename, name.release, name.version, name.machine};
    const char *gap = "";
    for (int i = 0; i < 5; i++) {
        if (show[i]) {
            printf("%s%s", gap, text[i]);
            gap = " ";
        }
    }
    putchar('\n');
    return 0;
}
