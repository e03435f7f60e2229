// diskerr: what each system call says on a disk that fails: tests run it where blocks cannot be read or
// written.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char help[] =
    "usage: diskerr dir, or: diskerr -f file\n"
    "Make each system call that takes a path, on names in dir (f a file, d a directory, new nothing), or "
    "each that\n"
    "reads or writes the file, and print for each its name and the error, or \"ok\".\n";

static void tell(const char *call, long result) {
    static const struct {
        int err;
        const char *name;
    } names[] = {{EIO, "EIO"}, {EROFS, "EROFS"}, {ENOENT, "ENOENT"}, {ENOSPC, "ENOSPC"}, {ENOMEM, "ENOMEM"}};
    const char *name = result >= 0 ? "ok" : strerror(errno);
    for (size_t i = 0; result < 0 && i < sizeof names / sizeof names[0]; i++)
        if (names[i].err == errno)
            name = names[i].name;
    printf("%s %s\n", call, name);
    fflush(stdout);
}

static void try_directory(const char *dir) {
    char *f = cmd_join(dir, "f"), *d = cmd_join(dir, "d"), *new = cmd_join(dir, "new"), text[16];
    char *argv[] = {f, NULL};
    _Alignas(8) char records[512];
    struct stat st;
    struct statfs fs;
    tell("open", open(f, O_RDONLY));
    tell("creat", open(new, O_CREAT | O_WRONLY, 0644));
    tell("stat", stat(f, &st));
    tell("lstat", lstat(f, &st));
    tell("statfs", statfs(f, &fs));
    tell("chmod", chmod(f, 0600));
    tell("link", link(f, new));
    tell("rename", rename(f, new));
    tell("unlink", unlink(f));
    tell("mkdir", mkdir(new, 0755));
    tell("rmdir", rmdir(d));
    tell("mknod", mknod(new, S_IFREG | 0600, 0));
    tell("symlink", symlink("target", new));
    tell("readlink", readlink(f, text, sizeof text));
    tell("truncate", truncate(f, 10));
    tell("execve", execve(f, argv, NULL));
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        cmd_die("%s", dir);
    long n = __sys_getdents(fd, records, sizeof records);
    errno = n < 0 ? (int)-n : 0;
    tell("getdents", n);
    tell("fsync", fsync(fd));
    tell("chdir", chdir(d)); // last: relative paths end here
}

static void try_file(const char *path) {
    char c;
    int fd = open(path, O_RDWR);
    if (fd < 0)
        cmd_die("%s", path);
    tell("read", read(fd, &c, 1));
    tell("pread", pread(fd, &c, 1, 5));
    lseek(fd, 10, SEEK_SET);
    tell("write", write(fd, "x", 1));
    tell("pwrite", pwrite(fd, "y", 1, 20));
    tell("ftruncate", ftruncate(fd, 1000));
    tell("fsync", fsync(fd));
    tell("fsync", fsync(fd)); // once more: an error is told once
    tell("close", close(fd));
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    if (argc == 3 && strcmp(argv[1], "-f") == 0)
        try_file(argv[2]);
    else if (argc == 2 && argv[1][0] != '-')
        try_directory(argv[1]);
    else
        cmd_usage();
    return 0;
}
