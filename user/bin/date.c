// date: print the time.

#include <cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] = "usage: date [-u] [-d @seconds] [+format]\n"
                           "Print the date and time, in the form of strftime(3) if a format is given.\n"
                           "  -u            as UTC\n"
                           "  -d @seconds   not now, but so many seconds after 1970\n";

int main(int argc, char **argv) {
    time_t when = time(NULL);
    const char *format = "%a %b %e %H:%M:%S %Z %Y";
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "d:u")) != -1;) {
        switch (c) {
        case 'd':
            if (*optarg != '@')
                cmd_diex("%s: not @seconds", optarg);
            when = cmd_number(optarg + 1, INT64_MIN, INT64_MAX);
            break;
        case 'u': setenv("TZ", "UTC0", 1); break;
        default: cmd_usage();
        }
    }
    if (optind < argc) {
        if (argv[optind][0] != '+' || optind + 1 < argc)
            cmd_usage();
        format = argv[optind] + 1;
    }
    tzset();
    struct tm *tm = localtime(&when);
    if (!tm)
        cmd_diex("the time is out of range");
    // strftime cannot tell an empty result from too little room, so a blank is put in front
    size_t size = 256;
    char *with_blank = cmd_realloc(NULL, strlen(format) + 2), *text = NULL;
    sprintf(with_blank, " %s", format);
    do {
        size *= 2;
        text = cmd_realloc(text, size);
    } while (strftime(text, size, with_blank, tm) == 0 && size < 1 << 20);
    puts(text + 1);
    return 0;
}
