// readcount: reads of several kinds, and what getreadcount() says before and after.

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "lab.h"

long getreadcount(void) __attribute__((weak));

static long before;
static char buf[64];

static void begin(void) { before = getreadcount(); }
static void report(const char *key) { lab_result(key, "%ld", getreadcount() - before); }

static int open_or_end(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        lab_trouble("%s cannot be opened: %s", path, strerror(errno));
    return fd;
}

// read must give `want`, since what is counted depends on it.
static void reads(int fd, void *to, ssize_t n, ssize_t want) {
    ssize_t got = read(fd, to, n);
    if (got != want)
        lab_trouble("read(%d, %p, %ld) gave %ld, not %ld", fd, to, (long)n, (long)got, (long)want);
}

static void successes(void) {
    int fd = open_or_end("/readcount");
    begin();
    for (int i = 0; i < 5; i++)
        reads(fd, buf, 10, 10);
    report("five");
    begin();
    report("none");
    begin();
    reads(fd, buf, 0, 0);
    report("empty");
    lseek(fd, 0, SEEK_END);
    begin();
    reads(fd, buf, 10, 0);
    report("end-of-file");
    int pipes[2];
    if (pipe(pipes) < 0 || write(pipes[1], "abc", 3) != 3)
        lab_trouble("no pipe");
    begin();
    reads(pipes[0], buf, 10, 3);
    report("pipe");
    begin();
    if (write(pipes[1], "abc", 3) != 3 || pread(fd, buf, 10, 0) != 10)
        lab_trouble("write or pread does not work");
    report("others");
}

static void failures(void) {
    int fd = open_or_end("/readcount"), out = open("/dev/null", O_WRONLY);
    begin();
    reads(-1, buf, 10, -1);
    reads(99, buf, 10, -1);
    report("bad-descriptor");
    begin();
    reads(out, buf, 10, -1);
    report("write-only");
    begin();
    reads(fd, (void *)-4096L, 10, -1);
    report("bad-address");
}

// Two processes, each so many reads: the kernel must count each, whatever the harts do.
static void many(long each) {
    pid_t pids[2];
    begin();
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] < 0)
            lab_trouble("fork: %s", strerror(errno));
        if (pids[i] == 0) {
            int fd = open_or_end("/dev/null");
            for (long n = 0; n < each; n++)
                reads(fd, buf, 1, 0);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        if (waitpid(pids[i], &status, 0) < 0 || status != 0)
            lab_trouble("a reading process ended with status %d", status);
    }
    report("many");
}

static void other_process(void) {
    begin();
    pid_t pid = fork();
    if (pid == 0) {
        reads(open_or_end("/readcount"), buf, 10, 10);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    report("child");
    lab_result("now", "%ld", getreadcount());
}

int main(int argc, char *argv[]) {
    lab_start(&argc, &argv);
    LAB_NEEDS(getreadcount);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "successes") == 0)
        successes();
    else if (strcmp(what, "failures") == 0)
        failures();
    else if (strcmp(what, "child") == 0)
        other_process();
    else if (strcmp(what, "many") == 0 && argc > 2)
        many(atol(argv[2]));
    else
        lab_trouble("unknown words");
    return 0;
}
