// fdtable.c: descriptors: numbers of open files, a table a process.
//
// A bit a slot says whether it is taken; the lowest free one is found a word at a time. Slots come in chunks
// of 64, made when first needed, so that a table need not be moved to grow and fork copies only what is in
// use.
#include "fs/file.h"

#include "lib/bits.h"
#include "mm/slab.h"

enum { CHUNK = 64, CHUNKS = UAPI_OPEN_MAX / CHUNK };

struct fdtable {
    struct spinlock lock; // RANK_FILE
    // guarded by lock
    uint64_t used[CHUNKS];       // taken; the file may still be missing (fdtable_add with NULL)
    uint64_t cloexec[CHUNKS];    // subset of used
    struct file **chunk[CHUNKS]; // NULL: no descriptor was ever needed there
    struct file *first[CHUNK];   // chunk[0]
};

static struct slab_cache *table_slab;

void fdtable_init(void) { table_slab = slab_create("descriptors", sizeof(struct fdtable)); }

static uint64_t bit(int fd) { return 1UL << fd % CHUNK; }

struct fdtable *fdtable_create(void) {
    struct fdtable *t = slab_alloc(table_slab, PAGE_WAIT | PAGE_ZERO);
    if (!t)
        return NULL;
    spin_init(&t->lock, RANK_FILE, "descriptors");
    t->chunk[0] = t->first;
    return t;
}

// Have a chunk for fd. 0 or -ENOMEM. lock not held.
static int make_room(struct fdtable *t, int fd) {
    struct file ***at = &t->chunk[fd / CHUNK], **none = NULL;
    if (__atomic_load_n(at, __ATOMIC_ACQUIRE))
        return 0;
    struct file **fresh = kmalloc(CHUNK * sizeof(*fresh), PAGE_WAIT | PAGE_ZERO);
    if (!fresh)
        return -ENOMEM;
    if (!__atomic_compare_exchange_n(at, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        kfree(fresh); // another thread was faster
    return 0;
}

// The file at fd, or NULL. lock held.
static struct file *file_at(struct fdtable *t, int fd) {
    if (fd < 0 || fd >= UAPI_OPEN_MAX || !(t->used[fd / CHUNK] & bit(fd)))
        return NULL;
    return t->chunk[fd / CHUNK][fd % CHUNK];
}

// Slot fd, whose chunk is there, is taken by f from now on. lock held.
static void take(struct fdtable *t, int fd, struct file *f, bool cloexec) {
    t->chunk[fd / CHUNK][fd % CHUNK] = f;
    t->used[fd / CHUNK] |= bit(fd);
    t->cloexec[fd / CHUNK] = (t->cloexec[fd / CHUNK] & ~bit(fd)) | (cloexec ? bit(fd) : 0);
}

// Slot fd is free from now on. lock held.
static void release(struct fdtable *t, int fd) {
    t->chunk[fd / CHUNK][fd % CHUNK] = NULL;
    t->used[fd / CHUNK] &= ~bit(fd);
    t->cloexec[fd / CHUNK] &= ~bit(fd);
}

struct fdtable *fdtable_copy(struct fdtable *from) {
    struct fdtable *t = fdtable_create();
    for (int c = 0; t && c < CHUNKS; c++) {
        if (!from->used[c])
            continue;
        if (make_room(t, c * CHUNK) < 0) {
            fdtable_destroy(t);
            return NULL;
        }
        spin_lock(&from->lock);
        for (uint64_t left = from->used[c]; left; left &= left - 1) {
            int fd = c * CHUNK + bit_lowest(left);
            struct file *f = file_at(from, fd);
            if (!f)
                continue;
            file_get(f);
            take(t, fd, f, from->cloexec[c] & bit(fd));
        }
        spin_unlock(&from->lock);
    }
    return t;
}

void fdtable_destroy(struct fdtable *t) {
    for (int c = 0; c < CHUNKS; c++) {
        for (uint64_t left = t->used[c]; left; left &= left - 1)
            fdtable_close(t, c * CHUNK + bit_lowest(left));
        if (c > 0)
            kfree(t->chunk[c]);
    }
    slab_free(table_slab, t);
}

void fdtable_close_on_exec(struct fdtable *t) {
    for (int c = 0; c < CHUNKS; c++)
        for (uint64_t left = t->cloexec[c]; left; left &= left - 1)
            fdtable_close(t, c * CHUNK + bit_lowest(left));
}

struct file *fdtable_get(struct fdtable *t, int fd) {
    spin_lock(&t->lock);
    struct file *f = file_at(t, fd);
    if (f)
        file_get(f);
    spin_unlock(&t->lock);
    return f;
}

// Lowest free descriptor >= from, or -EMFILE. lock held.
static int lowest_free(const struct fdtable *t, int from) {
    uint64_t below = bit(from) - 1; // not these, in the first word
    for (int c = from / CHUNK; c < CHUNKS; c++, below = 0) {
        uint64_t free = ~(t->used[c] | below);
        if (free)
            return c * CHUNK + bit_lowest(free);
    }
    return -EMFILE;
}

int fdtable_add(struct fdtable *t, struct file *f, int from, bool cloexec) {
    if (from < 0 || from >= UAPI_OPEN_MAX)
        return -EINVAL;
    for (;;) {
        spin_lock(&t->lock);
        int fd = lowest_free(t, from);
        bool room = fd >= 0 && t->chunk[fd / CHUNK];
        if (room)
            take(t, fd, f, cloexec);
        spin_unlock(&t->lock);
        if (room || fd < 0)
            return fd;
        int err = make_room(t, fd);
        if (err)
            return err;
    }
}

void fdtable_fill(struct fdtable *t, int fd, struct file *f) {
    if (f) { // nobody else changes a slot that is taken but empty
        __atomic_store_n(&t->chunk[fd / CHUNK][fd % CHUNK], f, __ATOMIC_RELEASE);
        return;
    }
    spin_lock(&t->lock);
    release(t, fd);
    spin_unlock(&t->lock);
}

int fdtable_set(struct fdtable *t, struct file *f, int fd, bool cloexec) {
    if (fd < 0 || fd >= UAPI_OPEN_MAX)
        return -EBADF;
    int err = make_room(t, fd);
    if (err)
        return err;
    spin_lock(&t->lock);
    struct file *old = file_at(t, fd);
    take(t, fd, f, cloexec);
    spin_unlock(&t->lock);
    if (old)
        file_put(old);
    return fd;
}

int fdtable_close(struct fdtable *t, int fd) {
    spin_lock(&t->lock);
    struct file *f = file_at(t, fd);
    if (f)
        release(t, fd);
    spin_unlock(&t->lock);
    if (!f)
        return -EBADF;
    file_put(f);
    return 0;
}

int fdtable_flags(struct fdtable *t, int fd, int set) {
    int flags = -EBADF;
    spin_lock(&t->lock);
    struct file *f = file_at(t, fd);
    if (f && set >= 0)
        take(t, fd, f, set & FD_CLOEXEC);
    if (f)
        flags = t->cloexec[fd / CHUNK] & bit(fd) ? FD_CLOEXEC : 0;
    spin_unlock(&t->lock);
    return flags;
}
