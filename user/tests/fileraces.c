// fileraces.c: several processes at once on the same files and names.
#include "test.h"

#include <dirent.h>
#include <limits.h>
#include <sched.h>

enum { ROUNDS = 60, CHILDREN = 4 };

static int go[2]; // a pipe: children wait for its end, so that they start together

// Start n children that run fn(their number) together.
static void start(pid_t *pid, int n, int (*fn)(int)) {
    ok(pipe(go));
    for (int i = 0; i < n; i++) {
        pid[i] = fork_ok();
        if (pid[i] == 0) {
            char c;
            ok(close(go[1]));
            is(read(go[0], &c, 1), 0);
            ok(close(go[0]));
            _exit(fn(i));
        }
    }
    ok(close(go[0]));
    ok(close(go[1]));
}

static void join(const pid_t *pid, int n) {
    for (int i = 0; i < n; i++)
        is(wait_exit(pid[i]), 0);
}

// n children run fn(their number) together; each must exit with 0.
static void together(int n, int (*fn)(int)) {
    pid_t pid[16];
    start(pid, n, fn);
    join(pid, n);
}

static char *name_of(char *buf, const char *prefix, int i) {
    sprintf(buf, "%s%d", prefix, i);
    return buf;
}

// Result of a call that may fail with this errno only: true if it did not.
static bool worked(long result, int or_errno) {
    if (result < 0)
        is(errno, or_errno);
    return result >= 0;
}

static int names_in(const char *path) {
    DIR *dir = opendir(path);
    check(dir != NULL);
    int n = -2;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

// ---- one winner

// Each child tries for each of ROUNDS names, and writes down what it won in a file of its own.
static int (*attempt)(const char *name);
static int try_all(int me) {
    char name[32];
    int fd = (int)ok(open(name_of(name, "won", me), O_WRONLY | O_CREAT, 0644));
    for (int i = 0; i < ROUNDS; i++) {
        char won = attempt(name_of(name, "d/", i)) ? 1 : 0;
        is(pwrite(fd, &won, 1, i), 1);
    }
    return 0;
}

// In the end every name was won by exactly one child.
static void one_wins(int (*fn)(const char *)) {
    char won[CHILDREN][ROUNDS], name[32];
    attempt = fn;
    together(CHILDREN, try_all);
    for (int c = 0; c < CHILDREN; c++)
        read_all((int)ok(open(name_of(name, "won", c), O_RDONLY)), won[c], ROUNDS);
    for (int i = 0; i < ROUNDS; i++) {
        int winners = 0;
        for (int c = 0; c < CHILDREN; c++)
            winners += won[c][i];
        if (winners != 1)
            FAIL("name %d: %d winners", i, winners);
    }
}

static int try_open(const char *name) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (worked(fd, EEXIST))
        ok(close(fd));
    return fd >= 0;
}

TEST(fileraces, one_of_several_exclusive_creators_wins, "") {
    ok(mkdir("d", 0755));
    one_wins(try_open);
    is(names_in("d"), ROUNDS);
}

static int try_mkdir(const char *name) { return worked(mkdir(name, 0755), EEXIST); }
static int try_symlink(const char *name) { return worked(symlink("target", name), EEXIST); }
static int try_link(const char *name) { return worked(link("file", name), EEXIST); }
static int try_unlink(const char *name) { return worked(unlink(name), ENOENT); }
static int try_rmdir(const char *name) { return worked(rmdir(name), ENOENT); }

TEST(fileraces, one_of_several_mkdirs_wins_and_one_of_several_rmdirs, "") {
    struct stat st;
    ok(mkdir("d", 0755));
    one_wins(try_mkdir);
    ok(stat("d", &st));
    is(st.st_nlink, 2 + ROUNDS);
    one_wins(try_rmdir);
    ok(stat("d", &st));
    is(st.st_nlink, 2);
    ok(rmdir("d"));
}

TEST(fileraces, one_of_several_links_wins_and_one_of_several_unlinks, "") {
    struct stat st;
    ok(mkdir("d", 0755));
    make_file("file", "x", 1);
    one_wins(try_link);
    ok(stat("file", &st));
    is(st.st_nlink, 1 + ROUNDS);
    one_wins(try_unlink);
    ok(stat("file", &st));
    is(st.st_nlink, 1);
    one_wins(try_symlink);
    one_wins(try_unlink);
    ok(rmdir("d"));
}

