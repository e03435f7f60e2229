// failwalk: walk failures through system calls. For N = 1, 2, ... the N-th page allocation (slab allocation,
// block request) of an operation fails, through /dev/fail (kernel/debug/fail.c), until the operation is done
// before anything fails. Each step runs in a process of its own, and afterwards what the call promised must
// hold: an errno and nothing changed, or a result; files hold what they held; the same again, without
// failures, works. What a whole walk does not give back, each time it is repeated, is a leak.

#include <cmd.h>
#include <dirent.h>
#include <drupe/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <uapi/info.h>
#include <unistd.h>

static const char help[] = "usage: failwalk [-acesv] [-k kind] [-m most] [-d dir] [operation...]\n"
                           "Let the 1st, 2nd, ... allocation in each operation fail and see that nothing "
                           "breaks. -l lists the operations.\n"
                           "  -k kind  page, slab (both if not given) or blk (needs -c)\n"
                           "  -a       all allocations from the N-th on fail, not it alone\n"
                           "  -c       cold: with nothing in the page cache\n"
                           "  -e       every N; if not given, more and more are left out above 24\n"
                           "  -m most  end a walk after so many steps (4000)\n"
                           "  -d dir   where to work (/failwalk.tmp)\n"
                           "  -s       save what failed steps leave, in DIR.OPERATION.KIND.N, for e2fsck to "
                           "look at; skips other checks\n"
                           "  -v       a line for each step\n"
                           "The last line is ALL WALKS PASSED, and the status 0, if they did.\n";

enum { PAGE = 4096, BIG_NAMES = 150, EVERY = 24, TRIES = 6, WARM_UP = 32 };
enum { SMALL_BYTES = 3 * PAGE, DEEP = (12 + 1024) * PAGE }; // DEEP: in a file, here begin two levels of map
enum { FIRED = 0, WRONG = 1, PASSED_BY = 2 };               // how a step ends

static int control; // /dev/fail
static bool cold, onward, verbose, keep, every;
static const char *work = "/failwalk.tmp", *kind;
static const char *op_name;
static long step;

static _Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void wrong(const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("failwalk: %s, %s %ld%s: %s\n", op_name, kind, step, onward ? "+" : "", text);
    fflush(stdout);
    _exit(WRONG);
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...) {
    char text[64];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (write(control, text, (size_t)n) != n)
        cmd_die("/dev/fail: %s", text);
}

// How many have failed on purpose.
static unsigned long fired(void) {
    char text[256], rest[1];
    ssize_t n = read(control, text, sizeof text - 1);
    if (n <= 0 || read(control, rest, 1) != 0)
        cmd_die("/dev/fail");
    text[n] = '\0';
    const char *line = strstr(text, kind);
    unsigned long counted = 0, failed = 0;
    if (!line || sscanf(line + strlen(kind), "%lu %lu", &counted, &failed) != 2)
        cmd_diex("/dev/fail says: %s", text);
    return failed;
}

// ---- what operations are made of

static void must(bool good, const char *what) {
    if (!good)
        wrong("%s: %s", what, strerror(errno));
}

// Byte i of contents number seed.
static char byte_of(unsigned seed, size_t i) { return (char)(seed * 131 + i / 7 * 17 + i); }

static void fill(char *buf, unsigned seed, size_t from, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf[i] = byte_of(seed, from + i);
}

static void make(const char *path, unsigned seed, size_t n) {
    char buf[PAGE];
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    must(fd >= 0, path);
    for (size_t at = 0; at < n; at += sizeof buf) {
        size_t part = n - at < sizeof buf ? n - at : sizeof buf;
        fill(buf, seed, at, part);
        must(write(fd, buf, part) == (ssize_t)part, path);
    }
    close(fd);
}

static off_t size_of(const char *path) {
    struct stat st;
    return lstat(path, &st) < 0 ? -1 : st.st_size;
}

static bool exists(const char *path) {
    bool there = size_of(path) >= 0;
    if (!there && errno != ENOENT)
        wrong("lstat %s: %s", path, strerror(errno));
    return there;
}

