// plic.c: interrupts of devices, through the platform-level interrupt controller (RISC-V PLIC specification
// 1.0.0).
//
// The PLIC has a context for each (hart, mode) pair; the device tree's interrupts-extended says which is
// which. Every interrupt with a handler is enabled in the supervisor context of every hart: all of them trap,
// one claim gets the number, the others get 0 and go on. So a device is served as long as any hart has
// interrupts on.
#include "dev/device.h"
#include "riscv/hart.h"

enum {
    PLIC_PRIORITY = 0,         // + 4 * irq
    PLIC_ENABLE = 0x2000,      // + 0x80 * context: one bit an irq
    PLIC_THRESHOLD = 0x200000, // + 0x1000 * context
    PLIC_CLAIM = 0x200004,     // + 0x1000 * context: read claims, write completes
    CPU_IRQ_SUPERVISOR = 9,    // a hart's own interrupt controller: supervisor external
    IRQ_COUNT = 1024,          // as many as a PLIC can have; 0 is no interrupt
};

static volatile void *plic;
static struct {
    void (*handler)(void *arg);
    void *arg;
} table[IRQ_COUNT];

void irq_register(uint32_t irq, void (*handler)(void *arg), void *arg) {
    if (irq == 0 || irq >= IRQ_COUNT || table[irq].handler) {
        kprintf("irq %u: no such interrupt, or it is taken\n", irq);
        return;
    }
    table[irq].handler = handler;
    table[irq].arg = arg;
}

void irq_init_hart(void) {
    int context = this_hart()->plic_context;
    if (context < 0)
        return;
    for (uint32_t irq = 1; irq < IRQ_COUNT; irq++) {
        if (!table[irq].handler)
            continue;
        uint32_t word = PLIC_ENABLE + 0x80 * context + irq / 32 * 4;
        reg_write32(plic, PLIC_PRIORITY + 4 * irq, 1);
        reg_write32(plic, word, reg_read32(plic, word) | 1U << irq % 32);
    }
    reg_write32(plic, PLIC_THRESHOLD + 0x1000 * context, 0);
    csr_set(sie, SIE_SEIE);
}

void irq_external(void) {
    uint32_t claim = PLIC_CLAIM + 0x1000 * this_hart()->plic_context, irq;
    while ((irq = reg_read32(plic, claim)) != 0) {
        table[irq].handler(table[irq].arg);
        device_fence(); // the handler's accesses come before the next interrupt of this irq
        reg_write32(plic, claim, irq);
    }
}

static void plic_probe(const struct fdt_node *node, volatile void *regs) {
    plic = regs;
    uint32_t phandle; // pairs of (interrupt controller of a hart, its interrupt)
    for (int i = 0; (phandle = fdt_cell(node, "interrupts-extended", 2 * i, 0)); i++) {
        const struct fdt_node *controller = fdt_phandle(node->tree, phandle);
        if (!controller || fdt_cell(node, "interrupts-extended", 2 * i + 1, 0) != CPU_IRQ_SUPERVISOR)
            continue;
        uint64_t id = fdt_number(controller->parent, "reg", UINT64_MAX);
        for (uint32_t k = 0; k < hart_count; k++)
            if (harts[k].id == id)
                harts[k].plic_context = i;
    }
    kprintf("plic: sifive,plic-1.0.0\n");
}

DRIVER(plic_driver) = {"sifive,plic-1.0.0", plic_probe};
