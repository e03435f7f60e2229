// xv6files: do files, directories and descriptors behave as the API of the other teaching kernel says? It
// enters through main.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/spinlock.h"
#include "kernel/sleeplock.h"
#include "kernel/fs.h"
#include "kernel/file.h"
#include "user/user.h"
#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "kernel/memlayout.h"
#include "check.h"

static char buf[4 * BSIZE];

static int exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

static void test_status(void) {
    struct stat st;
    int fds[2], fd;
    make_file("five", 0, "12345");
    fd = open("five", O_RDONLY);
    is(fstat(fd, &st), 0, "fstat of a file");
    is(st.type, T_FILE, "its type is T_FILE");
    is(st.size, 5, "its size is in bytes");
    is(st.nlink, 1, "it has one name");
    check(st.ino != 0, "it has an inode number");
    close(fd);
    fd = open(".", O_RDONLY);
    is(fstat(fd, &st), 0, "fstat of a directory");
    is(st.type, T_DIR, "its type is T_DIR");
    is(st.nlink, 1, "it has one name, its own . not counted");
    close(fd);
    is(mknod("terminal", CONSOLE, 0), 0, "mknod with CONSOLE");
    fd = open("terminal", O_RDWR);
    is(fstat(fd, &st), 0, "fstat of a device");
    is(st.type, T_DEVICE, "its type is T_DEVICE");
    is(write(fd, "# the console\n", 14), 14, "it is the console");
    close(fd);
    unlink("terminal");
    pipe(fds);
    is(fstat(fds[0], &st), -1, "fstat of a pipe fails");
    close(fds[0]);
    close(fds[1]);
    is(stat("five", &st), 0, "stat of a path");
    is(stat("nothing", &st), -1, "stat of what is not there fails");
    is(fstat(7, &st), -1, "fstat of a descriptor that is not open fails");
    fd = open("five", O_RDONLY);
    is(fstat(fd, (struct stat *)KERNBASE), -1, "fstat to the kernel's memory fails");
    close(fd);
    unlink("five");
}

static void test_open(void) {
    int a, b;
    is(open("nothing", O_RDWR), -1, "open of what is not there fails");
    a = open("file", O_CREATE | O_RDWR);
    is(a, 3, "open gives the lowest descriptor that is free");
    is(write(a, "abcdef", 6), 6, "write to a file just made");
    b = open("file", O_RDONLY);
    is(read(b, buf, 2), 2, "read as many bytes as there is room for");
    is(write(b, "x", 1), -1, "write to a descriptor for reading fails");
    is(read(b, buf, sizeof(buf)), 4, "read the rest");
    is(read(b, buf, 1), 0, "read at the end gives 0");
    close(a);
    a = open("file", O_WRONLY);
    is(read(a, buf, 1), -1, "read from a descriptor for writing fails");
    close(a);
    is(close(a), -1, "close of what is closed fails");
    a = open("file", O_WRONLY | O_CREATE | O_TRUNC);
    close(b);
    b = open("file", O_RDONLY);
    is(read(b, buf, 1), 0, "O_TRUNC leaves an empty file");
    is(write(a, "12", 2), 2, "write two bytes");
    close(open("file", O_WRONLY | O_TRUNC));
    is(write(a, "3", 1), -1, "a write behind the end of a file that was cut fails");
    close(a);
    make_file("file", 0, "xyz");
    close(open("file", O_RDONLY | O_TRUNC));
    is(read(b, buf, 1), 0, "O_TRUNC works with O_RDONLY too");
    is(read(b, buf, -1), -1, "read of a negative count fails");
    is(write(1, buf, -1), -1, "write of a negative count fails");
    close(b);
    is(open(".", O_RDWR), -1, "a directory cannot be opened for writing");
    is(open(".", O_RDONLY | O_TRUNC), -1, "nor be cut");
    is(open(".", O_CREATE), -1, "nor be created where it stands");
    unlink("file");
}

static void test_limits(void) {
    int fds[2], n = 0, fd;
    for (; (fd = dup(0)) >= 0; n++)
        ;
    is(n, NOFILE - 3, "a process has NOFILE descriptors");
    is(open("/", O_RDONLY), -1, "open fails with all in use");
    close(NOFILE - 1);
    is(pipe(fds), -1, "pipe fails with one left");
    is(dup(0), NOFILE - 1, "and leaves that one alone");
    for (fd = 3; fd < NOFILE; fd++)
        close(fd);
    is(dup(99), -1, "dup of what is not open fails");
}

