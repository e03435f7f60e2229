// process.c: fork, exit, wait, process groups, umask, and what the system tells of itself and its processes.
#include "process.h"

#include <sys/reboot.h>
#include <sys/utsname.h>

// ---- fork

TEST(process, fork_gives_two_processes_with_different_pids, "") {
    pid_t me = getpid(), pid = fork_ok();
    if (pid == 0) {
        check(getpid() != me);
        is(getppid(), me);
        _exit(7);
    }
    check(pid != me);
    is(wait_exit(pid), 7);
}

TEST(process, a_child_shares_the_file_offset_of_its_parent, "") {
    char c;
    make_file("f", "abc", 3);
    int fd = (int)ok(open("f", O_RDONLY));
    pid_t pid = fork_ok();
    if (pid == 0) {
        read_all(fd, &c, 1);
        _exit(c);
    }
    is(wait_exit(pid), 'a');
    read_all(fd, &c, 1);
    is(c, 'b');
}

TEST(process, a_descriptor_that_a_child_closes_stays_open_in_its_parent, "") {
    int fd = (int)ok(open("f", O_RDWR | O_CREAT, 0644));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(close(fd));
        fails(EBADF, close(fd));
        _exit(0);
    }
    is(wait_exit(pid), 0);
    write_all(fd, "x", 1);
}

TEST(process, a_child_starts_in_the_directory_of_its_parent_and_leaves_it_there, "") {
    char before[64], here[64];
    ok(mkdir("d", 0755));
    ok(getcwd(before, sizeof before) ? 0 : -1);
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(getcwd(here, sizeof here) ? 0 : -1);
        is_text(here, before);
        ok(chdir("d"));
        _exit(0);
    }
    is(wait_exit(pid), 0);
    ok(getcwd(here, sizeof here) ? 0 : -1);
    is_text(here, before);
}

static int fork_down(int depth) {
    if (depth == 0)
        return 1;
    pid_t pid = fork_ok();
    if (pid == 0)
        _exit(fork_down(depth - 1));
    return wait_exit(pid) + 1;
}

TEST(process, a_fork_of_a_fork_goes_thirty_deep, "") { is(fork_down(30), 31); }

TEST(process, fork_fails_when_its_memory_cannot_be_promised, "alone") {
    struct mem_info m;
    ok(meminfo(&m));
    long size = (long)(m.available * 2 / 3 * PAGE); // a second one of these does not fit
    ok(sbrk(size));
    fails(ENOMEM, fork());
    fails(ECHILD, waitpid(-1, NULL, 0));
    ok(sbrk(-size));
    finish(spawn_sleeper()); // as before
}

// ---- exit and wait

TEST(process, wait_without_children_fails, "") {
    fails(ECHILD, waitpid(-1, NULL, 0));
    fails(ECHILD, waitpid(-1, NULL, WNOHANG));
    fails(ECHILD, waitpid(0, NULL, 0));
}

static int exit_with(void *value) { _exit(*(int *)value); }

TEST(process, a_status_holds_the_low_byte_of_the_exit_value, "") {
    int values[] = {0, 1, 42, 127, 128, 255, 256, -1, 0x12345};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int word = wait_word(spawn(exit_with, &values[i]));
        check(WIFEXITED(word));
        check(!WIFSIGNALED(word));
        is(WEXITSTATUS(word), values[i] & 0xff);
    }
}

TEST(process, waitid_tells_the_whole_exit_value, "") {
    int values[] = {0, 255, 256, -1, 0x12345, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        siginfo_t info;
        pid_t pid = spawn(exit_with, &values[i]);
        ok(waitid(P_PID, (id_t)pid, &info, WEXITED));
        is(info.si_pid, pid);
        is(info.si_signo, SIGCHLD);
        is(info.si_code, CLD_EXITED);
        is(info.si_status, values[i]);
    }
}

