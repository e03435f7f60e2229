// device.h: drivers, how they meet the device tree, and interrupts.
//
// A driver is a table entry (DRIVER) with the "compatible" string it serves; device_probe_all calls probe for
// each enabled node that matches. Interrupts: a driver hands its handler to irq_register, and the interrupt
// controller's driver (plic.c) does the rest. Nothing here knows the machine. The tables of drivers and of
// handlers are filled while one hart boots and only read afterwards: no lock.
#pragma once

#include "lib/fdt.h"

struct driver {
    const char *compatible;
    // Look at the device, and serve it if it is one of ours. regs: where the kernel sees its registers.
    void (*probe)(const struct fdt_node *node, volatile void *regs);
};

// Place a driver in the table that the linker collects (section .drivers).
#define DRIVER(name_) static const struct driver name_ __attribute__((used, section(".drivers"), aligned(8)))

// Probe every enabled node, for each driver in the tree's order. Once, at boot; harts[] is known.
void device_probe_all(const struct fdt *fdt);

// Run handler(arg) in interrupt context, no lock held, when irq comes in, on any hart, on one at a time. At
// boot, before irq_init_hart. An impossible irq is logged and that is all.
void irq_register(uint32_t irq, void (*handler)(void *arg), void *arg);
void irq_external(void); // for the trap code: an external interrupt came in. Interrupts off
// For each hart as it starts, the boot hart after device_probe_all. Interrupts off.
void irq_init_hart(void);

// uart.c: wait until all output is sent, 5 seconds at most.
void uart_drain(void);
// reset.c: the end of the machine. Everything must be on disk and all output sent (uart_drain). May be called
// from anywhere, also by panic: takes no lock. Start the machine again, through SBI SRST, or switch the power
// off. status: its low 8 bits become QEMU's exit status where the machine has a sifive,test1 device; SBI
// SRST, which can only say 0, does it elsewhere.
void machine_end(bool restart, int status) NORETURN;

static inline uint32_t reg_read32(volatile void *base, uint32_t off) {
    return *(volatile uint32_t *)((volatile char *)base + off);
}
static inline void reg_write32(volatile void *base, uint32_t off, uint32_t value) {
    *(volatile uint32_t *)((volatile char *)base + off) = value;
}
// Memory and registers are accessed in the order written, as other harts and devices see it.
static inline void device_fence(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }
