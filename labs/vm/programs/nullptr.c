// nullptr: what happens at address 0.
//
//   nullptr access TOKEN    read, write, run there
//   nullptr kernel TOKEN    have system calls read and write there
//   nullptr exec TOKEN      programs that want memory there

#include <sys/utsname.h>

#include "forge.h"

static void access_null(void) {
    lab_result("read-0", "%s", ending(load, at(0)));
    lab_result("read-8", "%s", ending(load, at(8)));
    lab_result("read-4095", "%s", ending(load, at(PAGE - 1)));
    lab_result("write-0", "%s", ending(store, at(0)));
    lab_result("write-4095", "%s", ending(store, at(PAGE - 1)));
    lab_result("jump-0", "%s", ending(jump, at(0)));
}

static const char *outcome(long r) {
    return r >= 0 ? "worked" : errno == EFAULT ? "EFAULT" : strerror(errno);
}

static void kernel_null(void) {
    int fd[2], zero = open("/dev/zero", O_RDONLY);
    if (pipe(fd) < 0 || zero < 0)
        lab_trouble("no pipe, or no /dev/zero");
    lab_result("write", "%s", outcome(write(fd[1], at(0), 16)));
    lab_result("read", "%s", outcome(read(zero, at(0), 16)));
    lab_result("read-64", "%s", outcome(read(zero, at(64), 16)));
    lab_result("open", "%s", outcome(open(at(0), O_RDONLY)));
    lab_result("uname", "%s", outcome(uname((struct utsname *)at(0))));
}

static void exec_null(void) {
    struct forged f = forge(0x10000, R | X);
    lab_result("good", "%s", run_forged(&f));
    f = forge(0, R | X);
    lab_result("code", "%s", run_forged(&f));
    f = forge(0x10000, R | X); // a second segment in front, which takes nothing from the file
    f.phnum = 2;
    f.segment[1] = f.segment[0];
    f.segment[0].vaddr = 0;
    f.segment[0].flags = R | W;
    f.segment[0].filesz = 0;
    f.segment[0].memsz = 100;
    lab_result("data", "%s", run_forged(&f));
}

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "access") == 0)
        access_null();
    else if (strcmp(what, "kernel") == 0)
        kernel_null();
    else if (strcmp(what, "exec") == 0)
        exec_null();
    else
        return 2;
    return 0;
}
