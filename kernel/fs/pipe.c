// pipe.c: pipes: a ring of pages between writers and readers.
//
// Bytes are copied straight between user memory and the ring, outside the lock: one reader and one writer at
// a time mark their side as busy. Readers own [tail, head) while they copy, writers [head, tail +
// UAPI_PIPE_SIZE). The first page of the ring is there from birth, the others come when a writer gets that
// far. Should memory be short then, the writer waits until the pipe is empty: positions start over, and the
// first page takes UAPI_PIPE_BUF bytes.
#include "fs/file.h"
#include "lib/kernel.h"
#include "mm/slab.h"
#include "riscv/usercopy.h"

enum { RING_PAGES = UAPI_PIPE_SIZE / PAGE_SIZE, NOBODY = UAPI_PIPE_SIZE + 1 };

struct pipe {
    struct spinlock lock; // RANK_FILE
    // guarded by lock
    // Bytes written and read since the pipe was last empty; head - tail <= UAPI_PIPE_SIZE.
    uint32_t head, tail;
    bool reading, writing; // a copy is under way
    bool read_open, write_open;
    uint32_t wanted; // least room that a waiting writer can use; NOBODY waits
    struct waitq can_read, can_write;
    // guarded by `writing`; read under `reading` below head
    char *page[RING_PAGES];
};

static struct slab_cache *pipe_slab;

void pipe_init(void) { pipe_slab = slab_create("pipe", sizeof(struct pipe)); }

// Copy n bytes between the ring, from position pos on, and user memory. Bytes moved; fewer: bad address.
static uint32_t ring_copy(struct pipe *p, uint32_t pos, uint64_t buf, uint32_t n, bool out) {
    uint32_t part;
    for (uint32_t done = 0; done < n; done += part) {
        uint32_t at = (pos + done) % UAPI_PIPE_SIZE;
        char *data = p->page[at / PAGE_SIZE] + at % PAGE_SIZE;
        part = min(n - done, PAGE_SIZE - at % PAGE_SIZE);
        if ((out ? copy_to_user(buf + done, data, part) : copy_from_user(data, buf + done, part)) < 0)
            return done;
    }
    return n;
}

// Make pages for [pos, pos + n) of the ring. `writing` is set. False: not all could be had.
static bool ring_fill(struct pipe *p, uint32_t pos, uint32_t n) {
    for (uint32_t off = 0; off < n; off += PAGE_SIZE - (pos + off) % PAGE_SIZE) {
        char **page = &p->page[(pos + off) % UAPI_PIPE_SIZE / PAGE_SIZE];
        if (!*page && !(*page = kmalloc(PAGE_SIZE, PAGE_WAIT)))
            return false;
    }
    return true;
}

// After every change: start over when empty, and wake whoever can go on. lock held.
static void settle(struct pipe *p) {
    uint32_t used = p->head - p->tail;
    if (used == 0 && !p->writing)
        p->head = p->tail = 0; // traffic in small pieces stays in the first page
    if (!p->reading && (used > 0 || !p->write_open))
        waitq_wake_one(&p->can_read);
    if (!p->writing && (UAPI_PIPE_SIZE - used >= p->wanted || !p->read_open)) {
        p->wanted = NOBODY;
        waitq_wake_all(&p->can_write); // nearly always one; each knows what room it needs
    }
}

static ssize_t pipe_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct pipe *p = f->private;
    ssize_t done = 0;
    spin_lock(&p->lock);
    while (p->reading || p->head == p->tail) {
        if (!p->reading && !p->write_open)
            goto out; // end of file
        done = file_flags(f) & O_NONBLOCK
                   ? -EAGAIN
                   : waitq_wait(&p->can_read, &p->lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
        if (done < 0)
            goto out;
    }
    uint32_t count = min(n, (size_t)(p->head - p->tail)), from = p->tail;
    p->reading = true;
    spin_unlock(&p->lock);
    count = ring_copy(p, from, buf, count, true);
    spin_lock(&p->lock);
    p->reading = false;
    p->tail += count;
    done = count ? (ssize_t)count : -EFAULT;
out:
    settle(p);
    spin_unlock(&p->lock);
    return done;
}