static int try_rename(const char *name) {
    char to[32];
    snprintf(to, sizeof to, "%s.%d", name, getpid());
    return worked(rename(name, to), ENOENT);
}

TEST(fileraces, one_of_several_renames_of_a_name_wins, "") {
    char name[32];
    ok(mkdir("d", 0755));
    for (int i = 0; i < ROUNDS; i++)
        make_file(name_of(name, "d/", i), "x", 1);
    one_wins(try_rename);
    is(names_in("d"), ROUNDS);
}

// ---- many names in one directory

static int create_and_remove(int me) {
    char name[64];
    struct stat st;
    for (int i = 0; i < ROUNDS; i++) {
        sprintf(name, "d/%d-%d-a-name-that-is-not-short", me, i);
        make_file(name, name, strlen(name));
    }
    for (int i = 0; i < ROUNDS; i++) {
        sprintf(name, "d/%d-%d-a-name-that-is-not-short", me, i);
        file_is(name, name, strlen(name));
        if (i % 2)
            ok(unlink(name));
    }
    for (int i = 0; i < ROUNDS; i++) {
        sprintf(name, "d/%d-%d-a-name-that-is-not-short", me, i);
        is(stat(name, &st), i % 2 ? -1 : 0);
    }
    return 0;
}

TEST(fileraces, several_create_and_remove_in_one_directory, "") {
    ok(mkdir("d", 0755));
    together(CHILDREN, create_and_remove);
    is(names_in("d"), CHILDREN * ROUNDS / 2);
}

static int come_and_go(int me) {
    char name[32];
    for (int i = 0; i < 4 * ROUNDS; i++) {
        sprintf(name, "d/x%d-%d", me, i % 7);
        if (exists(name))
            ok(unlink(name));
        else
            make_file(name, "", 0);
    }
    return 0;
}

TEST(fileraces, a_reader_of_a_directory_sees_what_stays_exactly_once, "") {
    enum { STAY = 150 };
    char name[32];
    pid_t pid[3];
    ok(mkdir("d", 0755));
    for (int i = 0; i < STAY; i++)
        ok(mknod(name_of(name, "d/", i), S_IFREG | 0644, 0));
    start(pid, 3, come_and_go);
    for (int r = 0; r < 30; r++) {
        int seen[STAY] = {0};
        DIR *dir = opendir("d");
        for (struct dirent *d; (d = readdir(dir));)
            if (d->d_name[0] >= '0' && d->d_name[0] <= '9')
                seen[atoi(d->d_name)]++;
        closedir(dir);
        for (int i = 0; i < STAY; i++)
            is(seen[i], 1);
    }
    join(pid, 3);
}

// ---- unlink against open, rename, link

static int remake(int me) {
    for (int i = 0; i < 4 * ROUNDS; i++) {
        make_file("f", "content", 7);
        ok(unlink("f"));
    }
    (void)me;
    return 0;
}

TEST(fileraces, open_against_unlink_gives_a_whole_file_or_none, "") {
    pid_t pid[1];
    char buf[16];
    int word;
    start(pid, 1, remake);
    do {
        int fd = open("f", O_RDWR);
        if (worked(fd, ENOENT)) {
            ssize_t n = ok(read(fd, buf, sizeof buf)); // 0: it has just been made
            check(n == 0 || (n == 7 && memcmp(buf, "content", 7) == 0));
            is(pwrite(fd, "content", 7, 0), 7); // unlinked or not
            ok(close(fd));
        }
    } while (ok(waitpid(pid[0], &word, WNOHANG)) == 0);
    is(word, 0);
    check(!exists("f"));
}

static int link_and_unlink(int me) {
    char name[32];
    for (int i = 0; i < ROUNDS; i++) {
        if (me == 0) {
            ok(unlink(name_of(name, "f", i)));
        } else {
            char other[32];
            sprintf(other, "l%d-%d", me, i);
            worked(link(name_of(name, "f", i), other), ENOENT);
        }
    }
    return 0;
}

