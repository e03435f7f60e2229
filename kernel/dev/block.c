// block.c: the list of block devices, and what is the same for all of them: checks, and waiting for one
// request.
#include "dev/block.h"

#include "sched/waitq.h"

static struct list devices = LIST_INIT(devices);

void block_register(struct block_device *dev) { list_append(&devices, &dev->link); }

struct block_device *block_find(const char *name) {
    struct block_device *dev;
    list_for_each(dev, &devices, link) if (!name || strcmp(dev->name, name) == 0) return dev;
    return NULL;
}

static int check(const struct block_device *dev, const struct block_request *req) {
    const uint64_t sectors = (uint64_t)req->page_count * (PAGE_SIZE / SECTOR_SIZE);
    if (req->op == BLOCK_FLUSH)
        return 0;
    if (req->page_count == 0 || req->page_count > BLOCK_MAX_PAGES || req->sector > dev->sectors ||
        sectors > dev->sectors - req->sector)
        return -EINVAL;
    return req->op == BLOCK_WRITE && dev->read_only ? -EROFS : 0;
}

void block_submit(struct block_device *dev, struct block_request *req) {
    req->error = check(dev, req);
    trace(TRACE_BLOCK, (uint64_t)req, req->sector << 16 | req->page_count << 8 | req->op);
    if (req->error || (req->op == BLOCK_FLUSH && !dev->has_flush))
        block_end(req);
    else
        dev->submit(dev, req);
}

// Who waits for a flush: a lock and a queue for all, so that each may forget its request as soon as it has
// ended.
static struct spinlock wait_lock = SPINLOCK(RANK_WAITQ, "block wait");
static struct waitq waitq = WAITQ(waitq, "disk");

static void end_flush(struct block_request *req) {
    spin_lock(&wait_lock);
    req->arg = NULL;
    waitq_wake_all(&waitq);
    spin_unlock(&wait_lock);
}

int block_flush(struct block_device *dev) {
    struct block_request req = {.op = BLOCK_FLUSH, .done = end_flush, .arg = &req};
    block_submit(dev, &req);
    spin_lock(&wait_lock);
    while (req.arg)
        waitq_wait(&waitq, &wait_lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    spin_unlock(&wait_lock);
    return req.error;
}
