// virtio_blk.c: virtio block devices over memory-mapped registers (virtio 1.2, sections 2.7, 4.2 and 5.2):
// "vda", "vdb", ...
//
// The virtqueue is three arrays in memory that we share with the device: a table of descriptors (places in
// memory), the ring in which we make descriptors available, and the ring in which the device returns them as
// used, in any order. Each request in flight has a slot. Slot i owns descriptor i of the queue, and that is
// "indirect": it points to the slot's own table, which lists the header, the pages and the status byte of the
// request. Requests that find no free slot wait in a list, in order, until an interrupt frees one.
#include "dev/block.h"
#include "dev/device.h"
#include "mm/slab.h"

enum { // registers: section 4.2.2
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_SIZE_MAX = 0x034,
    REG_QUEUE_SIZE = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC = 0x080, // physical addresses: low half, high half
    REG_QUEUE_AVAIL = 0x090,
    REG_QUEUE_USED = 0x0a0,
    REG_CAPACITY = 0x100, // of the disk, in sectors: low half, high half
};
enum { MAGIC = 0x74726976, VERSION = 2, ID_BLOCK = 2 };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { F_READ_ONLY = 1 << 5, F_FLUSH = 1 << 9, F_INDIRECT = 1 << 28, F_HIGH_VERSION_1 = 1 };
enum { DESC_NEXT = 1, DESC_DEVICE_WRITES = 2, DESC_INDIRECT = 4 };
enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, STATUS_OK = 0 };
enum { QUEUE_SIZE = 16, SLOT_DESCS = BLOCK_MAX_PAGES + 2 };
enum { VIRTIO_BLK_MAJOR = 254, VIRTIO_BLK_MINORS = 16 };

struct desc {
    uint64_t addr; // physical
    uint32_t len;
    uint16_t flags, next;
};

struct slot {
    struct block_request *req; // NULL: the slot is free
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    uint8_t status; // the device writes it
    struct desc desc[SLOT_DESCS];
};

struct virtio_blk {
    struct block_device device;
    char name[4];
    volatile void *regs;
    struct spinlock lock;
    // guarded by lock
    struct list waiting; // requests for which there was no slot
    struct slot slot[QUEUE_SIZE];
    uint16_t used_seen; // entries of the used ring that were taken
    // shared with the device
    struct desc desc[QUEUE_SIZE] __attribute__((aligned(16)));
    struct {
        uint16_t flags, idx, ring[QUEUE_SIZE];
    } avail;
    volatile struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } ring[QUEUE_SIZE];
    } used __attribute__((aligned(4)));
};

// Hand req to the device in slot i. Lock held.
static void start(struct virtio_blk *disk, int i, struct block_request *req) {
    static const uint32_t type[] = {
        [BLOCK_READ] = TYPE_IN, [BLOCK_WRITE] = TYPE_OUT, [BLOCK_FLUSH] = TYPE_FLUSH};
    struct slot *slot = &disk->slot[i];
    slot->req = req;
    slot->header.type = type[req->op];
    slot->header.sector = req->sector;
    slot->desc[0] = (struct desc){pa_of(&slot->header), sizeof(slot->header), DESC_NEXT, 1};
    const uint16_t flags = req->op == BLOCK_READ ? DESC_NEXT | DESC_DEVICE_WRITES : DESC_NEXT;
    uint32_t n = 1;
    for (; n <= req->page_count; n++)
        slot->desc[n] = (struct desc){page_pa(req->pages[n - 1]), PAGE_SIZE, flags, n + 1};
    slot->desc[n++] = (struct desc){pa_of(&slot->status), 1, DESC_DEVICE_WRITES, 0};
    disk->desc[i] = (struct desc){pa_of(slot->desc), n * sizeof(struct desc), DESC_INDIRECT, 0};
    disk->avail.ring[disk->avail.idx % QUEUE_SIZE] = i;
    device_fence(); // the device sees the request before the index that covers it (section 2.7.13)
    disk->avail.idx++;
    device_fence();
    reg_write32(disk->regs, REG_QUEUE_NOTIFY, 0);
}

// Start what waits, as far as there are slots. Lock held.
static void start_waiting(struct virtio_blk *disk) {
    struct block_request *req;
    for (int i = 0; i < QUEUE_SIZE && (req = list_first(&disk->waiting, struct block_request, link)); i++) {
        if (disk->slot[i].req)
            continue;
        list_remove(&req->link);
        start(disk, i, req);
    }
}

static void virtio_blk_submit(struct block_device *dev, struct block_request *req) {
    struct virtio_blk *disk = container_of(dev, struct virtio_blk, device);
    spin_lock(&disk->lock);
    list_append(&disk->waiting, &req->link);
    start_waiting(disk);
    spin_unlock(&disk->lock);
}

