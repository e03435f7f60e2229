// proc.c: the process table, the tree and process groups.
#include "proc/proc.h"

#include "mm/slab.h"

enum { HASH_SIZE = 1024, PID_MAX = 1 << 22 };
// Zombies count: what is done for all, under the tree lock, stays short. The last are for the console.
enum { PROC_MAX = 1 << 15, PROC_RESERVE = 64 };

struct spinlock proc_tree_lock = SPINLOCK(RANK_PROC_TREE, "proc tree");
struct proc *init_proc;
struct list proc_all = LIST_INIT(proc_all);
// guarded by proc_tree_lock
static struct list by_pid[HASH_SIZE];
static pid_t last_pid;
static uint64_t count;

static struct slab_cache proc_cache = SLAB_CACHE(proc_cache, "proc", sizeof(struct proc));

void proc_init(void) {
    for (int i = 0; i < HASH_SIZE; i++)
        list_init(&by_pid[i]);
}

static struct list *bucket(pid_t pid) { return &by_pid[(uint32_t)pid % HASH_SIZE]; }

struct proc *proc_lookup(pid_t pid) {
    struct proc *p;
    list_for_each(p, bucket(pid), hash_link) if (p->pid == pid) return p;
    return NULL;
}

uint64_t proc_count(void) { return racy(count); } // may change at once in any case

struct proc *proc_create(const char *name, struct proc *parent) {
    struct proc *p = slab_alloc(&proc_cache, PAGE_WAIT | PAGE_ZERO);
    if (!p)
        return NULL;
    p->thread = thread_create(name, thread_enter_user, NULL, p);
    if (!p->thread) {
        slab_free(&proc_cache, p);
        return NULL;
    }
    list_init(&p->children);
    list_init(&p->sibling);
    waitq_init(&p->child_wait, "wait");
    strlcpy(p->name, name, sizeof(p->name));
    p->walk.cred = &p->cred;
    p->umask = 022;
    p->privileged = parent == init_proc; // NULL when it is init itself that is made
    p->thread->vcpu.use_reserve = p->privileged || parent->privileged;
    if (parent) {
        p->parent = parent;
        p->cred = parent->cred;
        p->umask = parent->umask;
        memcpy(p->sig_action, parent->sig_action, sizeof(p->sig_action));
    }
    return p;
}

void proc_drop_program(struct space *space, struct inode *file) {
    if (space)
        space_destroy(space);
    if (file) {
        inode_unuse(file, INODE_RUN);
        inode_put(file);
    }
}

void proc_release(struct proc *p) {
    struct space *space = p->space;
    spin_lock(&proc_tree_lock); // against fill_info
    p->space = NULL;
    spin_unlock(&proc_tree_lock);
    fdtable_destroy(&p->files);
    proc_drop_program(space, p->exe);
    if (p->walk.cwd)
        inode_put(p->walk.cwd);
}

void proc_discard(struct proc *p) {
    proc_release(p);
    thread_free(p->thread);
    slab_free(&proc_cache, p);
}

static pid_t next_pid(void) {
    do
        last_pid = last_pid == PID_MAX ? 2 : last_pid + 1;
    while (proc_lookup(last_pid));
    return last_pid;
}

pid_t proc_publish(struct proc *p) {
    spin_lock(&proc_tree_lock);
    uint64_t limit = PROC_MAX - (p->parent && !p->parent->privileged ? PROC_RESERVE : 0);
    int err = p->parent && thread_interrupted() ? -EINTR : count >= limit ? -EAGAIN : 0;
    if (err) {
        spin_unlock(&proc_tree_lock);
        return err;
    }
    pid_t pid = p->pid = next_pid();
    struct list *before = proc_all.prev;
    while (before != &proc_all && list_entry(before, struct proc, all_link)->pid > pid)
        before = before->prev; // only after pids have wrapped around
    list_push(before, &p->all_link);
    list_push(bucket(pid), &p->hash_link);
    p->pgid = p->parent ? p->parent->pgid : pid;
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
    assert(spin_held(&proc_tree_lock) && !p->thread);
    list_remove(&p->sibling);
    list_remove(&p->hash_link);
    list_remove(&p->all_link);
    count--;
    slab_free(&proc_cache, p);
}

