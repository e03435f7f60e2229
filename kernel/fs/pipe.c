// pipe.c: pipes: a ring of pages between writers and readers.
//
// Bytes are copied straight between user memory and the ring, outside the lock: one reader and one writer at
// a time mark their side as busy. Readers own [tail, head) while they copy, writers [head, tail +
// UAPI_PIPE_SIZE). All pages are there from birth, so a write never fails for want of memory.
#include "fs/file.h"
#include "riscv/usercopy.h"

enum { RING_PAGES = UAPI_PIPE_SIZE / PAGE_SIZE };

struct pipe {
    struct spinlock lock; // RANK_FILE
    // guarded by lock
    // Bytes written and read since the pipe was last empty; head - tail <= UAPI_PIPE_SIZE.
    uint64_t head, tail;
    bool reading, writing; // a copy is under way
    bool read_open, write_open;
    struct waitq can_read, can_write;
    char *page[RING_PAGES]; // set once
};

// Copy n bytes between the ring, from position pos on, and user memory. Bytes moved; fewer: bad address.
static uint64_t ring_copy(struct pipe *p, uint64_t pos, uint64_t buf, uint64_t n, bool out) {
    uint64_t done = 0;
    while (done < n) {
        uint64_t at = (pos + done) % UAPI_PIPE_SIZE, part = min(n - done, PAGE_SIZE - at % PAGE_SIZE);
        char *data = p->page[at / PAGE_SIZE] + at % PAGE_SIZE;
        if (out ? copy_to_user(buf + done, data, part) : copy_from_user(data, buf + done, part))
            break;
        done += part;
    }
    return done;
}

// After every change: start over when empty, and wake whoever can go on. lock held.
static void settle(struct pipe *p) {
    uint64_t used = p->head - p->tail;
    if (used == 0 && !p->writing)
        p->head = p->tail = 0; // traffic in small pieces stays in the first page
    if (!p->reading && (used > 0 || !p->write_open))
        waitq_wake_one(&p->can_read);
    if (!p->writing && (used < UAPI_PIPE_SIZE || !p->read_open))
        waitq_wake_all(&p->can_write); // nearly always one; each knows what room it needs
}

// Wait on q for a change, if f may. lock held. 0, -EAGAIN or -EINTR.
static int wait_on(struct waitq *q, struct pipe *p, struct file *f) {
    if (file_flags(f) & O_NONBLOCK)
        return -EAGAIN;
    return waitq_wait(q, &p->lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
}

static ssize_t pipe_read(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct pipe *p = f->pipe;
    int err = 0;
    spin_lock(&p->lock);
    while (!err && (p->reading || (p->head == p->tail && p->write_open)))
        err = wait_on(&p->can_read, p, f);
    uint64_t count = err ? 0 : min(n, (size_t)(p->head - p->tail)), from = p->tail;
    if (count > 0) { // else the end of file, or err
        p->reading = true;
        spin_unlock(&p->lock);
        count = ring_copy(p, from, buf, count, true);
        spin_lock(&p->lock);
        p->reading = false;
        p->tail += count;
        err = count ? 0 : -EFAULT;
    }
    settle(p);
    spin_unlock(&p->lock);
    return count ? (ssize_t)count : err;
}

static ssize_t pipe_write(struct file *f, uint64_t buf, size_t n, off_t *pos) {
    struct pipe *p = f->pipe;
    const bool whole = n <= UAPI_PIPE_BUF; // goes in one piece; more in pieces worth a wake-up, or any
    const size_t piece = whole ? n : file_flags(f) & O_NONBLOCK ? 1 : UAPI_PIPE_BUF;
    size_t done = 0;
    int err = 0;
    spin_lock(&p->lock);
    while (done < n && !err) {
        uint64_t room = UAPI_PIPE_SIZE - (p->head - p->tail), to = p->head;
        if (!p->read_open) {
            err = -EPIPE;
        } else if (p->writing || room < min(n - done, piece)) {
            err = wait_on(&p->can_write, p, f);
        } else {
            uint64_t count = min(n - done, (size_t)room);
            p->writing = true;
            spin_unlock(&p->lock);
            uint64_t moved = ring_copy(p, to, buf + done, count, false);
            spin_lock(&p->lock);
            p->writing = false;
            if (moved < count) {
                err = -EFAULT;
                moved = whole ? 0 : moved;
            }
            p->head += moved;
            done += moved;
            settle(p);
        }
    }
    spin_unlock(&p->lock);
    return done ? (ssize_t)done : err;
}

static void pipe_free(struct pipe *p) {
    for (int k = 0; p && k < RING_PAGES; k++)
        kfree(p->page[k]);
    kfree(p);
}

static void pipe_close(struct file *f) {
    struct pipe *p = f->pipe;
    spin_lock(&p->lock);
    if ((file_flags(f) & O_ACCMODE) == O_RDONLY)
        p->read_open = false;
    else
        p->write_open = false;
    settle(p);
    bool last = !p->read_open && !p->write_open;
    spin_unlock(&p->lock);
    if (last)
        pipe_free(p);
}

static const struct file_ops pipe_ops = {.read = pipe_read, .write = pipe_write, .close = pipe_close};

int pipe_create(struct file **read_end, struct file **write_end) {
    struct pipe *p = kmalloc(sizeof(*p), PAGE_WAIT | PAGE_ZERO);
    bool ok = p;
    for (int k = 0; ok && k < RING_PAGES; k++)
        ok = (p->page[k] = kmalloc(PAGE_SIZE, PAGE_WAIT)) != NULL;
    struct file *r = ok ? file_alloc(O_RDONLY) : NULL, *w = r ? file_alloc(O_WRONLY) : NULL;
    if (!w) {
        file_put(r);
        pipe_free(p);
        return ok ? -ENFILE : -ENOMEM;
    }
    spin_init(&p->lock, RANK_FILE, "pipe");
    waitq_init(&p->can_read, "pipe read");
    waitq_init(&p->can_write, "pipe write");
    p->read_open = p->write_open = true;
    r->ops = w->ops = &pipe_ops;
    r->pipe = w->pipe = p;
    *read_end = r;
    *write_end = w;
    return 0;
}