TEST(fileraces, link_against_unlink_leaves_right_counts, "") {
    char name[32];
    for (int i = 0; i < ROUNDS; i++)
        make_file(name_of(name, "f", i), "x", 1);
    together(3, link_and_unlink);
    for (int i = 0; i < ROUNDS; i++) {
        struct stat st[3];
        int count = 0;
        for (int c = 1; c < 3; c++) {
            sprintf(name, "l%d-%d", c, i);
            if (worked(stat(name, &st[c]), ENOENT))
                st[count++] = st[c];
        }
        for (int c = 0; c < count; c++) {
            is(st[c].st_nlink, count);
            is(st[c].st_size, 1);
        }
        check(!exists(name_of(name, "f", i)));
    }
}

static int replace(int me) {
    char name[32], text[8];
    for (int i = 0; i < 2 * ROUNDS; i++) {
        name_of(name, "new", me);
        sprintf(text, "%03d-%03d", me, i);
        make_file(name, text, 7);
        ok(rename(name, "f"));
    }
    return 0;
}

TEST(fileraces, a_name_that_renames_replace_is_always_there_and_whole, "") {
    pid_t pid[3];
    char text[16];
    int left = 3;
    make_file("f", "000-000", 7);
    start(pid, 3, replace);
    while (left > 0) {
        int word, fd = (int)ok(open("f", O_RDONLY));
        is(read(fd, text, sizeof text), 7);
        is(text[3], '-');
        ok(close(fd));
        if (ok(waitpid(-1, &word, WNOHANG)) > 0) {
            is(word, 0);
            left--;
        }
    }
    is(names_in("."), 1);
}

// ---- renames against each other

// Rename names of d/0 .. d/4 at random: none is lost, as only directories that are empty are replaced.
static int rename_about(int me) {
    char from[32], to[32];
    uint32_t x = (uint32_t)me * 7919 + 1;
    for (int i = 0; i < 3 * ROUNDS; i++) {
        x = x * 1664525 + 1013904223;
        if (rename(name_of(from, "d/", (int)(x >> 8) % 5), name_of(to, "d/", (int)(x >> 16) % 5)) < 0)
            check(errno == ENOENT || errno == ENOTEMPTY);
    }
    return 0;
}

TEST(fileraces, renames_in_a_circle_lose_nothing, "") {
    char name[32];
    ok(mkdir("d", 0755));
    for (int i = 0; i < 3; i++) {
        ok(mkdir(name_of(name, "d/", i), 0755));
        strcat(name, "/f");
        make_file(name, "x", 1);
    }
    together(CHILDREN, rename_about);
    is(names_in("d"), 3);
    struct stat st;
    ok(stat("d", &st));
    is(st.st_nlink, 5);
}

// 0 moves a below b, 1 moves b below a: never both.
static int into_each_other(int me) { return rename(me ? "b" : "a", me ? "a/b" : "b/a") < 0; }

TEST(fileraces, two_directories_never_move_into_each_other, "") {
    for (int i = 0; i < ROUNDS / 2; i++) {
        pid_t pid[2];
        int failed[2];
        ok(mkdir("a", 0755));
        ok(mkdir("b", 0755));
        start(pid, 2, into_each_other);
        for (int k = 0; k < 2; k++)
            failed[k] = wait_exit(pid[k]);
        is(failed[0] + failed[1], 1);
        ok(rmdir(failed[0] ? "a/b" : "b/a"));
        ok(rmdir(failed[0] ? "a" : "b"));
    }
}

// Move things between x, y and x/sub, each way.
static int shuttle(int me) {
    static const char *way[][2] = {{"x/f", "y/f"},     {"y/f", "x/f"},     {"x/f", "x/sub/f"},
                                   {"x/sub/f", "y/f"}, {"x/sub/f", "x/f"}, {"y/f", "x/sub/f"},
                                   {"x/sub", "y/sub"}, {"y/sub", "x/sub"}, {"y/sub/f", "x/sub/f"},
                                   {"y/sub/f", "y/f"}, {"x", "y/x"},       {"y/x", "x"}};
    uint32_t x = (uint32_t)me + 1;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        x = x * 1664525 + 1013904223;
        const char **w = way[(x >> 12) % 12];
        worked(rename(w[0], w[1]), ENOENT);
    }
    return 0;
}