// The file holds these bytes in [from, to).
static void holds(const char *path, unsigned seed, size_t from, size_t to) {
    char buf[PAGE];
    int fd = open(path, O_RDONLY);
    must(fd >= 0, path);
    for (size_t at = from, part; at < to; at += part) {
        part = to - at < sizeof buf ? to - at : sizeof buf;
        ssize_t n = pread(fd, buf, part, (off_t)at);
        must(n >= 0, path);
        if (n != (ssize_t)part)
            wrong("%s: %zd bytes at %zu where there were %zu", path, n, at, part);
        for (size_t i = 0; i < part; i++)
            if (buf[i] != (seed ? byte_of(seed, at + i) : 0))
                wrong("%s: byte %zu is %02x, not %02x", path, at + i, (unsigned char)buf[i],
                      (unsigned char)(seed ? byte_of(seed, at + i) : 0));
    }
    close(fd);
}

// The file is this and nothing more.
static void is_file(const char *path, unsigned seed, size_t n) {
    if (size_of(path) != (off_t)n)
        wrong("%s: %ld bytes long, not %zu", path, (long)size_of(path), n);
    holds(path, seed, 0, n);
}

static int result(long r) { return r < 0 ? errno : 0; }

// ---- operations: what stands ready before, what is done (0, or the errno), and what holds then

static void nothing(void) {}
static void same(int err) {}

// Descriptors and memory, so that there is something to copy.
static char *heap;
static void ready_fork(void) {
    for (int i = 0; i < 40; i++)
        must(dup(0) >= 0, "dup");
    heap = sbrk(64 * PAGE);
    must(heap != (char *)-1, "sbrk");
    for (int i = 0; i < 64; i++)
        fill(heap + i * PAGE, 3, 0, 16);
}
static int do_fork(void) {
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        for (int i = 0; i < 64; i++) {
            if (heap[i * PAGE + 5] != byte_of(3, 5))
                _exit(1);
            heap[i * PAGE] = 0;
        }
        _exit(0);
    }
    if (pid < 0)
        return errno;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    if (status != 0)
        wrong("the child ended with %x", (unsigned)status);
    return 0;
}
static void after_fork(int err) {
    for (int i = 0; i < 64; i++)
        if (heap[i * PAGE] != byte_of(3, 0))
            wrong("page %d of the parent has changed", i);
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
        wrong("there is a child");
}

// The new program is this one, which looks at what it was given. It runs while failures go on.
static int do_exec(void) {
    char *argv[] = {"failwalk", "--execed", "", "three", NULL}, *envp[] = {"SIX=seven", NULL};
    return result(execve("/failwalk", argv, envp));
}
static int do_exec_large(void) { // arguments of more than a page
    static char text[40 * 1024];
    char *argv[] = {"failwalk", "--execed", text, "three", NULL}, *envp[] = {"SIX=seven", NULL};
    memset(text, 'x', sizeof text - 1);
    return result(execve("/failwalk", argv, envp));
}
static int execed(char **argv) {
    const char *six = getenv("SIX");
    op_name = "exec";
    if (!argv[2] || !argv[3] || strcmp(argv[3], "three") != 0 || argv[4] || !six || strcmp(six, "seven") != 0)
        wrong("arguments or environment are not what was given");
    for (const char *c = argv[2]; *c; c++)
        if (*c != 'x')
            wrong("a byte of an argument is %02x", (unsigned char)*c);
    return 0;
}

static int do_create(void) {
    int fd = open("new", O_CREAT | O_EXCL | O_WRONLY, 0640);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}
static void after_create(int err) {
    struct stat st;
    if (exists("new") != !err)
        wrong("the file %s", err ? "exists" : "does not exist");
    if (!err &&
        (stat("new", &st) < 0 || st.st_mode != (S_IFREG | 0640) || st.st_nlink != 1 || st.st_size != 0))
        wrong("the new file is not as asked for");
    unlink("new");
}

