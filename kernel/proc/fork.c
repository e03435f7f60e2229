// fork.c: a copy of the current process.
#include "proc/proc.h"

pid_t proc_fork(void) {
    struct proc *me = current_proc();
    struct space *space;
    int err = space_fork(me->space, &space); // first: if memory is refused, not much has been done
    if (err)
        return err;
    struct proc *child = proc_create(me->name, me);
    if (!child) {
        space_destroy(space);
        return -ENOMEM;
    }
    child->space = space;
    err = fdtable_copy(&child->files, &me->files);
    inode_get(me->walk.cwd);
    child->walk.cwd = me->walk.cwd;
    inode_get(me->exe);
    child->exe = me->exe;
    inode_use(child->exe, INODE_RUN); // cannot fail: it runs already
    *thread_frame(child->thread) = *thread_frame(current());
    thread_frame(child->thread)->a0 = 0; // what fork gives the child
    fp_save(&child->thread->vcpu.fp);    // a thread that runs has its floating point in the registers
    child->thread->sig_mask = current()->sig_mask;
    thread_set_pagetable(child->thread, &space->pt);
    pid_t pid = err ? err : proc_publish(child);
    if (pid < 0)
        proc_discard(child);
    return pid;
}
