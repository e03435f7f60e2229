// races.c: things that meet: exit, wait, kill, fork and the end of a parent, in every order.
//
// Each is tried many times with random delays. What must hold is the same for each order.
#include "process.h"

static void delay(unsigned most) {
    for (volatile unsigned i = random_number() % most; i > 0; i--)
        ;
}

// Until everybody who holds the other end of the pipe has closed it, or is gone.
static void wait_for_end(int fd) {
    char c;
    is(ok(read(fd, &c, 1)), 0);
}

static void wait_at_gate(int gate[2]) {
    ok(close(gate[1]));
    wait_for_end(gate[0]);
}

static void open_gate(int gate[2]) {
    ok(close(gate[0]));
    ok(close(gate[1]));
}

// ---- exit, wait and kill

TEST(races, exit_meets_wait, "") {
    for (int i = 0; i < 60; i++) {
        unsigned child_delay = random_number();
        pid_t pid = fork_ok();
        if (pid == 0) {
            random_number();
            delay(child_delay % 20000 + 1);
            _exit(i);
        }
        delay(20000);
        is(wait_exit(pid), i);
    }
}

TEST(races, exit_meets_kill, "") {
    for (int i = 0; i < 60; i++) {
        pid_t pid = fork_ok();
        random_number();
        if (pid == 0) {
            delay(20000);
            _exit(3);
        }
        for (int j = 0; j < i; j++)
            random_number(); // so that the two delays differ
        delay(20000);
        ok(kill(pid, SIGKILL)); // a zombie can be killed as well
        int word = wait_word(pid);
        check(word == 3 << 8 || word == SIGKILL);
        check(is_gone(pid));
    }
}

TEST(races, many_exit_at_once_and_are_waited_for_one_by_one, "") {
    enum { N = 40 };
    int gate[2];
    pid_t pid[N];
    ok(pipe(gate));
    for (int i = 0; i < N; i++)
        if ((pid[i] = fork_ok()) == 0) {
            wait_at_gate(gate);
            _exit(i);
        }
    open_gate(gate);
    for (int i = N - 1; i >= 0; i--)
        is(wait_exit(pid[i]), i);
}

TEST(races, two_kill_the_same, "") {
    for (int i = 0; i < 20; i++) {
        static const int signals[2] = {SIGTERM, SIGKILL};
        pid_t victim = spawn_sleeper(), killer[2];
        for (int k = 0; k < 2; k++)
            if ((killer[k] = fork_ok()) == 0)
                _exit(kill(victim, signals[k]) == 0 ? 0 : errno);
        int sig = wait_signal(victim);
        check(sig == SIGTERM || sig == SIGKILL);
        for (int k = 0; k < 2; k++) {
            int result = wait_exit(killer[k]);
            check(result == 0 || result == ESRCH); // ESRCH: after our wait
        }
    }
}

TEST(races, the_end_of_a_sleep_meets_kill, "") {
    for (int i = 0; i < 30; i++) {
        pid_t pid = fork_ok();
        if (pid == 0) {
            ok(nanosleep(&(struct timespec){0, 300000}, NULL));
            _exit(3);
        }
        ok(nanosleep(&(struct timespec){0, 200000 + (long)(random_number() % 200000)}, NULL));
        ok(kill(pid, SIGTERM));
        int word = wait_word(pid);
        check(word == 3 << 8 || word == SIGTERM);
    }
}

TEST(races, kill_meets_a_wait_that_ends, "") {
    for (int i = 0; i < 20; i++) {
        int link[2];
        pid_t grandchild, child;
        ok(pipe(link));
        if ((child = fork_ok()) == 0) {
            if ((grandchild = fork_ok()) == 0) {
                delay(10000);
                _exit(0);
            }
            write_all(link[1], &grandchild, sizeof grandchild);
            _exit(wait_exit(grandchild));
        }
        read_all(link[0], &grandchild, sizeof grandchild);
        open_gate(link);
        random_number();
        delay(10000);
        ok(kill(child, SIGKILL));
        int word = wait_word(child);
        check(word == 0 || word == SIGKILL);
        until(is_gone(grandchild)); // its parent or init has waited for it
    }
}