static void test_dup(void) {
    int a = open("shared", O_CREATE | O_RDWR), b = dup(a);
    write(a, "ab", 2);
    write(b, "cd", 2);
    close(a);
    close(b);
    a = open("shared", O_RDONLY);
    is(read(a, buf, 9), 4, "two descriptors from dup share a position");
    close(a);
    unlink("shared");
}

static void test_names(void) {
    char path[MAXPATH + 1];
    int i;
    is(mkdir("12345678901234"), 0, "mkdir of a name of 14 bytes");
    is(mkdir("123456789012345"), -1, "a name of 15 bytes is the same");
    is(mkdir("123456789012345/12345678901234xyz"), 0, "names are cut in the middle of a path too");
    check(exists("12345678901234/12345678901234"), "and found under what is left of them");
    is(unlink("12345678901234"), -1, "unlink of a directory that holds something fails");
    is(unlink("12345678901234/12345678901234"), 0, "unlink of an empty directory removes it");
    is(unlink("12345678901234"), 0, "and the one above");

    for (i = 0; i < MAXPATH; i++)
        path[i] = i % 2 ? '/' : '.';
    path[MAXPATH] = 0;
    is(open(path, O_RDONLY), -1, "open of a path of 128 bytes fails");
    is(chdir(path), -1, "and chdir");
    is(mkdir(path), -1, "and mkdir");
    is(link(path, "other"), -1, "and link");
    is(unlink(path), -1, "and unlink");
    path[MAXPATH - 1] = 0;
    is(chdir(path), 0, "chdir to a path of 127 bytes works");
    is(chdir(""), 0, "an empty path is the current directory");

    mkdir("d");
    make_file("d/f", 0, "x");
    is(chdir("d/f"), -1, "chdir to a file fails");
    is(open("d/f/g", O_CREATE | O_RDWR), -1, "nothing can be made below a file");
    is(mkdir("d/f"), -1, "mkdir of what is there fails");
    is(mkdir("e/f"), -1, "mkdir below what is not there fails");
    is(unlink("d/."), -1, "unlink of . fails");
    is(unlink("d/.."), -1, "unlink of .. fails");
    is(unlink("/"), -1, "unlink of / fails");
    check(exists("d//f/"), "slashes may be many");
    unlink("d/f");
    is(chdir("d"), 0, "chdir");
    is(unlink("../d"), 0, "a process's current directory can be removed");
    is(open("x", O_CREATE | O_RDWR), -1, "nothing can be made in it any more");
    is(chdir("/xv6files"), 0, "and the process goes on");
}

static void test_link(void) {
    struct stat a, b;
    make_file("one", 0, "text");
    is(link("one", "two"), 0, "link");
    stat("one", &a);
    stat("two", &b);
    check(a.ino == b.ino && a.nlink == 2, "two names of one file");
    is(link("one", "two"), -1, "link to a name that is there fails");
    is(link("nothing", "three"), -1, "link of what is not there fails");
    is(link(".", "three"), -1, "link of a directory fails");
    is(unlink("one"), 0, "unlink of one");
    check(!exists("one") && exists("two"), "leaves the other");
    int fd = open("two", O_RDWR);
    unlink("two");
    is(read(fd, buf, 9), 4, "an open file outlives its name");
    close(fd);
    is(unlink("two"), -1, "unlink of what is not there fails");
}

