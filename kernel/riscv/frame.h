// frame.h: what trap entry saves: all registers of the interrupted code.
//
// For a trap from user mode it lies at the top of the thread's kernel stack; for one from kernel mode on the
// current stack. The offsets are also used by trap/trap.S, which checks them with the static assertion below.
#pragma once

#define FRAME_SIZE    304
#define FRAME_SEPC    248
#define FRAME_SSTATUS 256
#define FRAME_SCAUSE  264
#define FRAME_STVAL   272
#define FRAME_ORIG_A0 280

#ifndef __ASSEMBLER__
#include "lib/kernel.h"

struct trap_frame {
    uint64_t ra, sp, gp, tp, t0, t1, t2, s0, s1;       // x1 .. x9
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7;           // x10 .. x17
    uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11; // x18 .. x27
    uint64_t t3, t4, t5, t6;                           // x28 .. x31
    uint64_t sepc, sstatus, scause, stval;
    uint64_t orig_a0; // a0 as the system call got it: for restart and strace
    uint64_t pad[2];  // keeps the stack 16-byte aligned
};

_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "FRAME_SIZE");
_Static_assert(offsetof(struct trap_frame, sepc) == FRAME_SEPC, "FRAME_SEPC");
_Static_assert(offsetof(struct trap_frame, orig_a0) == FRAME_ORIG_A0, "FRAME_ORIG_A0");
#endif
