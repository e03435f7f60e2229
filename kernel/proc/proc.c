// proc.c: the process table, the tree and process groups.
#include "proc/proc.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"

enum { HASH_SIZE = 1024, PID_MAX = 1 << 22 };

struct spinlock proc_tree_lock = SPINLOCK(RANK_PROC_TREE, "proc tree");
struct proc *init_proc;
// guarded by proc_tree_lock
static struct list by_pid[HASH_SIZE], by_group[HASH_SIZE];
static struct list all = LIST_INIT(all); // in rising order of pid
static pid_t last_pid;
static uint64_t count;

static struct slab_cache *proc_cache;

void proc_init(void) {
    proc_cache = slab_create("proc", sizeof(struct proc));
    for (int i = 0; i < HASH_SIZE; i++) {
        list_init(&by_pid[i]);
        list_init(&by_group[i]);
    }
}

static struct list *bucket(struct list *table, pid_t id) { return &table[(uint32_t)id % HASH_SIZE]; }

struct proc *proc_lookup(pid_t pid) {
    struct proc *p;
    list_for_each(p, bucket(by_pid, pid), hash_link) if (p->pid == pid) return p;
    return NULL;
}

struct proc *proc_find(pid_t pid) {
    spin_lock(&proc_tree_lock);
    struct proc *p = proc_lookup(pid);
    if (p)
        proc_get(p);
    spin_unlock(&proc_tree_lock);
    return p;
}

void proc_get(struct proc *p) { __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED); }

void proc_put(struct proc *p) {
    if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0)
        slab_free(proc_cache, p);
}

uint64_t proc_count(void) { return count; }

struct proc *proc_create(const char *name, struct proc *parent) {
    struct proc *p = slab_alloc(proc_cache, PAGE_WAIT | PAGE_ZERO);
    if (!p)
        return NULL;
    p->thread = thread_create_user(name, p);
    if (!p->thread) {
        slab_free(proc_cache, p);
        return NULL;
    }
    list_init(&p->children);
    list_init(&p->dead);
    list_init(&p->sibling);
    list_init(&p->group_link);
    waitq_init(&p->child_wait, "wait");
    spin_init(&p->sig_lock, RANK_PROC, "signals");
    strlcpy(p->name, name, sizeof(p->name));
    p->refs = 2; // the table's and the thread's
    p->umask = 022;
    if (parent) {
        p->parent = parent;
        p->cred = parent->cred;
        p->umask = parent->umask;
        p->privileged = parent == init_proc;
        p->near_console = p->privileged || parent->privileged;
        memcpy(p->sig_action, parent->sig_action, sizeof(p->sig_action));
    }
    return p;
}

void proc_discard(struct proc *p) {
    thread_free(p->thread);
    slab_free(proc_cache, p);
}

static pid_t next_pid(void) {
    do
        last_pid = last_pid == PID_MAX ? 2 : last_pid + 1;
    while (proc_lookup(last_pid));
    return last_pid;
}

pid_t proc_publish(struct proc *p) {
    spin_lock(&proc_tree_lock);
    pid_t pid = p->pid = next_pid();
    struct proc *before = list_last(&all, struct proc, all_link);
    while (before && before->pid > pid) // only after pids have wrapped around
        before =
            before->all_link.prev == &all ? NULL : list_entry(before->all_link.prev, struct proc, all_link);
    list_push(before ? &before->all_link : &all, &p->all_link);
    list_push(bucket(by_pid, pid), &p->hash_link);
    p->pgid = p->parent ? p->parent->pgid : pid;
    list_append(bucket(by_group, p->pgid), &p->group_link);
    if (p->parent)
        list_append(&p->parent->children, &p->sibling);
    else
        init_proc = p;
    count++;
    spin_unlock(&proc_tree_lock);
    thread_start(p->thread); // from here on p may end and be gone
    return pid;
}

void proc_reap(struct proc *p) {
    assert(spin_held(&proc_tree_lock) && p->state == PROC_ZOMBIE);
    list_remove(&p->sibling);
    list_remove(&p->hash_link);
    list_remove(&p->group_link);
    list_remove(&p->all_link);
    count--;
    proc_put(p);
}

void proc_times(const struct proc *p, uint64_t *user, uint64_t *system) {
    const struct thread *t = p->thread;
    *user = t ? t->user_time : p->utime;
    *system = t ? t->system_time : p->stime;
    if (t && __atomic_load_n(&t->state, __ATOMIC_RELAXED) == THREAD_RUNNING)
        *user += time_now() - t->last_stamp; // since its last trap; most likely in user mode
}