// Wait until a write has the pipe to itself and room for need bytes. lock held. 0, -EPIPE, -EAGAIN or -EINTR.
static int wait_for_room(struct pipe *p, uint32_t need, bool block) {
    for (;;) {
        if (!p->read_open)
            return -EPIPE;
        if (!p->writing && UAPI_PIPE_SIZE - (p->head - p->tail) >= need)
            return 0;
        if (!block)
            return -EAGAIN;
        p->wanted = min(p->wanted, need);
        int err = waitq_wait(&p->can_write, &p->lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
        if (err)
            return err;
    }
}

static ssize_t pipe_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct pipe *p = f->private;
    bool block = !(file_flags(f) & O_NONBLOCK), atomic = n <= UAPI_PIPE_BUF, short_of_memory = false;
    size_t done = 0;
    int err = 0;
    spin_lock(&p->lock);
    while (done < n && !err) {
        // Up to UAPI_PIPE_BUF bytes go in one piece; more in pieces worth a wake-up, or any if we must not
        // wait.
        uint32_t need = atomic ? n : block ? min(n - done, (size_t)UAPI_PIPE_BUF) : 1;
        err = wait_for_room(p, short_of_memory ? UAPI_PIPE_SIZE : need, block);
        if (err)
            break;
        uint32_t room = short_of_memory ? PAGE_SIZE : UAPI_PIPE_SIZE - (p->head - p->tail);
        uint32_t count = min(n - done, (size_t)room), to = p->head, moved = 0;
        p->writing = true;
        spin_unlock(&p->lock);
        short_of_memory = !ring_fill(p, to, count);
        if (!short_of_memory)
            moved = ring_copy(p, to, buf + done, count, false);
        spin_lock(&p->lock);
        p->writing = false;
        if (!short_of_memory && moved < count) {
            err = -EFAULT;
            moved = atomic ? 0 : moved;
        }
        p->head += moved;
        done += moved;
        settle(p);
    }
    spin_unlock(&p->lock);
    return done ? (ssize_t)done : err;
}

static void pipe_close(struct file *f) {
    struct pipe *p = f->private;
    spin_lock(&p->lock);
    if ((file_flags(f) & O_ACCMODE) == O_RDONLY) {
        p->read_open = false;
        waitq_wake_all(&p->can_write);
    } else {
        p->write_open = false;
        waitq_wake_all(&p->can_read);
    }
    bool last = !p->read_open && !p->write_open;
    spin_unlock(&p->lock);
    if (!last)
        return;
    for (int k = 0; k < RING_PAGES; k++)
        kfree(p->page[k]);
    slab_free(pipe_slab, p);
}

static const struct file_ops pipe_ops = {.read = pipe_read, .write = pipe_write, .close = pipe_close};

int pipe_create(struct file **read_end, struct file **write_end) {
    struct pipe *p = slab_alloc(pipe_slab, PAGE_WAIT | PAGE_ZERO);
    char *page = kmalloc(PAGE_SIZE, PAGE_WAIT);
    struct file *r = file_alloc(NULL, O_RDONLY), *w = file_alloc(NULL, O_WRONLY);
    if (!p || !page || !r || !w) {
        if (r)
            file_put(r);
        if (w)
            file_put(w);
        if (p)
            slab_free(pipe_slab, p);
        kfree(page);
        return r && w ? -ENOMEM : -ENFILE;
    }
    spin_init(&p->lock, RANK_FILE, "pipe");
    waitq_init(&p->can_read, "pipe read");
    waitq_init(&p->can_write, "pipe write");
    p->read_open = p->write_open = true;
    p->wanted = NOBODY;
    p->page[0] = page;
    r->ops = w->ops = &pipe_ops;
    r->private = w->private = p;
    *read_end = r;
    *write_end = w;
    return 0;
}
