// vfs.h: inodes in memory and what a file system offers.
//
// A file system fills struct inode and answers through filesystem_ops; namei.c, file.c and the system calls
// know only this page. Locking: in order MUTEX_IO (inode->io: one write or truncate at a time),
// a transaction (txn.h), MUTEX_DIR (inode->dir: entries of a directory), MUTEX_INODE (inode->lock: fields and
// block map). User copies happen at most under io.
#pragma once

#include "fs/cache.h"
#include "uapi/fcntl.h"
#include "uapi/limits.h"
#include "uapi/stat.h"

struct filesystem;
struct inode;

// Who asks.
struct cred {
    uid_t uid, gid;
};

// What a new name is to stand for.
struct birth {
    const struct cred *cred; // who makes it, and owns a new inode: filled in by namei.c
    mode_t mode;             // kind and permissions of a new inode
    dev_t rdev;              // of a device node
    const char *target;      // of a symbolic link: shorter than UAPI_PATH_MAX
    struct inode *child;     // not NULL: no new inode, a hard link to this one
};

// Changes give -ENOSPC when there is no space; a commit may give some back (then try once more).
struct filesystem_ops {
    // Directories; the caller holds dir->dir (and an open transaction for those that change). Names are not
    // NUL terminated, 1 to UAPI_NAME_MAX bytes, without '/'. Except for lookup the caller has looked: for
    // make the name is absent, for remove it is there and names child.
    int (*lookup)(struct inode *dir, const char *name, int len,
                  struct inode **out); // a reference, or -ENOENT
    // A reference in *out, which was NULL; after an error too, if *out is not NULL: what could not get its
    // name and goes when that is put. -EMLINK; -ENOENT: b->child has lost its last name meanwhile.
    int (*make)(struct inode *dir, const char *name, int len, const struct birth *b, struct inode **out);
    // child->dir is held too if it is a directory. -ENOTEMPTY.
    int (*remove)(struct inode *dir, const char *name, int len, struct inode *child);
    // Both directories locked (and over->dir if over is a directory, child->dir if child is one that moves
    // from one to the other); over is what stands at the new name, or NULL, and goes. Kinds have been
    // checked, and that no directory moves below itself. -ENOTEMPTY.
    int (*rename)(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                  const char *to_name, int to_len, struct inode *over);
    // Records after position *pos into buf (uapi_dirent); advances *pos. Bytes, 0 at the end, -EINVAL: buf
    // too small.
    ssize_t (*readdir)(struct inode *dir, uint64_t *pos, void *buf, size_t size);
    // Target text, not NUL terminated. Bytes (cut to size).
    ssize_t (*readlink)(struct inode *link, char *buf, size_t size);
    // Regular files; io held; these and update open their own transaction.
    // A page of the data (reference held) has new contents: it gets a block if it has none and is marked
    // dirty, and the file is at least size bytes long, all in one transaction. 0, -ENOSPC, -EFBIG, -EIO.
    int (*extend)(struct inode *ino, struct page *page, uint64_t size);
    // Cut or grow. Blocks behind size go and the bytes behind it in the last page become zero, also when the
    // size stays as it is (a write that failed half way).
    int (*truncate)(struct inode *ino, uint64_t size);
    // Put changed fields (mode, times) on disk.
    int (*update)(struct inode *ino);
    int (*read_inode)(struct inode *ino); // fill in; -EIO, or -ENOENT for a free one
    // It leaves memory, and if it has no links left the disk: free its blocks and itself.
    void (*release)(struct inode *ino);
    int (*block_of)(struct mapping *m, uint64_t index, uint64_t *block); // of every inode's data (cache.h)
    void (*statfs)(struct filesystem *fs, struct uapi_statfs *st);
    int (*unmount)(struct filesystem *fs);    // everything to disk, mark clean
    void (*committed)(struct filesystem *fs); // a transaction is on disk: what it freed may be used again
};

struct filesystem {
    const struct filesystem_ops *ops;
    struct block_device *dev;
    struct inode *root;
    bool read_only;      // after an error that makes writing unsafe: nothing more is committed
    struct txn *txn;     // txn.c
    uint64_t max_size;   // bytes of a file
    struct mutex rename; // MUTEX_RENAME
};

struct inode {
    // set once
    struct filesystem *fs;
    uint64_t ino;
    uint32_t refs; // atomic; from and to 0 under the inode table's lock
    // guarded by that
    struct inode *hash_next;
    struct list lru_link;   // while refs == 0
    struct list dirty_link; // times newer than the disk's: written by vfs_sync

    struct mutex io, dir, lock;
    // guarded by lock
    mode_t mode;
    uint32_t nlink;
    uid_t uid, gid;
    dev_t rdev;
    uint64_t blocks; // units of 512 bytes
    int64_t atime, mtime, ctime;
    // written under lock, read without (atomic)
    uint64_t size;
    int32_t writers; // > 0: open for writing this often; < 0: mapped as program text (-ETXTBSY). Atomic
    struct mapping data;
    void *private;    // fs: e.g. a directory's index (guarded by dir)
    uint64_t name_id; // set once, for namecache.c: nobody else has it, before or after
    // ext2
    struct ext2_raw_inode *raw; // the inode on disk, in
    struct page *raw_page;      // with a reference, pinned
    uint64_t disk_end;          // bytes that blocks still reach, while a file is being cut. Guarded by lock
    struct list orphan_link;    // no links left, but still in use. Guarded by the file system's orphan_lock
};

static inline uint64_t inode_size(const struct inode *i) {
    return __atomic_load_n(&i->size, __ATOMIC_ACQUIRE);
}

static inline int64_t clock_seconds(void) { return (int64_t)(clock_realtime() / 1000000000); }

// The inode with this number, read if need be; a reference. 0, -EIO, -ENOENT, -ENOMEM.
int inode_find(struct filesystem *fs, uint64_t ino, struct inode **out);
void inode_get(struct inode *i);
// Drop a reference. The last one evicts an inode without links (may sleep and open transactions: no inode
// lock held, no transaction open); others stay in memory, unused, until memory is short.
void inode_put(struct inode *i);
// 0 or -EACCES / -EROFS. mask: 4 read, 2 write, 1 search or execute.
int inode_permission(struct inode *i, const struct cred *cred, int mask);
void inode_stat(struct inode *i, struct uapi_stat *st);
// Times, in memory; written by vfs_sync. atime moves only when it is older than mtime or ctime, or a day old.
void inode_touch(struct inode *i, bool modified);
// Begin to run it as a program, or to have it open for writing; each rules out the other. 0 or -ETXTBSY.
enum inode_use { INODE_RUN = -1, INODE_WRITE = 1 };
int inode_use(struct inode *i, enum inode_use how);
void inode_unuse(struct inode *i, enum inode_use how);
uint64_t inode_shrink(uint64_t want, int how);

// The root file system.
extern struct filesystem *root_fs;
// Mount ext2 from dev. NULL, or what is wrong with it: one sentence.
const char *ext2_mount(struct block_device *dev, struct filesystem **out);
// Everything to disk (sync); then unmount (shutdown, for good), if no other process is left that may have a
// file open (alone).
int vfs_sync(void);
void vfs_shutdown(bool alone);
// Start the kernel thread that writes dirty data within a second of quiet.
void flusher_start(void);