TEST(fileraces, renames_between_directories_that_move_lose_nothing, "") {
    struct stat st;
    ok(mkdir("x", 0755));
    ok(mkdir("x/sub", 0755));
    ok(mkdir("y", 0755));
    make_file("x/f", "f", 1);
    together(CHILDREN, shuttle);
    int found = 0;
    const char *places[] = {"x/f", "y/f", "x/sub/f", "y/sub/f", "y/x/f", "y/x/sub/f"};
    for (int i = 0; i < 6; i++)
        found += worked(stat(places[i], &st), ENOENT);
    is(found, 1);
    is(exists("x") + exists("y/x"), 1);
    is(exists("x/sub") + exists("y/sub") + exists("y/x/sub"), 1);
}

static int rename_parent(int me) {
    for (int i = 0; i < ROUNDS; i++) {
        ok(rename("one", "another"));
        ok(rename("another", "one"));
    }
    (void)me;
    return 0;
}

TEST(fileraces, getcwd_while_a_parent_is_renamed_tells_one_of_its_names, "") {
    char top[PATH_MAX], a[PATH_MAX + 32], b[PATH_MAX + 32], got[PATH_MAX];
    pid_t pid[1];
    int word;
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("one", 0755));
    ok(mkdir("one/sub", 0755));
    snprintf(a, sizeof a, "%s/one/sub", top);
    snprintf(b, sizeof b, "%s/another/sub", top);
    start(pid, 1, rename_parent);
    ok(chdir(top));
    while (chdir("one/sub") < 0) // it may just be called another
        is(errno, ENOENT);
    do {
        check(getcwd(got, sizeof got) != NULL);
        check(strcmp(got, a) == 0 || strcmp(got, b) == 0);
        sched_yield(); // getcwd holds what rename waits for
    } while (ok(waitpid(pid[0], &word, WNOHANG)) == 0);
    is(word, 0);
    check(getcwd(got, sizeof got) != NULL);
    is_text(got, a);
}

TEST(fileraces, a_walk_through_a_directory_that_is_renamed_arrives_or_finds_nothing, "") {
    struct stat st;
    pid_t pid[1];
    int word, found = 0;
    ok(mkdir("one", 0755));
    make_file("one/f", "x", 1);
    start(pid, 1, rename_parent);
    do {
        if (worked(stat("one/f", &st), ENOENT)) {
            is(st.st_size, 1);
            found++;
        }
        if (worked(stat("another/f", &st), ENOENT))
            is(st.st_size, 1);
    } while (ok(waitpid(pid[0], &word, WNOHANG)) == 0);
    is(word, 0);
    ok(stat("one/f", &st));
}

// ---- rmdir against creation

static int fill_or_remove(int me) {
    char name[32];
    for (int i = 0; i < ROUNDS; i++) {
        if (me == 0) {
            if (rmdir(name_of(name, "d", i)) < 0)
                is(errno, ENOTEMPTY);
        } else {
            strcat(name_of(name, "d", i), "/f");
            int fd = open(name, O_WRONLY | O_CREAT, 0644);
            if (worked(fd, ENOENT))
                ok(close(fd));
        }
    }
    return 0;
}

TEST(fileraces, rmdir_against_creat_either_fails_or_leaves_nothing, "") {
    char name[32];
    for (int i = 0; i < ROUNDS; i++)
        ok(mkdir(name_of(name, "d", i), 0755));
    together(2, fill_or_remove);
    for (int i = 0; i < ROUNDS; i++)
        if (exists(name_of(name, "d", i)))
            is(names_in(name), 1);
}

static int enter_or_remove(int me) {
    char name[32], top[PATH_MAX];
    check(getcwd(top, sizeof top) != NULL);
    for (int i = 0; i < ROUNDS; i++) {
        name_of(name, "d", i);
        if (me == 0) {
            while (!worked(rmdir(name), ENOTEMPTY))
                ;
        } else if (worked(chdir(name), ENOENT)) {
            if (worked(mkdir("sub", 0755), ENOENT))
                ok(rmdir("sub"));
            else
                check(!exists("sub"));
            ok(chdir(top));
        }
    }
    return 0;
}

TEST(fileraces, a_working_directory_may_be_removed_under_a_process, "") {
    char name[32];
    for (int i = 0; i < ROUNDS; i++)
        ok(mkdir(name_of(name, "d", i), 0755));
    together(2, enter_or_remove);
    is(names_in("."), 0);
}

