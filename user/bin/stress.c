// stress: random programs of system calls from many processes at once, checked against a model.
//
// Each worker has a directory of its own, and in memory what must be in it: the model. A step does something
// at random, compares the result with the model's, and brings the model up to date. In the directory that all
// share nobody knows what to expect; there a step may fail, but only with an errno that makes sense.

#include <cmd.h>
#include <drupe/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <uapi/info.h>
#include <unistd.h>

static const char help[] =
    "usage: stress [-v] [-t seconds] [-s seed] [-j workers] [-n steps]\n"
    "Let workers (4) do random system calls on files, pipes, memory and processes, and compare what they\n"
    "see with what must be. Ends after so many seconds (10) or steps of each; status 0 if nothing was\n"
    "wrong. The seed draws what each worker does; -v prints each step before it is done.\n";

enum { NAMES = 8, MAX_SIZE = 48 * 1024, PAGE = 4096, SHARED_NAMES = 6 };

// What the worker's directory holds: names of files; several names may be links to one file.
struct model_file {
    int links;
    size_t size;
    unsigned char *bytes;
};
static struct model_file files[NAMES];
static int name_file[NAMES]; // index in files, or -1: no such name

static unsigned worker;
static uint64_t step_count, random_bits;
static const char *step_name = "start";
static bool verbose;

static uint32_t draw(uint32_t n) {
    random_bits ^= random_bits << 13; // xorshift64
    random_bits ^= random_bits >> 7;
    random_bits ^= random_bits << 17;
    return (uint32_t)(random_bits >> 20) % n;
}

// What went wrong; the step's number finds it again with the same seed.
#define WRONG(...)                                                                                           \
    do {                                                                                                     \
        cmd_warnx("worker %u, step %lu (%s), line %d:", worker, (unsigned long)step_count, step_name,        \
                  __LINE__);                                                                                 \
        cmd_diex(__VA_ARGS__);                                                                               \
    } while (0)
