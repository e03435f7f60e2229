// path.c: names: making, finding, moving and removing them.
#include "test.h"

#include <dirent.h>
#include <drupe/syscalls.h>
#include <limits.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <uapi/dirent.h>

static void *nowhere(void) {
    void *volatile p = (void *)8;
    return p;
}

static struct stat look(const char *path) {
    struct stat st;
    ok(lstat(path, &st));
    return st;
}

static nlink_t links(const char *path) { return look(path).st_nlink; }
static ino_t number(const char *path) { return look(path).st_ino; }
static void touch(const char *path) { make_file(path, path, strlen(path)); }
static bool holds(const char *path, const char *text) {
    char buf[64] = "";
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, buf, sizeof buf - 1);
    close(fd);
    return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

// The working directory is this.
static void cwd_is(const char *want) {
    char path[PATH_MAX];
    check(getcwd(path, sizeof path) != NULL);
    is_text(path, want);
}

// Names in a directory, "." and ".." among them.
static size_t entries(const char *path) {
    DIR *dir = opendir(path);
    check(dir != NULL);
    size_t n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

// A path of n bytes that leads to the name: as many "./" as it takes.
static char *long_path(size_t n, const char *name) {
    char *path = malloc(n + 1), *at = path;
    check(path != NULL);
    size_t dots = n - strlen(name);
    for (; dots >= 2; dots -= 2)
        at = stpcpy(at, "./");
    if (dots)
        *at++ = '/';
    strcpy(at, name);
    is(strlen(path), n);
    return path;
}

// A name of n bytes.
static char *long_name(size_t n) {
    char *name = malloc(n + 1);
    check(name != NULL);
    memset(name, 'n', n);
    name[n] = '\0';
    return name;
}

// ---- mkdir, rmdir

TEST(path, mkdir_makes_an_empty_directory, "") {
    mode_t old = umask(022);
    nlink_t before = links(".");
    ok(mkdir("d", 0777));
    umask(old);
    struct stat st = look("d");
    is(st.st_mode, S_IFDIR | 0755);
    is(st.st_nlink, 2);
    is(links("."), before + 1);
    is(entries("d"), 2);
    is(number("d/."), st.st_ino);
    is(number("d/.."), number("."));
    ok(mkdir("slash/", 0755));
}

TEST(path, mkdir_refuses_every_name_that_exists, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("nothing", "dangling"));
    fails(EEXIST, mkdir("f", 0755));
    fails(EEXIST, mkdir("d", 0755));
    fails(EEXIST, mkdir("d/", 0755));
    fails(EEXIST, mkdir("dangling", 0755));
    fails(EEXIST, mkdir(".", 0755));
    fails(EEXIST, mkdir("..", 0755));
    fails(EEXIST, mkdir("d/.", 0755));
    fails(EEXIST, mkdir("/", 0755));
    check(!exists("nothing"));
}

TEST(path, rmdir_removes_an_empty_directory, "") {
    nlink_t before = links(".");
    ok(mkdir("d", 0755));
    ok(rmdir("d"));
    check(!exists("d"));
    is(links("."), before);
    ok(mkdir("d", 0755)); // made again, it is as new
    is(entries("d"), 2);
    ok(rmdir("d/"));
}

TEST(path, rmdir_refuses_what_is_in_use_or_no_directory, "") {
    ok(mkdir("d", 0755));
    ok(mkdir("d/sub", 0755));
    ok(mkdir("e", 0755));
    touch("e/f");
    ok(symlink("d/sub", "link"));
    fails(ENOTEMPTY, rmdir("d"));
    fails(ENOTEMPTY, rmdir("e"));
    fails(ENOTDIR, rmdir("e/f"));
    fails(ENOTDIR, rmdir("link"));
    fails(EINVAL, rmdir("d/."));
    fails(EINVAL, rmdir("."));
    check(rmdir("d/sub/..") == -1);
    fails(EBUSY, rmdir("/"));
    fails(ENOENT, rmdir("no"));
    is(entries("d"), 3);
    is(entries("e"), 3);
}

TEST(path, a_removed_working_directory_holds_nothing_more, "") {
    char buf[PATH_MAX], outside[PATH_MAX + 8];
    touch("outside");
    check(getcwd(buf, sizeof buf) != NULL);
    snprintf(outside, sizeof outside, "%s/outside", buf);
    ok(mkdir("d", 0755));
    ok(chdir("d"));
    ok(rmdir("../d"));
    fails(ENOENT, open("f", O_RDWR | O_CREAT, 0644));
    fails(ENOENT, mkdir("e", 0755));
    fails(ENOENT, symlink("x", "l"));
    fails(ENOENT, mknod("n", S_IFREG | 0644, 0));
    fails(ENOENT, link(outside, "l"));
    fails(ENOENT, rename(outside, "l"));
    fails(ENOENT, chdir(".."));
    fails(ENOENT, open("../d", O_RDONLY));
    // errno-test: getcwd ENOENT
    is(__sys_getcwd(buf, sizeof buf), -ENOENT);
    is(look(".").st_nlink, 0);
    ok(chdir("/"));
}

TEST(path, a_removed_directory_can_still_be_left, "") {
    char top[PATH_MAX];
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("d", 0755));
    ok(chdir("d"));
    ok(rmdir("../d"));
    ok(chdir(top));
    cwd_is(top);
}

TEST(path, a_directory_counts_its_subdirectories, "") {
    char name[8];
    ok(mkdir("d", 0755));
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "d/%d", i);
        ok(mkdir(name, 0755));
        is(links("d"), 3 + i);
    }
    touch("d/file");
    is(links("d"), 22);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "d/%d", i);
        ok(rmdir(name));
        is(links("d"), 21 - i);
    }
}

// ---- link, unlink

TEST(path, link_gives_a_file_another_name, "") {
    touch("a");
    ok(link("a", "b"));
    is(number("a"), number("b"));
    is(links("a"), 2);
    int fd = (int)ok(open("b", O_WRONLY));
    write_all(fd, "X", 1);
    check(holds("a", "X"));
    ok(unlink("a"));
    check(!exists("a"));
    is(links("b"), 1);
    check(holds("b", "X"));
}

