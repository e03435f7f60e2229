// touch: make files exist and look new.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] = "usage: touch [-c] file...\n"
                           "Set each file's time of change to now; make the file, empty, if there is none.\n"
                           "  -c  make no file\n";

int main(int argc, char **argv) {
    bool create = true;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "c")) != -1; create = false)
        if (c != 'c')
            cmd_usage();
    if (optind == argc)
        cmd_usage();

    int status = 0;
    for (char **path = argv + optind; *path; path++) {
        int fd = open(*path, O_WRONLY | (create ? O_CREAT : 0), 0666);
        if (fd < 0 && errno == ENOENT && !create)
            continue;
        // POSIX: ftruncate marks the time of change, also when the size stays as it was
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) < 0)) {
            cmd_warn("%s", *path);
            status = 1;
        }
        if (fd >= 0)
            close(fd);
    }
    return status;
}
