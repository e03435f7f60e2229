// virtio_blk.c: virtio block devices (virtio 1.2, section 5.2): "vda", "vdb", ...
//
// A request is one chain: a header, the pages (neighbours in memory share a descriptor), a status byte. Many
// are in flight; those that find too few free descriptors wait in a list, in order, until an interrupt
// returns some.
#include "dev/block.h"
#include "dev/device.h"
#include "dev/virtio_mmio.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"

enum { BLK_F_SEG_MAX = 2, BLK_F_RO = 5, BLK_F_FLUSH = 9 }; // feature bits
enum { CONFIG_CAPACITY = 0, CONFIG_SEG_MAX = 12 };
enum { BLK_T_IN = 0, BLK_T_OUT = 1, BLK_T_FLUSH = 4, BLK_S_OK = 0 };
enum { VIRTIO_BLK_MAJOR = 254, VIRTIO_BLK_MINORS = 16, MAX_DISKS = 8 };

// The parts of a request that the device reads and writes besides the pages.
struct slot {
    uint32_t type, reserved;
    uint64_t sector;
    volatile uint8_t status;
    struct block_request *req; // ours; NULL: not in flight
};

struct virtio_blk {
    struct spinlock lock;
    // guarded by lock
    struct virtio virtio;
    struct list waiting; // requests for which there were no descriptors
    struct slot *slots;  // one for each descriptor that can be the head of a chain
    // set once
    struct block_device device;
    char name[4];
};

// Put req's chain into the queue. Descriptors for the worst case are free. Lock held.
static void start(struct virtio_blk *disk, struct block_request *req) {
    static const uint32_t type[] = {
        [BLOCK_READ] = BLK_T_IN, [BLOCK_WRITE] = BLK_T_OUT, [BLOCK_FLUSH] = BLK_T_FLUSH};
    struct virtio *v = &disk->virtio;
    struct slot *slot = &disk->slots[v->free_head]; // virtio_add takes that descriptor next
    slot->type = type[req->op];
    slot->sector = req->op == BLOCK_FLUSH ? 0 : req->sector;
    slot->status = 0xff;
    slot->req = req;

    int tail = -1;
    int head = virtio_add(v, &tail, pa_of(slot), offsetof(struct slot, status), 0);
    int flags = req->op == BLOCK_READ ? VIRTQ_DESC_WRITE : 0;
    for (uint32_t i = 0, run; i < req->page_count; i += run) {
        uint64_t pa = page_pa(req->pages[i]);
        for (run = 1; i + run < req->page_count && page_pa(req->pages[i + run]) == pa + run * PAGE_SIZE;
             run++)
            ;
        virtio_add(v, &tail, pa, run * PAGE_SIZE, flags);
    }
    virtio_add(v, &tail, pa_of((const void *)&slot->status), 1, VIRTQ_DESC_WRITE);
    virtio_offer(v, head);
}

// Start what waits, as far as it fits. Lock held.
static void start_waiting(struct virtio_blk *disk) {
    bool any = false;
    struct block_request *req;
    while ((req = list_first(&disk->waiting, struct block_request, link)) &&
           req->page_count + 2 <= disk->virtio.free_count) {
        list_remove(&req->link);
        start(disk, req);
        any = true;
    }
    if (any)
        virtio_notify(&disk->virtio);
}

static void virtio_blk_submit(struct block_device *dev, struct block_request *req) {
    struct virtio_blk *disk = dev->driver;
    if (req->op == BLOCK_FLUSH)
        req->page_count = 0;
    spin_lock(&disk->lock);
    list_append(&disk->waiting, &req->link);
    start_waiting(disk);
    spin_unlock(&disk->lock);
}