TEST(path, link_refuses_every_name_that_exists_and_directories, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("nothing", "dangling"));
    fails(EEXIST, link("f", "f"));
    fails(EEXIST, link("f", "d"));
    fails(EEXIST, link("f", "dangling"));
    fails(EEXIST, link("f", "d/.."));
    fails(EPERM, link("d", "e"));
    fails(EPERM, link(".", "e"));
    fails(ENOENT, link("no", "e"));
    fails(ENOENT, link("f", "no/e"));
    fails(ENOENT, link("f", "e/"));
    fails(ENOTDIR, link("f/", "e"));
    is(links("f"), 1);
    check(!exists("e") && !exists("nothing"));
}

TEST(path, link_to_a_symbolic_link_names_the_link, "") {
    ok(symlink("nothing", "a"));
    ok(link("a", "b"));
    is(number("a"), number("b"));
    is(links("a"), 2);
}

TEST(path, unlink_removes_names_but_not_directories, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("f", "link"));
    ok(symlink("d", "dlink"));
    fails(EISDIR, unlink("d"));
    fails(EISDIR, unlink("."));
    fails(EISDIR, unlink("d/.."));
    fails(EISDIR, unlink("/"));
    fails(ENOENT, unlink("no"));
    fails(ENOTDIR, unlink("f/"));
    fails(ENOTDIR, unlink("f/x"));
    fails(ENOTDIR, unlink("dlink/")); // a link, whose slash would ask for the directory
    ok(unlink("link"));
    ok(unlink("dlink"));
    check(holds("f", "f") && exists("d"));
    ok(unlink("f"));
    check(!exists("f"));
}

TEST(path, a_name_that_was_looked_for_in_vain_is_found_once_made, "") {
    struct stat st;
    for (int i = 0; i < 3; i++) {
        fails(ENOENT, stat("f", &st));
        touch("f");
        ok(stat("f", &st));
        ok(unlink("f"));
        fails(ENOENT, stat("f", &st));
        ok(mkdir("f", 0755));
        check(S_ISDIR(look("f").st_mode));
        fails(ENOENT, stat("f/x", &st));
        touch("f/x");
        ok(unlink("f/x"));
        ok(rmdir("f"));
    }
}

// ---- rename

TEST(path, rename_moves_a_file_as_it_is, "") {
    touch("a");
    ok(mkdir("d", 0755));
    ino_t ino = number("a");
    ok(rename("a", "b"));
    check(!exists("a"));
    is(number("b"), ino);
    ok(rename("b", "d/c"));
    check(!exists("b"));
    is(number("d/c"), ino);
    is(links("d/c"), 1);
    check(holds("d/c", "a"));
}

TEST(path, rename_replaces_a_file_and_whoever_has_it_open_keeps_it, "") {
    char c;
    touch("a");
    touch("b");
    ok(link("b", "other"));
    int fd = (int)ok(open("b", O_RDONLY));
    ok(rename("a", "b"));
    check(holds("b", "a"));
    is(read(fd, &c, 1), 1);
    is(c, 'b');
    is(links("other"), 1);
    is(links("b"), 1);
}

TEST(path, rename_between_two_names_of_one_file_does_nothing, "") {
    touch("a");
    ok(link("a", "b"));
    ok(rename("a", "b"));
    check(holds("a", "a") && holds("b", "a"));
    is(links("a"), 2);
    ok(rename("a", "a"));
    ok(mkdir("d", 0755));
    ok(rename("d", "d"));
    check(exists("a") && exists("d"));
}

TEST(path, rename_replaces_an_empty_directory_by_a_directory, "") {
    nlink_t before = links(".");
    ok(mkdir("a", 0755));
    touch("a/f");
    ok(mkdir("b", 0755));
    ok(rename("a", "b"));
    check(!exists("a") && holds("b/f", "a/f"));
    is(links("."), before + 1);
    ok(mkdir("c", 0755));
    ok(mkdir("c/sub", 0755));
    ok(rename("b", "c/sub"));
    is(links("."), before + 1);
    is(links("c"), 3);
    is(number("c/sub/.."), number("c"));
}

TEST(path, rename_keeps_kinds_apart_and_full_directories, "") {
    touch("f");
    ok(mkdir("empty", 0755));
    ok(mkdir("full", 0755));
    touch("full/x");
    fails(EISDIR, rename("f", "empty"));
    fails(EISDIR, rename("f", "full"));
    fails(ENOTDIR, rename("empty", "f"));
    fails(ENOTEMPTY, rename("empty", "full"));
    check(holds("f", "f") && holds("full/x", "full/x") && exists("empty"));
}

TEST(path, rename_of_a_directory_into_itself_fails, "") {
    ok(mkdir("a", 0755));
    ok(mkdir("a/b", 0755));
    ok(mkdir("a/b/c", 0755));
    ok(symlink("a/b", "link"));
    fails(EINVAL, rename("a", "a/x"));
    fails(EINVAL, rename("a", "a/b/c/x"));
    fails(EINVAL, rename("a", "link/x"));
    fails(EINVAL, rename("a", "a/b"));
    fails(ENOTEMPTY, rename("a/b/c", "a/b")); // onto its parent
    fails(ENOTEMPTY, rename("a/b/c", "a"));
    ok(rename("a", "ab")); // but a name may start as another
    check(exists("ab/b/c"));
}

// The inode number that the directory's own record of this name has.
static ino_t record(const char *path, const char *name) {
    ino_t ino = 0;
    DIR *dir = opendir(path);
    check(dir != NULL);
    for (struct dirent *d; (d = readdir(dir));)
        if (strcmp(d->d_name, name) == 0)
            ino = d->d_ino;
    closedir(dir);
    return ino;
}

TEST(path, a_directory_that_moves_gets_another_parent, "") {
    char top[PATH_MAX], want[PATH_MAX + 8];
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("a", 0755));
    ok(mkdir("a/d", 0755));
    touch("a/d/f");
    ok(mkdir("b", 0755));
    ok(chdir("a/d"));
    ok(rename("../../a/d", "../../b/e"));
    snprintf(want, sizeof want, "%s/b/e", top);
    cwd_is(want);
    is(number(".."), number("../../b"));
    ok(chdir(top));
    is(record("b/e", ".."), number("b"));
    is(record("b", "e"), number("b/e"));
    is(links("a"), 2);
    is(links("b"), 3);
    check(holds("b/e/f", "a/d/f"));
    struct stat st;
    fails(ENOENT, stat("a/d/f", &st));
    fails(ENOENT, stat("a/d", &st));
}