// Is there a process in that group? Asked by shells for their latest job, so look from the newest on. tree
// lock held.
static bool group_exists(pid_t pgid) {
    for (struct list *l = proc_all.prev; l != &proc_all; l = l->prev)
        if (list_entry(l, struct proc, all_link)->pgid == pgid)
            return true;
    return false;
}

bool proc_group_exists(pid_t pgid) {
    spin_lock(&proc_tree_lock);
    bool yes = group_exists(pgid);
    spin_unlock(&proc_tree_lock);
    return yes;
}

int proc_setpgid(pid_t pid, pid_t pgid) {
    struct proc *me = current_proc();
    int err = 0;
    if (pgid < 0)
        return -EINVAL;
    spin_lock(&proc_tree_lock);
    struct proc *p = pid == 0 ? me : proc_lookup(pid);
    if (!p || (p != me && p->parent != me))
        err = -ESRCH;
    else if (p != me && p->execed)
        err = -EACCES;
    else if (pgid != 0 && pgid != p->pid && !group_exists(pgid))
        err = -EPERM;
    else
        p->pgid = pgid ? pgid : p->pid;
    spin_unlock(&proc_tree_lock);
    return err;
}

// Ticks since then. The stamp is read first: it may get newer at any moment.
static uint64_t ticks_since(uint64_t stamp) { return time_now() - stamp; }

// tree lock held.
static void fill_info(struct proc_info *info, const struct proc *p) {
    const struct thread *t = p->thread;
    // What the thread's hart, or the process, writes meanwhile is told as it was or as it will be.
    uint64_t user = t ? racy(t->user_time) : p->utime, all = t ? racy(t->cpu_time) : user + p->stime;
    if (t && __atomic_load_n(&t->vcpu.on_hart, __ATOMIC_ACQUIRE) && // else its stamps are of another time
        __atomic_load_n(&t->state, __ATOMIC_RELAXED) == THREAD_RUNNING) {
        user += ticks_since(racy(t->user_stamp)); // since its last trap; most likely in user mode
        all += ticks_since(racy(t->cpu_stamp));
    }
    *info = (struct proc_info){
        .pid = p->pid,
        .ppid = p->parent ? p->parent->pid : 0,
        .pgid = p->pgid,
        .state = t ? __atomic_load_n(&t->state, __ATOMIC_RELAXED) : PS_ZOMBIE,
        .threads = t != NULL,
        .utime = ticks_to_ns(user),
        .stime = ticks_to_ns(max(all, user) - user),
    };
    strlcpy(info->name, p->name, sizeof(info->name));
    if (t == NULL)
        return;
    info->hart = racy(t->vcpu.hart)->index;
    info->priority = racy(t->policy_level);
    info->switches = racy(t->switches);
    if (p->space) {
        info->size = racy(p->space->size);
        info->resident = racy(p->space->resident) * PAGE_SIZE;
    }
    const char *wait = racy(t->wait_name);
    if (wait && info->state == PS_BLOCKED)
        strlcpy(info->wait, wait, sizeof(info->wait));
}

bool proc_next(pid_t after, struct proc_info *info) {
    spin_lock(&proc_tree_lock);
    const struct proc *at = proc_lookup(after); // mostly still there: go on behind it
    const struct list *l = at ? at->all_link.next : proc_all.next;
    while (l != &proc_all && list_entry(l, struct proc, all_link)->pid <= after)
        l = l->next;
    bool found = l != &proc_all;
    if (found)
        fill_info(info, list_entry(l, struct proc, all_link));
    spin_unlock(&proc_tree_lock);
    return found;
}

void proc_print_table(void) {
    static const char *const names[] = {"ready", "running", "blocked", "stopped", "zombie"};
    struct proc_info info = {0};
    kalert("\n%7s %7s %-8s %4s %-10s %s\n", "PID", "PPID", "STATE", "HART", "WAIT", "NAME");
    for (int lines = 0; lines < 64 && proc_next(info.pid, &info); lines++)
        kalert("%7d %7d %-8s %4d %-10s %s\n", info.pid, info.ppid, names[info.state], info.hart, info.wait,
               info.name);
}