#define MUST(call)                                                                                           \
    ({                                                                                                       \
        long result_ = (long)(call);                                                                         \
        if (result_ == -1)                                                                                   \
            WRONG("%s: %s", #call, strerror(errno));                                                         \
        result_;                                                                                             \
    })

// A failure for want of something, which may happen at any time beside other workers.
static bool scarce(void) { return errno == ENOMEM || errno == ENOSPC || errno == ENFILE || errno == EAGAIN; }

static const char *name_of(int name) {
    static char text[2][8];
    static int which;
    which ^= 1;
    snprintf(text[which], sizeof text[which], "f%d", name);
    return text[which];
}

static int some_name(void) { return (int)draw(NAMES); }

// ---- files of its own

static void check_open(int fd, const struct model_file *f) {
    struct stat st;
    MUST(fstat(fd, &st));
    if ((size_t)st.st_size != f->size || (int)st.st_nlink != f->links)
        WRONG("size %ld with %d links, want %zu with %d", (long)st.st_size, (int)st.st_nlink, f->size,
              f->links);
}

static void step_create(void) {
    int name = some_name();
    bool exclusive = draw(2);
    int fd = open(name_of(name), O_RDWR | O_CREAT | (exclusive ? O_EXCL : 0), 0644);
    if (exclusive && name_file[name] >= 0) {
        if (fd >= 0 || errno != EEXIST)
            WRONG("a second create gives %d", fd);
        return;
    }
    if (fd < 0) {
        if (!scarce())
            WRONG("create: %s", strerror(errno));
        return;
    }
    if (name_file[name] < 0) {
        int i = 0;
        while (files[i].links)
            i++;
        files[i].links = 1;
        files[i].size = 0;
        name_file[name] = i;
    }
    check_open(fd, &files[name_file[name]]);
    MUST(close(fd));
}

static int open_name(int name, int flags) {
    int fd = open(name_of(name), flags);
    if (name_file[name] < 0) {
        if (fd >= 0 || errno != ENOENT)
            WRONG("%s is not there, and open gives %d", name_of(name), fd);
        return -1;
    }
    if (fd < 0 && !scarce())
        WRONG("open: %s", strerror(errno));
    return fd;
}

static void step_write(void) {
    static unsigned char buf[3 * PAGE];
    int name = some_name(), fd = open_name(name, O_WRONLY);
    if (fd < 0)
        return;
    struct model_file *f = &files[name_file[name]];
    size_t n = draw(3) ? draw(300) : draw(sizeof buf);
    size_t at = draw(2) ? f->size : draw(MAX_SIZE);
    if (at + n > MAX_SIZE)
        at = MAX_SIZE - n;
    unsigned char seed = (unsigned char)draw(256);
    for (size_t i = 0; i < n; i++)
        buf[i] = (unsigned char)(seed + i * 7);
    ssize_t done =
        draw(2) ? pwrite(fd, buf, n, (off_t)at) : (MUST(lseek(fd, (off_t)at, SEEK_SET)), write(fd, buf, n));
    if (done < 0 && !scarce())
        WRONG("write: %s", strerror(errno));
    if (done > 0) {
        if (at > f->size)
            memset(f->bytes + f->size, 0, at - f->size);
        memcpy(f->bytes + at, buf, (size_t)done);
        if (at + (size_t)done > f->size)
            f->size = at + (size_t)done;
    }
    if (draw(20) == 0)
        MUST(fsync(fd));
    check_open(fd, f);
    MUST(close(fd));
}

static void step_read(void) {
    static unsigned char buf[MAX_SIZE];
    int name = some_name(), fd = open_name(name, O_RDONLY);
    if (fd < 0)
        return;
    struct model_file *f = &files[name_file[name]];
    size_t at = draw(2) ? 0 : draw(MAX_SIZE), n = draw(2) ? sizeof buf : draw(2000);
    size_t want = at >= f->size ? 0 : f->size - at < n ? f->size - at : n;
    ssize_t got = pread(fd, buf, n, (off_t)at);
    if (got < 0 && !scarce())
        WRONG("read: %s", strerror(errno));
    if (got >= 0 && (size_t)got != want)
        WRONG("%ld bytes of %s from %zu, want %zu", (long)got, name_of(name), at, want);
    for (ssize_t i = 0; i < got; i++)
        if (buf[i] != f->bytes[at + (size_t)i])
            WRONG("byte %zu of %s is %d, want %d", at + (size_t)i, name_of(name), buf[i],
                  f->bytes[at + (size_t)i]);
    MUST(close(fd));
}

static void step_truncate(void) {
    int name = some_name(), fd = open_name(name, O_WRONLY);
    if (fd < 0)
        return;
    struct model_file *f = &files[name_file[name]];
    size_t size = draw(3) ? draw(MAX_SIZE) : 0;
    if (ftruncate(fd, (off_t)size) == 0) {
        if (size > f->size)
            memset(f->bytes + f->size, 0, size - f->size);
        f->size = size;
    } else if (!scarce()) {
        WRONG("truncate: %s", strerror(errno));
    }
    check_open(fd, f);
    MUST(close(fd));
}

static void drop(int name) {
    if (name_file[name] >= 0)
        files[name_file[name]].links--;
    name_file[name] = -1;
}

static void step_unlink(void) {
    int name = some_name(), fd = -1;
    if (name_file[name] >= 0 && draw(2))
        fd = open(name_of(name), O_RDONLY);
    int i = name_file[name], result = unlink(name_of(name));
    if (i < 0 ? result == 0 || errno != ENOENT : result < 0 && !scarce())
        WRONG("unlink: %d, %s", result, strerror(errno));
    if (result == 0)
        drop(name);
    if (fd >= 0) { // it lives on for who has it open
        check_open(fd, &files[i]);
        MUST(close(fd));
    }
}

static void step_link(void) {
    int from = some_name(), to = some_name(), result = link(name_of(from), name_of(to));
    if (result < 0 && scarce())
        return;
    int want = name_file[from] < 0 ? ENOENT : name_file[to] >= 0 ? EEXIST : 0;
    if (want ? result == 0 || errno != want : result < 0)
        WRONG("link: %d, %s, want %s", result, strerror(errno), strerror(want));
    if (result == 0) {
        name_file[to] = name_file[from];
        files[name_file[to]].links++;
    }
}

static void step_rename(void) {
    int from = some_name(), to = some_name(), result = rename(name_of(from), name_of(to));
    if (result < 0 && scarce())
        return;
    if (name_file[from] < 0 ? result == 0 || errno != ENOENT : result < 0)
        WRONG("rename: %d, %s", result, strerror(errno));
    if (result == 0 && name_file[from] != name_file[to]) {
        drop(to);
        name_file[to] = name_file[from];
        name_file[from] = -1;
    }
}

static void step_directory(void) {
    char name[32];
    snprintf(name, sizeof name, "d%u", draw(2));
    if (mkdir(name, 0755) < 0) {
        if (!scarce())
            WRONG("mkdir: %s", strerror(errno));
        return;
    }
    char inner[48], target[16];
    snprintf(inner, sizeof inner, "%s/link", name);
    bool linked = symlink("../target", inner) == 0;
    if (!linked && !scarce())
        WRONG("symlink: %s", strerror(errno));
    if (linked) {
        if (MUST(readlink(inner, target, sizeof target)) != 9 || memcmp(target, "../target", 9) != 0)
            WRONG("the link's text is wrong");
        if (rmdir(name) == 0 || errno != ENOTEMPTY)
            WRONG("rmdir of a full directory");
        MUST(unlink(inner));
    }
    MUST(rmdir(name));
}

// ---- memory, processes, pipes

static void step_memory(void) {
    size_t n = (1 + draw(40)) * PAGE;
    unsigned char *p = malloc(n);
    if (!p)
        return;
    unsigned char seed = (unsigned char)draw(256);
    for (size_t i = 0; i < n; i += 512)
        p[i] = (unsigned char)(seed + i / 512);
    pid_t pid = draw(2) ? fork() : -2;
    if (pid == 0) { // the child's writes must not show here
        for (size_t i = 0; i < n; i += 512)
            if (p[i] != (unsigned char)(seed + i / 512))
                _exit(1);
        memset(p, 0xa5, n);
        _exit(7);
    }
    int status;
    if (pid > 0 && (MUST(waitpid(pid, &status, 0)) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7))
        WRONG("a child saw other memory: status %x", status);
    for (size_t i = 0; i < n; i += 512)
        if (p[i] != (unsigned char)(seed + i / 512))
            WRONG("memory at %zu of %zu is %d", i, n, p[i]);
    free(p);
}

static void step_exec(void) {
    pid_t pid = fork();
    if (pid == 0) {
        execl("/sh", "sh", "-c", "exit 3", NULL);
        _exit(errno == ENOMEM || errno == ENFILE ? 3 : 4);
    }
    int status = 3 << 8;
    if (pid > 0 && (MUST(waitpid(pid, &status, 0)) != pid || status != 3 << 8))
        WRONG("sh ended with status %x", status);
}

static void step_pipe(void) {
    static unsigned char buf[5000];
    int fd[2];
    if (pipe(fd) < 0) {
        if (!scarce() && errno != EMFILE)
            WRONG("pipe: %s", strerror(errno));
        return;
    }
    size_t total = draw(100000);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        for (size_t sent = 0; sent < total;) {
            size_t n = 1 + draw(sizeof buf);
            n = n < total - sent ? n : total - sent;
            for (size_t i = 0; i < n; i++)
                buf[i] = (unsigned char)((sent + i) * 11);
            ssize_t done = write(fd[1], buf, n);
            if (done < 0)
                _exit(1);
            sent += (size_t)done;
        }
        _exit(0);
    }
    close(fd[1]);
    size_t got = 0;
    for (ssize_t n; (n = MUST(read(fd[0], buf, 1 + draw(sizeof buf)))) > 0; got += (size_t)n)
        for (ssize_t i = 0; i < n; i++)
            if (buf[i] != (unsigned char)((got + (size_t)i) * 11))
                WRONG("byte %zu of the pipe is %d", got + (size_t)i, buf[i]);
    close(fd[0]);
    int status = 0;
    if (pid > 0 && (MUST(waitpid(pid, &status, 0)) != pid || status != 0 || got != total))
        WRONG("%zu of %zu bytes came, the writer's status is %x", got, total, status);
}

