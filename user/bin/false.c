// false: fail.

#include <string.h>
#include <unistd.h>

static const char help[] = "usage: false\n"
                           "Do nothing, with status 1.\n";

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return write(STDOUT_FILENO, help, sizeof help - 1) < 0;
    return 1;
}
