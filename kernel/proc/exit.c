// exit.c: the end of a process, and waiting for it.
#include "proc/proc.h"
#include "riscv/trace.h"
#include "uapi/wait.h"

// Make c a child of parent: zombies come first, so that whoever waits finds them at once. tree lock held.
static void place_child(struct proc *parent, struct proc *c) {
    c->parent = parent;
    list_remove(&c->sibling);
    if (c->thread)
        list_append(&parent->children, &c->sibling);
    else
        list_push(&parent->children, &c->sibling);
    if (!c->thread)
        waitq_wake_all(&parent->child_wait);
}

// The process becomes a zombie when its thread is off its hart; on another stack, so it may not sleep.
static void bury(struct thread *t) {
    struct proc *p = t->owner, *parent, *c, *next;
    spin_lock(&proc_tree_lock);
    list_for_each_safe(c, next, &p->children, sibling) place_child(init_proc, c);
    p->utime = t->user_time;
    p->stime = t->cpu_time - t->user_time;
    p->thread = NULL;
    parent = p->parent;
    place_child(parent, p);
    const struct uapi_sigaction *act = &parent->sig_action[SIGCHLD];
    if (act->handler == SIG_IGN || act->flags & SA_NOCLDWAIT) // POSIX: nobody will wait for it
        proc_reap(p);
    else
        signal_post(parent, SIGCHLD);
    thread_free(t); // before the parent goes on: what a dead child had is free again
    spin_unlock(&proc_tree_lock);
}

void proc_exit(int value, int sig) {
    struct proc *p = current_proc();
    if (p == init_proc)
        panic("init has ended, with %s %d", sig ? "signal" : "status", sig ? sig : value);
    trace(TRACE_EXIT, value, sig);
    // With several threads, the others are stopped here first.
    p->exit_value = value;
    p->exit_signal = sig;
    thread_set_pagetable(current(), NULL);
    proc_release(p);
    thread_exit(bury);
}

// A child that pid asks for, a zombie if there is one. NULL: none. tree lock held.
static struct proc *find_child(const struct proc *me, pid_t pid) {
    struct proc *c;
    if (pid > 0) {
        c = proc_lookup(pid);
        return c && c->parent == me ? c : NULL;
    }
    int64_t pgid = pid == 0 ? me->pgid : -(int64_t)pid; // -pid may be no pid_t
    list_for_each(c, &me->children, sibling) if (pid == -1 || c->pgid == pgid) return c;
    return NULL;
}

pid_t proc_wait(pid_t pid, int options, int *status, int *value) {
    if (options & ~(UAPI_WNOHANG | UAPI_WUNTRACED))
        return -EINVAL;
    struct proc *me = current_proc();
    pid_t result = 0;
    spin_lock(&proc_tree_lock);
    struct proc *c;
    while ((c = find_child(me, pid)) && c->thread && result == 0 && !(options & UAPI_WNOHANG))
        result = waitq_wait(&me->child_wait, &proc_tree_lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
    if (!c) {
        result = -ECHILD;
    } else if (!c->thread) {
        result = c->pid;
        *status = c->exit_signal ? c->exit_signal : (c->exit_value & 0xff) << 8;
        *value = c->exit_value;
        me->child_utime += c->utime + c->child_utime;
        me->child_stime += c->stime + c->child_stime;
        proc_reap(c);
    }
    spin_unlock(&proc_tree_lock);
    return result;
}
