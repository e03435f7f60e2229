// seq: print a sequence of numbers.

#include <cmd.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: seq [-w] [-s text] [first [step]] last\n"
                           "Print the whole numbers from first (else 1) to last, a step (else 1) apart.\n"
                           "  -s text  between the numbers; else a newline\n"
                           "  -w       all equally wide, with zeros in front\n";

int main(int argc, char **argv) {
    const char *separator = "\n";
    bool wide = false;
    cmd_start(argv, help);
    char **arg = argv + 1;
    // not getopt: a number may start with -
    for (; *arg && **arg == '-' && !isdigit((unsigned char)(*arg)[1]); arg++) {
        if (strcmp(*arg, "-w") == 0)
            wide = true;
        else if (strcmp(*arg, "-s") == 0 && arg[1])
            separator = *++arg;
        else
            cmd_usage();
    }
    int count = argc - (arg - argv);
    if (count < 1 || count > 3)
        cmd_usage();
    int64_t n[3], limit = INT64_MAX / 4;
    for (int i = 0; i < count; i++)
        n[i] = cmd_number(arg[i], -limit, limit);
    int64_t first = count > 1 ? n[0] : 1, step = count > 2 ? n[1] : 1, last = n[count - 1];
    if (step == 0)
        cmd_diex("the step is 0");

    char text[32];
    int width = 0;
    if (wide) {
        int a = snprintf(text, sizeof text, "%jd", (intmax_t)first),
            b = snprintf(text, sizeof text, "%jd", (intmax_t)last);
        width = a > b ? a : b;
    }
    bool any = false;
    for (int64_t i = first; (step > 0 ? i <= last : i >= last) && !ferror(stdout); i += step) {
        printf("%s%0*jd", any ? separator : "", width, (intmax_t)i);
        any = true;
    }
    if (any)
        putchar('\n');
    return 0;
}
