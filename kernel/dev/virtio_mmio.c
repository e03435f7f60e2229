// virtio_mmio.c: the virtio transport over memory-mapped registers, and the split virtqueue.
#include "dev/virtio_mmio.h"

#include "dev/device.h"
#include "mm/page.h"
#include "riscv/panic.h"

enum { // registers: virtio 1.2, table 4.1
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
    REG_QUEUE_DRIVER = 0x090,
    REG_QUEUE_DEVICE = 0x0a0,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};
enum { MAGIC = 0x74726976 }; // "virt"
enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_FAILED = 128
};
enum { INTERRUPT_USED = 1 };
enum { USED_NO_NOTIFY = 1 };
enum { RINGS_USED_OFFSET = 1024 }; // of the used ring in the page of the rings

_Static_assert(sizeof(struct virtq_desc) * VIRTIO_QUEUE_MAX <= PAGE_SIZE, "descriptors fill one page");
_Static_assert(sizeof(struct virtq_avail) <= RINGS_USED_OFFSET &&
                   RINGS_USED_OFFSET + sizeof(struct virtq_used) <= PAGE_SIZE,
               "both rings fit in one page");

static uint32_t get(struct virtio *v, uint32_t reg) { return reg_read32(v->regs, reg); }
static void set(struct virtio *v, uint32_t reg, uint32_t value) { reg_write32(v->regs, reg, value); }
static void set_status(struct virtio *v, uint32_t bit) { set(v, REG_STATUS, get(v, REG_STATUS) | bit); }
static void set_address(struct virtio *v, uint32_t reg, volatile void *va) {
    uint64_t pa = pa_of((const void *)va);
    set(v, reg, (uint32_t)pa);
    set(v, reg + 4, pa >> 32);
}

void virtio_ready(struct virtio *v) { set_status(v, STATUS_DRIVER_OK); }
void virtio_fail(struct virtio *v) { set_status(v, STATUS_FAILED); }

static uint64_t device_features(struct virtio *v) {
    set(v, REG_DEVICE_FEATURES_SEL, 1);
    uint64_t high = get(v, REG_DEVICE_FEATURES);
    set(v, REG_DEVICE_FEATURES_SEL, 0);
    return high << 32 | get(v, REG_DEVICE_FEATURES);
}

int virtio_open(struct virtio *v, const struct fdt *fdt, int node, uint32_t type, uint64_t wanted) {
    uint64_t pa, size;
    if (fdt_reg(fdt, node, 0, &pa, &size) < 0)
        return -ENODEV;
    v->regs = device_registers(pa);
    v->irq = fdt_cell(fdt, node, "interrupts", 0, 0);
    if (get(v, REG_MAGIC) != MAGIC || get(v, REG_DEVICE_ID) != type)
        return -ENODEV;
    if (get(v, REG_VERSION) != 2) {
        kprintf("virtio-mmio: legacy device, start QEMU with -global virtio-mmio.force-legacy=false\n");
        return -EIO;
    }
    set(v, REG_STATUS, 0); // section 3.1.1: reset, acknowledge, driver, features, queue, driver ok
    while (get(v, REG_STATUS) != 0)
        ;
    set_status(v, STATUS_ACKNOWLEDGE);
    set_status(v, STATUS_DRIVER);
    v->features = device_features(v) & (wanted | 1UL << VIRTIO_F_VERSION_1);
    set(v, REG_DRIVER_FEATURES_SEL, 1);
    set(v, REG_DRIVER_FEATURES, v->features >> 32);
    set(v, REG_DRIVER_FEATURES_SEL, 0);
    set(v, REG_DRIVER_FEATURES, (uint32_t)v->features);
    set_status(v, STATUS_FEATURES_OK);
    if (!virtio_has(v, VIRTIO_F_VERSION_1) || !(get(v, REG_STATUS) & STATUS_FEATURES_OK)) {
        kprintf("virtio-mmio: the device at 0x%lx does not accept our features\n", pa);
        virtio_fail(v);
        return -EIO;
    }
    return 0;
}

int virtio_queue_init(struct virtio *v) {
    set(v, REG_QUEUE_SEL, 0);
    v->size = min(get(v, REG_QUEUE_SIZE_MAX), (uint32_t)VIRTIO_QUEUE_MAX);
    if (v->size == 0 || get(v, REG_QUEUE_READY) != 0)
        return -EIO;
    struct page *table = page_alloc_one(PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO);
    struct page *rings = page_alloc_one(PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO);
    if (!table || !rings) {
        if (table)
            page_put(table);
        return -ENOMEM;
    }
    v->desc = page_va(table);
    v->avail = page_va(rings);
    v->used = (volatile void *)((char *)page_va(rings) + RINGS_USED_OFFSET);
    for (uint32_t i = 0; i < v->size; i++)
        v->desc[i].next = i + 1;
    v->free_head = 0;
    v->free_count = v->size;
    v->used_seen = 0;
    set(v, REG_QUEUE_SIZE, v->size);
    set_address(v, REG_QUEUE_DESC, v->desc);
    set_address(v, REG_QUEUE_DRIVER, v->avail);
    set_address(v, REG_QUEUE_DEVICE, v->used);
    device_fence();
    set(v, REG_QUEUE_READY, 1);
    return 0;
}

uint32_t virtio_config32(struct virtio *v, uint32_t off) { return get(v, REG_CONFIG + off); }

uint64_t virtio_config64(struct virtio *v, uint32_t off) {
    uint32_t before;
    uint64_t value;
    do { // section 4.2.2: the generation changes when the device changes its configuration
        before = get(v, REG_CONFIG_GENERATION);
        value = virtio_config32(v, off) | (uint64_t)virtio_config32(v, off + 4) << 32;
    } while (get(v, REG_CONFIG_GENERATION) != before);
    return value;
}

int virtio_add(struct virtio *v, int *tail, uint64_t pa, uint32_t len, int flags) {
    assert(v->free_count > 0);
    uint16_t d = v->free_head;
    v->free_head = v->desc[d].next;
    v->free_count--;
    v->desc[d] = (struct virtq_desc){.addr = pa, .len = len, .flags = flags};
    if (*tail >= 0) {
        v->desc[*tail].flags |= VIRTQ_DESC_NEXT;
        v->desc[*tail].next = d;
    }
    return *tail = d;
}

void virtio_offer(struct virtio *v, int head) {
    uint16_t idx = v->avail->idx;
    v->avail->ring[idx % v->size] = head;
    device_fence(); // the device sees the chain before the index that covers it (section 2.7.13)
    v->avail->idx = idx + 1;
}

void virtio_notify(struct virtio *v) {
    device_fence(); // it sees the index before we look whether it wants to be told
    if (!(v->used->flags & USED_NO_NOTIFY))
        set(v, REG_QUEUE_NOTIFY, 0);
}

int virtio_take_used(struct virtio *v) {
    if (v->used_seen == v->used->idx)
        return -1;
    device_fence(); // read the entry, and what the device wrote, after the index that covers them
    return v->used->ring[v->used_seen++ % v->size].id;
}

void virtio_free(struct virtio *v, int head) {
    int last = head, count = 1;
    for (; v->desc[last].flags & VIRTQ_DESC_NEXT; last = v->desc[last].next)
        count++;
    v->desc[last].next = v->free_head;
    v->free_head = head;
    v->free_count += count;
}

bool virtio_interrupt(struct virtio *v) {
    uint32_t why = get(v, REG_INTERRUPT_STATUS);
    set(v, REG_INTERRUPT_ACK, why);
    device_fence(); // acknowledge before looking at the ring: what comes later interrupts again
    return why & INTERRUPT_USED;
}