TEST(process, waitid_tells_the_signal_that_killed, "") {
    siginfo_t info;
    pid_t pid = spawn_sleeper();
    ok(kill(pid, SIGTERM));
    ok(waitid(P_ALL, 0, &info, WEXITED));
    is(info.si_pid, pid);
    is(info.si_code, CLD_KILLED);
    is(info.si_status, SIGTERM);
}

TEST(process, waitid_with_wnohang_names_nobody_while_all_live, "") {
    siginfo_t info;
    pid_t pid = spawn_sleeper();
    info.si_pid = pid;
    ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
    is(info.si_pid, 0);
    finish(pid);
}

TEST(process, wnohang_gives_0_until_the_child_has_ended, "") {
    pid_t pid = spawn_sleeper();
    is(waitpid(pid, NULL, WNOHANG), 0);
    is(waitpid(-1, NULL, WNOHANG), 0);
    is(waitpid(0, NULL, WNOHANG), 0);
    ok(kill(pid, SIGKILL));
    until(waitpid(pid, NULL, WNOHANG) == pid);
    fails(ECHILD, waitpid(pid, NULL, WNOHANG));
}

TEST(process, a_wait_for_one_child_leaves_the_others, "") {
    int values[] = {1, 2, 3};
    pid_t pid[3];
    for (int i = 0; i < 3; i++)
        pid[i] = spawn(exit_with, &values[i]);
    is(wait_exit(pid[1]), 2);
    is(wait_exit(pid[2]), 3);
    is(wait_exit(pid[0]), 1);
}

TEST(process, a_wait_for_any_child_finds_each_of_them_once, "") {
    enum { N = 20 };
    bool seen[N] = {false};
    pid_t pid[N];
    for (int i = 0; i < N; i++)
        pid[i] = spawn(exit_with, &i);
    for (int i = 0; i < N; i++) {
        int word;
        pid_t got = (pid_t)ok(waitpid(-1, &word, 0));
        check(WEXITSTATUS(word) < N);
        is(got, pid[WEXITSTATUS(word)]);
        check(!seen[WEXITSTATUS(word)]);
        seen[WEXITSTATUS(word)] = true;
    }
    fails(ECHILD, waitpid(-1, NULL, 0));
}

TEST(process, only_a_parent_can_wait, "") {
    int link[2];
    ok(pipe(link));
    pid_t child = fork_ok();
    if (child == 0) {
        pid_t grandchild = spawn_sleeper();
        write_all(link[1], &grandchild, sizeof grandchild);
        wait_signal(grandchild);
        _exit(0);
    }
    pid_t grandchild;
    read_all(link[0], &grandchild, sizeof grandchild);
    fails(ECHILD, waitpid(grandchild, NULL, 0));
    fails(ECHILD, waitpid(getpid(), NULL, 0));
    fails(ECHILD, waitpid(getppid(), NULL, 0));
    fails(ECHILD, waitpid(INIT, NULL, 0));
    fails(ECHILD, waitpid(NO_PID, NULL, 0));
    fails(ECHILD, waitpid(INT32_MIN, NULL, 0));
    ok(kill(grandchild, SIGKILL));
    is(wait_exit(child), 0);
}

TEST(process, wait_takes_the_options_it_knows_and_no_others, "") {
    pid_t pid = spawn_sleeper();
    for (unsigned bit = 0; bit < 32; bit++) {
        int option = (int)(1U << bit);
        if (option != WNOHANG && option != WUNTRACED)
            fails(EINVAL, waitpid(pid, NULL, option | WNOHANG));
    }
    is(waitpid(pid, NULL, WNOHANG | WUNTRACED), 0);
    finish(pid);
}

TEST(process, wait_checks_where_the_status_goes, "") { // errno-test: waitpid EFAULT
    int zero = 0;
    spawn(exit_with, &zero);
    is(__sys_waitpid(-1, BAD_ADDRESS, 0, NULL), -EFAULT);
    spawn(exit_with, &zero);
    is(__sys_waitpid(-1, NULL, 0, BAD_ADDRESS), -EFAULT);
    while (waitpid(-1, NULL, 0) > 0) // in case these children are still there
        ;
    pid_t pid = spawn(exit_with, &zero);
    is(__sys_waitpid(-1, NULL, 0, NULL), pid);
}

