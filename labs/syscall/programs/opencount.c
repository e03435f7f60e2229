// opencount: opens of several paths, and what getcount() says of the one that is traced.

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "lab.h"

int trace(const char *path) __attribute__((weak));
int getcount(void) __attribute__((weak));

static char path[] = "/opencount", other[] = "/readcount";

static void opens(const char *name, int flags, int times, bool works) {
    for (int i = 0; i < times; i++) {
        int fd = open(name, flags, 0666);
        if ((fd >= 0) != works)
            lab_trouble("open of %s: %s", name, fd >= 0 ? "it works" : strerror(errno));
        close(fd);
    }
}

// Ask the kernel to trace; that must work.
static void traces(const char *name) {
    int r = trace(name);
    if (r != 0)
        lab_result("trace-failed", "trace(\"%s\") gave %d, errno %d (%s)", name, r, errno, strerror(errno));
}
static void report(const char *key) { lab_result(key, "%d", getcount()); }

static void one_path(void) {
    report("before");
    traces(path);
    report("fresh");
    opens(path, O_RDONLY, 3, true);
    opens(other, O_RDONLY, 2, true);
    opens("/", O_RDONLY, 1, true);
    opens("/opencoun", O_RDONLY, 1, false); // the beginning of it
    report("three");
}

static void failed_opens(void) {
    static char absent[] = "/not-there-yet";
    traces(absent);
    opens(absent, O_RDONLY, 4, false);
    report("failed");
    opens(absent, O_RDWR | O_CREAT, 1, true);
    report("created");
    opens(absent, O_RDWR | O_CREAT | O_EXCL, 1, false);
    report("exists");
}

// The caller's buffer is his own: what he writes into it after the call is none of the kernel's business.
static void copied(void) {
    static char buffer[32];
    strcpy(buffer, path);
    traces(buffer);
    strcpy(buffer, other);
    opens(path, O_RDONLY, 2, true);
    opens(other, O_RDONLY, 5, true);
    report("overwritten");
}

static void children(void) {
    traces(path);
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            opens(path, O_RDONLY, 2, true);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    report("children");
}

static void again(void) {
    traces(path);
    opens(path, O_RDONLY, 3, true);
    traces(path);
    report("same");
    opens(path, O_RDONLY, 1, true);
    report("same-one");
    traces(other);
    report("other");
    opens(path, O_RDONLY, 2, true);
    opens(other, O_RDONLY, 4, true);
    report("other-four");
}

static void bad_paths(void) {
    static char long_path[5000];
    memset(long_path, 'x', sizeof(long_path) - 1);
    traces(path);
    opens(path, O_RDONLY, 2, true);
    errno = 0;
    lab_result("bad-address", "%d %s", trace((const char *)-4096L),
               errno == EFAULT ? "EFAULT" : strerror(errno));
    errno = 0;
    lab_result("too-long", "%d %s", trace(long_path),
               errno == ENAMETOOLONG ? "ENAMETOOLONG" : strerror(errno));
    opens(path, O_RDONLY, 1, true);
    report("kept");
}

int main(int argc, char *argv[]) {
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"path", one_path},     {"failed", failed_opens}, {"copied", copied},
                 {"children", children}, {"again", again},         {"bad", bad_paths}};
    lab_start(&argc, &argv);
    LAB_NEEDS(trace);
    LAB_NEEDS(getcount);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (argc > 1 && strcmp(argv[1], parts[i].name) == 0) {
            parts[i].run();
            return 0;
        }
    lab_trouble("unknown words");
}
