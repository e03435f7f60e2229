// device.c: which driver serves which node of the device tree.
#include "dev/device.h"

#include "mm/page.h"

extern const struct driver __drivers_start[], __drivers_end[]; // kernel.ld

// The node for driver d with the highest register address below *addr, which becomes its address. NULL: there
// is none.
static const struct fdt_node *next_node(const struct fdt *fdt, const struct driver *d, uint64_t *addr) {
    const struct fdt_node *best = NULL;
    uint64_t limit = *addr, at, size;
    for (int i = 0; i < fdt->count; i++) {
        const struct fdt_node *node = &fdt->node[i];
        if (!fdt_compatible(node, d->compatible) || !fdt_enabled(node) || fdt_reg(node, 0, &at, &size) < 0)
            continue;
        if (at < limit && (!best || at > *addr)) {
            best = node;
            *addr = at;
        }
    }
    return best;
}

void device_probe_all(const struct fdt *fdt) {
    for (const struct driver *d = __drivers_start; d < __drivers_end; d++) {
        const struct fdt_node *node;
        uint64_t addr = UINT64_MAX;
        while ((node = next_node(fdt, d, &addr)))
            d->probe(node, va_of(addr));
    }
}
