// ramdisk.c: a block device in memory, filled by the boot loader (QEMU -initrd). Every request is done at
// once.
#include "dev/block.h"

enum { RAMDISK_NUMBER = 1 << 8 }; // major 1, minor 0

static char *memory; // set once

static void ramdisk_submit(struct block_device *dev, struct block_request *req) {
    char *disk = memory + req->sector * SECTOR_SIZE;
    for (uint32_t i = 0; i < req->page_count; i++, disk += PAGE_SIZE) {
        void *page = page_va(req->pages[i]);
        if (req->op == BLOCK_READ)
            page_copy(page, disk);
        else
            page_copy(disk, page);
    }
    block_end(req);
}

uint64_t ramdisk_find(const struct fdt *fdt, uint64_t *pa) {
    const struct fdt_node *chosen = fdt_path(fdt, "/chosen");
    *pa = fdt_number(chosen, "linux,initrd-start", 0);
    return fdt_number(chosen, "linux,initrd-end", *pa) - *pa;
}

void ramdisk_init(const struct fdt *fdt) {
    static struct block_device ramdisk = {.name = "ram", .number = RAMDISK_NUMBER, .submit = ramdisk_submit};
    uint64_t pa, size = ramdisk_find(fdt, &pa);
    if (size == 0)
        return;
    memory = va_of(pa);
    ramdisk.sectors = size / SECTOR_SIZE;
    block_register(&ramdisk);
    kprintf("ram: RAM disk, %lu KiB\n", size / 1024);
}
