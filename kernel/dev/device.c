// device.c: which driver serves which node of the device tree.
#include "dev/device.h"

#include "mm/page.h"

extern const struct driver __drivers_start[], __drivers_end[]; // kernel.ld

void device_probe_all(const struct fdt *fdt) {
    for (const struct driver *d = __drivers_start; d < __drivers_end; d++)
        fdt_for_each(node, fdt) {
            uint64_t addr, size;
            if (fdt_has(node, "compatible", d->compatible) && fdt_enabled(node) &&
                fdt_reg(node, 0, &addr, &size) == 0)
                d->probe(node, va_of(addr));
        }
}
