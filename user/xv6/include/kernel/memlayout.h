// memlayout.h: addresses that programs try, to see that the kernel refuses them. None of them is mapped for a
// program.
#ifndef XV6_MEMLAYOUT_H
#define XV6_MEMLAYOUT_H

#include "kernel/riscv.h"

// where QEMU's virt machine has its devices and memory
#define CLINT       0x2000000L
#define PLIC        0x0c000000L
#define UART0       0x10000000L
#define UART0_IRQ   10
#define VIRTIO0     0x10001000L
#define VIRTIO0_IRQ 1
#define KERNBASE    0x80000000L
#define PHYSTOP     (KERNBASE + 128 * 1024 * 1024)

// the top pages of what Sv39 leaves to a program
#define TRAMPOLINE (MAXVA - PGSIZE)
#define TRAPFRAME  (TRAMPOLINE - PGSIZE)
#define USYSCALL   (TRAPFRAME - PGSIZE)
#define KSTACK(p)  (TRAMPOLINE - ((p) + 1) * 2 * PGSIZE)

#endif
