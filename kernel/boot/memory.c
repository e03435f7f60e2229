// memory.c: from the device tree's memory nodes to mm.
#include "boot/boot.h"

#include "dev/block.h"
#include "mm/pagetable.h"

extern char __kernel_end[];

static void add(struct page_ranges *r, uint64_t start, uint64_t end) {
    if (r->count == ARRAY_SIZE(r->range))
        panic("the device tree cuts memory into more than %lu ranges", ARRAY_SIZE(r->range));
    r->range[r->count][0] = start;
    r->range[r->count++][1] = end;
}

// Take [start, start + size) out of r.
static void cut(struct page_ranges *r, uint64_t start, uint64_t size) {
    for (int i = 0, n = r->count; i < n; i++) {
        uint64_t *piece = r->range[i], end = piece[1];
        if (end <= start || start + size <= piece[0])
            continue;
        piece[1] = max(start, piece[0]); // what is before it, maybe nothing
        if (start + size < end)
            add(r, start + size, end);
    }
}

void memory_find(const struct fdt *fdt, uint64_t fdt_pa) {
    struct page_ranges ram = {0};
    const struct fdt_node *reserved = fdt_path(fdt, "/reserved-memory");
    uint64_t kernel_end = pa_of(__kernel_end), start, size, low = UINT64_MAX, high = 0, total = 0;
    fdt_for_each(node, fdt) {
        if (!fdt_has(node, "device_type", "memory"))
            continue;
        for (int i = 0; fdt_reg(node, i, &start, &size) == 0; i++) {
            low = min(low, start);
            high = max(high, start + size);
            total += size;
            bool has_kernel = start < kernel_end && kernel_end <= start + size;
            add(&ram, has_kernel ? kernel_end : start, start + size); // the firmware lies below the kernel
        }
    }
    if (ram.count == 0)
        panic("the device tree names no memory");
    cut(&ram, fdt_pa, fdt->size);
    if ((size = ramdisk_find(fdt, &start)))
        cut(&ram, start, size);
    for (int i = 0; fdt_reserved(fdt, i, &start, &size) == 0; i++)
        cut(&ram, start, size);
    fdt_for_each(node, fdt) {
        for (int i = 0; reserved && node->parent == reserved && fdt_reg(node, i, &start, &size) == 0; i++)
            cut(&ram, start, size);
    }
    page_init(low, high, &ram);
    pagetable_init(high);
    kprintf("memory: %lu MiB\n", total >> 20);
}
