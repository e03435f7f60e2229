// openfds: print which descriptors a command finds open, with blanks between.

#include <fcntl.h>
#include <stdio.h>

int main(void) {
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("%s%d", fd ? " " : "", fd);
    putchar('\n');
    return 0;
}