TEST(path, a_working_directory_that_rename_replaces_is_a_removed_one, "") {
    char top[PATH_MAX];
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("a", 0755));
    touch("a/f");
    ok(mkdir("b", 0755));
    pid_t pid = fork_ok();
    if (pid == 0) {
        char from[PATH_MAX + 8], to[PATH_MAX + 8];
        snprintf(from, sizeof from, "%s/a", top);
        snprintf(to, sizeof to, "%s/b", top);
        ok(chdir("b"));
        ok(rename(from, to));
        is(links("."), 0);
        fails(ENOENT, open("f", O_RDONLY));
        fails(ENOENT, mkdir("new", 0755));
        _exit(0);
    }
    is(wait_exit(pid), 0);
    check(holds("b/f", "a/f"));
    is(entries("b"), 3);
}

TEST(path, names_below_a_directory_move_with_it, "") {
    struct stat st;
    ok(mkdir("a", 0755));
    touch("a/f");
    ok(stat("a/f", &st));
    ok(rename("a", "b"));
    fails(ENOENT, stat("a/f", &st));
    ok(mkdir("a", 0755)); // another of that name has not its files
    fails(ENOENT, stat("a/f", &st));
    ok(stat("b/f", &st));
}

TEST(path, rename_of_what_is_not_there_fails, "") {
    touch("f");
    fails(ENOENT, rename("no", "x"));
    fails(ENOENT, rename("no", "f"));
    fails(ENOENT, rename("f", "no/x"));
    fails(ENOENT, rename("", "x"));
    fails(ENOENT, rename("f", ""));
    fails(ENOTDIR, rename("f/x", "x"));
    fails(ENOTDIR, rename("f", "f/x"));
    check(holds("f", "f"));
}

TEST(path, rename_refuses_dots_and_the_root, "") {
    ok(mkdir("d", 0755));
    fails(EINVAL, rename("d/.", "e"));
    fails(EINVAL, rename("d/..", "e"));
    fails(EINVAL, rename(".", "e"));
    fails(EINVAL, rename("d", "."));
    fails(EINVAL, rename("d", "d/.."));
    fails(EBUSY, rename("/", "e"));
    fails(EBUSY, rename("d", "/"));
    check(exists("d") && !exists("e"));
}

TEST(path, rename_with_a_slash_wants_a_directory, "") {
    touch("f");
    ok(mkdir("d", 0755));
    fails(ENOTDIR, rename("f/", "g"));
    fails(ENOTDIR, rename("f/", "f"));
    fails(ENOTDIR, rename("f", "f/"));
    fails(ENOTDIR, rename("f", "g/"));
    ok(rename("d/", "e"));
    ok(rename("e", "d/"));
    check(exists("f") && exists("d") && !exists("e") && !exists("g"));
}

TEST(path, rename_moves_and_replaces_links_themselves, "") {
    char buf[8];
    touch("f");
    ok(symlink("f", "link"));
    ok(rename("link", "moved"));
    is(readlink("moved", buf, sizeof buf), 1);
    check(holds("f", "f"));
    touch("g");
    ok(rename("g", "moved"));
    check(S_ISREG(look("moved").st_mode) && holds("moved", "g") && holds("f", "f"));
    ok(symlink("nothing", "dangling"));
    ok(rename("dangling", "moved"));
    check(S_ISLNK(look("moved").st_mode));
}

TEST(path, rename_of_a_device_or_link_to_a_directory_keeps_its_kind, "") {
    struct stat st;
    ok(mknod("dev", S_IFCHR | 0600, makedev(1, 3)));
    ok(rename("dev", "null"));
    is(look("null").st_rdev, makedev(1, 3));
    ok(mkdir("d", 0755));
    ok(symlink("d", "link"));
    fails(ENOTDIR, rename("d", "link")); // a link is no directory
    ok(rename("link", "null"));
    ok(stat("null/.", &st));
}

// ---- chdir, getcwd

TEST(path, chdir_moves_where_relative_paths_start, "") {
    char top[PATH_MAX], want[PATH_MAX + 8];
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("d", 0755));
    ok(mkdir("d/e", 0755));
    ok(symlink("d/e", "link"));
    touch("f");
    ok(chdir("d"));
    check(!exists("f") && exists("../f"));
    ok(chdir(".//e/."));
    snprintf(want, sizeof want, "%s/d/e", top);
    cwd_is(want);
    ok(chdir("../.."));
    ok(chdir("link"));
    cwd_is(want); // the place, not the way to it
    ok(chdir("/"));
    cwd_is("/");
    ok(chdir(".."));
    cwd_is("/");
}

TEST(path, chdir_wants_a_directory, "") {
    char before[PATH_MAX];
    check(getcwd(before, sizeof before) != NULL);
    touch("f");
    ok(symlink("f", "link"));
    fails(ENOTDIR, chdir("f"));
    fails(ENOTDIR, chdir("link"));
    fails(ENOTDIR, chdir("f/.."));
    fails(ENOENT, chdir("no"));
    fails(ENOENT, chdir(""));
    cwd_is(before);
}

TEST(path, chdir_of_a_child_does_not_move_the_parent, "") {
    char before[PATH_MAX];
    check(getcwd(before, sizeof before) != NULL);
    pid_t pid = fork_ok();
    if (pid == 0) {
        cwd_is(before);
        ok(chdir("/"));
        _exit(0);
    }
    is(wait_exit(pid), 0);
    cwd_is(before);
}

TEST(path, getcwd_fits_exactly_or_not_at_all, "") {
    char path[PATH_MAX];
    size_t n = (size_t)ok(__sys_getcwd(path, sizeof path)); // NUL included
    is(n, strlen(path) + 1);
    memset(path, 'x', sizeof path);
    is(__sys_getcwd(path, n), n);
    is(strlen(path) + 1, n);
    is(path[n], 'x');
    // errno-test: getcwd ERANGE EINVAL EFAULT
    is(__sys_getcwd(path, n - 1), -ERANGE);
    is(__sys_getcwd(path, 1), -ERANGE);
    is(__sys_getcwd(path, 0), -EINVAL);
    is(__sys_getcwd(nowhere(), sizeof path), -EFAULT);
    ok(chdir("/"));
    is(__sys_getcwd(path, 2), 2);
    is_text(path, "/");
    is(__sys_getcwd(path, 1), -ERANGE);
}

// ---- symbolic links

TEST(path, a_symbolic_link_holds_any_text, "") {
    static char target[PATH_MAX + 1], got[PATH_MAX];
    const size_t sizes[] = {1, 59, 60, 61, 100, PATH_MAX - 1}; // short ones lie in the inode
    for (int i = 0; i < 6; i++) {
        size_t n = sizes[i];
        memset(target, 'a' + i, n);
        target[n] = '\0';
        ok(symlink(target, "link"));
        struct stat st = look("link");
        check(S_ISLNK(st.st_mode));
        is(st.st_size, n);
        is(st.st_nlink, 1);
        is(readlink("link", got, sizeof got), n);
        check(memcmp(got, target, n) == 0);
        ok(unlink("link"));
    }
    memset(target, 'z', PATH_MAX);
    fails(ENAMETOOLONG, symlink(target, "link"));
    fails(ENOENT, symlink("", "link"));
    check(!exists("link"));
}

TEST(path, readlink_cuts_to_the_buffer_and_ends_with_no_nul, "") {
    char buf[8];
    ok(symlink("target", "link"));
    memset(buf, 'x', sizeof buf);
    is(readlink("link", buf, 3), 3);
    check(memcmp(buf, "tarx", 4) == 0);
    is(readlink("link", buf, sizeof buf), 6);
    check(memcmp(buf, "targetxx", 8) == 0);
}

TEST(path, readlink_wants_a_link, "") {
    char buf[8];
    touch("f");
    ok(symlink("f", "link"));
    ok(symlink(".", "dir"));
    fails(EINVAL, readlink("f", buf, sizeof buf));
    fails(EINVAL, readlink(".", buf, sizeof buf));
    fails(EINVAL, readlink("dir/", buf, sizeof buf)); // the slash follows it
    fails(EINVAL, readlink("link", buf, 0));
    fails(EFAULT, readlink("link", nowhere(), 8));
    fails(ENOENT, readlink("no", buf, sizeof buf));
    fails(ENOENT, readlink("", buf, sizeof buf));
    fails(ENOTDIR, readlink("f/x", buf, sizeof buf));
    fails(ENOTDIR, readlink("link/", buf, sizeof buf));
}

TEST(path, symlink_refuses_every_name_that_exists, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("nothing", "dangling"));
    fails(EEXIST, symlink("x", "f"));
    fails(EEXIST, symlink("x", "d"));
    fails(EEXIST, symlink("x", "dangling"));
    fails(EEXIST, symlink("x", "."));
    fails(ENOENT, symlink("x", ""));
    fails(ENOENT, symlink("x", "no/l"));
    fails(ENOENT, symlink("x", "new/"));
    fails(ENOTDIR, symlink("x", "f/l"));
    check(!exists("new"));
}

TEST(path, links_lead_on_from_where_they_stand, "") {
    char top[PATH_MAX], target[PATH_MAX + 8];
    check(getcwd(top, sizeof top) != NULL);
    ok(mkdir("a", 0755));
    ok(mkdir("a/b", 0755));
    touch("a/f");
    ok(symlink("../f", "a/b/up")); // from the link's directory
    ok(symlink("a/b", "down"));    // in the middle of a path
    ok(symlink("down/up", "twice"));
    snprintf(target, sizeof target, "%s/a/f", top);
    ok(symlink(target, "absolute"));
    check(holds("a/b/up", "a/f") && holds("down/up", "a/f"));
    check(holds("twice", "a/f") && holds("absolute", "a/f"));
    check(holds("down/../f", "a/f")); // ".." of where the link leads
    ok(symlink("a//b/.///", "slashes"));
    check(holds("slashes/up", "a/f"));
}

TEST(path, lstat_sees_the_link_and_stat_what_it_leads_to, "") {
    struct stat st;
    ok(mkdir("d", 0755));
    ok(symlink("d", "link"));
    ok(symlink("nothing", "dangling"));
    check(S_ISLNK(look("link").st_mode));
    ok(stat("link", &st));
    check(S_ISDIR(st.st_mode));
    check(S_ISDIR(look("link/").st_mode)); // a slash after it asks for the directory
    check(S_ISDIR(look("link/.").st_mode));
    fails(ENOENT, stat("dangling", &st));
    fails(ENOENT, lstat("dangling/", &st));
    ok(lstat("dangling", &st));
}

TEST(path, as_many_links_as_the_limit_are_followed, "") {
    char from[8], to[8] = "f";
    struct stat st;
    touch("f");
    for (int i = 1; i <= SYMLOOP_MAX + 1; i++) {
        snprintf(from, sizeof from, "%d", i);
        ok(symlink(to, from));
        if (i <= SYMLOOP_MAX)
            ok(stat(from, &st));
        else
            fails(ELOOP, stat(from, &st));
        strcpy(to, from);
    }
}

TEST(path, a_circle_of_links_ends_every_call, "") {
    struct stat st;
    struct statfs fs;
    char buf[8];
    touch("f");
    ok(symlink("b", "a"));
    ok(symlink("a", "b"));
    ok(symlink("self", "self"));
    fails(ELOOP, open("a", O_RDONLY));
    fails(ELOOP, open("self", O_RDWR | O_CREAT, 0644));
    fails(ELOOP, stat("self", &st));
    fails(ELOOP, lstat("a/x", &st));
    fails(ELOOP, statfs("a", &fs));
    fails(ELOOP, chmod("a", 0644));
    fails(ELOOP, link("f", "a/x"));
    fails(ELOOP, unlink("a/x"));
    fails(ELOOP, rename("f", "a/x"));
    fails(ELOOP, rename("a/x", "f"));
    fails(ELOOP, mkdir("a/x", 0755));
    fails(ELOOP, rmdir("a/x"));
    fails(ELOOP, chdir("a"));
    fails(ELOOP, mknod("a/x", S_IFREG | 0644, 0));
    fails(ELOOP, symlink("f", "a/x"));
    fails(ELOOP, readlink("a/x", buf, sizeof buf));
    fails(ELOOP, truncate("a", 0));
    ok(lstat("a", &st));
    ok(rename("a", "c")); // the link itself may be moved, and go
    ok(unlink("c"));
}

// ---- paths

TEST(path, slashes_and_dots_change_nothing, "") {
    ok(mkdir("d", 0755));
    ok(mkdir("d/e", 0755));
    touch("d/f");
    check(holds("d//f", "d/f") && holds("./d/./f", "d/f") && holds("d/e/../f", "d/f"));
    is(number("d/"), number("d"));
    is(number("d//"), number("d/."));
    is(number("/.."), number("/"));
    is(number("/../.."), number("/"));
    is(number("//"), number("/"));
    is(number("/./."), number("/"));
}

TEST(path, a_file_is_no_directory_anywhere_in_a_path, "") {
    struct stat st;
    struct statfs fs;
    touch("f");
    fails(ENOTDIR, stat("f/", &st));
    fails(ENOTDIR, stat("f/.", &st));
    fails(ENOTDIR, stat("f/..", &st));
    fails(ENOTDIR, lstat("f/x", &st));
    fails(ENOTDIR, lstat("f/", &st));
    fails(ENOTDIR, statfs("f/x", &fs));
    fails(ENOTDIR, chmod("f/x", 0644));
    fails(ENOTDIR, link("f", "f/x"));
    fails(ENOTDIR, unlink("f/x"));
    fails(ENOTDIR, mkdir("f/x", 0755));
    fails(ENOTDIR, rmdir("f/x"));
    fails(ENOTDIR, mknod("f/x", S_IFREG | 0644, 0));
    fails(ENOTDIR, truncate("f/x", 0));
    check(holds("f", "f"));
}

TEST(path, what_is_not_there_is_found_by_no_call, "") {
    struct stat st;
    struct statfs fs;
    const char *names[] = {"no", "no/x", "", "./no", "/no"};
    for (int i = 0; i < 5; i++) {
        fails(ENOENT, stat(names[i], &st));
        fails(ENOENT, lstat(names[i], &st));
        fails(ENOENT, statfs(names[i], &fs));
        fails(ENOENT, chmod(names[i], 0644));
        fails(ENOENT, unlink(names[i]));
        fails(ENOENT, rmdir(names[i]));
        fails(ENOENT, truncate(names[i], 0));
        fails(ENOENT, link(names[i], "x"));
    }
    fails(ENOENT, mkdir("", 0755));
    fails(ENOENT, mkdir("no/d", 0755));
    fails(ENOENT, mkdir("no/d/", 0755));
    fails(ENOENT, mknod("", S_IFREG | 0644, 0));
    fails(ENOENT, mknod("no/n", S_IFREG | 0644, 0));
    fails(ENOENT, mknod("n/", S_IFREG | 0644, 0));
    check(!exists("x") && !exists("n"));
}

TEST(path, a_name_has_at_most_name_max_bytes, "") {
    struct stat st;
    struct statfs fs;
    char buf[8], *fits = long_name(NAME_MAX), *over = long_name(NAME_MAX + 1);
    touch(fits);
    ok(rename(fits, "f"));
    ok(link("f", fits));
    ok(unlink(fits));
    ok(mkdir(fits, 0755));
    ok(chdir(fits));
    ok(chdir(".."));
    ok(rmdir(fits));
    ok(symlink(fits, "link"));
    ok(mknod(fits, S_IFREG | 0644, 0));
    ok(stat("link", &st));
    fails(ENAMETOOLONG, open(over, O_RDWR | O_CREAT, 0644));
    fails(ENAMETOOLONG, open(over, O_RDONLY));
    fails(ENAMETOOLONG, stat(over, &st));
    fails(ENAMETOOLONG, lstat(over, &st));
    fails(ENAMETOOLONG, statfs(over, &fs));
    fails(ENAMETOOLONG, chmod(over, 0644));
    fails(ENAMETOOLONG, link("f", over));
    fails(ENAMETOOLONG, unlink(over));
    fails(ENAMETOOLONG, rename("f", over));
    fails(ENAMETOOLONG, rename(over, "f"));
    fails(ENAMETOOLONG, mkdir(over, 0755));
    fails(ENAMETOOLONG, rmdir(over));
    fails(ENAMETOOLONG, chdir(over));
    fails(ENAMETOOLONG, mknod(over, S_IFREG | 0644, 0));
    fails(ENAMETOOLONG, symlink("f", over));
    fails(ENAMETOOLONG, readlink(over, buf, sizeof buf));
    fails(ENAMETOOLONG, truncate(over, 0));
    ok(unlink("link"));
    ok(symlink(over, "link")); // a link may hold it, but nobody gets through
    fails(ENAMETOOLONG, stat("link", &st));
}

TEST(path, a_path_has_at_most_path_max_bytes, "") {
    struct stat st;
    char *fits = long_path(PATH_MAX - 1, "f"), *over = long_path(PATH_MAX, "f");
    touch(fits);
    ok(stat(fits, &st));
    is(number(fits), number("f"));
    ok(rename(fits, "g"));
    ok(rename("g", fits));
    ok(link("f", long_path(PATH_MAX - 1, "h")));
    ok(unlink(long_path(PATH_MAX - 1, "h")));
    fails(ENAMETOOLONG, open(over, O_RDONLY));
    fails(ENAMETOOLONG, stat(over, &st));
    fails(ENAMETOOLONG, mkdir(over, 0755));
    fails(ENAMETOOLONG, rename("f", over));
    fails(ENAMETOOLONG, rename(over, "f"));
    fails(ENAMETOOLONG, link(over, "g"));
    fails(ENAMETOOLONG, chdir(over));
    check(holds("f", fits) == false && !exists("g"));
}

TEST(path, a_path_that_a_link_makes_too_long_fails, "") {
    struct stat st;
    ok(mkdir("d", 0755));
    touch("d/f");
    ok(symlink(long_path(PATH_MAX - 10, "d"), "link"));
    ok(stat("link/f", &st));
    ok(stat("link/./f", &st));
    fails(ENAMETOOLONG, stat("link/./././././f", &st));
}

TEST(path, a_bad_address_ends_every_call, "") {
    struct stat st;
    struct statfs fs;
    char buf[8], *bad = nowhere();
    touch("f");
    fails(EFAULT, stat(bad, &st));
    fails(EFAULT, lstat(bad, &st));
    fails(EFAULT, statfs(bad, &fs));
    fails(EFAULT, chmod(bad, 0644));
    fails(EFAULT, link(bad, "x"));
    fails(EFAULT, link("f", bad));
    fails(EFAULT, unlink(bad));
    fails(EFAULT, rename(bad, "x"));
    fails(EFAULT, rename("f", bad));
    fails(EFAULT, mkdir(bad, 0755));
    fails(EFAULT, rmdir(bad));
    fails(EFAULT, chdir(bad));
    fails(EFAULT, mknod(bad, S_IFREG | 0644, 0));
    fails(EFAULT, symlink(bad, "x"));
    fails(EFAULT, symlink("f", bad));
    fails(EFAULT, readlink(bad, buf, sizeof buf));
    is(__sys_stat("f", (struct uapi_stat *)bad), -EFAULT); // what is to be filled in
    is(__sys_lstat("f", (struct uapi_stat *)bad), -EFAULT);
    is(__sys_statfs("f", (struct uapi_statfs *)bad), -EFAULT);
    check(holds("f", "f") && !exists("x"));
}