// ---- bytes of one file from several

enum { RECORD = 100, RECORDS = 100 };

static int shared; // a descriptor

static void write_records(int fd, int me) {
    char record[RECORD];
    for (int i = 0; i < RECORDS; i++) {
        memset(record, 'a' + me, RECORD);
        record[0] = (char)i;
        is(write(fd, record, RECORD), RECORD);
    }
}

// The file has all records of n writers, whole, those of each in its order.
static void all_records_are_there(const char *path, int n) {
    char buf[CHILDREN * RECORDS * RECORD] = {0};
    int next[CHILDREN] = {0};
    struct stat st;
    ok(stat(path, &st));
    is(st.st_size, n * RECORDS * RECORD);
    read_all((int)ok(open(path, O_RDONLY)), buf, (size_t)st.st_size);
    for (char *r = buf; r < buf + st.st_size; r += RECORD) {
        int who = r[1] - 'a';
        check(who >= 0 && who < n);
        is(r[0], next[who]++);
        for (int i = 1; i < RECORD; i++)
            is(r[i], r[1]);
    }
}

static int append_records(int me) {
    write_records((int)ok(open("f", O_WRONLY | O_APPEND)), me);
    return 0;
}

TEST(fileraces, appends_of_several_writers_all_arrive_whole, "") {
    make_file("f", "", 0);
    together(CHILDREN, append_records);
    all_records_are_there("f", CHILDREN);
}

static int write_shared(int me) {
    write_records(shared, me);
    return 0;
}

TEST(fileraces, writers_that_share_a_position_lose_nothing, "") {
    shared = (int)ok(open("f", O_WRONLY | O_CREAT, 0644));
    together(CHILDREN, write_shared);
    all_records_are_there("f", CHILDREN);
    is(lseek(shared, 0, SEEK_CUR), CHILDREN * RECORDS * RECORD);
}

static int read_shared(int me) {
    uint32_t value;
    ssize_t n;
    char name[32];
    int fd = (int)ok(open(name_of(name, "got", me), O_WRONLY | O_CREAT | O_APPEND, 0644));
    while ((n = ok(read(shared, &value, sizeof value))) > 0) {
        is(n, sizeof value);
        write_all(fd, &value, sizeof value);
    }
    return 0;
}

TEST(fileraces, readers_that_share_a_position_get_each_byte_once, "") {
    enum { N = 400 };
    uint32_t value[N], seen[N] = {0};
    char name[32];
    for (uint32_t i = 0; i < N; i++)
        value[i] = i;
    make_file("f", value, sizeof value);
    shared = (int)ok(open("f", O_RDONLY));
    together(CHILDREN, read_shared);
    for (int c = 0; c < CHILDREN; c++) {
        struct stat st;
        ok(stat(name_of(name, "got", c), &st));
        read_all((int)ok(open(name, O_RDONLY)), value, (size_t)st.st_size);
        for (size_t i = 0; i < (size_t)st.st_size / 4; i++)
            seen[value[i]]++;
    }
    for (int i = 0; i < N; i++)
        is(seen[i], 1);
}

enum { WIDE = 5 * PAGE + 123 };

static int write_wide(int me) {
    char buf[WIDE] = {0};
    memset(buf, 'a' + me, WIDE);
    int fd = (int)ok(open("f", O_WRONLY));
    for (int i = 0; i < ROUNDS / 2; i++)
        is(pwrite(fd, buf, WIDE, 777), WIDE);
    return 0;
}

TEST(fileraces, writes_to_one_place_do_not_mix, "") {
    char buf[WIDE] = {0};
    make_file("f", "", 0);
    for (int r = 0; r < 3; r++) {
        together(3, write_wide);
        int fd = (int)ok(open("f", O_RDONLY));
        is(pread(fd, buf, WIDE, 777), WIDE);
        ok(close(fd));
        for (int i = 1; i < WIDE; i++)
            is(buf[i], buf[0]);
    }
}

static int truncate_and_fill(int me) {
    char buf[8 * PAGE] = {0};
    int fd = (int)ok(open("f", O_WRONLY));
    memset(buf, 'x', sizeof buf);
    for (int i = 0; i < ROUNDS; i++) {
        ok(ftruncate(fd, i % 3 * 1000));
        is(pwrite(fd, buf, sizeof buf, 0), sizeof buf);
    }
    (void)me;
    return 0;
}

