// device.h: drivers, and how they meet the device tree.
//
// A driver is a table entry (DRIVER) with the "compatible" strings it serves; device_probe_all walks the tree
// and calls probe for each enabled node that matches. Interrupts: a driver hands its handler to irq_register;
// the interrupt controller's driver registers itself here too, so neither knows the other. Boot calls
// device_probe_all; nothing here knows the machine. Both tables are filled while one hart boots and only read
// afterwards: no lock.
#ifndef DEV_DEVICE_H
#define DEV_DEVICE_H

#include "lib/fdt.h"
#include "lib/kernel.h"

struct driver {
    const char *name;
    const char *const *compatible; // NULL-terminated
    int stage;                     // 0: interrupt controllers, 1: everything else
    // 0, or -errno: not ours after all, or broken (logged).
    int (*probe)(const struct fdt *fdt, int node);
};

// Place a driver in the table that the linker collects (section .drivers).
#define DRIVER(name_) static const struct driver name_ __attribute__((used, section(".drivers"), aligned(8)))

// Probe every enabled node: stage 0 first, and in each stage by falling register address, which does not
// depend on the tree's order and calls the disk of QEMU's first -device option "vda": QEMU fills its virtio
// slots from the highest down. A probe that succeeds logs one short line. Once, at boot; harts[] is known.
void device_probe_all(const struct fdt *fdt);

// Interrupts. The controller's driver fills this in.
struct irq_chip {
    void (*enable)(uint32_t irq); // on all harts
    void (*init_hart)(void);      // on each hart, interrupts off
    void (*handle)(void);         // claim and run all that is pending on this hart
};
enum { IRQ_MAX = 1024 }; // as many as a PLIC can have; 0 is no interrupt

void irq_chip_register(const struct irq_chip *chip);
// Run handler(arg) in interrupt context, no lock held, when irq comes in, on any hart, on one at a time. At
// boot. 0, -EINVAL (no such irq, or no controller) or -EBUSY.
int irq_register(uint32_t irq, void (*handler)(void *arg), void *arg);
void irq_dispatch(uint32_t irq); // for the chip: run the handler of a claimed interrupt
void irq_external(void);         // for the trap code: an external interrupt came in. Interrupts off
// For each hart as it starts, the boot hart after device_probe_all. Interrupts off.
void irq_init_hart(void);

// Registers of a device as the kernel sees them (the direct map covers all physical addresses below 128 GiB).
static inline volatile void *device_registers(uint64_t pa) {
    return (volatile void *)(pa + 0xffffffc000000000UL);
}
static inline uint32_t reg_read32(volatile void *base, uint32_t off) {
    return *(volatile uint32_t *)((volatile char *)base + off);
}
static inline void reg_write32(volatile void *base, uint32_t off, uint32_t value) {
    *(volatile uint32_t *)((volatile char *)base + off) = value;
}
static inline uint8_t reg_read8(volatile void *base, uint32_t off) {
    return *((volatile uint8_t *)base + off);
}
static inline void reg_write8(volatile void *base, uint32_t off, uint8_t value) {
    *((volatile uint8_t *)base + off) = value;
}
// Memory and registers are accessed in the order written, as other harts and devices see it.
static inline void device_fence(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }

#endif