TEST(path, a_path_may_end_where_memory_ends, "") {
    char *top = sbrk(2 * PAGE);
    top = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) / PAGE * PAGE);
    ok(sbrk(top - (char *)sbrk(0)));
    memcpy(top - 2, "f", 2);
    touch(top - 2);
    check(holds("f", "f"));
    top[-1] = 'f'; // and now it has no end
    fails(EFAULT, unlink(top - 2));
    check(exists("f"));
}

TEST(path, a_name_may_have_any_bytes_but_slash_and_nul, "") {
    char name[4] = "x?x";
    for (int c = 1; c < 256; c++) {
        if (c == '/')
            continue;
        name[1] = (char)c;
        ok(mknod(name, S_IFREG | 0644, 0));
    }
    is(entries("."), 2 + 254);
    for (int c = 1; c < 256; c++) {
        if (c == '/')
            continue;
        name[1] = (char)c;
        ok(unlink(name));
    }
    is(entries("."), 2);
}

TEST(path, names_that_look_like_dots_are_names, "") {
    const char *names[] = {"...", "..x", ".x", " ", "F", "f", "-"};
    for (int i = 0; i < 7; i++)
        touch(names[i]);
    for (int i = 0; i < 7; i++)
        check(holds(names[i], names[i]));
    is(entries("."), 9);
}

TEST(path, a_tree_may_be_deeper_than_a_path_is_long, "") {
    enum { DEEP = PATH_MAX / 100 };
    char top[PATH_MAX], buf[PATH_MAX], *name = long_name(150);
    check(getcwd(top, sizeof top) != NULL);
    for (int i = 0; i < DEEP; i++) {
        ok(mkdir(name, 0755));
        ok(chdir(name));
        size_t want = strlen(top) + (size_t)(i + 1) * 151;
        if (want < PATH_MAX)
            is(__sys_getcwd(buf, sizeof buf), want + 1);
        else
            is(__sys_getcwd(buf, sizeof buf), -ERANGE);
    }
    touch("bottom");
    check(holds("bottom", "bottom"));
    ok(unlink("bottom"));
    for (int i = 0; i < DEEP; i++) {
        ok(chdir(".."));
        ok(rmdir(name));
    }
    cwd_is(top);
}

TEST(path, a_long_path_of_short_names_is_walked, "") {
    char path[2 * 201] = "d";
    ok(mkdir(path, 0755));
    for (int i = 1; i < 200; i++) {
        strcat(path, "/d");
        ok(mkdir(path, 0755));
    }
    is(links(path), 2);
    for (; path[0]; path[strlen(path) < 2 ? 0 : strlen(path) - 2] = '\0')
        ok(rmdir(path));
}

// ---- status, modes, nodes

TEST(path, stat_tells_the_kind_of_each, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("f", "l"));
    ok(mknod("c", S_IFCHR | 0600, makedev(3, 7)));
    ok(mknod("b", S_IFBLK | 0600, makedev(4, 255)));
    check(S_ISREG(look("f").st_mode) && S_ISDIR(look("d").st_mode) && S_ISLNK(look("l").st_mode));
    check(S_ISCHR(look("c").st_mode) && S_ISBLK(look("b").st_mode));
    is(look("c").st_rdev, makedev(3, 7));
    is(look("b").st_rdev, makedev(4, 255));
    is(look("f").st_blksize, PAGE);
    is(look("f").st_dev, look(".").st_dev);
}

TEST(path, chmod_changes_permissions_and_nothing_else, "") {
    touch("f");
    ok(mkdir("d", 0755));
    ok(symlink("f", "link"));
    for (mode_t mode = 0; mode <= 07777; mode = mode * 2 + 1) {
        ok(chmod("f", mode));
        is(look("f").st_mode, S_IFREG | mode);
    }
    ok(chmod("f", S_IFDIR | 0640)); // the kind is not for it to change
    is(look("f").st_mode, S_IFREG | 0640);
    ok(chmod("link", 0600));
    is(look("f").st_mode, S_IFREG | 0600);
    check(S_ISLNK(look("link").st_mode));
    ok(chmod("d/", 0700));
    is(look("d").st_mode, S_IFDIR | 0700);
    check(holds("f", "f"));
}

TEST(path, umask_takes_bits_from_all_that_is_made, "") {
    mode_t old = umask(0777);
    touch("f");
    ok(mkdir("d", 0777));
    ok(mknod("n", S_IFCHR | 0666, makedev(1, 3)));
    is(look("f").st_mode, S_IFREG);
    is(look("d").st_mode, S_IFDIR);
    is(look("n").st_mode, S_IFCHR);
    is(umask(0), 0777);
    ok(mkdir("e", 0777));
    is(look("e").st_mode & 0777, 0777);
    ok(chmod("d", 0755)); // not of chmod
    is(umask(old), 0);
}

TEST(path, umask_is_inherited_and_ones_own, "") {
    mode_t old = umask(0123);
    pid_t pid = fork_ok();
    if (pid == 0) {
        is(umask(0456), 0123);
        is(umask(0xffff), 0456);
        is(umask(0), 0777); // only permission bits
        _exit(0);
    }
    is(wait_exit(pid), 0);
    is(umask(old), 0123);
}

