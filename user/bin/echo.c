// echo: write the arguments, with a space between them.

#include <cmd.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: echo [-n] [word...]\n"
                           "Write the words to standard output, then a newline.\n"
                           "  -n  no newline\n"
                           "Backslashes are left alone; printf(1) is for those.\n";

int main(int argc, char **argv) {
    if (argc == 2)
        cmd_start(argv, help);
    else
        cmd_start((char *[]){argv[0], NULL}, help); // with more words, --help is one of them
    char **word = argv + 1;
    bool newline = true;
    if (*word && strcmp(*word, "-n") == 0) {
        newline = false;
        word++;
    }
    for (; *word; word++) {
        fputs(*word, stdout);
        if (word[1])
            putchar(' ');
    }
    if (newline)
        putchar('\n');
    return 0;
}
