// fill: fill a disk to the last block, or to the last inode.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: fill [-d] file, or: fill -i [-d] directory\n"
    "Write to file until the disk is full, and say how many bytes went in.\n"
    "  -i  make empty files in directory (made for it) instead, until there are no inodes\n"
    "  -d  then delete it all\n"
    "Status 0 only if what ended it was a full disk.\n";

static int fill_blocks(const char *path, bool drop) {
    static char buf[CMD_COPY_BYTES];
    memset(buf, 'f', sizeof buf);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        cmd_die("%s", path);
    int64_t bytes = 0;
    int error = 0;
    for (size_t step = sizeof buf; step > 0;) {
        ssize_t n = write(fd, buf, step);
        if (n > 0) {
            bytes += n;
            continue;
        }
        error = n < 0 ? errno : 0;
        if (error != ENOSPC)
            break;
        step /= 2; // does a smaller piece still go in?
    }
    printf("fill: %jd bytes, then: %s\n", (intmax_t)bytes, strerror(error));
    if (close(fd) < 0 || (drop && unlink(path) < 0))
        cmd_die("%s", path);
    return error != ENOSPC;
}

static int fill_inodes(const char *dir, bool drop) {
    if (mkdir(dir, 0777) < 0)
        cmd_die("%s", dir);
    char path[512];
    int64_t count = 0;
    int error = 0;
    for (;; count++) {
        snprintf(path, sizeof path, "%s/i%jd", dir, (intmax_t)count);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd < 0) {
            error = errno;
            break;
        }
        close(fd);
    }
    printf("fill: %jd files, then: %s\n", (intmax_t)count, strerror(error));
    if (!drop)
        return error != ENOSPC;
    while (count-- > 0) {
        snprintf(path, sizeof path, "%s/i%jd", dir, (intmax_t)count);
        if (unlink(path) < 0)
            cmd_die("%s", path);
    }
    if (rmdir(dir) < 0)
        cmd_die("%s", dir);
    return error != ENOSPC;
}

int main(int argc, char **argv) {
    bool inodes = false, drop = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "di")) != -1;) {
        switch (c) {
        case 'd': drop = true; break;
        case 'i': inodes = true; break;
        default: cmd_usage();
        }
    }
    if (argc - optind != 1)
        cmd_usage();
    return inodes ? fill_inodes(argv[optind], drop) : fill_blocks(argv[optind], drop);
}