// In a directory whose blocks are full, so that the name needs a new one.
static void ready_full(void) {
    char name[64];
    must(mkdir("full", 0755) == 0, "mkdir");
    for (int i = 0; i < 60; i++) { // 15 for each 4096 bytes, less "." and ".."
        snprintf(name, sizeof name, "full/%02d", i);
        memset(name + 7, 'n', 48);
        strcpy(name + 55, i % 2 ? "a" : "b");
        must(mknod(name, S_IFREG | 0600, 0) == 0, "mknod");
    }
}
static int do_fill(void) { // names of 240 bytes: each other one needs a block
    char name[256];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "full/%0240d", i);
        if (mknod(name, S_IFREG | 0600, 0) < 0)
            return errno;
    }
    return 0;
}
static void after_fill(int err) {
    char name[256];
    int count = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "full/%0240d", i);
        count += exists(name);
    }
    if (!err && count != 20)
        wrong("%d of 20 files are there", count);
    DIR *d = opendir("full");
    must(d != NULL, "opendir");
    int listed = 0;
    while (readdir(d))
        listed++;
    closedir(d);
    if (listed != 62 + count)
        wrong("%d names are listed, not %d", listed, 62 + count);
}

static void ready_file(void) { make("file", 1, SMALL_BYTES); }
static int do_read(void) {
    char buf[SMALL_BYTES + 1];
    int fd = open("file", O_RDONLY);
    if (fd < 0)
        return errno;
    ssize_t n = read(fd, buf, sizeof buf);
    int err = result(n);
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] != byte_of(1, (size_t)i))
            wrong("byte %zd is %02x", i, (unsigned char)buf[i]);
    if (!err && n != SMALL_BYTES && !fired())
        wrong("read %zd bytes", n);
    close(fd);
    return err;
}
static void after_read(int err) { is_file("file", 1, SMALL_BYTES); }

// Write to a new place: what was counted must be there, and no more.
static ssize_t written;
static int write_at(const char *path, unsigned seed, off_t at, size_t n) {
    static char buf[8 * PAGE];
    int fd = open(path, O_WRONLY);
    written = 0;
    if (fd < 0)
        return errno;
    fill(buf, seed, (size_t)at, n);
    written = pwrite(fd, buf, n, at);
    int err = result(written);
    written = err ? 0 : written;
    close(fd);
    return err ? err : written < (ssize_t)n && !fired() ? EIO : 0;
}
static void ready_empty(void) { make("file", 1, 0); }
static int do_write(void) { return write_at("file", 1, 0, SMALL_BYTES + 100); }
static void after_write(int err) { is_file("file", 1, (size_t)written); }

static void ready_tail(void) { make("file", 1, PAGE + 10); }
static int do_append(void) { return write_at("file", 1, PAGE + 10, 2 * PAGE); }
static void after_append(int err) { is_file("file", 1, (size_t)(PAGE + 10 + written)); }

static int do_overwrite(void) { return write_at("file", 2, 100, PAGE); }
static void after_overwrite(int err) {
    if (size_of("file") != SMALL_BYTES)
        wrong("the file has %ld bytes", (long)size_of("file"));
    holds("file", 1, 0, 100);
    holds("file", 2, 100, 100 + (size_t)written);
    // What was not counted may be old or new, page by page; that a failed write kept the old is the rule
    // here.
    holds("file", 1, 100 + (size_t)written, SMALL_BYTES);
}

// Behind a hole, where blocks of pointers are needed.
static int do_write_deep(void) { return write_at("file", 1, DEEP - PAGE, 2 * PAGE); }
static void after_write_deep(int err) {
    off_t want = written ? DEEP - PAGE + written : SMALL_BYTES;
    if (size_of("file") != want)
        wrong("the file has %ld bytes, not %ld", (long)size_of("file"), (long)want);
    holds("file", 1, 0, SMALL_BYTES);
    if (written)
        holds("file", 1, DEEP - PAGE, (size_t)want);
    else if (truncate("file", DEEP + PAGE) == 0)
        holds("file", 0, DEEP - PAGE, DEEP + PAGE);
}
static void ready_hole(void) { // the size stays
    ready_file();
    must(truncate("file", DEEP + 2 * PAGE) == 0, "truncate");
}
static void after_write_hole(int err) {
    if (size_of("file") != DEEP + 2 * PAGE)
        wrong("the file has %ld bytes", (long)size_of("file"));
    holds("file", 1, 0, SMALL_BYTES);
    holds("file", 0, SMALL_BYTES, 8 * PAGE);
    holds("file", 1, DEEP - PAGE, DEEP - PAGE + (size_t)written);
    holds("file", 0, DEEP - PAGE + (size_t)written, DEEP + 2 * PAGE);
}

