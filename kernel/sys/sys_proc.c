// sys_proc.c: system calls on processes: check arguments, call down.
#include "dev/device.h"
#include "proc/proc.h"
#include "syscall_protos.h"
#include "uapi/reboot.h"
#include "uapi/utsname.h"

long sys_fork(void) { return proc_fork(); }

long sys_execve(const char *user, char *const *argv, char *const *envp) {
    char path[UAPI_PATH_MAX];
    ssize_t n = string_from_user(path, (uint64_t)user, sizeof(path));
    return n < 0 ? n : proc_exec(path, (uint64_t)argv, (uint64_t)envp);
}

long sys_exit(int value) { proc_exit(value, 0); }

long sys_waitpid(int pid, int *status, int options, int *value) {
    int st = 0, val = 0;
    pid_t got = proc_wait(pid, options, &st, &val);
    if (got <= 0)
        return got;
    if ((status && copy_to_user((uint64_t)status, &st, sizeof(st))) ||
        (value && copy_to_user((uint64_t)value, &val, sizeof(val))))
        return -EFAULT;
    return got;
}

long sys_kill(int pid, int sig) { return proc_kill(pid, sig, &current_proc()->cred); }

long sys_setpgid(int pid, int pgid) { return proc_setpgid(pid, pgid); }

long sys_getpgid(int pid) {
    spin_lock(&proc_tree_lock);
    const struct proc *p = pid == 0 ? current_proc() : proc_lookup(pid);
    pid_t pgid = p ? p->pgid : -ESRCH;
    spin_unlock(&proc_tree_lock);
    return pgid;
}

long sys_sigaction(int sig, const struct uapi_sigaction *act, struct uapi_sigaction *old) {
    struct uapi_sigaction new_action, old_action;
    if (act && copy_from_user(&new_action, (uint64_t)act, sizeof(new_action)))
        return -EFAULT;
    int err = signal_action(sig, act ? &new_action : NULL, &old_action);
    if (!err && old && copy_to_user((uint64_t)old, &old_action, sizeof(old_action)))
        return -EFAULT;
    return err;
}

long sys_getpid(void) { return current_proc()->pid; }

long sys_getppid(void) {
    spin_lock(&proc_tree_lock);
    const struct proc *parent = current_proc()->parent;
    pid_t pid = parent ? parent->pid : 0;
    spin_unlock(&proc_tree_lock);
    return pid;
}

long sys_yield(void) {
    thread_yield();
    return 0;
}

long sys_proclist(int after, struct proc_info *buf, size_t max) {
    struct proc_info p = {.pid = after};
    size_t total = 0;
    for (; total < max && proc_next(p.pid, &p); total++)
        if (copy_to_user((uint64_t)(buf + total), &p, sizeof(p)))
            return -EFAULT;
    return total;
}

long sys_reboot(int how, int status) {
    if (how != RB_POWER_OFF && how != RB_RESTART)
        return -EINVAL;
    if (current_proc()->cred.uid != 0)
        return -EPERM;
    static uint32_t ending;
    if (__atomic_exchange_n(&ending, 1, __ATOMIC_ACQ_REL)) {
        thread_sleep_until(WAIT_FOREVER, true); // the other one's kill ends us
        return 0;
    }
    vfs_shutdown(proc_kill_others());
    uart_drain();
    machine_end(how == RB_RESTART, status);
}

long sys_uname(struct utsname *buf) {
    static const struct utsname name = {.sysname = "Drupe",
                                        .nodename = "drupe",
                                        .release = "0.1",
                                        .version = "ext2 rv64",
                                        .machine = "riscv64"};
    return copy_to_user((uint64_t)buf, &name, sizeof(name));
}

long sys_umask(unsigned mask) {
    struct proc *p = current_proc();
    mode_t old = p->umask;
    p->umask = mask & 0777;
    return old;
}

// Change one of the current process's ids as setuid(2) and setgid(2) do.
static long set_id(uint32_t *id, uint32_t value) {
    if (current_proc()->cred.uid != 0 && value != *id)
        return -EPERM;
    *id = value;
    return 0;
}

long sys_setuid(unsigned uid) { return set_id(&current_proc()->cred.uid, uid); }
long sys_setgid(unsigned gid) { return set_id(&current_proc()->cred.gid, gid); }
long sys_getuid(void) { return current_proc()->cred.uid; }
long sys_getgid(void) { return current_proc()->cred.gid; }