TEST(process, a_zombie_stays_until_it_is_waited_for, "") {
    int value = 5;
    pid_t pid = spawn(exit_with, &value);
    until(in_state(pid, PS_ZOMBIE));
    ok(kill(pid, 0));
    ok(kill(pid, SIGKILL)); // no effect: it has ended already
    struct proc_info info = info_of(pid);
    is(info.ppid, getpid());
    is(info.pgid, getpgrp());
    is(info.resident, 0);
    is(wait_exit(pid), 5);
    check(is_gone(pid));
    check(!find_info(pid, &info));
}

TEST(process, children_of_one_who_ignores_sigchld_leave_no_zombies, "") {
    int zero = 0;
    check(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    pid_t sleeper = spawn_sleeper(), pid = spawn(exit_with, &zero);
    until(is_gone(pid));
    fails(ECHILD, waitpid(pid, NULL, 0));
    is(waitpid(-1, NULL, WNOHANG), 0); // the sleeper lives
    ok(kill(sleeper, SIGKILL));
    fails(ECHILD, waitpid(-1, NULL, 0)); // once the last is gone
    check(is_gone(sleeper));
}

TEST(process, children_of_one_who_set_sa_nocldwait_leave_no_zombies, "") {
    int zero = 0;
    struct sigaction act = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    ok(sigaction(SIGCHLD, &act, NULL));
    pid_t pid = spawn(exit_with, &zero);
    until(is_gone(pid));
    fails(ECHILD, waitpid(-1, NULL, 0));
}

TEST(process, the_end_of_a_process_closes_its_descriptors, "") {
    for (int killed = 0; killed < 2; killed++) {
        int link[2];
        char c;
        ok(pipe(link));
        pid_t pid = killed ? spawn_sleeper() : fork_ok();
        if (pid == 0)
            _exit(0);
        ok(close(link[1]));
        if (killed)
            ok(kill(pid, SIGKILL));
        is(ok(read(link[0], &c, 1)), 0);
        ok(close(link[0]));
        wait_word(pid);
    }
}

TEST(process, pids_are_not_given_again_at_once, "") {
    int zero = 0;
    pid_t seen[50];
    for (int i = 0; i < 50; i++) {
        seen[i] = spawn(exit_with, &zero);
        check(seen[i] > INIT);
        wait_exit(seen[i]);
        for (int j = 0; j < i; j++)
            check(seen[i] != seen[j]);
    }
}

// ---- process groups

TEST(process, a_child_starts_in_the_group_of_its_parent, "") {
    pid_t group = getpgrp(), pid = fork_ok();
    if (pid == 0) {
        is(getpgrp(), group);
        _exit(0);
    }
    is(getpgid(pid), group);
    is(getpgid(0), group);
    is(getpgid(getpid()), group);
    is(wait_exit(pid), 0);
}

TEST(process, a_process_makes_a_group_of_its_own, "") {
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(setpgid(0, 0));
        is(getpgrp(), getpid());
        ok(setpgid(0, 0)); // once more changes nothing
        is(getpgrp(), getpid());
        _exit(0);
    }
    is(wait_exit(pid), 0);
}

TEST(process, a_parent_puts_its_children_into_a_group, "") {
    pid_t leader = spawn_sleeper(), member = spawn_sleeper();
    ok(setpgid(leader, leader));
    is(getpgid(leader), leader);
    ok(setpgid(member, leader));
    is(getpgid(member), leader);
    ok(setpgid(member, getpgrp())); // and back
    is(getpgid(member), getpgrp());
    finish(leader);
    finish(member);
}

TEST(process, a_group_lives_as_long_as_one_is_in_it, "") {
    pid_t leader = spawn_sleeper(), member = spawn_sleeper(), late = spawn_sleeper();
    ok(setpgid(leader, 0));
    ok(setpgid(member, leader));
    finish(leader);
    is(getpgid(member), leader);
    ok(setpgid(late, leader));
    ok(kill(-leader, SIGTERM));
    is(wait_signal(member), SIGTERM);
    is(wait_signal(late), SIGTERM);
    late = spawn_sleeper();
    fails(EPERM, setpgid(late, leader)); // no more
    fails(ESRCH, kill(-leader, 0));
    finish(late);
}