TEST(races, sigchld_is_ignored_just_as_children_exit, "") {
    enum { N = 20 };
    int gate[2];
    pid_t pid[N];
    ok(pipe(gate));
    for (int i = 0; i < N; i++)
        if ((pid[i] = fork_ok()) == 0) {
            wait_at_gate(gate);
            _exit(0);
        }
    open_gate(gate);
    for (int i = 0; i < 200; i++) {
        signal(SIGCHLD, i % 2 ? SIG_DFL : SIG_IGN);
        delay(200);
    }
    signal(SIGCHLD, SIG_IGN);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    is(errno, ECHILD);
    for (int i = 0; i < N; i++)
        check(is_gone(pid[i]));
}

TEST(races, everybody_kills_everybody, "") {
    enum { N = 12 };
    pid_t pid[N];
    int list[2];
    ok(pipe(list));
    for (int i = 0; i < N; i++)
        if ((pid[i] = fork_ok()) == 0) {
            read_all(list[0], pid, sizeof pid);
            for (int j = i;; j++) // until somebody hits us, we ourselves in the end
                kill(pid[(j + 1) % N], SIGTERM);
        }
    for (int i = 0; i < N; i++)
        write_all(list[1], pid, sizeof pid);
    for (int i = 0; i < N; i++)
        is(wait_signal(pid[i]), SIGTERM);
}

// ---- orphans

TEST(races, fork_meets_the_exit_of_the_parent, "") {
    int end[2];
    ok(pipe(end));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork_ok();
        if (child == 0) {
            pid_t parent = getpid();
            if (fork_ok() == 0) {
                for (pid_t now; (now = getppid()) != INIT;)
                    is(now, parent);
                is(getppid(), INIT); // once and for all
                _exit(0);
            }
            delay(5000);
            _exit(i);
        }
        is(wait_exit(child), i);
    }
    ok(close(end[1]));
    wait_for_end(end[0]);
}

TEST(races, a_parent_and_its_child_exit_together, "") {
    for (int i = 0; i < 12; i++) {
        int gate[2], link[2];
        pid_t child, grandchild;
        ok(pipe(gate));
        ok(pipe(link));
        if ((child = fork_ok()) == 0) {
            if ((grandchild = fork_ok()) == 0) {
                wait_at_gate(gate);
                _exit(0);
            }
            write_all(link[1], &grandchild, sizeof grandchild);
            wait_at_gate(gate);
            _exit(0);
        }
        read_all(link[0], &grandchild, sizeof grandchild);
        open_gate(link);
        open_gate(gate);
        is(wait_exit(child), 0);
        until(is_gone(grandchild));
    }
}

TEST(races, init_takes_the_living_and_the_dead, "") {
    enum { N = 10 };
    int link[2];
    pid_t child, all[2 * N];
    ok(pipe(link));
    if ((child = fork_ok()) == 0) {
        for (int i = 0; i < N; i++)
            if ((all[i] = fork_ok()) == 0)
                _exit(0);
        for (int i = N; i < 2 * N; i++)
            all[i] = spawn_sleeper();
        for (int i = 0; i < N; i++)
            until(in_state(all[i], PS_ZOMBIE));
        write_all(link[1], all, sizeof all);
        _exit(0);
    }
    read_all(link[0], all, sizeof all);
    is(wait_exit(child), 0);
    for (int i = 0; i < N; i++)
        until(is_gone(all[i]));
    for (int i = N; i < 2 * N; i++) {
        is(info_of(all[i]).ppid, INIT);
        fails(ECHILD, waitpid(all[i], NULL, WNOHANG));
        ok(kill(all[i], SIGKILL));
        until(is_gone(all[i]));
    }
}

TEST(races, whole_families_end_at_once, "") {
    enum { PARENTS = 8, CHILDREN = 8 };
    int gate[2], end[2];
    pid_t pid[PARENTS];
    ok(pipe(gate));
    ok(pipe(end));
    for (int i = 0; i < PARENTS; i++)
        if ((pid[i] = fork_ok()) == 0) {
            for (int j = 0; j < CHILDREN; j++)
                if (fork_ok() == 0)
                    break;
            wait_at_gate(gate);
            _exit(0);
        }
    open_gate(gate);
    for (int i = 0; i < PARENTS; i++)
        is(wait_exit(pid[i]), 0);
    ok(close(end[1]));
    wait_for_end(end[0]);
    fails(ECHILD, waitpid(-1, NULL, 0));
}

