// fdtable.c: descriptors: numbers of open files, a table a process.
//
// A bit a slot says whether it is taken, so the lowest free one is found a word at a time.
#include "fs/file.h"

enum { WORD = 64, FIRST_SIZE = 16 };

// Have a slot for fd: fd, or -ENOMEM.
static int grow(struct fdtable *t, int fd) {
    int size = max(t->size, (int)FIRST_SIZE);
    while (size <= fd)
        size *= 2;
    if (size == t->size)
        return fd;
    struct descriptor *slot = kmalloc(size * sizeof(*slot), PAGE_WAIT | PAGE_ZERO);
    if (!slot)
        return -ENOMEM;
    if (t->slot)
        memcpy(slot, t->slot, t->size * sizeof(*slot));
    kfree(t->slot);
    t->slot = slot;
    t->size = size;
    return fd;
}

int fdtable_copy(struct fdtable *t, const struct fdtable *from) {
    if (from->size > 0 && grow(t, from->size - 1) < 0)
        return -ENOMEM;
    for (int fd = 0; fd < from->size; fd++)
        if (from->slot[fd].file) {
            file_get(from->slot[fd].file);
            fdtable_set(t, fd, from->slot[fd].file, from->slot[fd].cloexec);
        }
    return 0;
}

void fdtable_destroy(struct fdtable *t) {
    for (int fd = 0; fd < t->size; fd++)
        fdtable_set(t, fd, NULL, false);
    kfree(t->slot);
}

void fdtable_close_on_exec(struct fdtable *t) {
    for (int fd = 0; fd < t->size; fd++)
        if (t->slot[fd].cloexec)
            fdtable_set(t, fd, NULL, false);
}

struct descriptor *fdtable_at(struct fdtable *t, int fd) {
    return fd >= 0 && fd < t->size && t->slot[fd].file ? &t->slot[fd] : NULL;
}

int fdtable_lowest(struct fdtable *t, long from) {
    if (from < 0 || from >= UAPI_OPEN_MAX)
        return -EINVAL;
    uint64_t below = (1UL << from % WORD) - 1; // not these, in the first word
    for (int w = from / WORD; w < UAPI_OPEN_MAX / WORD; w++, below = 0) {
        uint64_t free = ~(t->used[w] | below);
        if (free)
            return grow(t, w * WORD + bit_lowest(free));
    }
    return -EMFILE;
}

int fdtable_set(struct fdtable *t, int fd, struct file *f, bool cloexec) {
    if (fd < 0 || fd >= UAPI_OPEN_MAX)
        return -EBADF;
    fd = grow(t, fd);
    if (fd < 0)
        return fd;
    struct file *old = t->slot[fd].file;
    uint64_t bit = 1UL << fd % WORD, *word = &t->used[fd / WORD];
    *word = f ? *word | bit : *word & ~bit;
    t->slot[fd] = (struct descriptor){f, cloexec};
    if (old)
        file_put(old);
    return fd;
}