TEST(path, mknod_makes_files_and_devices, "") {
    char c = 'x';
    ok(mknod("f", S_IFREG | 0644, 0));
    check(S_ISREG(look("f").st_mode));
    is(look("f").st_size, 0);
    ok(mknod("plain", 0644, 0)); // without a kind: a file
    check(S_ISREG(look("plain").st_mode));
    ok(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
    is(read((int)ok(open("zero", O_RDONLY)), &c, 1), 1);
    is(c, 0);
}

TEST(path, mknod_refuses_names_that_exist_and_other_kinds, "") {
    touch("f");
    ok(symlink("nothing", "dangling"));
    fails(EEXIST, mknod("f", S_IFREG | 0644, 0));
    fails(EEXIST, mknod("dangling", S_IFCHR | 0644, 0));
    fails(EEXIST, mknod("/", S_IFREG | 0644, 0));
    fails(EPERM, mknod("d", S_IFDIR | 0755, 0));
    fails(EINVAL, mknod("s", S_IFSOCK | 0644, 0));
    fails(EINVAL, mknod("l", S_IFLNK | 0644, 0));
    check(!exists("d") && !exists("s") && !exists("l") && !exists("nothing"));
}

TEST(path, statfs_describes_the_disk, "") {
    struct statfs root, here;
    touch("f");
    ok(statfs("/", &root));
    ok(statfs("f", &here));
    is(here.f_type, 0xef53);
    is(here.f_bsize, PAGE);
    is(here.f_namelen, NAME_MAX);
    is(here.f_flags & 1, 0);
    is(here.f_blocks, root.f_blocks);
    is(here.f_files, root.f_files);
    check(here.f_bfree <= here.f_blocks && here.f_bavail <= here.f_bfree);
    check(here.f_ffree < here.f_files);
}

TEST(path, statfs_counts_inodes_and_blocks, "alone") {
    char buf[10 * PAGE] = {0};
    struct statfs before, after;
    sync();
    ok(statfs(".", &before));
    make_file("f", buf, sizeof buf);
    ok(mkdir("d", 0755));
    ok(statfs(".", &after));
    is(before.f_ffree - after.f_ffree, 2);
    is(before.f_bfree - after.f_bfree, 11);
    ok(unlink("f"));
    ok(rmdir("d"));
    sync();
    ok(statfs(".", &after));
    is(after.f_ffree, before.f_ffree);
    is(after.f_bfree, before.f_bfree);
}

TEST(path, a_file_that_rename_replaces_gives_back_its_space, "alone") {
    char buf[10 * PAGE] = {0};
    struct statfs before, after;
    touch("a");
    sync();
    ok(statfs(".", &before));
    make_file("b", buf, sizeof buf);
    ok(rename("a", "b"));
    sync();
    ok(statfs(".", &after));
    is(after.f_ffree, before.f_ffree);
    is(after.f_bfree, before.f_bfree);
}

// ---- directories as lists

// Calls see(name, kind) for each name; reads by n bytes at a time.
static void list(const char *path, size_t n, void (*see)(const struct uapi_dirent *)) {
    _Alignas(8) char buf[PAGE];
    int fd = (int)ok(open(path, O_RDONLY | O_DIRECTORY));
    long got;
    while ((got = __sys_getdents(fd, buf, n)) > 0)
        for (char *p = buf; p < buf + got; p += ((struct uapi_dirent *)p)->reclen)
            see((struct uapi_dirent *)p);
    is(got, 0);
    is(__sys_getdents(fd, buf, n), 0); // and stays at the end
    ok(close(fd));
}

static int seen[2000], seen_dots, seen_other;

// Names are numbers.
static void note(const struct uapi_dirent *d) {
    if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
        seen_dots++;
    else if (atoi(d->name) >= 0 && atoi(d->name) < 2000)
        seen[atoi(d->name)]++;
    else
        seen_other++;
}

// The directory holds the numbers below n for which keep is true, each once, and the dots.
static void holds_numbers(const char *path, size_t by, int n, bool (*keep)(int)) {
    memset(seen, 0, sizeof seen);
    seen_dots = seen_other = 0;
    list(path, by, note);
    is(seen_dots, 2);
    is(seen_other, 0);
    for (int i = 0; i < n; i++)
        if (seen[i] != keep(i))
            FAIL("%s/%d: seen %d times, want %d", path, i, seen[i], keep(i));
}

static bool all(int i) { return i >= 0; }
static bool none(int i) { return i < 0; }
static bool odd(int i) { return i % 2; }

// The name "path/i", followed by n letters.
static char *numbered(char *buf, const char *path, int i, size_t n) {
    int at = sprintf(buf, "%s/%d", path, i);
    memset(buf + at, 'n', n);
    buf[(size_t)at + n] = '\0';
    return buf;
}

TEST(path, getdents_tells_each_name_once_by_any_buffer, "") {
    char name[64];
    ok(mkdir("d", 0755));
    for (int i = 0; i < 100; i++)
        touch(numbered(name, "d", i, 3));
    holds_numbers("d", PAGE, 100, all);
    holds_numbers("d", 100, 100, all);
    holds_numbers("d", 33, 100, all); // room for one
}

static void check_kind(const struct uapi_dirent *d) {
    const struct {
        const char *name;
        int type;
    } want[] = {{".", DT_DIR},    {"..", DT_DIR},  {"file", DT_REG}, {"dir", DT_DIR},
                {"link", DT_LNK}, {"chr", DT_CHR}, {"blk", DT_BLK}};
    for (int i = 0; i < 7; i++)
        if (strcmp(d->name, want[i].name) == 0) {
            is(d->type, want[i].type);
            is(d->ino, number(d->name));
            seen_dots++;
        }
}

TEST(path, getdents_tells_kinds_and_numbers, "") {
    touch("file");
    ok(mkdir("dir", 0755));
    ok(symlink("file", "link"));
    ok(mknod("chr", S_IFCHR | 0600, makedev(1, 3)));
    ok(mknod("blk", S_IFBLK | 0600, makedev(1, 3)));
    seen_dots = 0;
    list(".", PAGE, check_kind);
    is(seen_dots, 7);
    ok(rename("file", "dir/file")); // a name that changes its owner changes its kind
    ok(rename("dir", "file"));
    touch("dir");
    struct stat st = look("file");
    DIR *dir = opendir(".");
    for (struct dirent *d; (d = readdir(dir));)
        if (strcmp(d->d_name, "file") == 0) {
            is(d->d_type, DT_DIR);
            is(d->d_ino, st.st_ino);
        }
    closedir(dir);
}

TEST(path, getdents_wants_a_directory_and_room, "") {
    _Alignas(8) char buf[PAGE];
    touch("f");
    int dir = (int)ok(open(".", O_RDONLY)), file = (int)ok(open("f", O_RDONLY));
    // errno-test: getdents EBADF EFAULT EINVAL ENOTDIR
    is(__sys_getdents(99, buf, sizeof buf), -EBADF);
    is(__sys_getdents(-1, buf, sizeof buf), -EBADF);
    is(__sys_getdents(file, buf, sizeof buf), -ENOTDIR);
    is(__sys_getdents(dir, buf, 0), -EINVAL);
    is(__sys_getdents(dir, buf, 16), -EINVAL);
    is(__sys_getdents(dir, nowhere(), sizeof buf), -EFAULT);
    check(__sys_getdents(dir, buf, sizeof buf) > 0); // nothing was skipped
    is_text(((struct uapi_dirent *)buf)->name, ".");
}

TEST(path, a_directory_can_be_read_again_from_any_place, "") {
    char name[64];
    ok(mkdir("d", 0755));
    for (int i = 0; i < 300; i++)
        ok(mknod(numbered(name, "d", i, 30), S_IFREG | 0644, 0));
    DIR *dir = opendir("d");
    for (int i = 0; i < 100; i++)
        check(readdir(dir) != NULL);
    long place = telldir(dir);
    struct dirent *d = readdir(dir);
    check(d != NULL);
    strcpy(name, d->d_name);
    while (readdir(dir))
        ;
    seekdir(dir, place);
    is_text(readdir(dir)->d_name, name);
    rewinddir(dir);
    is_text(readdir(dir)->d_name, ".");
    int n = 1;
    while (readdir(dir))
        n++;
    is(n, 302);
    closedir(dir);
}

TEST(path, names_may_go_while_a_directory_is_read, "") {
    char name[300];
    int gone = 0;
    ok(mkdir("d", 0755));
    for (int i = 0; i < 300; i++)
        ok(mknod(numbered(name, "d", i, 30), S_IFREG | 0644, 0));
    DIR *dir = opendir("d");
    check(dir != NULL);
    for (struct dirent *d; (d = readdir(dir));) { // as rm -r does
        if (d->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "d/%s", d->d_name);
        ok(unlink(name));
        gone++;
    }
    closedir(dir);
    is(gone, 300);
    ok(rmdir("d"));
}

TEST(path, a_directory_that_shrank_uses_its_room_again, "") {
    enum { N = 600 };
    char name[300];
    touch("f");
    ok(mkdir("d", 0755));
    for (int i = 0; i < N; i++)
        ok(link("f", numbered(name, "d", i, 100)));
    holds_numbers("d", PAGE, N, all);
    off_t size = look("d").st_size;
    check(size >= N * 110);
    for (int i = 0; i < N; i += 2)
        ok(unlink(numbered(name, "d", i, 100)));
    holds_numbers("d", 500, N, odd);
    for (int i = 0; i < N; i++) {
        struct stat st;
        if (odd(i))
            ok(stat(numbered(name, "d", i, 100), &st));
        else
            fails(ENOENT, stat(numbered(name, "d", i, 100), &st));
    }
    for (int i = 0; i < N; i += 2)
        ok(link("f", numbered(name, "d", i, 100)));
    is(look("d").st_size, size);
    is(links("f"), N + 1);
    for (int i = 0; i < N; i++)
        ok(unlink(numbered(name, "d", i, 100)));
    holds_numbers("d", PAGE, N, none);
    ok(rmdir("d"));
    is(links("f"), 1);
}

TEST(path, room_for_a_long_name_is_made_of_short_ones_that_go, "") {
    char name[300];
    touch("f");
    ok(mkdir("d", 0755));
    for (int i = 0; look("d").st_size == PAGE; i++)
        ok(link("f", numbered(name, "d", i, 0)));
    off_t size = look("d").st_size;
    for (int i = 0; i < 40; i++) // they lie side by side
        ok(unlink(numbered(name, "d", i, 0)));
    ok(link("f", numbered(name, "d", 0, 250)));
    ok(link("f", numbered(name, "d", 1, 200)));
    is(look("d").st_size, size);
    struct stat st;
    ok(stat(numbered(name, "d", 1, 200), &st));
    ok(stat(numbered(name, "d", 40, 0), &st));
}

TEST(path, a_large_directory_needs_indirect_blocks_and_gives_them_back, "alone") {
    enum { N = 300 }; // 15 in a block: more than 12 blocks
    char name[300];
    struct statfs before, after;
    touch("f");
    sync();
    ok(statfs(".", &before));
    ok(mkdir("d", 0755));
    for (int i = 0; i < N; i++)
        ok(link("f", numbered(name, "d", 1000 + i, 251)));
    struct stat st = look("d");
    is(st.st_size, N / 15 * PAGE);
    is(st.st_blocks, (N / 15 + 1) * (PAGE / 512));
    for (int i = N - 1; i >= 0; i--)
        ok(unlink(numbered(name, "d", 1000 + i, 251)));
    ok(rmdir("d"));
    sync();
    ok(statfs(".", &after));
    is(after.f_bfree, before.f_bfree);
}

// ---- many names at random, compared with a model

enum { DIRS = 3, NAMES = 6, PLACES = DIRS * NAMES };

static char *place_name(char *buf, int place) {
    sprintf(buf, "d%d/n%d", place / NAMES, place % NAMES);
    return buf;
}

// What stands at each place: 0 nothing, else which file.
static void check_places(const int *at, int files) {
    char name[16], text[16];
    int count[1000] = {0};
    for (int p = 0; p < PLACES; p++)
        count[at[p]]++;
    for (int p = 0; p < PLACES; p++) {
        place_name(name, p);
        is(exists(name), at[p] != 0);
        if (!at[p])
            continue;
        snprintf(text, sizeof text, "%d", at[p]);
        check(holds(name, text));
        is(links(name), count[at[p]]);
    }
    check(files < 1000);
}

TEST(path, random_links_renames_and_unlinks_agree_with_a_model, "") {
    int at[PLACES] = {0}, files = 0;
    char a[16], b[16], text[16];
    for (int d = 0; d < DIRS; d++) {
        snprintf(a, sizeof a, "d%d", d);
        ok(mkdir(a, 0755));
    }
    for (int round = 0; round < 400; round++) {
        int p = (int)(random_number() % PLACES), q = (int)(random_number() % PLACES);
        place_name(a, p);
        place_name(b, q);
        switch (random_number() % 4) {
        case 0:
            is(unlink(a), at[p] ? 0 : -1);
            at[p] = 0;
            break;
        case 1:
            is(rename(a, b), at[p] ? 0 : -1);
            if (at[p] && at[p] != at[q]) {
                at[q] = at[p];
                at[p] = 0;
            }
            break;
        case 2:
            is(link(a, b), at[p] && !at[q] ? 0 : -1);
            if (!at[q])
                at[q] = at[p];
            break;
        default:
            if (at[p])
                continue;
            at[p] = ++files;
            snprintf(text, sizeof text, "%d", files);
            make_file(a, text, strlen(text));
        }
        if (round % 10 == 0)
            check_places(at, files);
    }
    check_places(at, files);
}