static void ready_deep(void) {
    make("file", 1, 20 * PAGE);
    must(write_at("file", 1, DEEP - 2 * PAGE, 4 * PAGE) == 0, "pwrite");
}
static int do_truncate(void) { return result(truncate("file", PAGE + 10)); }
static void after_truncate(int err) {
    off_t size = size_of("file");
    if (err ? size != DEEP + 2 * PAGE && size != PAGE + 10 : size != PAGE + 10)
        wrong("the file has %ld bytes", (long)size);
    holds("file", 1, 0, PAGE + 10);
    if (size != PAGE + 10) {
        holds("file", 1, 0, 20 * PAGE);
        holds("file", 1, DEEP - 2 * PAGE, DEEP + 2 * PAGE);
    }
    if (size != PAGE + 10)
        must(truncate("file", PAGE + 10) == 0, "truncate");
    must(truncate("file", DEEP + PAGE) == 0, "truncate");
    holds("file", 0, PAGE + 10, 30 * PAGE); // nothing of what was cut off shows up again
    holds("file", 0, DEEP - 2 * PAGE, DEEP + PAGE);
}
static int do_grow(void) { return result(truncate("file", 5 * PAGE)); }
static void after_grow(int err) {
    off_t size = size_of("file");
    if (err ? size != SMALL_BYTES && size != 5 * PAGE : size != 5 * PAGE)
        wrong("the file has %ld bytes", (long)size);
    holds("file", 1, 0, SMALL_BYTES);
    holds("file", 0, SMALL_BYTES, (size_t)size);
}
static int do_open_trunc(void) {
    int fd = open("file", O_WRONLY | O_TRUNC);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}
static void after_open_trunc(int err) {
    off_t size = size_of("file");
    if (size != 0 && (!err || size != DEEP + 2 * PAGE))
        wrong("the file has %ld bytes", (long)size);
    if (size)
        holds("file", 1, 0, 20 * PAGE);
    must((!size || truncate("file", 0) == 0) && truncate("file", 20 * PAGE) == 0, "truncate");
    holds("file", 0, 0, 20 * PAGE);
}

static void ready_two(void) {
    make("old", 1, 1000);
    make("over", 2, 2000);
    must(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0, "mkdir");
}
static int do_rename(void) { return result(rename("old", "over")); }
static void after_rename(int err) {
    if (exists("old") != (err != 0))
        wrong("the old name %s", err ? "has gone" : "is still there");
    if (err)
        is_file("old", 1, 1000);
    is_file("over", err ? 2 : 1, err ? 2000 : 1000);
    struct stat st;
    if (stat("over", &st) < 0 || st.st_nlink != 1)
        wrong("the file has %u links", (unsigned)st.st_nlink);
}
static int do_rename_away(void) { return result(rename("old", "b/a-new-name-in-another-directory")); }
static void after_rename_away(int err) {
    if (exists("old") != (err != 0) || exists("b/a-new-name-in-another-directory") == (err != 0))
        wrong("the file has %s", exists("old") ? "two names" : "no name");
    is_file(err ? "old" : "b/a-new-name-in-another-directory", 1, 1000);
}
// In a directory of more than 12 blocks, which has a block of pointers.
static void ready_large(void) {
    char name[300];
    must(mkdir("a", 0755) == 0 && mknod("link", S_IFREG | 0600, 0) == 0, "a");
    for (int i = 0; i < 230; i++) {
        snprintf(name, sizeof name, "a/%0250d", i);
        must(link("link", name) == 0, name);
    }
    must(unlink("link") == 0, "link");
}
static int do_rename_large(void) {
    char from[300], to[300];
    snprintf(from, sizeof from, "a/%0250d", 229);
    snprintf(to, sizeof to, "a/%0250d", 1000);
    return result(rename(from, to));
}
static void after_rename_large(int err) {
    char from[300], to[300];
    struct stat st;
    snprintf(from, sizeof from, "a/%0250d", 229);
    snprintf(to, sizeof to, "a/%0250d", 1000);
    if (exists(from) != (err != 0) || exists(to) == (err != 0))
        wrong("the file has %s of both names", exists(from) ? "too many" : "none");
    if (stat(err ? from : to, &st) < 0)
        wrong("stat: %s", strerror(errno));
}
static ino_t inode_of(const char *path) {
    struct stat st;
    must(stat(path, &st) == 0, path);
    return st.st_ino;
}
static void ready_dirs(void) {
    must(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("a/d", 0755) == 0, "mkdir");
    make("a/d/file", 1, 100);
}
static int do_rename_dir(void) { return result(rename("a/d", "b/e")); }
static void after_rename_dir(int err) {
    if (exists("a/d") != (err != 0) || exists("b/e") == (err != 0))
        wrong("the directory has %s", exists("a/d") ? "two names" : "no name");
    const char *dir = err ? "a/d" : "b/e";
    char path[64];
    snprintf(path, sizeof path, "%s/..", dir);
    if (inode_of(path) != inode_of(err ? "a" : "b"))
        wrong("%s is not the directory that holds it", path);
    snprintf(path, sizeof path, "%s/file", dir);
    is_file(path, 1, 100);
}