static void virtio_blk_interrupt(void *arg) {
    static const char *const op_names[] = {
        [BLOCK_READ] = "read", [BLOCK_WRITE] = "write", [BLOCK_FLUSH] = "flush"};
    struct virtio_blk *disk = arg;
    struct list done = LIST_INIT(done);
    spin_lock(&disk->lock);
    reg_write32(disk->regs, REG_INTERRUPT_ACK, reg_read32(disk->regs, REG_INTERRUPT_STATUS));
    device_fence(); // acknowledge before looking at the ring: what comes later interrupts again
    while (disk->used_seen != disk->used.idx) {
        device_fence(); // read the entry, and what the device wrote, after the index that covers them
        uint32_t i = disk->used.ring[disk->used_seen++ % QUEUE_SIZE].id;
        assert(i < QUEUE_SIZE && disk->slot[i].req);
        struct slot *slot = &disk->slot[i];
        slot->req->error = slot->status == STATUS_OK ? 0 : -EIO;
        list_append(&done, &slot->req->link);
        slot->req = NULL;
    }
    start_waiting(disk);
    spin_unlock(&disk->lock);
    struct block_request *req;
    while ((req = list_first(&done, struct block_request, link))) {
        list_remove(&req->link);
        if (req->error)
            kalert("%s: %s failed, sector %lu\n", disk->name, op_names[req->op], req->sector);
        block_end(req);
    }
}

static void set_address(volatile void *regs, uint32_t reg, const volatile void *va) {
    uint64_t pa = pa_of((const void *)va);
    reg_write32(regs, reg, (uint32_t)pa);
    reg_write32(regs, reg + 4, pa >> 32);
}

// Reset the device and agree with it on features (section 3.1.1). Those it has of ours, or 0: it lacks one
// that we need.
static uint32_t negotiate(volatile void *regs) {
    reg_write32(regs, REG_STATUS, 0);
    while (reg_read32(regs, REG_STATUS) != 0)
        ;
    reg_write32(regs, REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    reg_write32(regs, REG_DEVICE_FEATURES_SEL, 0);
    uint32_t features = reg_read32(regs, REG_DEVICE_FEATURES) & (F_READ_ONLY | F_FLUSH | F_INDIRECT);
    reg_write32(regs, REG_DRIVER_FEATURES_SEL, 0);
    reg_write32(regs, REG_DRIVER_FEATURES, features);
    reg_write32(regs, REG_DRIVER_FEATURES_SEL, 1);
    reg_write32(regs, REG_DRIVER_FEATURES, F_HIGH_VERSION_1);
    reg_write32(regs, REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    reg_write32(regs, REG_QUEUE_SEL, 0);
    bool good = (reg_read32(regs, REG_STATUS) & STATUS_FEATURES_OK) && (features & F_INDIRECT) &&
                reg_read32(regs, REG_QUEUE_SIZE_MAX) >= QUEUE_SIZE;
    return good ? features : 0;
}

static void virtio_blk_probe(const struct fdt_node *node, volatile void *regs) {
    static int count;
    if (reg_read32(regs, REG_MAGIC) != MAGIC || reg_read32(regs, REG_DEVICE_ID) != ID_BLOCK)
        return; // an empty place, or another kind of device
    if (reg_read32(regs, REG_VERSION) != VERSION) {
        kprintf("virtio-blk: legacy device, start QEMU with -global virtio-mmio.force-legacy=false\n");
        return;
    }
    uint32_t features = negotiate(regs), irq = fdt_cell(node, "interrupts", 0, 0);
    struct virtio_blk *disk = features ? kmalloc(sizeof(*disk), PAGE_WAIT | PAGE_ZERO) : NULL;
    if (!disk) {
        kprintf("virtio-blk: the device lacks a feature that we need, or there is no memory\n");
        return;
    }
    disk->regs = regs;
    spin_init(&disk->lock, RANK_BLOCK, "virtio-blk");
    list_init(&disk->waiting);
    reg_write32(regs, REG_QUEUE_SIZE, QUEUE_SIZE);
    set_address(regs, REG_QUEUE_DESC, disk->desc);
    set_address(regs, REG_QUEUE_AVAIL, &disk->avail);
    set_address(regs, REG_QUEUE_USED, &disk->used);
    device_fence();
    reg_write32(regs, REG_QUEUE_READY, 1);
    reg_write32(regs, REG_STATUS, reg_read32(regs, REG_STATUS) | STATUS_DRIVER_OK);
    irq_register(irq, virtio_blk_interrupt, disk);
    format(disk->name, sizeof(disk->name), "vd%c", 'a' + count);
    disk->device = (struct block_device){
        .name = disk->name,
        .number = VIRTIO_BLK_MAJOR << 8 | VIRTIO_BLK_MINORS * count++,
        .sectors = reg_read32(regs, REG_CAPACITY) | (uint64_t)reg_read32(regs, REG_CAPACITY + 4) << 32,
        .read_only = features & F_READ_ONLY,
        .has_flush = features & F_FLUSH,
        .submit = virtio_blk_submit,
    };
    block_register(&disk->device);
    kprintf("%s: virtio-blk, %lu MiB%s, irq %u\n", disk->name, disk->device.sectors >> 11,
            disk->device.read_only ? ", read-only" : "", irq);
}

DRIVER(virtio_blk_driver) = {"virtio,mmio", virtio_blk_probe};
