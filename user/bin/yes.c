// yes: print a line for ever.

#include <cmd.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "usage: yes [word...]\n"
                           "Print the words, else y, again and again.\n";

int main(int argc, char **argv) {
    cmd_start(argv, help);
    size_t len = argc < 2 ? 2 : 0;
    for (int i = 1; i < argc; i++)
        len += strlen(argv[i]) + 1;
    // as many whole lines as fit in a page, or one
    size_t times = len < 4096 ? 4096 / len : 1;
    char *buf = cmd_realloc(NULL, times * len), *p = buf;
    if (argc < 2) {
        *p++ = 'y';
        *p++ = '\n';
    }
    for (int i = 1; i < argc; i++) {
        size_t n = strlen(argv[i]);
        memcpy(p, argv[i], n);
        p += n;
        *p++ = i + 1 < argc ? ' ' : '\n';
    }
    for (size_t i = 1; i < times; i++)
        memcpy(buf + i * len, buf, len);
    for (;;)
        if (cmd_write(STDOUT_FILENO, buf, times * len) < 0)
            cmd_die("standard output");
}