static int do_mkdir(void) { return result(mkdir("d", 0750)); }
static void after_mkdir(int err) {
    struct stat st;
    if (exists("d") != !err)
        wrong("the directory %s", err ? "exists" : "does not exist");
    if (!err && (stat("d", &st) < 0 || st.st_mode != (S_IFDIR | 0750) || st.st_nlink != 2))
        wrong("the new directory is not as asked for");
    if (stat(".", &st) < 0 || st.st_nlink != 2 + (nlink_t)!err)
        wrong("the directory above has %u links", (unsigned)st.st_nlink);
    if (!err) {
        make("d/file", 1, 10);
        must(unlink("d/file") == 0 && rmdir("d") == 0, "d");
    }
}
static void ready_dir(void) { must(mkdir("d", 0750) == 0, "mkdir"); }
static int do_rmdir(void) { return result(rmdir("d")); }
static void after_rmdir(int err) {
    struct stat st;
    if (exists("d") != (err != 0))
        wrong("the directory %s", err ? "has gone" : "is still there");
    if (stat(".", &st) < 0 || st.st_nlink != 2 + (nlink_t)(err != 0))
        wrong("the directory above has %u links", (unsigned)st.st_nlink);
    if (err)
        make("d/file", 1, 10);
}
static int do_unlink(void) { return result(unlink("file")); }
static void after_unlink(int err) {
    if (exists("file") != (err != 0))
        wrong("the file %s", err ? "has gone" : "is still there");
    if (err)
        holds("file", 1, 0, 20 * PAGE);
}
static int do_link(void) { return result(link("file", "name")); }
static void after_link(int err) {
    struct stat st;
    if (exists("name") != !err || stat("file", &st) < 0 || st.st_nlink != 1 + (nlink_t)!err)
        wrong("the link %s, and the count of links is %u", exists("name") ? "exists" : "does not exist",
              (unsigned)st.st_nlink);
}
static const char *target(bool large) { // a long one has a block of its own
    static char text[300];
    memset(text, 't', sizeof text - 1);
    return large ? text : "target";
}
static int do_symlink(void) { return result(symlink(target(false), "s")); }
static int do_symlink_long(void) { return result(symlink(target(true), "s")); }
static void link_reads(bool large, int err) {
    char text[400];
    if (exists("s") != !err)
        wrong("the link %s", err ? "exists" : "does not exist");
    if (err)
        return;
    ssize_t n = readlink("s", text, sizeof text);
    if (n != (ssize_t)strlen(target(large)) || memcmp(text, target(large), (size_t)n) != 0)
        wrong("the link does not say what it was given");
}
static void after_symlink(int err) { link_reads(false, err); }
static void after_symlink_long(int err) { link_reads(true, err); }
static void ready_symlink(void) { must(symlink(target(true), "s") == 0, "symlink"); }
static int do_readlink(void) {
    char text[400];
    return result(readlink("s", text, sizeof text));
}

static void ready_names(void) {
    char name[64];
    make("file", 1, 10);
    must(mkdir("names", 0755) == 0, "mkdir");
    for (int i = 0; i < BIG_NAMES; i++) {
        snprintf(name, sizeof name, "names/a-name-of-some-length-%d", i);
        must(link("file", name) == 0, name);
    }
}
static int do_readdir(void) {
    DIR *d = opendir("names");
    int n = 0;
    if (!d)
        return errno;
    errno = 0;
    while (readdir(d))
        n++;
    int err = errno;
    closedir(d);
    if (!err && n != BIG_NAMES + 2)
        wrong("%d names", n);
    return err;
}
static int do_lookup(void) {
    struct stat st;
    return result(stat("names/a-name-of-some-length-77", &st));
}
static void after_names(int err) {
    if (do_readdir() != 0)
        wrong("the directory cannot be read any more: %s", strerror(errno));
}

