// memory.c: from the device tree's memory nodes to mm.
#include "boot/boot.h"

#include "dev/block.h"
#include "mm/pagetable.h"

extern char __kernel_end[];

static void add(struct page_ranges *r, uint64_t start, uint64_t size) {
    if (r->count == ARRAY_SIZE(r->range) - 1) // the last is page_init's
        panic("the device tree names more than %lu memory ranges", ARRAY_SIZE(r->range) - 1);
    r->range[r->count][0] = start;
    r->range[r->count++][1] = start + size;
}

// Add all that the node's "reg" names.
static void add_node(struct page_ranges *r, const struct fdt_node *node) {
    uint64_t start, size;
    for (int i = 0; fdt_reg(node, i, &start, &size) == 0; i++)
        add(r, start, size);
}

void memory_find(const struct fdt *fdt, uint64_t fdt_pa) {
    struct page_ranges ram = {0}, taken = {0};
    const struct fdt_node *reserved = fdt_path(fdt, "/reserved-memory");
    fdt_for_each(node, fdt) {
        if (fdt_has(node, "device_type", "memory"))
            add_node(&ram, node);
    }
    if (ram.count == 0)
        panic("the device tree names no memory");
    uint64_t kernel_end = pa_of(__kernel_end), start, size, end = 0, total = 0;
    for (int i = 0; i < ram.count; i++) {
        end = max(end, ram.range[i][1]);
        total += ram.range[i][1] - ram.range[i][0];
        if (ram.range[i][0] < kernel_end && kernel_end <= ram.range[i][1])
            add(&taken, ram.range[i][0], kernel_end - ram.range[i][0]); // the firmware lies below the kernel
    }
    add(&taken, fdt_pa, fdt->size);
    if ((size = ramdisk_find(fdt, &start)))
        add(&taken, start, size);
    for (int i = 0; fdt_reserved(fdt, i, &start, &size) == 0; i++)
        add(&taken, start, size);
    fdt_for_each(node, fdt) {
        if (reserved && node->parent == reserved)
            add_node(&taken, node);
    }
    page_init(&ram, &taken);
    pagetable_init(end);
    kprintf("memory: %lu MiB\n", total >> 20);
}