static void virtio_blk_interrupt(void *arg) {
    struct virtio_blk *disk = arg;
    struct list done = LIST_INIT(done);
    if (!virtio_interrupt(&disk->virtio))
        return;
    spin_lock(&disk->lock);
    for (int head; (head = virtio_take_used(&disk->virtio)) >= 0;) {
        struct slot *slot = (uint32_t)head < disk->virtio.size ? &disk->slots[head] : NULL;
        if (!slot || !slot->req) {
            kprintf("%s: the device returned request %d, which it was not given\n", disk->name, head);
            continue;
        }
        slot->req->error = slot->status == BLK_S_OK ? 0 : -EIO;
        list_append(&done, &slot->req->link);
        slot->req = NULL;
        virtio_free(&disk->virtio, head);
    }
    start_waiting(disk);
    spin_unlock(&disk->lock);
    struct block_request *req;
    while ((req = list_first(&done, struct block_request, link))) {
        list_remove(&req->link);
        req->done(req); // may free req
    }
}

static const struct block_ops virtio_blk_ops = {.submit = virtio_blk_submit};

// Agree with the device, set up the queue, fill in disk->device.
static int set_up(struct virtio_blk *disk, const struct fdt *fdt, int node) {
    struct virtio *v = &disk->virtio;
    int err = virtio_open(v, fdt, node, VIRTIO_ID_BLOCK,
                          1UL << BLK_F_SEG_MAX | 1UL << BLK_F_RO | 1UL << BLK_F_FLUSH);
    if (err)
        return err;
    err = virtio_queue_init(v);
    if (!err && v->size < BLOCK_MAX_PAGES + 2)
        err = -EIO; // the largest request would never fit
    if (!err && virtio_has(v, BLK_F_SEG_MAX) && virtio_config32(v, CONFIG_SEG_MAX) < BLOCK_MAX_PAGES)
        err = -EIO;
    disk->slots = err ? NULL : kmalloc(v->size * sizeof(struct slot), PAGE_WAIT | PAGE_ZERO);
    if (!err && !disk->slots)
        err = -ENOMEM;
    if (err) {
        kprintf("virtio-blk: cannot set up the device (error %d)\n", -err);
        virtio_fail(v);
        return err;
    }
    spin_init(&disk->lock, RANK_BLOCK, "virtio-blk");
    list_init(&disk->waiting);
    disk->device.sectors = virtio_config64(v, CONFIG_CAPACITY);
    disk->device.read_only = virtio_has(v, BLK_F_RO);
    disk->device.has_flush = virtio_has(v, BLK_F_FLUSH);
    disk->device.ops = &virtio_blk_ops;
    disk->device.driver = disk;
    return 0;
}

static int virtio_blk_probe(const struct fdt *fdt, int node) {
    static struct virtio_blk disks[MAX_DISKS];
    static int count;
    if (count == MAX_DISKS)
        return -EBUSY;
    struct virtio_blk *disk = &disks[count];
    int err = set_up(disk, fdt, node);
    if (err)
        return err;
    strlcpy(disk->name, "vda", sizeof(disk->name));
    disk->name[2] += count;
    disk->device.name = disk->name;
    disk->device.number = VIRTIO_BLK_MAJOR << 8 | VIRTIO_BLK_MINORS * count;
    err = irq_register(disk->virtio.irq, virtio_blk_interrupt, disk);
    if (err) {
        kprintf("virtio-blk: no interrupt (error %d)\n", -err);
        virtio_fail(&disk->virtio);
        return err;
    }
    virtio_ready(&disk->virtio);
    block_register(&disk->device);
    count++;
    kprintf("%s: virtio-blk, %lu MiB%s, irq %u\n", disk->name, disk->device.sectors >> 11,
            disk->device.read_only ? ", read-only" : "", disk->virtio.irq);
    return 0;
}

static const char *const virtio_compatible[] = {"virtio,mmio", NULL};
DRIVER(virtio_blk_driver) = {
    .name = "virtio-blk", .compatible = virtio_compatible, .stage = 1, .probe = virtio_blk_probe};
