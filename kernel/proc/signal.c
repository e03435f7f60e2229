// signal.c: posting signals. Acting on them is trap/deliver.c's part, on the way out to user mode.
//
// For now a signal ends the process or is ignored. User handlers come next (signal_action refuses them), and
// stop and continue, whose signals are dropped in is_ignored until then.
#include "lib/bits.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "riscv/panic.h"

#define SIGNAL_TEXT(number, name, action, text) [number] = text,
static const char *const texts[NSIG] = {SIGNAL_LIST(SIGNAL_TEXT)};
#define SIGNAL_DEFAULT(number, name, action, text) [number] = #action[0],
static const char defaults[NSIG] = {SIGNAL_LIST(SIGNAL_DEFAULT)};

const char *signal_name(int sig) {
    return sig > 0 && sig < NSIG && texts[sig] ? texts[sig] : "unknown signal";
}

// Would sig do nothing to p? sig_lock held.
static bool is_ignored(const struct proc *p, int sig) {
    uint64_t handler = p->sig_action[sig].handler;
    if (handler == SIG_IGN)
        return true;
    bool ends = defaults[sig] == 'T' || defaults[sig] == 'C' || defaults[sig] == 0;
    return !ends || p == init_proc; // nobody ends init
}

static void post(struct proc *p, int sig, bool force) {
    spin_lock(&p->sig_lock);
    if (force)
        p->sig_action[sig].handler = SIG_DFL;
    if (p->thread && (force || !is_ignored(p, sig))) {
        p->sig_pending |= 1UL << sig;
        thread_interrupt(p->thread);
    }
    spin_unlock(&p->sig_lock);
}

void signal_post(struct proc *p, int sig) { post(p, sig, false); }

// Post sig to the group; tree lock held. Returns how many there were.
static int post_group(pid_t pgid, int sig) {
    int n = 0;
    for (struct proc *p = proc_group_next(pgid, NULL); p; p = proc_group_next(pgid, p), n++)
        if (sig)
            signal_post(p, sig);
    return n;
}

void signal_post_group(pid_t pgid, int sig) {
    spin_lock(&proc_tree_lock);
    post_group(pgid, sig);
    spin_unlock(&proc_tree_lock);
}

static bool may_signal(const struct cred *who, const struct proc *p) {
    return who->uid == 0 || who->uid == p->cred.uid;
}

static int kill_one(pid_t pid, int sig, const struct cred *who) {
    struct proc *p = proc_find(pid);
    if (!p)
        return -ESRCH;
    int err = may_signal(who, p) ? 0 : -EPERM;
    if (!err && sig != 0) // 0 only asks whether p exists
        signal_post(p, sig);
    proc_put(p);
    return err;
}

// Everybody but init and the caller.
static int kill_all(int sig, const struct cred *who) {
    struct proc_info info;
    int n = 0;
    for (pid_t pid = 1; proc_list(&info, 1, pid) == 1; pid = info.pid)
        if (info.pid != current_proc()->pid && kill_one(info.pid, sig, who) == 0)
            n++;
    return n ? 0 : -ESRCH;
}

int proc_kill(pid_t pid, int sig, const struct cred *who) {
    if (sig < 0 || sig >= NSIG || pid == INT32_MIN)
        return -EINVAL;
    if (pid > 0)
        return kill_one(pid, sig, who);
    if (pid == -1)
        return kill_all(sig, who);
    spin_lock(&proc_tree_lock);
    int n = post_group(pid == 0 ? current_proc()->pgid : -pid, sig);
    spin_unlock(&proc_tree_lock);
    return n ? 0 : -ESRCH;
}

int signal_take(struct proc *p) {
    struct thread *t = current();
    spin_lock(&p->sig_lock);
    uint64_t ready = p->sig_pending & ~t->sig_mask;
    int sig = ready ? bit_lowest(ready) : 0;
    if (sig)
        p->sig_pending &= ~(1UL << sig);
    __atomic_store_n(&t->interrupted, (p->sig_pending & ~t->sig_mask) != 0, __ATOMIC_RELEASE);
    spin_unlock(&p->sig_lock);
    return sig;
}

int signal_action(int sig, const struct uapi_sigaction *act, struct uapi_sigaction *old) {
    if (sig <= 0 || sig >= NSIG || (act && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    if (act && act->handler != SIG_DFL && act->handler != SIG_IGN)
        return -ENOTSUP;
    struct proc *p = current_proc();
    spin_lock(&p->sig_lock);
    if (old)
        *old = p->sig_action[sig];
    if (act) {
        p->sig_action[sig] = *act;
        if (is_ignored(p, sig))
            p->sig_pending &= ~(1UL << sig);
    }
    spin_unlock(&p->sig_lock);
    return 0;
}

void signal_fault(int sig, uint64_t addr, const char *what, struct trap_frame *f) {
    struct proc *p = current_proc();
    kalert("%s[%d]: %s (%s), address %016lx, pc %016lx\n", p->name, p->pid, signal_name(sig), what, addr,
           f->sepc);
    post(p, sig, true);
}

void proc_kill_others(void) {
    struct proc_info info;
    const struct proc *me = current_proc();
    uint64_t limit = time_now() + 5 * timebase;
    for (bool left = true; left && time_now() < limit;) {
        kill_all(SIGKILL, &me->cred); // again each time: some may have forked meanwhile
        thread_sleep_until(time_now() + timebase / 100, false);
        left = false;
        for (pid_t pid = 1; proc_list(&info, 1, pid) == 1; pid = info.pid)
            left |= info.state != PROC_INFO_ZOMBIE && info.pid != me->pid;
    }
}
