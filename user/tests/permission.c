// permission.c: who may do what: users, groups and the mode of files.

#include <dirent.h>
#include <drupe/syscalls.h>
#include <sys/statfs.h>
#include <uapi/reboot.h>

#include "test.h"

enum { USER = 1000, GROUP = 100, OTHER = 2000 };

// Runs fn in a child that is this user and this group, and not root.
static void as(unsigned uid, unsigned gid, void (*fn)(void)) {
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(setgid(gid));
        ok(setuid(uid));
        fn();
        exit(0);
    }
    is(wait_exit(pid), 0);
}

static void as_user(void (*fn)(void)) { as(USER, GROUP, fn); }

static void open_to_all(const char *dir) {
    ok(mkdir(dir, 0755));
    ok(chmod(dir, 0777));
}

static void stay_who_i_am(void) {
    is(getuid(), USER);
    is(geteuid(), USER);
    is(getgid(), GROUP);
    is(getegid(), GROUP);
    fails(EPERM, setuid(0));
    fails(EPERM, setuid(OTHER));
    fails(EPERM, setgid(0));
    ok(setuid(USER));
    ok(setgid(GROUP));
    is(getuid(), USER);
    pid_t pid = fork_ok(); // a child is who its parent is
    if (pid == 0)
        _exit(getuid() != USER || getgid() != GROUP);
    is(wait_exit(pid), 0);
}

TEST(permission, root_can_become_a_user_and_never_root_again, "") {
    is(getuid(), 0);
    is(getgid(), 0);
    as_user(stay_who_i_am);
    is(getuid(), 0);
}

static void look_at_secrets(void) {
    char *cat[] = {"/cat", "secret", NULL}, *test[] = {"/test", "-r", "secret", NULL};
    ok(dup2((int)ok(open("/dev/null", O_WRONLY)), STDERR_FILENO));
    is(run_program(cat), 1);
    is(run_program(test), 1);
    is(access("secret", R_OK), -1);
    ok(access("secret", F_OK));
}

TEST(permission, exec_does_not_change_who_one_is, "") {
    make_file("secret", "x", 1);
    ok(chmod("secret", 0600));
    as_user(look_at_secrets);
}

static void make_mine(void) {
    struct stat st;
    ok(close((int)ok(open("pub/file", O_WRONLY | O_CREAT, 0640))));
    ok(mkdir("pub/dir", 0700));
    ok(symlink("file", "pub/link"));
    const char *names[] = {"pub/file", "pub/dir", "pub/link"};
    for (int i = 0; i < 3; i++) {
        ok(lstat(names[i], &st));
        is(st.st_uid, USER);
        is(st.st_gid, GROUP);
    }
}

TEST(permission, what_one_makes_is_ones_own_also_on_the_disk, "") {
    struct stat st;
    open_to_all("pub");
    as_user(make_mine);
    sync();
    ok(stat("pub/file", &st));
    is(st.st_uid, USER);
    is(st.st_gid, GROUP);
    is(st.st_mode & 0777, 0640);
}

static void read_only(void) {
    ok(close((int)ok(open("file", O_RDONLY))));
    fails(EACCES, open("file", O_WRONLY));
    fails(EACCES, open("file", O_RDWR));
}

static void write_only(void) {
    ok(close((int)ok(open("file", O_WRONLY))));
    fails(EACCES, open("file", O_RDONLY));
}

static void neither(void) {
    fails(EACCES, open("file", O_RDONLY));
    fails(EACCES, open("file", O_WRONLY | O_TRUNC));
    fails(EACCES, truncate("file", 0));
}

static void own_it(void) { ok(close((int)ok(open("pub/file", O_WRONLY | O_CREAT, 0)))); }

static void owner_has_only_the_owners_rights(void) {
    fails(EACCES, open("pub/file", O_RDONLY));
    ok(chmod("pub/file", 0400));
    ok(close((int)ok(open("pub/file", O_RDONLY))));
}

TEST(permission, mode_tells_apart_owner_group_and_others, "") {
    make_file("file", "abc", 3);
    ok(chmod("file", 0604));
    as(USER, OTHER, read_only);
    ok(chmod("file", 0602));
    as(USER, OTHER, write_only);
    ok(chmod("file", 0640)); // group 0
    as(USER, 0, read_only);
    as(USER, GROUP, neither);
    ok(chmod("file", 0606));
    as(USER, 0, neither); // the group's rights count for its members, though others have more
    file_is("file", "abc", 3);
    open_to_all("pub");
    as_user(own_it);
    ok(chmod("pub/file", 0077));
    as_user(owner_has_only_the_owners_rights);
}