static void test_directory(void) {
    static const char *const names[] = {"aa", "b", "0123456789abcd"};
    struct dirent d;
    int fd, i, n = 0, found = 0, dots = 0, all;
    mkdir("dir");
    chdir("dir");
    for (i = 0; i < 3; i++)
        make_file(names[i], 0, "");
    is(sizeof(d), 16, "a directory's record has 16 bytes");
    fd = open(".", O_RDONLY);
    for (; read(fd, &d, sizeof(d)) == sizeof(d); n++) {
        char name[DIRSIZ + 1] = {0};
        struct stat st;
        memmove(name, d.name, DIRSIZ);
        if (stat(name, &st) < 0 || st.ino != d.inum)
            check(0, name);
        dots += strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        for (i = 0; i < 3; i++)
            found += strcmp(name, names[i]) == 0;
    }
    close(fd);
    is(n, 5, "read gives a record for each name");
    is(dots, 2, ". and .. are there");
    is(found, 3, "names are padded with NULs to 14 bytes");
    fd = open(".", O_RDONLY);
    all = read(fd, buf, sizeof(buf));
    is(all, 5 * sizeof(d), "a large read gives them all");
    is(read(fd, buf, sizeof(buf)), 0, "and 0 at the end");
    close(fd);
    fd = open(".", O_RDONLY);
    is(read(fd, buf, 40), 32, "whole records only");
    is(read(fd, buf, sizeof(buf)), 48, "and the next read goes on behind them");
    is(read(fd, buf, 8), -1, "less than a record is a failure");
    close(fd);
    fd = open(".", O_RDONLY);
    is(read(fd, (char *)KERNBASE, 16), -1, "to the kernel's memory fails");
    is(write(fd, "x", 1), -1, "a write to a directory fails");
    close(fd);
    for (i = 0; i < 3; i++)
        unlink(names[i]);
    chdir("..");
    unlink("dir");

    // more than one call of the kernel's gives
    mkdir("many");
    for (n = 0; n < 100; n++) {
        char name[] = "many/f00";
        name[6] += n / 10;
        name[7] += n % 10;
        make_file(name, 0, "");
    }
    fd = open("many", O_RDONLY);
    for (n = 0; (i = read(fd, buf, 7 * sizeof(d))) > 0;)
        n += i / sizeof(d);
    is(n, 102, "a large directory is read whole");
    close(fd);
    for (n = 0; n < 100; n++) {
        char name[] = "many/f00";
        name[6] += n / 10;
        name[7] += n % 10;
        unlink(name);
    }
    is(unlink("many"), 0, "and removed when all is out of it");
}

static void test_large(void) {
    int fd = open("large", O_CREATE | O_RDWR), i, ok = 1;
    for (i = 0; i < (int)MAXFILE; i++) {
        *(int *)buf = i;
        ok &= write(fd, buf, BSIZE) == BSIZE;
    }
    close(fd);
    fd = open("large", O_RDONLY);
    for (i = 0; read(fd, buf, BSIZE) == BSIZE; i++)
        ok &= *(int *)buf == i;
    close(fd);
    check(ok && i == MAXFILE, "a file may have MAXFILE blocks");
    unlink("large");
}

static void test_pipe(void) {
    int fds[2], value, i, n = 0;
    pipe(fds);
    if (fork() == 0) {
        close(fds[0]);
        for (i = 0; i < 3; i++)
            write(fds[1], "abc", 3);
        exit(0);
    }
    close(fds[1]);
    while ((i = read(fds[0], buf, sizeof(buf))) > 0)
        n += i;
    is(n, 9, "a pipe carries what a child writes, and ends with it");
    close(fds[0]);
    wait(&value);
    pipe(fds);
    close(fds[0]);
    is(write(fds[1], "x", 1), -1, "a write to a pipe that nobody reads fails, and the process goes on");
    close(fds[1]);
}

static void test_pointers(void) {
    static const uint64 bad[] = {0, KERNBASE, 0x3fffffc000, 0x3fffffd000, TRAPFRAME, TRAMPOLINE, MAXVA, -1};
    int i, fds[2], wrong = 0;
    make_file("data", 0, "some text");
    pipe(fds);
    write(fds[1], "y", 1);
    for (i = 0; i < 8; i++) {
        char *p = (char *)bad[i];
        int fd = open("data", O_RDWR);
        wrong +=
            read(fd, p, 8) > 0 || write(fd, p, 8) > 0 || read(fds[0], p, 1) > 0 || write(fds[1], p, 1) > 0;
        close(fd);
        wrong += open(p, O_CREATE | O_RDWR) >= 0 || unlink(p) == 0 || link(p, "data2") == 0 ||
                 link("data", p) == 0 || mkdir(p) == 0 || chdir(p) == 0 || mknod(p, 1, 1) == 0 ||
                 pipe((int *)p) == 0;
    }
    is(wrong, 0, "pointers to where nothing is mapped give -1, and the process goes on");
    close(fds[0]);
    close(fds[1]);
    unlink("data");
}

int main(int argc, char **argv) {
    unlink("/xv6files");
    if (mkdir("/xv6files") < 0 || chdir("/xv6files") < 0) {
        fprintf(2, "%s: cannot make the directory /xv6files\n", argv[0]);
        exit(1);
    }
    test_status();
    test_open();
    test_limits();
    test_dup();
    test_names();
    test_link();
    test_directory();
    test_large();
    test_pipe();
    test_pointers();
    chdir("/");
    is(unlink("xv6files"), 0, "nothing is left over");
    exit(failures > 0);
}
