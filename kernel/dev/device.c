// device.c: which driver serves which node of the device tree, and which handler serves which interrupt.
#include "dev/device.h"

#include "riscv/panic.h"

extern const struct driver __drivers_start[], __drivers_end[]; // kernel.ld

enum { MAX_DEVICES = 64 };

// A node and a driver that may serve it.
struct match {
    const struct driver *driver;
    int node;
    uint64_t addr; // of its registers; 0: it has none
};

static const struct irq_chip *irq_chip;
static struct {
    void (*handler)(void *arg);
    void *arg;
} irq_table[IRQ_MAX];

static bool driver_serves(const struct driver *d, const struct fdt *fdt, int node) {
    for (const char *const *name = d->compatible; *name; name++)
        if (fdt_compatible(fdt, node, *name))
            return true;
    return false;
}

static bool comes_before(const struct match *a, const struct match *b) {
    return a->driver->stage != b->driver->stage ? a->driver->stage < b->driver->stage : a->addr > b->addr;
}

// Put m into the sorted list of count matches.
static void insert(struct match *list, int count, struct match m) {
    for (; count > 0 && comes_before(&m, &list[count - 1]); count--)
        list[count] = list[count - 1];
    list[count] = m;
}

void device_probe_all(const struct fdt *fdt) {
    struct match found[MAX_DEVICES];
    int count = 0;
    for (int node = fdt_root(fdt); node >= 0; node = fdt_next(fdt, node)) {
        if (!fdt_enabled(fdt, node))
            continue;
        for (const struct driver *d = __drivers_start; d < __drivers_end; d++) {
            if (!driver_serves(d, fdt, node))
                continue;
            struct match m = {.driver = d, .node = node};
            uint64_t size;
            if (fdt_reg(fdt, node, 0, &m.addr, &size) < 0)
                m.addr = 0;
            if (count == MAX_DEVICES) {
                kprintf("%s: too many devices, ignored\n", fdt_name(fdt, node));
                continue;
            }
            insert(found, count++, m);
        }
    }
    // A node that several drivers match (virtio,mmio is many kinds of device) goes to the first that takes
    // it.
    int last_taken = -1;
    for (int i = 0; i < count; i++)
        if (found[i].node != last_taken && found[i].driver->probe(fdt, found[i].node) == 0)
            last_taken = found[i].node;
}

void irq_chip_register(const struct irq_chip *chip) { irq_chip = chip; }

int irq_register(uint32_t irq, void (*handler)(void *arg), void *arg) {
    if (!irq_chip || irq == 0 || irq >= IRQ_MAX)
        return -EINVAL;
    if (irq_table[irq].handler)
        return -EBUSY;
    irq_table[irq].handler = handler;
    irq_table[irq].arg = arg;
    irq_chip->enable(irq);
    return 0;
}

void irq_dispatch(uint32_t irq) {
    if (irq < IRQ_MAX && irq_table[irq].handler)
        irq_table[irq].handler(irq_table[irq].arg);
    else
        kprintf("irq %u: nobody handles it\n", irq);
}

void irq_external(void) {
    if (irq_chip)
        irq_chip->handle();
}

void irq_init_hart(void) {
    if (irq_chip)
        irq_chip->init_hart();
}
