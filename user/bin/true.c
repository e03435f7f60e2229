// true: succeed. Without stdio, so that bench(1) can use it as the smallest program.

#include <string.h>
#include <unistd.h>

static const char help[] = "usage: true\n"
                           "Do nothing, with status 0.\n";

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return write(STDOUT_FILENO, help, sizeof help - 1) < 0;
    return 0;
}
