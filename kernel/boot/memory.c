// memory.c: from the device tree's memory nodes to mm.
#include "boot/memory.h"

#include "dev/block.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "riscv/panic.h"

enum { MAX_RANGES = 16 };

extern char __kernel_start[], __kernel_end[];

struct ranges {
    uint64_t range[MAX_RANGES][2]; // physical start, end
    int count;
};

static void add(struct ranges *r, uint64_t start, uint64_t end) {
    if (start >= end)
        return;
    if (r->count == MAX_RANGES)
        panic("the device tree names more than %d memory ranges", MAX_RANGES);
    r->range[r->count][0] = align_down(start, PAGE_SIZE);
    r->range[r->count++][1] = align_up(end, PAGE_SIZE);
}

static bool initrd(const struct fdt *fdt, uint64_t *start, uint64_t *end) {
    const struct fdt_node *chosen = fdt_path(fdt, "/chosen");
    *start = fdt_number(chosen, "linux,initrd-start", 0);
    *end = fdt_number(chosen, "linux,initrd-end", 0);
    return *start < *end;
}

void memory_find(const struct fdt *fdt, uint64_t fdt_pa) {
    struct ranges ram = {0}, taken = {0};
    uint64_t start, size, end = 0;
    const struct fdt_node *node = NULL, *reserved = fdt_path(fdt, "/reserved-memory");
    while ((node = fdt_child(&fdt->node[0], node))) {
        const char *type = fdt_string(node, "device_type");
        if (!type || strcmp(type, "memory") != 0)
            continue;
        for (int i = 0; fdt_reg(node, i, &start, &size) == 0; i++) {
            add(&ram, align_up(start, PAGE_SIZE), align_down(start + size, PAGE_SIZE)); // whole pages only
            end = max(end, start + size);
        }
    }
    if (ram.count == 0)
        panic("the device tree names no memory");
    uint64_t kernel = pa_of(__kernel_start);
    add(&taken, align_down(kernel, 2 << 20), pa_of(__kernel_end)); // the firmware is just below
    for (int i = 0; i < ram.count; i++)
        if (ram.range[i][0] < kernel && kernel < ram.range[i][1])
            add(&taken, ram.range[i][0], kernel);
    add(&taken, fdt_pa, fdt_pa + fdt->size);
    if (initrd(fdt, &start, &size))
        add(&taken, start, size);
    for (int i = 0; fdt_reserved(fdt, i, &start, &size) == 0; i++)
        add(&taken, start, start + size);
    while ((node = fdt_child(reserved, node)))
        for (int i = 0; fdt_reg(node, i, &start, &size) == 0; i++)
            add(&taken, start, start + size);
    page_init(ram.range, ram.count, taken.range, taken.count);
    pagetable_init(end);
    struct page_stats s;
    page_stats(&s);
    kprintf("memory: %lu MiB, %lu MiB free\n", s.total >> 8, s.free >> 8);
}

void ramdisk_find(const struct fdt *fdt) {
    uint64_t start, end;
    if (initrd(fdt, &start, &end))
        ramdisk_init(start, end - start);
}
