// fork.c: a copy of the current process.
#include "proc/proc.h"
#include "riscv/panic.h"

// Space, files and working directory of the new process. On failure what was made is given back.
static int copy_resources(struct proc *me, struct proc *child) {
    int err = space_fork(me->space, &child->space);
    if (err)
        return err;
    child->files = fdtable_copy(me->files);
    if (child->files == NULL) {
        space_destroy(child->space);
        return -ENOMEM;
    }
    inode_get(me->cwd);
    child->cwd = me->cwd;
    inode_get(me->exe);
    child->exe = me->exe;
    inode_deny_write(child->exe); // cannot fail: it is denied already
    return 0;
}

pid_t proc_fork(void) {
    struct thread *t = current();
    struct proc *me = current_proc();
    t->vcpu.use_reserve = me->privileged;
    struct proc *child = proc_create(me->name, me);
    int err = child ? copy_resources(me, child) : -ENOMEM;
    t->vcpu.use_reserve = false;
    if (err) {
        if (child)
            proc_discard(child);
        return err;
    }
    struct trap_frame *f = thread_frame(child->thread);
    *f = *thread_frame(t);
    f->a0 = 0; // what fork gives the child
    thread_fp_copy(child->thread);
    child->thread->sig_mask = t->sig_mask;
    space_attach(child->thread, child->space);
    return proc_publish(child);
}
