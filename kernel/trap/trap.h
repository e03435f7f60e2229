// trap.h: what happens between stvec and sret.
#ifndef TRAP_TRAP_H
#define TRAP_TRAP_H

#include "riscv/frame.h"

// Point this hart's stvec at trap_entry and let its interrupts in, one source at a time (sie).
void trap_init_hart(void);
// trap.S: leave for user mode with the current thread's frame. For new threads; registered with sched by
// boot.
void trap_return_user(void);
// Called on each way out to user mode, interrupts off: deliver signals, reschedule (deliver.c).
void trap_way_out(struct trap_frame *f);

#endif