static void walk_in_vain(void) {
    struct stat st;
    struct statfs fs;
    char buf[8], *args[] = {"closed/file", NULL};
    fails(EACCES, open("closed/file", O_RDONLY));
    fails(EACCES, open("closed/new", O_WRONLY | O_CREAT, 0666));
    fails(EACCES, stat("closed/file", &st));
    fails(EACCES, lstat("closed/file", &st));
    fails(EACCES, stat("closed/missing", &st)); // not even what is there is told
    fails(EACCES, statfs("closed/file", &fs));
    fails(EACCES, chmod("closed/file", 0777));
    fails(EACCES, link("closed/file", "pub/name"));
    fails(EACCES, unlink("closed/file"));
    fails(EACCES, rename("closed/file", "pub/name"));
    fails(EACCES, mkdir("closed/new", 0777));
    fails(EACCES, rmdir("closed/dir"));
    fails(EACCES, chdir("closed"));
    fails(EACCES, chdir("closed/dir"));
    fails(EACCES, mknod("closed/new", S_IFREG | 0666, 0));
    fails(EACCES, symlink("x", "closed/new"));
    fails(EACCES, readlink("closed/link", buf, sizeof buf));
    fails(EACCES, truncate("closed/file", 0));
    fails(EACCES, execv("closed/file", args));
}

TEST(permission, a_path_leads_through_no_directory_that_may_not_be_searched, "") {
    open_to_all("pub");
    ok(mkdir("closed", 0755));
    make_file("closed/file", "abc", 3);
    ok(mkdir("closed/dir", 0777));
    ok(symlink("file", "closed/link"));
    ok(chmod("closed", 0766)); // to be read and written, not searched
    as_user(walk_in_vain);
    file_is("closed/file", "abc", 3);
    check(exists("closed/dir"));
    check(!exists("pub/name"));
}

static void change_nothing(void) {
    struct stat st;
    fails(EACCES, open("shut/new", O_WRONLY | O_CREAT, 0666));
    fails(EACCES, mkdir("shut/new", 0777));
    fails(EACCES, mknod("shut/new", S_IFREG | 0666, 0));
    fails(EACCES, symlink("x", "shut/new"));
    fails(EACCES, link("pub/mine", "shut/new"));
    fails(EACCES, unlink("shut/file"));
    fails(EACCES, rmdir("shut/dir"));
    fails(EACCES, rename("shut/file", "shut/other"));
    fails(EACCES, rename("shut/file", "pub/other"));
    fails(EACCES, rename("pub/mine", "shut/file"));
    ok(stat("shut/file", &st)); // it can be searched
    DIR *d = opendir("shut");   // and read
    check(d != NULL);
    int names = 0;
    while (readdir(d))
        names++;
    is(names, 4);
    closedir(d);
}

TEST(permission, names_change_only_where_the_directory_may_be_written, "") {
    open_to_all("pub");
    make_file("pub/mine", "mine", 4);
    ok(mkdir("shut", 0755));
    make_file("shut/file", "abc", 3);
    ok(mkdir("shut/dir", 0777));
    as_user(change_nothing);
    file_is("shut/file", "abc", 3);
    file_is("pub/mine", "mine", 4);
}

static void list_in_vain(void) {
    errno = 0;
    check(opendir("dark") == NULL);
    is(errno, EACCES);
    ok(close((int)ok(open("dark/file", O_RDONLY)))); // who knows the name gets there
}

TEST(permission, a_directory_that_may_be_searched_but_not_read_keeps_its_names, "") {
    ok(mkdir("dark", 0755));
    make_file("dark/file", "x", 1);
    ok(chmod("dark", 0711));
    as_user(list_in_vain);
}

static void change_modes(void) {
    fails(EPERM, chmod("pub/roots", 0777));
    ok(close((int)ok(open("pub/users", O_WRONLY | O_CREAT, 0644))));
    ok(chmod("pub/users", 0600));
}

TEST(permission, only_the_owner_changes_a_mode, "") {
    open_to_all("pub");
    make_file("pub/roots", "x", 1);
    as_user(change_modes);
}

static pid_t target;

static void kill_others(void) {
    fails(EPERM, kill(target, SIGTERM));
    fails(EPERM, kill(target, 0));
    pid_t mine = fork_ok();
    if (mine == 0)
        for (;;)
            sleep(10);
    ok(kill(mine, SIGKILL));
    is(wait_signal(mine), SIGKILL);
}

static int wait_for_the_end(void *unused) {
    sleep(20);
    return 99;
}

TEST(permission, a_user_signals_only_his_own_processes, "") {
    target = spawn(wait_for_the_end, NULL);
    as_user(kill_others);
    ok(kill(target, SIGKILL));
    is(wait_signal(target), SIGKILL);
}

static void end_the_machine(void) {
    fails(EPERM, reboot(RB_POWER_OFF, 0));
    fails(EPERM, mknod("pub/zero", S_IFCHR | 0666, 0x105));
}

TEST(permission, a_user_can_neither_power_off_nor_make_device_nodes, "") {
    open_to_all("pub");
    as_user(end_the_machine);
}

static void run_it(void) {
    char *args[] = {"prog", NULL};
    fails(EACCES, execv("prog", args));
}

TEST(permission, a_program_runs_only_for_who_may_execute_it, "") {
    char *cp[] = {"/cp", "/true", "prog", NULL}, *args[] = {"prog", NULL};
    is(run_program(cp), 0);
    ok(chmod("prog", 0744));
    as_user(run_it);
    is(run_program(args), 0);
}
