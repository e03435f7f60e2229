// fswork: random file work that can be repeated from its seed, and whose files prove themselves.
//
// A file is a sequence of 64-byte records. A record holds the number of the file's contents (given at its
// creation, never twice in a run), its own place in the file, and letters computed from both. So after a
// power cut one can say of each record whether it is what was written there, without knowing when the power
// went.

#include <cmd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: fswork [-s seed] [-n steps] [-e every] directory, or: fswork -c [-z] directory\n"
    "Make, write, rename, link, truncate and remove files and directories below directory,\n"
    "at random but always the same for a seed; for ever, or so many steps. Prints \"step N\".\n"
    "  -e every  print that after every so many steps (else 100)\n"
    "  -c        check the files that are there instead: each record must be right\n"
    "  -z        check as after a power cut: zeros, and a file's end cut short, are no error\n";

enum { RECORD = 64, FILES = 40, DIRS = 6, MOST_RECORDS = 1024 };

static uint64_t state;
static uint32_t next_contents;
static const char *root;

// xorshift64*
static uint32_t pick(uint32_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 33) % limit;
}

static void make_record(char *out, uint32_t contents, uint32_t place) {
    char head[32];
    int len = snprintf(head, sizeof head, "fswork %08x %08x ", contents, place);
    memcpy(out, head, len);
    uint32_t x = contents * 2654435761u ^ place * 2246822519u;
    for (; len < RECORD - 1; len++) {
        x = x * 1664525u + 1013904223u;
        out[len] = 'a' + (x >> 24) % 26;
    }
    out[RECORD - 1] = '\n';
}

static _Noreturn void failed(const char *what, const char *path) { cmd_die("%s %s", what, path); }

// A random name: a file right below root or in one of its directories.
static void pick_name(char *out, size_t size) {
    unsigned dir = pick(DIRS + 2), file = pick(FILES);
    if (dir < DIRS)
        snprintf(out, size, "%s/d%u/f%u", root, dir, file);
    else
        snprintf(out, size, "%s/f%u", root, file);
}

// Errors that random work meets in the normal course of things.
static bool expected(int error) { return error == ENOENT || error == EEXIST || error == ENOTEMPTY; }

// The number of the contents of an open file, from its first record. Without one it is emptied, and gets a
// new number.
static uint32_t contents_of(int fd) {
    char head[17] = {0};
    unsigned contents;
    if (pread(fd, head, 16, 0) == 16 && sscanf(head, "fswork %8x", &contents) == 1)
        return contents;
    if (ftruncate(fd, 0) < 0) // what a power cut left of it is no file of ours
        cmd_die("truncate");
    return next_contents++;
}

static void write_records(int fd, const char *path, uint32_t contents, uint32_t first, uint32_t count) {
    static char buf[256 * RECORD];
    while (count > 0) {
        uint32_t now = count < 256 ? count : 256;
        for (uint32_t i = 0; i < now; i++)
            make_record(buf + i * RECORD, contents, first + i);
        ssize_t n = pwrite(fd, buf, now * RECORD, (off_t)first * RECORD);
        if (n < 0)
            failed("write", path);
        if (n % RECORD != 0 || n == 0) // a nearly full disk
            cmd_diex("write %s: %zd of %u bytes", path, n, now * RECORD);
        first += n / RECORD;
        count -= n / RECORD;
    }
}

static void step_create(void) {
    char path[256];
    pick_name(path, sizeof path);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 && expected(errno))
        return;
    if (fd < 0)
        failed("create", path);
    write_records(fd, path, next_contents++, 0, pick(pick(8) ? 64 : MOST_RECORDS));
    if (close(fd) < 0)
        failed("close", path);
}

// Append, or write again what is there.
static void step_write(void) {
    char path[256];
    pick_name(path, sizeof path);
    int fd = open(path, O_RDWR);
    if (fd < 0 && expected(errno))
        return;
    if (fd < 0)
        failed("open", path);
    struct stat st;
    uint32_t contents = contents_of(fd);
    if (fstat(fd, &st) < 0)
        failed("stat", path);
    uint32_t have = st.st_size / RECORD;
    uint32_t first = have > 0 && pick(3) == 0 ? pick(have) : have;
    if (first < MOST_RECORDS)
        write_records(fd, path, contents, first, 1 + pick(64));
    if (pick(8) == 0 && fsync(fd) < 0)
        failed("fsync", path);
    close(fd);
}

static void step_truncate(void) {
    char path[256];
    pick_name(path, sizeof path);
    struct stat st;
    if (stat(path, &st) == 0) {
        if (truncate(path, st.st_size / RECORD ? (off_t)pick(st.st_size / RECORD) * RECORD : 0) < 0)
            failed("truncate", path);
    } else if (!expected(errno)) {
        failed("stat", path);
    }
}