TEST(process, setpgid_refuses_what_makes_no_sense, "") {
    pid_t pid = spawn_sleeper();
    fails(EINVAL, setpgid(0, -1));
    fails(EINVAL, setpgid(pid, INT32_MIN));
    fails(EPERM, setpgid(pid, NO_PID));
    fails(ESRCH, setpgid(NO_PID, 0));
    fails(ESRCH, setpgid(-1, 0));
    fails(ESRCH, setpgid(getppid(), 0)); // not a child of ours
    fails(ESRCH, setpgid(INIT, 0));
    is(getpgid(pid), getpgrp());
    finish(pid);
}

TEST(process, a_grandchild_cannot_be_moved_to_another_group, "") {
    int link[2];
    ok(pipe(link));
    pid_t child = fork_ok(), grandchild;
    if (child == 0) {
        grandchild = spawn_sleeper();
        write_all(link[1], &grandchild, sizeof grandchild);
        wait_signal(grandchild);
        _exit(0);
    }
    read_all(link[0], &grandchild, sizeof grandchild);
    fails(ESRCH, setpgid(grandchild, 0));
    ok(kill(grandchild, SIGKILL));
    is(wait_exit(child), 0);
}

TEST(process, a_child_that_has_called_exec_cannot_be_moved, "") {
    int feed[2], out[2];
    char c;
    ok(pipe(feed));
    ok(pipe(out));
    pid_t pid = fork_ok();
    if (pid == 0) {
        ok(dup2(feed[0], 0));
        ok(dup2(out[1], 1));
        ok(close(feed[1]));
        execl("/bin/cat", "cat", "-", NULL);
        FAIL("exec: %s", strerror(errno));
    }
    write_all(feed[1], "x", 1);
    read_all(out[0], &c, 1); // so cat runs
    fails(EACCES, setpgid(pid, pid));
    ok(close(feed[0]));
    ok(close(feed[1]));
    is(wait_exit(pid), 0);
}

TEST(process, getpgid_finds_every_process_and_no_other, "") {
    ok(getpgid(INIT));
    ok(getpgid(getppid()));
    fails(ESRCH, getpgid(NO_PID));
    fails(ESRCH, getpgid(-1));
}

static int exit_in_group(void *group) { _exit(setpgid(0, *(pid_t *)group) < 0 ? 99 : 1); }

TEST(process, wait_for_a_group_leaves_children_of_others, "") {
    pid_t leader = spawn_sleeper(), same = spawn_sleeper();
    ok(setpgid(leader, leader));
    pid_t member = spawn(exit_in_group, &leader);
    is(ok(waitpid(-leader, NULL, 0)), member);
    is(waitpid(-leader, NULL, WNOHANG), 0);
    is(waitpid(0, NULL, WNOHANG), 0);
    ok(kill(leader, SIGKILL));
    is(ok(waitpid(-leader, NULL, 0)), leader);
    fails(ECHILD, waitpid(-leader, NULL, 0));
    fails(ECHILD, waitpid(-NO_PID, NULL, 0));
    ok(kill(same, SIGKILL));
    is(ok(waitpid(0, NULL, 0)), same);
    fails(ECHILD, waitpid(0, NULL, 0));
}

// ---- umask

static unsigned mode_of(const char *path) {
    struct stat st;
    ok(lstat(path, &st));
    return st.st_mode & 07777;
}

TEST(process, umask_takes_bits_away_from_new_files, "") {
    umask(027);
    ok(close((int)ok(open("f", O_WRONLY | O_CREAT, 0666))));
    is(mode_of("f"), 0640);
    ok(mkdir("d", 0777));
    is(mode_of("d"), 0750);
    umask(0);
    ok(mkdir("e", 0777));
    is(mode_of("e"), 0777);
    ok(chmod("f", 0666)); // chmod is not touched by it
    umask(077);
    ok(chmod("f", 0666));
    is(mode_of("f"), 0666);
}

