// syscall.c: system-call dispatch.

#include "proc/proc.h"
#include "trap/trap.h"

void syscall(struct trap_frame *f) {
    uint64_t number = f->a7;
    f->orig_a0 = f->a0;
    current_proc()->syscalls++;
    if (number >= syscall_count || syscall_table[number].fn == NULL) {
        f->a0 = -ENOSYS;
        return;
    }
    f->a0 = syscall_table[number].fn(&f->a0); // a0-a5 lie side by side in the frame
    lockdep_clean(syscall_table[number].name, 0);
}
