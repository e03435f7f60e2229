// fork.c: a copy of the current process.
#include "proc/proc.h"
#include "riscv/panic.h"

// Memory and files first: when there is no memory, that is known before much has been done. On failure what
// was made is given back.
static int copy_process(struct proc *me, struct proc **out) {
    struct space *space;
    int err = space_fork(me->space, &space);
    if (err)
        return err;
    struct fdtable *files = fdtable_copy(me->files);
    struct proc *child = files ? proc_create(me->name, me) : NULL;
    if (!child) {
        if (files)
            fdtable_destroy(files);
        space_destroy(space);
        return -ENOMEM;
    }
    child->space = space;
    child->files = files;
    inode_get(me->cwd);
    child->cwd = me->cwd;
    inode_get(me->exe);
    child->exe = me->exe;
    inode_deny_write(child->exe); // cannot fail: it is denied already
    *out = child;
    return 0;
}

pid_t proc_fork(void) {
    struct thread *t = current();
    struct proc *me = current_proc(), *child;
    t->vcpu.use_reserve = me->privileged;
    int err = copy_process(me, &child);
    t->vcpu.use_reserve = false;
    if (err) {
        // Whoever cannot have more memory waits a moment before it can ask again: a fork bomb that has
        // taken everything leaves the harts to those who would stop it.
        thread_sleep_until(time_now() + timebase / 20, true);
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
