// plic.c: the platform-level interrupt controller (RISC-V PLIC specification 1.0.0).
//
// The PLIC has a context for each (hart, mode) pair; the device tree's interrupts-extended says which is
// which. Every interrupt is enabled in the supervisor context of every hart: all of them trap, one claim gets
// the number, the others get 0 and go on. So a device is served as long as any hart has interrupts on.
#include "dev/device.h"

#include "riscv/hart.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"

enum {
    PLIC_PRIORITY = 0,         // + 4 * irq
    PLIC_ENABLE = 0x2000,      // + 0x80 * context: one bit an irq
    PLIC_THRESHOLD = 0x200000, // + 0x1000 * context
    PLIC_CLAIM = 0x200004,     // + 0x1000 * context: read claims, write completes
    CPU_IRQ_SUPERVISOR = 9,    // a hart's own interrupt controller: supervisor external
};

static struct {
    struct spinlock lock; // guards the enable bits
    // set once at probe
    volatile void *regs;
    uint32_t irq_count;
} plic = {.lock = SPINLOCK(RANK_DEVICE, "plic")};

static void plic_enable(uint32_t irq) {
    if (irq > plic.irq_count)
        return;
    spin_lock(&plic.lock);
    reg_write32(plic.regs, PLIC_PRIORITY + 4 * irq, 1);
    for (uint32_t i = 0; i < hart_count; i++) {
        if (harts[i].plic_context < 0)
            continue;
        uint32_t word = PLIC_ENABLE + 0x80 * harts[i].plic_context + irq / 32 * 4;
        reg_write32(plic.regs, word, reg_read32(plic.regs, word) | 1U << irq % 32);
    }
    spin_unlock(&plic.lock);
}

static void plic_init_hart(void) {
    int context = this_hart()->plic_context;
    if (context < 0)
        return;
    reg_write32(plic.regs, PLIC_THRESHOLD + 0x1000 * context, 0);
    csr_set(sie, SIE_SEIE);
}

static void plic_handle(void) {
    int context = this_hart()->plic_context;
    if (context < 0)
        return;
    uint32_t claim = PLIC_CLAIM + 0x1000 * context, irq;
    while ((irq = reg_read32(plic.regs, claim)) != 0) {
        irq_dispatch(irq);
        device_fence(); // the handler's accesses come before the next interrupt of this irq
        reg_write32(plic.regs, claim, irq);
    }
}

// The hart whose interrupt controller has this phandle, or NULL.
static struct hart *hart_of(const struct fdt *fdt, uint32_t phandle) {
    int cpu = fdt_parent(fdt, fdt_phandle(fdt, phandle));
    uint64_t id, size;
    if (cpu < 0 || fdt_reg(fdt, cpu, 0, &id, &size) < 0)
        return NULL;
    for (uint32_t i = 0; i < hart_count; i++)
        if (harts[i].id == id)
            return &harts[i];
    return NULL;
}

static const struct irq_chip plic_chip = {plic_enable, plic_init_hart, plic_handle};

static int plic_probe(const struct fdt *fdt, int node) {
    uint64_t pa, size;
    if (plic.regs)
        return -EBUSY;
    if (fdt_reg(fdt, node, 0, &pa, &size) < 0)
        return -EINVAL;
    for (uint32_t i = 0; i < hart_count; i++)
        harts[i].plic_context = -1;
    int len, contexts = 0;
    if (!fdt_prop(fdt, node, "interrupts-extended", &len))
        return -EINVAL;
    for (int i = 0; i < len / 8; i++) { // pairs of (interrupt controller of a hart, its interrupt)
        struct hart *h = hart_of(fdt, fdt_cell(fdt, node, "interrupts-extended", 2 * i, 0));
        if (h && fdt_cell(fdt, node, "interrupts-extended", 2 * i + 1, 0) == CPU_IRQ_SUPERVISOR) {
            h->plic_context = i;
            contexts++;
        }
    }
    plic.regs = device_registers(pa);
    plic.irq_count = min(fdt_cell(fdt, node, "riscv,ndev", 0, 0), (uint32_t)IRQ_MAX - 1);
    irq_chip_register(&plic_chip);
    kprintf("plic: %u interrupts, %d harts at 0x%lx\n", plic.irq_count, contexts, pa);
    return 0;
}

static const char *const plic_compatible[] = {"sifive,plic-1.0.0", "riscv,plic0", NULL};
DRIVER(plic_driver) = {.name = "plic", .compatible = plic_compatible, .stage = 0, .probe = plic_probe};