static int do_getcwd(void) {
    char path[256], want[256];
    snprintf(want, sizeof want, "%s/a/d", work);
    if (chdir("a/d") < 0)
        return errno;
    int err = getcwd(path, sizeof path) ? 0 : errno;
    if (!err && strcmp(path, want) != 0)
        wrong("getcwd says %s", path);
    must(chdir(work) == 0, "chdir");
    return err;
}
static int do_chmod(void) { return result(chmod("file", 0600)); }
static int do_statfs(void) {
    struct statfs s;
    return result(statfs("file", &s));
}

static int do_pipe(void) {
    int fd[2];
    char c = 'x';
    if (pipe(fd) < 0)
        return errno;
    if (write(fd[1], &c, 1) != 1 || read(fd[0], &c, 1) != 1 || c != 'x')
        wrong("the pipe does not work");
    close(fd[0]);
    close(fd[1]);
    return 0;
}
static int do_dup(void) { // the table of descriptors grows
    int err = dup2(0, 200) < 0 ? errno : 0;
    if (!err)
        close(200);
    return err;
}
static int do_many(void) { // as above, by open
    int fd, count = 0, err = 0;
    for (; count < 100 && !err; count++)
        if ((fd = open("file", O_RDONLY)) < 0)
            err = errno;
    for (fd = control + 1; fd < control + 120; fd++)
        close(fd);
    return err;
}
static int do_sbrk(void) {
    char *p = sbrk(40 * PAGE);
    if (p == (char *)-1)
        return errno;
    for (int i = 0; i < 40; i++) {
        if (p[i * PAGE] || p[i * PAGE + PAGE - 1])
            wrong("new memory is not zero");
        p[i * PAGE] = 1;
    }
    must(sbrk(-40 * PAGE) != (char *)-1, "sbrk");
    return 0;
}
static int deeper(volatile char *above, int depth) {
    volatile char page[PAGE];
    page[0] = (char)depth;
    page[PAGE - 1] = 0;
    return depth == 0 ? *above : deeper(page, depth - 1) + page[0] - depth;
}
static int do_stack(void) {
    char c = 0;
    if (deeper(&c, 30) != 1)
        wrong("the stack does not hold what was put there");
    return 0;
}
static int do_fsync(void) {
    int fd = open("file", O_WRONLY);
    if (fd < 0)
        return errno;
    int err = pwrite(fd, "new", 3, 0) < 0 || fsync(fd) < 0 ? errno : 0;
    close(fd);
    return err;
}

// Where the block of pointers is not in memory any more when the page that it leads to is to be written.
static int do_fsync_deep(void) {
    struct mem_info m;
    char text[8];
    int fd = open("file", O_RDWR);
    if (fd < 0)
        return errno;
    int err = pwrite(fd, "new", 3, DEEP) < 0 ? errno : 0;
    if (!err) {
        tell("drop");
        err = fsync(fd) < 0 ? errno : 0;
        if (!err && (meminfo(&m) < 0 || m.dirty > 0))
            wrong("fsync has left %lu pages that are not on the disk", (unsigned long)m.dirty);
        if (pread(fd, text, 3, DEEP) != 3 && !fired())
            wrong("what was written cannot be read");
    }
    close(fd);
    return err;
}

// May be killed (a page of stack refused). With blk it may leave a file system that is read-only, so it is
// for a machine of its own: it writes to the disk by itself, or frees what has no name any more.
enum { SIGNALS = 1, ENDS = 2 };

