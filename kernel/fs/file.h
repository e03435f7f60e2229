// file.h: open files and descriptor tables.
//
// An open file is one table of functions over an inode, a pipe or a device; it is shared by dup and fork, and
// counts its references. A descriptor table belongs to a process; slots are found through a bitmap, so open
// costs the same with ten files or a thousand. buf arguments are user addresses. Who calls whom: fdtable.c
// and pipe.c call file.c; file.c calls regfile.c and namei.c, and reaches pipes through
// their table.
#pragma once

#include "dev/chardev.h"
#include "fs/namei.h"

struct file;

struct file_ops {
    // Bytes moved or -errno; *pos is where, and is advanced (if seekable). n is neither 0 nor above
    // UAPI_IO_MAX. read NULL: -EISDIR
    ssize_t (*read)(struct file *f, uint64_t buf, size_t n, off_t *pos);
    ssize_t (*write)(struct file *f, uint64_t buf, size_t n, off_t *pos);
    bool seekable;                 // has a position, guarded by f->lock during read and write
    void (*close)(struct file *f); // last reference is gone; NULL: nothing to do
};

struct file {
    // set once, before anybody else sees the file
    const struct file_ops *ops;
    struct inode *inode; // a reference; NULL for a pipe
    struct pipe *pipe;
    const struct chardev *device;
    uint32_t refs;     // atomic
    uint32_t flags;    // the access mode, and the O_* that F_SETFL may change; atomic
    struct mutex lock; // MUTEX_FILE: guards pos
    off_t pos;
};

// ---- file.c: open files

// Open path. 0 and *out with one reference, or -errno.
int file_open(const struct walk *w, char *path, int flags, mode_t mode, struct file **out);
struct file *file_alloc(int flags); // one reference, ops to be set; NULL: no memory
void file_get(struct file *f);
// Drop a reference; the last one closes the file. May sleep; no lock held. NULL is fine.
void file_put(struct file *f);
static inline uint32_t file_flags(const struct file *f) {
    return __atomic_load_n(&f->flags, __ATOMIC_RELAXED);
}
// Take over from flags what F_SETFL may change: O_APPEND, O_NONBLOCK.
void file_set_flags(struct file *f, int flags);
// Checks the access mode (-EBADF) and n, then calls the ops. pos: of pread and pwrite (-ESPIPE unless
// seekable), moves; NULL: the file's own.
ssize_t file_transfer(struct file *f, bool write, uint64_t buf, size_t n, off_t *pos);
// lseek(2): the new position, -ESPIPE, or -EINVAL.
int64_t file_seek(struct file *f, int64_t off, int whence);
// getdents(2): whole records (uapi/dirent.h) from the position on, a KiB at most. Bytes, 0 at the end,
// -ENOTDIR, -EINVAL: n too small.
ssize_t file_getdents(struct file *f, uint64_t buf, size_t n);

// ---- regfile.c: regular files

extern const struct file_ops regular_ops;
// Cut or grow to size: 0, -EINVAL, -EFBIG, -EROFS, -ENOSPC, -EIO. The caller has write access (INODE_WRITE).
int inode_truncate(struct inode *i, int64_t size);
// Data, fields and all metadata to disk: fsync(2). 0 or -EIO.
int inode_sync(struct inode *i);

// ---- pipe.c

// Both ends of a new pipe, one reference each. 0, -ENFILE or -ENOMEM.
int pipe_create(struct file **read_end, struct file **write_end);

// ---- fdtable.c: descriptors
//
// A table is used by its process's one thread only, so it has no lock, and a file found here needs no
// reference.

struct descriptor {
    struct file *file; // a reference
    bool cloexec;
};

// All zero: nothing is open.
struct fdtable {
    uint64_t used[UAPI_OPEN_MAX / 64]; // bit fd: slot[fd].file is not NULL
    int size;                          // slots; doubles when needed, up to UAPI_OPEN_MAX
    struct descriptor *slot;
};

// Open in t, where nothing is open, what is open in from (fork). 0 or -ENOMEM.
int fdtable_copy(struct fdtable *t, const struct fdtable *from);
void fdtable_destroy(struct fdtable *t); // closes everything
void fdtable_close_on_exec(struct fdtable *t);
// What stands at fd; NULL: it is closed. Good until the next fdtable_lowest or fdtable_set.
struct descriptor *fdtable_at(struct fdtable *t, int fd);
// Lowest free descriptor >= from, with memory to be set. -EMFILE, -ENOMEM, or -EINVAL: from is out of range.
int fdtable_lowest(struct fdtable *t, long from);
// Put f at fd (takes over the caller's reference if it succeeds), closing what was there; f NULL: only that.
// fd, -EBADF: out of range, or -ENOMEM, but not after fdtable_lowest gave fd.
int fdtable_set(struct fdtable *t, int fd, struct file *f, bool cloexec);
