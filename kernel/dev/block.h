// block.h: block devices: what the page cache reads from and writes to.
//
// A request names whole 512-byte sectors and frames. It is submitted, runs while others run, and ends in
// interrupt context (or, on a RAM disk or for a request that is wrong, in the submitter's) with done(req).
// Requests in flight at the same time may be carried out in any order. The list of devices is filled while
// one hart boots and only read afterwards: no lock.
#pragma once

#include "lib/fdt.h"
#include "mm/page.h"
#include "riscv/trace.h"

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };
enum { SECTOR_SIZE = 512, BLOCK_MAX_PAGES = 64 };

struct block_request {
    enum block_op op;
    uint64_t sector;                         // first sector
    uint32_t page_count;                     // whole pages, in order; BLOCK_FLUSH: 0
    struct page **pages;                     // stays valid until done
    int error;                               // result: 0, -EIO, -EROFS, or -EINVAL past the end
    void (*done)(struct block_request *req); // interrupt context or submitter's; may free req
    void *arg;                               // the submitter's
    struct list link;                        // the driver's, while it is queued
};

// A driver fills one in and keeps it for good.
struct block_device {
    const char *name; // "vda", "ram"
    dev_t number;     // major << 8 | minor
    uint64_t sectors;
    bool read_only;
    bool has_flush; // BLOCK_FLUSH does something
    // Start req, or queue it if the device is full. Never sleeps, never fails: errors come through done.
    // req has been checked: it is in range, and no write to a read-only device. No lock held.
    void (*submit)(struct block_device *dev, struct block_request *req);
    struct list link; // all devices
};

// At boot.
void block_register(struct block_device *dev);
// By name, or (NULL) the first one; NULL: there is none.
struct block_device *block_find(const char *name);

// For drivers: req is over. May free it.
static inline void block_end(struct block_request *req) {
    trace(TRACE_BLOCK + TRACE_END, (uint64_t)req, req->error);
    req->done(req);
}
// Start req. Any context; req->error is set and done(req) called exactly once, perhaps before this returns.
// Wrong requests (too many pages, past the end, a write to a read-only device) end so too.
void block_submit(struct block_device *dev, struct block_request *req);
// What earlier completed writes wrote is on stable storage when this returns 0. -EIO. May sleep.
int block_flush(struct block_device *dev);

// The RAM disk that a boot loader left in memory (/chosen linux,initrd-start): its size; 0: there is none.
uint64_t ramdisk_find(const struct fdt *fdt, uint64_t *pa);
// If there is one, register it as "ram". At boot; nobody else uses its memory.
void ramdisk_init(const struct fdt *fdt);
