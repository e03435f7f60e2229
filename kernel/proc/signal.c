// signal.c: posting signals. Acting on them is trap/deliver.c's part, on the way out to user mode.
//
// For now a signal ends the process or is ignored. User handlers come next (signal_action refuses them), and
// stop and continue, whose signals are dropped in is_ignored until then.
#include "proc/proc.h"

#define SIGNAL_TEXT(number, name, action, text) [number] = text,
static const char *const texts[NSIG] = {SIGNAL_LIST(SIGNAL_TEXT)};
#define SIGNAL_DEFAULT(number, name, action, text) [number] = #action[0],
static const char defaults[NSIG] = {SIGNAL_LIST(SIGNAL_DEFAULT)};

// Would sig do nothing to p? Nobody ends init. tree lock held.
static bool is_ignored(const struct proc *p, int sig) {
    bool ends = defaults[sig] == 'T' || defaults[sig] == 'C' || defaults[sig] == 0;
    return !ends || p == init_proc || p->sig_action[sig].handler == SIG_IGN;
}

static void set_pending(struct proc *p, int sig) {
    p->sig_pending |= 1UL << sig;
    thread_interrupt(p->thread);
}

void signal_post(struct proc *p, int sig) {
    assert(spin_held(&proc_tree_lock));
    if (p->thread && !is_ignored(p, sig))
        set_pending(p, sig);
}

// Signal 0 only asks. tree lock held.
static int kill_one(struct proc *p, int sig, const struct cred *who) {
    if (!p)
        return -ESRCH;
    if (who && who->uid != 0 && who->uid != racy(p->cred.uid)) // before its setuid, or after
        return -EPERM;
    if (sig != 0)
        signal_post(p, sig);
    return 0;
}

// To all in a group, or (-1) to everybody but init and the caller. 0: it reached one. pgid may be no pid_t:
// then it is no group. tree lock held.
static int kill_many(int64_t pgid, int sig, const struct cred *who) {
    int result = -ESRCH;
    struct proc *p;
    list_for_each(p, &proc_all, all_link) {
        if (pgid < 0 ? p == init_proc || p == current_proc() : p->pgid != pgid)
            continue;
        int err = kill_one(p, sig, who);
        if (result != 0)
            result = err;
    }
    return result;
}

void signal_post_group(pid_t pgid, int sig) {
    spin_lock(&proc_tree_lock);
    kill_many(pgid, sig, NULL);
    spin_unlock(&proc_tree_lock);
}

int proc_kill(pid_t pid, int sig, const struct cred *who) {
    int err;
    if (sig < 0 || sig >= NSIG)
        return -EINVAL;
    spin_lock(&proc_tree_lock);
    if (pid > 0)
        err = kill_one(proc_lookup(pid), sig, who);
    else
        err = kill_many(pid == -1 ? -1 : pid == 0 ? current_proc()->pgid : -(int64_t)pid, sig, who);
    spin_unlock(&proc_tree_lock);
    return err;
}

int signal_take(void) {
    struct thread *t = current();
    struct proc *p = current_proc();
    spin_lock(&proc_tree_lock);
    uint64_t ready = p->sig_pending & ~t->sig_mask;
    int sig = ready ? bit_lowest(ready) : 0;
    if (sig)
        p->sig_pending &= ~(1UL << sig);
    __atomic_store_n(&t->interrupted, (p->sig_pending & ~t->sig_mask) != 0, __ATOMIC_RELEASE);
    spin_unlock(&proc_tree_lock);
    return sig;
}

int signal_action(int sig, const struct uapi_sigaction *act, struct uapi_sigaction *old) {
    if (sig <= 0 || sig >= NSIG || (act && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    if (act && act->handler != SIG_DFL && act->handler != SIG_IGN)
        return -ENOTSUP;
    struct proc *p = current_proc();
    spin_lock(&proc_tree_lock);
    *old = p->sig_action[sig];
    if (act) {
        p->sig_action[sig] = *act;
        if (is_ignored(p, sig))
            p->sig_pending &= ~(1UL << sig);
    }
    spin_unlock(&proc_tree_lock);
    return 0;
}

void signal_fault(int sig, const char *what, const struct trap_frame *f) {
    struct proc *p = current_proc();
    kalert("%s[%d]: %s (%s), address %016lx, pc %016lx\n", p->name, p->pid, texts[sig], what, f->stval,
           f->sepc);
    spin_lock(&proc_tree_lock);
    p->sig_action[sig].handler = SIG_DFL;
    set_pending(p, sig); // it cannot be ignored, not even by init
    spin_unlock(&proc_tree_lock);
}

bool proc_kill_others(void) {
    uint64_t limit = time_now() + 20 * timebase;
    bool left;
    do {
        struct proc *p;
        left = false;
        spin_lock(&proc_tree_lock);
        list_for_each(p, &proc_all, all_link) if (p->thread && p != current_proc()) {
            set_pending(p, p == init_proc ? SIGSTOP : SIGKILL); // again each time: it may have forked
            left |= p != init_proc;
        }
        spin_unlock(&proc_tree_lock);
        thread_sleep_until(time_now() + timebase / 100, false);
    } while (left && time_now() < limit);
    return !left;
}