static void step_kill(void) {
    pid_t pid = fork();
    while (pid == 0) {
        if (draw(2))
            sched_yield();
        else
            sleep(1);
    }
    if (pid < 0)
        return;
    if (draw(2))
        sched_yield();
    MUST(kill(pid, SIGKILL));
    int status;
    if (MUST(waitpid(pid, &status, 0)) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        WRONG("a killed child ended with status %x", status);
    if (kill(pid, 0) == 0 && getpgid(pid) == getpgid(0))
        WRONG("a child that was waited for is still there");
}

// ---- the directory that all share

static void step_shared(void) {
    char a[32], b[32], buf[600];
    snprintf(a, sizeof a, "../shared/s%u", draw(SHARED_NAMES));
    snprintf(b, sizeof b, "../shared/s%u", draw(SHARED_NAMES));
    int result = 0, fd;
    switch (draw(9)) {
    case 0: result = rename(a, b); break;
    case 1: result = unlink(a); break;
    case 2: result = mkdir(a, 0755); break;
    case 3: result = rmdir(a); break;
    case 4: result = link(a, b); break;
    case 5: result = symlink("s1", a); break;
    case 6: result = truncate(a, (off_t)draw(20000)); break;
    default:
        fd = result = open(a, O_RDWR | O_CREAT | (draw(4) ? 0 : O_TRUNC), 0644);
        if (fd >= 0) {
            memset(buf, 'x', sizeof buf);
            result = draw(2) ? (int)pwrite(fd, buf, sizeof buf, (off_t)draw(30000))
                             : (int)read(fd, buf, sizeof buf);
            MUST(close(fd));
        }
    }
    static const int usual[] = {ENOENT, EEXIST, EISDIR, ENOTDIR, ENOTEMPTY, EPERM, ELOOP, EINVAL, EBUSY};
    bool known = result >= 0 || scarce();
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        known |= errno == usual[i];
    if (!known)
        WRONG("in the shared directory: %s", strerror(errno));
}

static const struct {
    const char *name;
    void (*run)(void);
    unsigned weight;
} steps[] = {
    {"create", step_create, 12},    {"write", step_write, 24},        {"read", step_read, 24},
    {"truncate", step_truncate, 8}, {"unlink", step_unlink, 8},       {"link", step_link, 6},
    {"rename", step_rename, 8},     {"directory", step_directory, 6}, {"memory", step_memory, 8},
    {"exec", step_exec, 2},         {"pipe", step_pipe, 4},           {"kill", step_kill, 4},
    {"shared", step_shared, 24},
};
enum { STEPS = sizeof steps / sizeof steps[0] };

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void work(unsigned seed, uint64_t end, uint64_t most_steps) {
    char dir[16];
    unsigned weights = 0;
    for (int i = 0; i < STEPS; i++)
        weights += steps[i].weight;
    for (int i = 0; i < NAMES; i++) {
        files[i].bytes = malloc(MAX_SIZE);
        name_file[i] = -1;
        if (!files[i].bytes)
            cmd_die("memory");
    }
    random_bits = (seed + 1) * 0x9e3779b97f4a7c15 ^ (worker + 1) * 0xbf58476d1ce4e5b9;
    snprintf(dir, sizeof dir, "w%u", worker);
    MUST(mkdir(dir, 0755));
    MUST(chdir(dir));
    for (; step_count < most_steps && now() < end; step_count++) {
        unsigned at = draw(weights), i = 0;
        while (at >= steps[i].weight)
            at -= steps[i++].weight;
        step_name = steps[i].name;
        if (verbose)
            printf("worker %u step %lu %s\n", worker, (unsigned long)step_count, step_name);
        errno = 0;
        steps[i].run();
    }
    // At the end all must be there once more.
    step_name = "end";
    for (int name = 0; name < NAMES; name++) {
        int fd = open_name(name, O_RDONLY);
        if (fd >= 0) {
            check_open(fd, &files[name_file[name]]);
            MUST(close(fd));
        }
    }
    printf("worker %u: %lu steps\n", worker, (unsigned long)step_count);
}

int main(int argc, char **argv) {
    int64_t seconds = 10000000000, most_steps = INT64_MAX;
    unsigned seed = 1, workers = 4;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "vt:s:j:n:")) != -1;) {
        switch (c) {
        case 'v': verbose = true; break;
        case 't':
            if (!cmd_seconds(optarg, &seconds))
                cmd_diex("%s: not a number of seconds", optarg);
            break;
        case 's': seed = (unsigned)cmd_number(optarg, 0, INT32_MAX); break;
        case 'j': workers = (unsigned)cmd_number(optarg, 1, 64); break;
        case 'n': most_steps = cmd_number(optarg, 1, INT64_MAX); break;
        default: cmd_usage();
        }
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    pid_t pids[64];
    if (mkdir("/stress.tmp", 0755) < 0 || chdir("/stress.tmp") < 0 || mkdir("shared", 0755) < 0)
        cmd_die("/stress.tmp");
    uint64_t end = now() + (uint64_t)seconds;
    for (worker = 0; worker < workers; worker++) {
        pids[worker] = fork();
        if (pids[worker] < 0)
            cmd_die("fork");
        if (pids[worker] == 0) {
            work(seed, end, (uint64_t)most_steps);
            exit(0);
        }
    }
    int bad = 0;
    for (unsigned i = 0; i < workers; i++) {
        int status;
        if (waitpid(pids[i], &status, 0) < 0 || status != 0)
            bad++;
    }
    if (bad) {
        printf("stress: seed %u: %d workers saw something wrong; /stress.tmp is left as it is\n", seed, bad);
        return 1;
    }
    chdir("/");
    if (system("rm -rf /stress.tmp") != 0)
        cmd_diex("/stress.tmp cannot be removed");
    printf("stress: seed %u: nothing wrong\n", seed);
    return 0;
}