static void step_rename(bool hard_link) {
    char from[256], to[256];
    pick_name(from, sizeof from);
    pick_name(to, sizeof to);
    if ((hard_link ? link(from, to) : rename(from, to)) < 0 && !expected(errno))
        failed(hard_link ? "link" : "rename", from);
}

static void step_unlink(void) {
    char path[256];
    pick_name(path, sizeof path);
    if (unlink(path) < 0 && !expected(errno))
        failed("unlink", path);
}

static void step_dir(void) {
    char path[256], to[256];
    snprintf(path, sizeof path, "%s/d%u", root, pick(DIRS));
    snprintf(to, sizeof to, "%s/d%u", root, pick(DIRS));
    int what = pick(8);
    const char *name = what < 4 ? "mkdir" : what < 6 ? "rmdir" : "rename";
    int result = what < 4 ? mkdir(path, 0777) : what < 6 ? rmdir(path) : rename(path, to);
    if (result < 0 && !expected(errno))
        failed(name, path);
}

static void work(int64_t steps, int64_t every) {
    if (mkdir(root, 0777) < 0 && errno != EEXIST)
        failed("mkdir", root);
    for (int64_t i = 1; steps < 0 || i <= steps; i++) {
        uint32_t what = pick(100);
        if (what < 30)
            step_create();
        else if (what < 55)
            step_write();
        else if (what < 62)
            step_truncate();
        else if (what < 75)
            step_rename(false);
        else if (what < 79)
            step_rename(true);
        else if (what < 92)
            step_unlink();
        else
            step_dir();
        if (i % every == 0) {
            printf("step %jd\n", (intmax_t)i);
            fflush(stdout);
        }
    }
}

// ---- checking

static uintmax_t files, records, zero_records, bad;

static bool is_zero(const char *p, size_t n) {
    while (n > 0 && *p == 0)
        p++, n--;
    return n == 0;
}

static void check_file(const char *path, bool after_cut) {
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        failed("open", path);
    char got[RECORD], want[RECORD];
    bool known = false;
    unsigned contents = 0;
    files++;
    for (uint32_t place = 0;; place++) {
        ssize_t n = read(fd, got, RECORD); // a file's records are few
        if (n < 0)
            failed("read", path);
        if (n == 0)
            break;
        records++;
        if (after_cut && is_zero(got, n)) {
            zero_records++;
            continue;
        }
        if (!known && n >= 16) {
            char head[17] = {0};
            memcpy(head, got, 16);
            known = sscanf(head, "fswork %8x", &contents) == 1;
        }
        make_record(want, contents, place);
        size_t same = 0;
        while (same < (size_t)n && got[same] == want[same])
            same++;
        bool cut = after_cut && (n < RECORD || is_zero(got + same, n - same));
        if (known && same == (size_t)n && (n == RECORD || cut))
            continue;
        if (known && cut && same > 0)
            continue;
        printf("%s: record %u is wrong\n", path, place);
        bad++;
        break;
    }
    close(fd);
}

static void check_tree(const char *dir, bool after_cut) {
    struct cmd_names list;
    if (cmd_list(dir, false, &list) < 0)
        failed("list", dir);
    for (size_t i = 0; i < list.count; i++) {
        char *path = cmd_join(dir, list.name[i]);
        struct stat st;
        if (lstat(path, &st) < 0)
            failed("stat", path);
        if (S_ISDIR(st.st_mode))
            check_tree(path, after_cut);
        else
            check_file(path, after_cut);
        free(path);
    }
    cmd_list_free(&list);
}

int main(int argc, char **argv) {
    bool check = false, after_cut = false;
    int64_t seed = 1, steps = -1, every = 100;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "ce:n:s:z")) != -1;) {
        switch (c) {
        case 'c': check = true; break;
        case 'e': every = cmd_number(optarg, 1, INT32_MAX); break;
        case 'n': steps = cmd_number(optarg, 0, INT64_MAX); break;
        case 's': seed = cmd_number(optarg, 0, INT32_MAX); break;
        case 'z': after_cut = true; break;
        default: cmd_usage();
        }
    }
    if (argc - optind != 1)
        cmd_usage();
    root = argv[optind];
    if (check) {
        check_tree(root, after_cut);
        printf("fswork: %ju files, %ju records, %ju zero, %ju files wrong\n", files, records, zero_records,
               bad);
        return bad != 0;
    }
    state = (uint64_t)seed * 0x9e3779b97f4a7c15ull + 1;
    next_contents = (uint32_t)seed << 20;
    work(steps, every);
    return 0;
}
