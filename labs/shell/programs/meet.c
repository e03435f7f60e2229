// meet: come to a place, and wait there for the others.
//
//   meet place count
//
// place is the beginning of file names in the current folder. Status 0 when count processes were there at the
// same time, 1 when the others did not come within 2 seconds, or within as many as the environment's PATIENCE
// says. (It counts looks, so that it is more patient on a slow machine.)

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int present(const char *place) {
    int count = 0;
    DIR *d = opendir(".");
    if (!d)
        err(2, "opendir");
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        count += strncmp(e->d_name, place, strlen(place)) == 0;
    closedir(d);
    return count;
}

int main(int argc, char **argv) {
    if (argc != 3)
        errx(2, "usage: meet place count");
    const char *text = getenv("PATIENCE");
    char mine[64];
    snprintf(mine, sizeof mine, "%.32s.%d", argv[1], (int)getpid());
    int fd = open(mine, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        err(2, "%s", mine);
    close(fd);
    int looks = (text ? atoi(text) : 2) * 100;
    while (present(argv[1]) < atoi(argv[2])) { // nobody takes a file away, so all see all of them in the end
        if (looks-- == 0) {
            printf("alone at %s\n", argv[1]);
            return 1;
        }
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    printf("met\n");
    return 0;
}
