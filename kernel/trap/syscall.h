// syscall.h: from the number in a7 to the function sys_name.
#ifndef TRAP_SYSCALL_H
#define TRAP_SYSCALL_H

#include "lib/kernel.h"
#include "riscv/frame.h"

// The table is made from syscalls.def: build/<config>/gen/syscall_dispatch.c. A number without a row has fn
// NULL.
struct syscall_entry {
    const char *name;
    long (*fn)(const uint64_t *args); // casts a0-a5 to the row's types and calls sys_name
};
extern const struct syscall_entry syscall_table[];
extern const unsigned syscall_count;

// Do the system call that the frame asks for; the result goes into its a0. Interrupts on.
void syscall(struct trap_frame *f);

#endif
