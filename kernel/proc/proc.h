// proc.h: processes: a process is an address space, open files, credentials and threads.
//
// Guarding: the tree (parents, children, groups, the pid table, zombies) and signals by one spinlock,
// RANK_PROC_TREE; what a process does to itself (files, cwd, umask) needs no lock while it has one thread. A
// struct proc lives from proc_create to proc_reap. The scheduler knows nothing of this page.
#pragma once

#include "fs/file.h"
#include "fs/namei.h"
#include "uapi/info.h"
#include "uapi/signal.h"
#include "vm/space.h"

struct proc {
    // set once
    pid_t pid;
    bool privileged; // init or a child of it (the console's shell): it may use the reserve of memory
    // guarded by the tree lock
    struct thread *thread; // the first thread; NULL: the process is a zombie
    struct proc *parent;
    struct list children; // zombies first; linked by sibling
    struct list sibling;
    pid_t pgid;
    struct list hash_link;             // pid table
    struct list all_link;              // in proc_all
    int exit_value;                    // whole value given to exit
    int exit_signal;                   // or the signal that ended it, 0: none
    bool execed;                       // has called exec since fork (setpgid: EACCES)
    struct waitq child_wait;           // of this process, for its children
    uint64_t child_utime, child_stime; // of children waited for
    uint64_t utime, stime;             // of this process, filled in at exit
    uint64_t sig_pending;
    struct uapi_sigaction sig_action[NSIG];

    // the process's own
    struct space *space;
    struct fdtable files;
    struct inode *exe; // the program it runs, which nobody may write meanwhile; NULL before the first exec
    struct cred cred;
    struct walk walk; // these, and the working directory: how it sees the tree
    mode_t umask;
    uint64_t syscalls; // made so far
    char name[32];     // last component of the program's path
};

static inline struct proc *current_proc(void) { return current()->owner; }

extern struct spinlock proc_tree_lock;
extern struct list proc_all; // every process, in rising order of pid
extern struct proc *init_proc;
void proc_init(void);
// By pid; NULL: none. tree lock held, and good as long as it is.
struct proc *proc_lookup(pid_t pid);
uint64_t proc_count(void);
// Describe the process with the lowest pid above `after`. False: there is none.
bool proc_next(pid_t after, struct proc_info *info);
// Print the process table on the console (^T). Any context.
void proc_print_table(void);
// A new process: empty but for its thread; its parent, group and credentials are set from the current one.
// Not yet in the table. NULL: no memory.
struct proc *proc_create(const char *name, struct proc *parent);
// Give it a pid and let it run. The pid, or -EAGAIN: there are too many processes, zombies among them; or
// -EINTR: a signal waits for the parent, and may be meant for its whole group, so there must be no child that
// it misses.
pid_t proc_publish(struct proc *p);
// Give back what a process owns, if it is there: files, space, directory, program.
void proc_release(struct proc *p);
// Give back a space and a program that it runs (fork and exec keep others from writing it); NULL is fine.
void proc_drop_program(struct space *space, struct inode *file);
// The end of one that was never published.
void proc_discard(struct proc *p);
// Take a zombie out of the table and the tree, and free it. tree lock held.
void proc_reap(struct proc *p);

// fork.c: a copy of the current process; its first return to user mode gives 0. pid or -errno.
pid_t proc_fork(void);
// exec.c: argv and envp are user addresses. On success the current frame starts the new program.
int proc_exec(char *path, uint64_t argv, uint64_t envp);
// Create the first process, running path. Called once, by a kernel thread. argv, envp: NULL-terminated,
// kernel strings. 0 or -errno: then nothing is given back, since boot cannot go on.
int proc_start_init(char *path, const char *const *argv, const char *const *envp);
// exit.c
void proc_exit(int value, int sig) NORETURN;
// pid as waitpid(2). Reaped pid, 0 (WNOHANG), -ECHILD, -EINTR. *status is the wait status, *value the whole
// exit value.
pid_t proc_wait(pid_t pid, int options, int *status, int *value);
int proc_setpgid(pid_t pid, pid_t pgid);
bool proc_group_exists(pid_t pgid);

// signal.c
// kill(2): pid > 0, 0, -1, < -1. who: whose rights are asked; NULL: the kernel's own.
int proc_kill(pid_t pid, int sig, const struct cred *who);
void signal_post(struct proc *p, int sig);   // any context, tree lock held
void signal_post_group(pid_t pgid, int sig); // any context
// End every process but init and the caller, and wait until they are gone: true. For power-off; after 20 s:
// false.
bool proc_kill_others(void);
// The lowest deliverable signal of the current process, taken off pending; 0: none.
int signal_take(void);
// sigaction(2). act may be NULL.
int signal_action(int sig, const struct uapi_sigaction *act, struct uapi_sigaction *old);
// A fault of the current thread: post sig so that it cannot be ignored, and say one line on the console.
void signal_fault(int sig, const char *what, const struct trap_frame *f);
