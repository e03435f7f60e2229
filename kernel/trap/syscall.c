// syscall.c: system-call dispatch.

#include "proc/proc.h"
#include "riscv/trace.h"
#include "trap/trap.h"

void syscall(struct trap_frame *f) {
    uint64_t number = f->a7;
    current_proc()->syscalls++;
    trace(TRACE_SYSCALL, number, (uint64_t)f);
    if (likely(number < syscall_count && syscall_table[number].fn)) {
        f->a0 = syscall_table[number].fn(&f->a0); // a0-a5 lie side by side in the frame
        lockdep_clean(syscall_table[number].name, 0);
    } else {
        f->a0 = -ENOSYS;
    }
    trace(TRACE_SYSCALL + TRACE_END, number, (uint64_t)f);
}
