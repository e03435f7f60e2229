// virtio_mmio.h: a virtio device behind memory-mapped registers, and one virtqueue (virtio 1.2, sections 2.7
// and 4.2).
//
// The transport: finding out what the device is, agreeing on features, and the split virtqueue: chains of
// descriptors go to the device through the available ring and come back, in any order, through the used ring.
// Whoever drives the device type (virtio_blk.c) owns the struct and locks it.
#ifndef DEV_VIRTIO_MMIO_H
#define DEV_VIRTIO_MMIO_H

#include "lib/fdt.h"
#include "lib/kernel.h"

enum { VIRTIO_QUEUE_MAX = 256 }; // descriptors: the table fills one page, both rings another
enum { VIRTIO_ID_BLOCK = 2 };    // section 5
enum { VIRTIO_F_VERSION_1 = 32 };
enum { VIRTQ_DESC_NEXT = 1, VIRTQ_DESC_WRITE = 2 };

struct virtq_desc {
    uint64_t addr; // physical
    uint32_t len;
    uint16_t flags, next;
};

struct virtq_avail {
    uint16_t flags, idx, ring[VIRTIO_QUEUE_MAX];
};

struct virtq_used {
    uint16_t flags, idx;
    struct {
        uint32_t id, len;
    } ring[VIRTIO_QUEUE_MAX];
};

struct virtio {
    // set once
    volatile void *regs;
    uint32_t irq;
    uint32_t size;     // descriptors in the queue
    uint64_t features; // agreed on, a bit each
    // guarded by the driver's lock
    struct virtq_desc *desc;
    volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    uint16_t free_head; // free descriptors, linked by next
    uint16_t free_count;
    uint16_t used_seen; // entries of the used ring that were taken
};

// Start talking to the device at node if it is of this type: reset it and agree on those features of wanted
// that it offers (VERSION_1 is a must). 0; -ENODEV: another type, or an empty slot; -EIO: no agreement
// (logged).
int virtio_open(struct virtio *v, const struct fdt *fdt, int node, uint32_t type, uint64_t wanted);
// Set up queue 0. 0, -ENOMEM or -EIO.
int virtio_queue_init(struct virtio *v);
// The device may start, or is given up.
void virtio_ready(struct virtio *v);
void virtio_fail(struct virtio *v);

static inline bool virtio_has(const struct virtio *v, int feature) { return v->features >> feature & 1; }
// 32 and 64 bits of the device's own configuration space.
uint32_t virtio_config32(struct virtio *v, uint32_t off);
uint64_t virtio_config64(struct virtio *v, uint32_t off);

// Append a buffer to a chain that starts with *tail = -1: takes a free descriptor, which there must be.
// flags: 0 or VIRTQ_DESC_WRITE (the device writes it). Returns the descriptor, which is also the new *tail.
int virtio_add(struct virtio *v, int *tail, uint64_t pa, uint32_t len, int flags);
// Hand the chain that starts at head to the device. virtio_notify tells it, once for any number of chains.
void virtio_offer(struct virtio *v, int head);
void virtio_notify(struct virtio *v);
// A chain that came back, by its head, or -1. Its descriptors stay taken until virtio_free.
int virtio_take_used(struct virtio *v);
void virtio_free(struct virtio *v, int head);
// First thing in the interrupt handler. False: it is not about the queue.
bool virtio_interrupt(struct virtio *v);

#endif
