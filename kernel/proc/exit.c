// exit.c: the end of a process, and waiting for it.
#include "proc/proc.h"
#include "riscv/panic.h"
#include "uapi/wait.h"

// init takes over the children of p. tree lock held.
static void give_away_children(struct proc *p) {
    struct proc *c;
    list_for_each(c, &p->children, sibling) c->parent = init_proc;
    list_for_each(c, &p->dead, sibling) c->parent = init_proc;
    if (!list_empty(&p->dead))
        waitq_wake_all(&init_proc->child_wait);
    list_splice(&init_proc->children, &p->children);
    list_splice(&init_proc->dead, &p->dead);
}

// The process becomes a zombie when its thread is off its hart; on another stack, so it may not sleep.
static void bury(struct thread *t) {
    struct proc *p = t->owner;
    spin_lock(&proc_tree_lock);
    give_away_children(p);
    p->utime = t->user_time;
    p->stime = t->system_time;
    p->thread = NULL;
    struct proc *parent = p->parent;
    list_remove(&p->sibling);
    list_append(&parent->dead, &p->sibling);
    if (parent->sig_action[SIGCHLD].handler == SIG_IGN) // POSIX: nobody will wait for it
        proc_reap(p);
    else
        signal_post(parent, SIGCHLD);
    waitq_wake_all(&parent->child_wait);
    spin_unlock(&proc_tree_lock);
    thread_free(t);
}

void proc_exit(int value, int sig) {
    struct proc *p = current_proc();
    if (p == init_proc)
        panic("init has ended, with %s %d", sig ? "signal" : "status", sig ? sig : value);
    // With several threads, the others are stopped here first.
    p->exit_value = value;
    p->exit_signal = sig;
    thread_set_pagetable(current(), NULL);
    proc_release(p);
    thread_exit(bury);
}

// pid <= 0
static bool matches(const struct proc *c, pid_t pid, pid_t own_group) {
    return pid == -1 || c->pgid == (pid == 0 ? own_group : -pid);
}

// A zombie that pid asks for, or NULL; *any: some child, living or dead, matches. tree lock held.
static struct proc *find_child(struct proc *me, pid_t pid, bool *any) {
    struct proc *c;
    *any = false;
    if (pid > 0) {
        c = proc_lookup(pid);
        *any = c && c->parent == me;
        return *any && !c->thread ? c : NULL;
    }
    list_for_each(c, &me->dead, sibling) if (matches(c, pid, me->pgid)) {
        *any = true;
        return c;
    }
    list_for_each(c, &me->children, sibling) if (matches(c, pid, me->pgid)) {
        *any = true;
        break;
    }
    return NULL;
}

pid_t proc_wait(pid_t pid, int options, int *status, int *value) {
    if (options & ~(UAPI_WNOHANG | UAPI_WUNTRACED))
        return -EINVAL;
    struct proc *me = current_proc();
    pid_t result;
    spin_lock(&proc_tree_lock);
    for (;;) {
        bool any;
        struct proc *c = find_child(me, pid, &any);
        if (c) {
            result = c->pid;
            *status = c->exit_signal ? c->exit_signal : (c->exit_value & 0xff) << 8;
            *value = c->exit_value;
            me->child_utime += c->utime + c->child_utime;
            me->child_stime += c->stime + c->child_stime;
            proc_reap(c);
            break;
        }
        result = any ? 0 : -ECHILD;
        if (!any || options & UAPI_WNOHANG)
            break;
        if (waitq_wait(&me->child_wait, &proc_tree_lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER) == -EINTR) {
            result = -EINTR;
            break;
        }
    }
    spin_unlock(&proc_tree_lock);
    return result;
}