TEST(fileraces, a_reader_of_a_file_that_is_cut_sees_its_bytes_or_zeros, "") {
    char buf[8 * PAGE] = {0};
    pid_t pid[1];
    int word;
    make_file("f", "", 0);
    int fd = (int)ok(open("f", O_RDONLY));
    start(pid, 1, truncate_and_fill);
    do {
        ssize_t n = ok(pread(fd, buf, sizeof buf, 0));
        for (ssize_t i = 0; i < n; i++)
            if (buf[i] != 'x' && buf[i] != 0)
                FAIL("byte %ld is %d", (long)i, buf[i]);
    } while (ok(waitpid(pid[0], &word, WNOHANG)) == 0);
    is(word, 0);
    is(pread(fd, buf, sizeof buf, 0), sizeof buf);
    for (size_t i = 0; i < sizeof buf; i++)
        is(buf[i], 'x');
}

static int grow(int me) {
    static char buf[1000];
    int fd = (int)ok(open("f", O_WRONLY | O_APPEND));
    memset(buf, 'x', sizeof buf);
    for (int i = 0; i < 3 * ROUNDS; i++)
        write_all(fd, buf, sizeof buf);
    (void)me;
    return 0;
}

TEST(fileraces, a_reader_of_a_file_that_grows_sees_no_byte_before_it_is_written, "") {
    static char buf[PAGE];
    off_t total = 0;
    pid_t pid[2];
    make_file("f", "", 0);
    int fd = (int)ok(open("f", O_RDONLY));
    start(pid, 2, grow);
    while (total < 2 * 3 * ROUNDS * 1000) {
        ssize_t n = ok(read(fd, buf, sizeof buf));
        for (ssize_t i = 0; i < n; i++)
            is(buf[i], 'x');
        total += n;
    }
    join(pid, 2);
}

static int append_or_cut(int me) {
    char buf[300];
    int fd = (int)ok(open("f", O_WRONLY | O_APPEND));
    memset(buf, 'x', sizeof buf);
    for (int i = 0; i < 2 * ROUNDS; i++) {
        if (me == 0)
            ok(ftruncate(fd, 0));
        else
            is(write(fd, buf, sizeof buf), sizeof buf);
    }
    return 0;
}

TEST(fileraces, appends_against_truncation_leave_no_hole, "") {
    char buf[3 * 2 * ROUNDS * 300] = {0};
    make_file("f", "", 0);
    together(3, append_or_cut);
    int fd = (int)ok(open("f", O_RDONLY));
    ssize_t n = ok(read(fd, buf, sizeof buf));
    is(n % 300, 0);
    for (ssize_t i = 0; i < n; i++)
        is(buf[i], 'x');
}

static int write_and_sync(int me) {
    char buf[3 * PAGE] = {0};
    char name[32];
    fill_pattern(buf, sizeof buf, (unsigned)me);
    for (int i = 0; i < 8; i++) {
        int fd = (int)ok(open(name_of(name, "f", me), O_RDWR | O_CREAT | O_TRUNC, 0644));
        write_all(fd, buf, sizeof buf);
        if (i % 2)
            ok(fsync(fd));
        else
            sync();
        file_is(name, buf, sizeof buf);
        ok(close(fd));
        if (i % 3)
            ok(unlink(name));
    }
    return 0;
}

TEST(fileraces, syncs_beside_writes_and_unlinks_keep_every_file, "") { together(CHILDREN, write_and_sync); }

static int exchange_links(int me) {
    char name[32];
    name_of(name, "new", me);
    for (int i = 0; i < ROUNDS; i++) {
        ok(symlink(i % 2 ? "a" : "b", name));
        ok(rename(name, "link"));
    }
    return 0;
}

TEST(fileraces, a_link_that_is_exchanged_always_leads_somewhere, "") {
    pid_t pid[2];
    int left = 2;
    char c;
    make_file("a", "a", 1);
    make_file("b", "b", 1);
    ok(symlink("a", "link"));
    start(pid, 2, exchange_links);
    while (left > 0) {
        int word, fd = (int)ok(open("link", O_RDONLY));
        is(read(fd, &c, 1), 1);
        check(c == 'a' || c == 'b');
        ok(close(fd));
        if (ok(waitpid(-1, &word, WNOHANG)) > 0) {
            is(word, 0);
            left--;
        }
    }
}

