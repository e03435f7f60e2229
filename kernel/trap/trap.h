// trap.h: what happens between stvec and sret.
#pragma once

#include "riscv/frame.h"

// Point this hart's stvec at trap_entry and let its interrupts in, one source at a time (sie).
void trap_init_hart(void);
// trap.S: leave for user mode with the current thread's frame. For new threads; registered with sched by
// boot.
void trap_return_user(void);
// Called on each way out to user mode, interrupts off: deliver signals, reschedule (deliver.c).
void trap_way_out(struct trap_frame *f);

// The table is made from syscalls.def: build/<config>/gen/syscall_dispatch.c. A number without a row has fn
// NULL.
struct syscall_entry {
    const char *name;
    long (*fn)(const uint64_t *args); // casts a0-a5 to the row's types and calls sys_name
};
extern const struct syscall_entry syscall_table[];
extern const unsigned syscall_count;
// Do the system call that the frame asks for; the result goes into its a0. Interrupts on. (syscall.c)
void syscall(struct trap_frame *f);