TEST(process, umask_gives_the_old_mask_and_keeps_permission_bits_only, "") {
    umask(022);
    is(umask(077), 022);
    is(umask((mode_t)0177777), 077);
    is(umask(0), 0777);
}

TEST(process, umask_is_inherited_and_private, "") {
    umask(031);
    pid_t pid = fork_ok();
    if (pid == 0) {
        is(umask(0), 031);
        _exit(0);
    }
    is(wait_exit(pid), 0);
    is(umask(022), 031);
}

// ---- what the system tells

TEST(process, uname_names_system_and_machine, "") {
    struct utsname u;
    memset(&u, 'x', sizeof u);
    ok(uname(&u));
    is_text(u.sysname, "Drupe");
    is_text(u.machine, "riscv64");
    const char *all[] = {u.nodename, u.release, u.version};
    for (int i = 0; i < 3; i++)
        check(strnlen(all[i], sizeof u.nodename) > 0 &&
              strnlen(all[i], sizeof u.nodename) < sizeof u.nodename);
    fails(EFAULT, uname(BAD_ADDRESS));
}

TEST(process, reboot_refuses_what_it_does_not_know, "") {
    fails(EINVAL, reboot(RB_RESTART + 1, 0));
    fails(EINVAL, reboot(-1, 0));
    fails(EINVAL, reboot(INT32_MAX, 0));
}

TEST(process, the_process_list_describes_this_process, "") {
    struct proc_info me = info_of(getpid());
    is(me.ppid, getppid());
    is(me.pgid, getpgrp());
    is(me.state, PS_RUNNING);
    is(me.threads, 1);
    check(me.hart < harts());
    is_text(me.name, "usertests");
    check(me.resident > 0 && me.resident <= me.size);
    check(me.switches > 0);
    ok(sbrk(3 * PAGE));
    is(info_of(getpid()).size, me.size + 3 * PAGE);
}

TEST(process, the_process_list_knows_who_waits, "") {
    pid_t pid = spawn_sleeper();
    until(in_state(pid, PS_BLOCKED));
    check(info_of(pid).wait[0] != '\0');
    finish(pid);
    check(info_of(getpid()).wait[0] == '\0');
}

TEST(process, the_process_list_is_in_rising_order_from_where_it_is_asked, "") {
    struct proc_info all[64];
    pid_t pid[20];
    for (int i = 0; i < 20; i++)
        pid[i] = spawn_sleeper();
    int n = (int)ok(proclist(0, all, 64));
    check(n > 20);
    is(all[0].pid, INIT);
    for (int i = 1; i < n; i++)
        check(all[i].pid > all[i - 1].pid);
    is(ok(proclist(pid[0], all, 3)), 3); // more than this would not go into all
    check(all[0].pid > pid[0]);
    is(proclist(pid[0], all, 0), 0);
    is(proclist(NO_PID, all, 64), 0);
    is(ok(proclist(-5, all, 1)), 1);
    is(all[0].pid, INIT);
    for (int i = 0; i < 20; i++)
        finish(pid[i]);
}

TEST(process, the_process_list_goes_to_good_addresses_only, "") {
    fails(EFAULT, proclist(0, BAD_ADDRESS, 1));
    fails(EFAULT, proclist(0, KERNEL_ADDRESS, 1));
    struct proc_info *end = sbrk(0); // the first entry fits in front of the end of the heap, the second not
    check(end != (void *)-1);
    uintptr_t edge = ((uintptr_t)end + PAGE - 1) / PAGE * PAGE;
    ok(sbrk((ptrdiff_t)(edge - (uintptr_t)end) + PAGE));
    struct proc_info *last = (struct proc_info *)(edge + PAGE) - 1;
    is(ok(proclist(0, last, 1)), 1);
    is(last->pid, INIT);
    fails(EFAULT, proclist(0, last, 2));
}