static const struct op {
    const char *name;
    void (*ready)(void);
    int (*act)(void);
    void (*after)(int err);
    int marks;
} ops[] = {
    {"fork", ready_fork, do_fork, after_fork, 0},
    {"exec", nothing, do_exec, same, SIGNALS},
    {"exec-large", nothing, do_exec_large, same, SIGNALS},
    {"create", nothing, do_create, after_create, 0},
    {"create-many", ready_full, do_fill, after_fill, 0},
    {"read", ready_file, do_read, after_read, 0},
    {"write", ready_empty, do_write, after_write, 0},
    {"append", ready_tail, do_append, after_append, 0},
    {"overwrite", ready_file, do_overwrite, after_overwrite, 0},
    {"write-deep", ready_file, do_write_deep, after_write_deep, 0},
    {"write-hole", ready_hole, do_write_deep, after_write_hole, 0},
    {"truncate", ready_deep, do_truncate, after_truncate, 0},
    {"grow", ready_file, do_grow, after_grow, 0},
    {"open-trunc", ready_deep, do_open_trunc, after_open_trunc, 0},
    {"rename", ready_two, do_rename, after_rename, ENDS},
    {"rename-away", ready_two, do_rename_away, after_rename_away, 0},
    {"rename-large", ready_large, do_rename_large, after_rename_large, 0},
    {"rename-dir", ready_dirs, do_rename_dir, after_rename_dir, 0},
    {"mkdir", nothing, do_mkdir, after_mkdir, 0},
    {"rmdir", ready_dir, do_rmdir, after_rmdir, ENDS},
    {"unlink", ready_deep, do_unlink, after_unlink, ENDS},
    {"link", ready_file, do_link, after_link, 0},
    {"symlink", nothing, do_symlink, after_symlink, 0},
    {"symlink-long", nothing, do_symlink_long, after_symlink_long, 0},
    {"readlink", ready_symlink, do_readlink, same, 0},
    {"readdir", ready_names, do_readdir, after_names, 0},
    {"lookup", ready_names, do_lookup, after_names, 0},
    {"getcwd", ready_dirs, do_getcwd, same, 0},
    {"chmod", ready_file, do_chmod, after_read, 0},
    {"statfs", ready_file, do_statfs, same, 0},
    {"pipe", nothing, do_pipe, same, 0},
    {"dup", nothing, do_dup, same, 0},
    {"open-many", ready_file, do_many, same, 0},
    {"sbrk", nothing, do_sbrk, same, 0},
    {"stack", nothing, do_stack, same, SIGNALS},
    {"fsync", ready_file, do_fsync, same, ENDS},
    {"fsync-deep", ready_deep, do_fsync_deep, same, ENDS},
};

// ---- walking

// The errnos by which a call may say that it got no memory (no frame, no object), or that the disk did not
// answer.
static bool expected(int err) {
    return err == 0 || err == (strcmp(kind, "blk") == 0 ? EIO : ENOMEM) ||
           (err == ENFILE && kind[0] != 'b') ||
           (err == EIO && onward); // fsync, when memory does not come back
}

static _Noreturn void run_step(const struct op *op) {
    must(chdir(work) == 0, work);
    op->ready();
    if (cold) {
        sync();
        tell("drop");
    }
    tell("%s %ld%s", kind, step, onward ? "+" : "");
    int err = op->act();
    tell("off");
    if (verbose)
        printf("failwalk: %s, %s %ld: %s\n", op_name, kind, step, err ? strerror(err) : "done");
    if (!expected(err))
        wrong("an error that says something else: %s", strerror(err));
    if (keep) {
        char name[128];
        snprintf(name, sizeof name, "%s.%s.%s%s.%ld", work, op_name, kind, cold ? ".cold" : "", step);
        fflush(stdout);
        must(!err || rename(work, name) == 0, name);
        _exit(0);
    }
    op->after(err);
    if (err && op->act != do_exec &&
        op->act != do_exec_large) { // once more, from the start, and now it works
        cmd_remove_tree(work);
        must(mkdir(work, 0755) == 0 && chdir(work) == 0, work);
        op->ready();
        err = op->act();
        if (err)
            wrong("afterwards, with no failures: %s", strerror(err));
        op->after(0);
    }
    fflush(stdout);
    _exit(0);
}

// One step. False: something is wrong, which has been said.
static bool take_step(const struct op *op, bool *more) {
    int status;
    cmd_remove_tree(work);
    if (mkdir(work, 0755) < 0)
        cmd_die("%s", work);
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        cmd_die("fork");
    if (pid == 0)
        run_step(op);
    if (waitpid(pid, &status, 0) != pid)
        cmd_die("waitpid");
    tell("off");
    *more = fired() > 0;
    if (WIFSIGNALED(status) && (!(op->marks & SIGNALS) || !*more)) {
        printf("failwalk: %s, %s %ld: killed by signal %d\n", op_name, kind, step, WTERMSIG(status));
        return false;
    }
    return WIFSIGNALED(status) || WEXITSTATUS(status) == 0;
}