// ---- fork against fork, kill against fork

TEST(races, four_fork_at_once_and_have_their_own_children, "") {
    enum { PARENTS = 4, CHILDREN = 25, ALL = PARENTS * CHILDREN };
    int link[2];
    pid_t parent[PARENTS], all[ALL];
    ok(pipe(link));
    for (int i = 0; i < PARENTS; i++)
        if ((parent[i] = fork_ok()) == 0) {
            for (int j = 0; j < CHILDREN; j++) {
                pid_t pid = fork_ok();
                if (pid == 0)
                    _exit(getppid() == getpid() ? 99 : j);
                write_all(link[1], &pid, sizeof pid);
            }
            for (int j = 0, word; j < CHILDREN; j++)
                check(ok(wait(&word)) > 0 && WEXITSTATUS(word) < CHILDREN);
            fails(ECHILD, wait(NULL));
            _exit(0);
        }
    read_all(link[0], all, sizeof all);
    for (int i = 0; i < PARENTS; i++)
        is(wait_exit(parent[i]), 0);
    for (int i = 0; i < ALL; i++)
        for (int j = 0; j < i; j++)
            check(all[i] != all[j]);
}

static _Noreturn void breed(void) {
    for (;;) {
        pid_t pid = fork_ok();
        if (pid == 0)
            _exit(0);
        wait_exit(pid);
    }
}

TEST(races, a_storm_of_kills_ends_those_who_fork_all_the_time, "") {
    for (int round = 0; round < 5; round++) {
        pid_t leader = fork_ok();
        if (leader == 0) {
            ok(setpgid(0, 0));
            for (int i = 0; i < 3; i++)
                if (fork_ok() == 0)
                    breed();
            breed();
        }
        until(getpgid(leader) == leader);
        nap();
        ok(kill(-leader, SIGKILL));
        is(wait_signal(leader), SIGKILL);
        until(kill(-leader, SIGKILL) < 0); // those born meanwhile
        is(errno, ESRCH);
    }
}

TEST(races, the_process_list_stays_in_order_while_others_come_and_go, "") {
    struct proc_info all[100];
    pid_t breeder[3];
    for (int i = 0; i < 3; i++)
        if ((breeder[i] = fork_ok()) == 0)
            breed();
    for (int i = 0; i < 60; i++) {
        int n = (int)ok(proclist(0, all, 100));
        bool me = false;
        for (int j = 0; j < n; j++) {
            check(j == 0 || all[j].pid > all[j - 1].pid);
            me |= all[j].pid == getpid() && all[j].state == PS_RUNNING;
        }
        check(me);
    }
    for (int i = 0; i < 3; i++)
        finish(breeder[i]);
}

// ---- groups

TEST(races, a_child_is_moved_to_another_group_as_it_exits, "") {
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork_ok();
        if (pid == 0)
            _exit(0);
        delay(5000);
        ok(setpgid(pid, pid)); // alive or not, it is there until it is waited for
        is(getpgid(pid), pid);
        is(ok(waitpid(-pid, NULL, 0)), pid);
        fails(ESRCH, kill(-pid, 0));
    }
}

TEST(races, one_joins_a_group_as_the_last_in_it_is_waited_for, "") {
    for (int i = 0; i < 15; i++) {
        int gate[2];
        pid_t leader = spawn_sleeper(), member;
        ok(setpgid(leader, leader));
        ok(pipe(gate));
        if ((member = fork_ok()) == 0) {
            wait_at_gate(gate);
            if (setpgid(0, leader) == 0) {
                is(getpgrp(), leader);
                _exit(0);
            }
            is(errno, EPERM);
            _exit(1);
        }
        ok(kill(leader, SIGKILL));
        open_gate(gate);
        is(wait_signal(leader), SIGKILL);
        check(wait_exit(member) <= 1);
        fails(ESRCH, kill(-leader, 0));
    }
}