static int hold_and_exit(int me) {
    char name[32], c;
    for (int i = 0; i < ROUNDS / 4; i++) {
        int fd = (int)ok(open(name_of(name, "f", i), O_RDWR));
        is(pread(fd, &c, 1, 0), 1);
        is(c, 'x');
        pid_t pid = fork_ok();
        if (pid == 0)
            _exit(0); // closes it, perhaps as the last
        ok(close(fd));
        is(wait_exit(pid), 0);
    }
    (void)me;
    return 0;
}

TEST(fileraces, the_last_close_may_be_anybodys, "alone") {
    char name[32];
    pid_t pid[CHILDREN];
    for (int i = 0; i < ROUNDS / 4; i++)
        make_file(name_of(name, "f", i), "x", 1);
    start(pid, CHILDREN, hold_and_exit);
    join(pid, CHILDREN);
    for (int i = 0; i < ROUNDS / 4; i++)
        ok(unlink(name_of(name, "f", i)));
}

// All calls that change what an inode says of itself, or tell it, on one file and its directory.
static int change_or_look(int me) {
    int fd = (int)ok(open("f", O_RDWR)), dir = (int)ok(open(".", O_RDONLY));
    struct stat st;
    char c, name[64];
    for (int i = 0; i < 4 * ROUNDS; i++) {
        switch (me) {
        case 0: is(pwrite(fd, "x", 1, i * 100), 1); break;
        case 1: ok(chmod("f", i % 2 ? 0640 : 0600)); break;
        case 2:
            ok(link("f", "g"));
            ok(rename("g", "h"));
            ok(unlink("h"));
            break;
        case 3: make_file(name_of(name, "with many of these the directory grows ", i), "", 0); break;
        default:
            ok(pread(fd, &c, 1, 0));
            ok(fstat(fd, &st));
            check(st.st_nlink >= 1 && st.st_nlink <= 2 && (st.st_mode & 0737) == 0600);
            is(ok(lseek(dir, 0, SEEK_END)) % PAGE, 0);
        }
    }
    return 0;
}

TEST(fileraces, an_inode_is_changed_and_looked_at_from_all_sides, "") {
    struct stat st;
    make_file("f", "", 0);
    ok(chmod("f", 0600));
    together(5, change_or_look);
    ok(stat("f", &st));
    is(st.st_nlink, 1);
    is(st.st_mode, S_IFREG | 0640);
    is(st.st_size, (4 * ROUNDS - 1) * 100 + 1);
    is(names_in("."), 4 * ROUNDS + 1);
}

static int sync_for_ever(void *unused) {
    while (getppid() > 0)
        sync();
    return 0;
}

TEST(fileraces, who_loops_on_sync_lets_others_make_files, "") {
    pid_t pid = spawn(sync_for_ever, NULL);
    for (int i = 0; i < 40; i++) {
        make_file("f", "x", 1);
        ok(unlink("f"));
    }
    ok(kill(pid, SIGKILL));
    is(wait_signal(pid), SIGKILL);
}

static int write_for_ever(void *name) {
    enum { MUCH = 4 << 20 };
    char *much = (char *)ok(sbrk(MUCH));
    int fd = (int)ok(open(name, O_WRONLY | O_CREAT, 0644));
    while (getppid() > 0)
        ok(pwrite(fd, much, MUCH, 0));
    return 0;
}

TEST(fileraces, who_loops_on_write_lets_others_write_the_same_file, "") {
    pid_t pid = spawn(write_for_ever, "f");
    struct stat st;
    until(stat("f", &st) == 0 && st.st_size == 4 << 20);
    for (int i = 0; i < 30; i++) {
        int fd = (int)ok(open("f", O_WRONLY | O_APPEND));
        ok(write(fd, "x", 1));
        ok(close(fd));
    }
    ok(kill(pid, SIGKILL));
    is(wait_signal(pid), SIGKILL);
    ok(stat("f", &st));
    is(st.st_size, (4 << 20) + 30);
}