struct proc *proc_group_next(pid_t pgid, struct proc *after) {
    struct list *head = bucket(by_group, pgid);
    for (struct list *l = after ? after->group_link.next : head->next; l != head; l = l->next) {
        struct proc *p = list_entry(l, struct proc, group_link);
        if (p->pgid == pgid)
            return p;
    }
    return NULL;
}

bool proc_group_exists(pid_t pgid) {
    spin_lock(&proc_tree_lock);
    bool yes = proc_group_next(pgid, NULL) != NULL;
    spin_unlock(&proc_tree_lock);
    return yes;
}

// May the current process move p? Its own, or a child that has not called exec yet (POSIX).
static int may_set_group(const struct proc *p) {
    const struct proc *me = current_proc();
    if (p == NULL || (p != me && p->parent != me))
        return -ESRCH;
    return p != me && p->execed ? -EACCES : 0;
}

int proc_setpgid(pid_t pid, pid_t pgid) {
    if (pgid < 0)
        return -EINVAL;
    spin_lock(&proc_tree_lock);
    struct proc *p = pid == 0 ? current_proc() : proc_lookup(pid);
    int err = may_set_group(p);
    if (err == 0) {
        if (pgid == 0)
            pgid = p->pid;
        if (pgid != p->pid && proc_group_next(pgid, NULL) == NULL)
            err = -EPERM;
    }
    if (err == 0) {
        list_remove(&p->group_link);
        p->pgid = pgid;
        list_append(bucket(by_group, pgid), &p->group_link);
    }
    spin_unlock(&proc_tree_lock);
    return err;
}

pid_t proc_getpgid(pid_t pid) {
    if (pid == 0)
        return current_proc()->pgid;
    spin_lock(&proc_tree_lock);
    const struct proc *p = proc_lookup(pid);
    pid_t pgid = p ? p->pgid : -ESRCH;
    spin_unlock(&proc_tree_lock);
    return pgid;
}

static enum proc_info_state info_state(const struct thread *t) {
    if (t == NULL)
        return PROC_INFO_ZOMBIE;
    switch (__atomic_load_n(&t->state, __ATOMIC_RELAXED)) {
    case THREAD_READY: return PROC_INFO_READY;
    case THREAD_RUNNING: return PROC_INFO_RUNNING;
    case THREAD_STOPPED: return PROC_INFO_STOPPED;
    case THREAD_ZOMBIE: return PROC_INFO_ZOMBIE;
    default: return PROC_INFO_BLOCKED;
    }
}

// tree lock held.
static void fill_info(struct proc_info *info, const struct proc *p) {
    const struct thread *t = p->thread;
    uint64_t user, system;
    proc_times(p, &user, &system);
    *info = (struct proc_info){
        .pid = p->pid,
        .ppid = p->parent ? p->parent->pid : 0,
        .pgid = p->pgid,
        .state = info_state(t),
        .threads = t != NULL,
        .utime = ticks_to_ns(user),
        .stime = ticks_to_ns(system),
    };
    strlcpy(info->name, p->name, sizeof(info->name));
    if (t == NULL)
        return;
    info->hart = t->vcpu.hart->index;
    info->priority = t->policy_level;
    info->switches = t->switches;
    if (p->space) {
        info->size = space_size(p->space);
        info->resident = p->space->resident * PAGE_SIZE;
    }
    const char *wait = __atomic_load_n(&t->wait_name, __ATOMIC_RELAXED);
    if (wait && info->state == PROC_INFO_BLOCKED)
        strlcpy(info->wait, wait, sizeof(info->wait));
}

int proc_list(struct proc_info *buf, int max, pid_t after) {
    int n = 0;
    spin_lock(&proc_tree_lock);
    const struct proc *at = proc_lookup(after); // mostly still there: go on behind it
    const struct list *l = at ? at->all_link.next : all.next;
    for (; l != &all && n < max; l = l->next) {
        const struct proc *p = list_entry(l, struct proc, all_link);
        if (p->pid > after)
            fill_info(&buf[n++], p);
    }
    spin_unlock(&proc_tree_lock);
    return n;
}

void proc_print_table(void) {
    static const char *const names[] = {"ready", "running", "blocked", "stopped", "zombie"};
    struct proc_info info;
    pid_t after = 0;
    kalert("\n%7s %7s %-8s %4s %-10s %s\n", "PID", "PPID", "STATE", "HART", "WAIT", "NAME");
    for (int lines = 0; lines < 64 && proc_list(&info, 1, after) == 1; lines++) {
        kalert("%7d %7d %-8s %4d %-10s %s\n", info.pid, info.ppid, names[info.state], info.hart, info.wait,
               info.name);
        after = info.pid;
    }
}