struct state {
    long memory, slab, processes, blocks, inodes;
};

static struct state look(void) {
    struct mem_info m;
    struct statfs s;
    cmd_remove_tree(work);
    sync();
    if (meminfo(&m) < 0 || statfs("/", &s) < 0)
        cmd_die("look");
    return (struct state){(long)(m.free + m.cached + m.slab), (long)m.slab, (long)m.processes,
                          (long)s.f_bfree, (long)s.f_ffree};
}

// What is lost between the two. Caches of the kernel keep what they took once, so only what is lost each time
// is.
static bool lost(const struct state *a, const struct state *b, char *text, size_t n) {
    const struct {
        const char *what;
        long lost;
    } all[] = {{"pages of memory", a->memory - b->memory},
               {"slab pages", b->slab - a->slab},
               {"processes", b->processes - a->processes},
               {"disk blocks", a->blocks - b->blocks},
               {"inodes", a->inodes - b->inodes}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].lost > 0)
            snprintf(text + strlen(text), n - strlen(text), " %ld %s", all[i].lost, all[i].what);
    return text[0];
}

// N = 1, 2, ... for one operation.
static bool walk(const struct op *op, long most) {
    char text[160];
    bool good = true, leaks = true;
    long steps = 0;
    op_name = op->name;
    for (int attempt = 0; good && leaks && attempt < TRIES; attempt++) {
        bool more = true;
        struct state before = look();
        steps = 0;
        for (step = 1; more && step <= most; step += every || step < EVERY ? 1 : step / 6, steps++)
            good = take_step(op, &more) && good;
        struct state after = look();
        leaks = !keep && lost(&before, &after, text, sizeof text);
    }
    if (good && leaks)
        printf("failwalk: %s, %s: each walk of %ld steps loses%s\n", op_name, kind, steps, text);
    printf("walk %s %s%s%s: %s, %ld steps\n", op_name, kind, onward ? "+" : "", cold ? " cold" : "",
           good && !leaks ? "ok" : "FAILED", steps);
    fflush(stdout);
    return good && !leaks;
}

static bool wanted(const struct op *op, char **names) {
    for (char **n = names; *n; n++)
        if (strcmp(*n, op->name) == 0)
            return true;
    return *names == NULL;
}

// Kernel stacks and the stocks of the harts fill once: have that behind us.
static void warm_up(void) {
    for (int i = 0; i < WARM_UP; i++)
        if (fork() == 0) {
            usleep(1000);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
}

int main(int argc, char **argv) {
    static const char *const memory[] = {"page", "slab"};
    const char *only = NULL;
    long most = 4000;
    bool good = true;
    cmd_start(argv, help);
    if (argc > 1 && strcmp(argv[1], "--execed") == 0)
        return execed(argv);
    for (int c; (c = getopt(argc, argv, "acek:m:d:lsv")) != -1;) {
        switch (c) {
        case 'a': onward = true; break;
        case 'c': cold = true; break;
        case 'e': every = true; break;
        case 'k': only = optarg; break;
        case 'm': most = (long)cmd_number(optarg, 1, 1000000); break;
        case 'd': work = optarg; break;
        case 's': keep = true; break;
        case 'v': verbose = true; break;
        case 'l':
            for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
                printf("%s\n", ops[i].name);
            return 0;
        default: cmd_usage();
        }
    }
    control = open("/dev/fail", O_RDWR | O_CLOEXEC);
    if (control < 0)
        cmd_die("/dev/fail (a release build has none)");
    warm_up();
    for (size_t k = 0; k < (only ? 1 : 2); k++) {
        kind = only ? only : memory[k];
        for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
            if (wanted(&ops[i], argv + optind) && !(kind[0] == 'b' && !argv[optind] && (ops[i].marks & ENDS)))
                good = walk(&ops[i], most) && good;
    }
    cmd_remove_tree(work);
    printf("%s\n", good ? "ALL WALKS PASSED" : "SOME WALKS FAILED");
    return !good;
}
