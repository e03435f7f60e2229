// getopt.c: the options of a command line. (picolibc's takes "-", an operand, for an option.)
//
// POSIX, and what Linux adds: options may stand behind operands, which then go behind them in argv, unless
// the first character of `options` is + or POSIXLY_CORRECT is set; "x::" is an option whose argument can only
// stand right behind its letter; optind = 0 starts anew, as does the BSDs' optreset.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1, opterr = 1, optopt, optreset;

static char *letter; // the next one of argv[optind], if that has begun and not ended
static int operands; // so many stand between argv[optind], once it has ended, and what follows it

static bool is_operand(const char *arg) { return arg[0] != '-' || arg[1] == '\0'; }

// Moves argv[from] down to argv[to], and those in between up by one.
static char *bring(char **argv, int to, int from) {
    char *arg = argv[from];
    memmove(argv + to + 1, argv + to, (from - to) * sizeof *argv);
    return argv[to] = arg;
}

static int complain(const char *program, const char *what, const char *options) {
    if (opterr && *options != ':')
        fprintf(stderr, "%s: %s -%c\n", program, what, optopt);
    return '?';
}

// Makes argv[optind] the next argument with options and letter the first of them. False: no more.
static bool next_argument(int argc, char **argv, bool in_order) {
    int at = optind;
    while (!in_order && at < argc && is_operand(argv[at]))
        at++;
    if (at >= argc || is_operand(argv[at]))
        return false;
    operands = at - optind;
    letter = bring(argv, optind, at) + 1;
    if (strcmp(letter, "-") != 0)
        return true;
    letter = NULL; // "--" ends the options
    optind++;
    return false;
}

int getopt(int argc, char *const const_argv[], const char *options) {
    char **argv = (char **)const_argv; // POSIX promises not to change it, and everybody does
    bool in_order = *options == '+' || getenv("POSIXLY_CORRECT");
    options += *options == '+';
    if (optind == 0 || optreset) {
        optind += optind == 0;
        optreset = 0;
        letter = NULL;
    }
    optarg = NULL;
    if (!letter && !next_argument(argc, argv, in_order))
        return -1;

    optopt = (unsigned char)*letter++;
    const char *known = optopt == ':' ? NULL : strchr(options, optopt);
    bool wants = known && known[1] == ':';
    if (wants && *letter)
        optarg = letter;
    if (wants || !*letter) { // that was the last in this argument
        letter = NULL;
        optind++;
    }
    if (!known)
        return complain(argv[0], "unknown option", options);
    if (wants && !optarg && known[2] != ':') {
        if (optind + operands >= argc) {
            complain(argv[0], "no argument behind option", options);
            return *options == ':' ? ':' : '?';
        }
        optarg = bring(argv, optind, optind + operands);
        optind++;
    }
    return optopt;
}
