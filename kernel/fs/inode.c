// inode.c: the table of inodes in memory, and what is the same for every file system.
#include "lib/string.h"
#include "fs/vfs.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/timer.h"

enum { BUCKETS = 4096, DAY = 24 * 60 * 60 };

struct filesystem *root_fs;

static struct slab_cache inode_cache = SLAB_CACHE(inode_cache, "inode", sizeof(struct inode));
static struct spinlock table_lock = SPINLOCK(RANK_INODE_TABLE, "inode table");
// guarded by table_lock
static struct list buckets[BUCKETS];
static struct list unused = LIST_INIT(unused);   // refs == 0, oldest first
static struct list touched = LIST_INIT(touched); // by dirty_link
static uint64_t departures;                      // so many inodes have left the table

static struct list *bucket_of(uint64_t ino) { return &buckets[hash_word(ino) % BUCKETS]; }

// table_lock held.
static struct inode *table_get(struct filesystem *fs, uint64_t ino) {
    struct list *b = bucket_of(ino);
    struct inode *i;
    list_for_each(i, b, hash_link) {
        if (i->ino == ino && i->fs == fs)
            return i;
    }
    return NULL;
}

static struct inode *make(struct filesystem *fs, uint64_t ino) {
    static uint64_t made; // atomic
    struct inode *i = slab_alloc(&inode_cache, PAGE_NOFS | PAGE_ZERO);
    if (!i)
        return NULL;
    i->fs = fs;
    i->ops = fs->inode_ops;
    i->ino = ino;
    i->refs = 1;
    i->name_id = __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    list_init(&i->hash_link);
    list_init(&i->lru_link);
    list_init(&i->dirty_link);
    list_init(&i->orphan_link);
    mutex_init(&i->io, MUTEX_IO, "inode io");
    mutex_init(&i->dir, MUTEX_DIR, "directory");
    mutex_init(&i->lock, MUTEX_INODE, "inode");
    mapping_init(&i->data, fs->dev, fs->mapping_ops, i);
    return i;
}

// Take it out of all lists. table_lock held.
static void take_out(struct inode *i) {
    list_remove(&i->hash_link);
    list_remove(&i->lru_link);
    list_remove(&i->dirty_link);
    departures++;
}

// i is in no list any more and nobody has a reference.
static void destroy(struct inode *i) {
    cache_truncate(&i->data, 0);
    i->fs->ops->release(i);
    slab_free(&inode_cache, i);
}

// One more reference to an inode of the table. table_lock held.
static void hold(struct inode *i) {
    if (i->refs++ == 0)
        list_remove(&i->lru_link);
}

int inode_find(struct filesystem *fs, uint64_t ino, struct inode **out) {
    struct inode *i, *mine = NULL;
    uint64_t before = 0;
    int err = 0;
    spin_lock(&table_lock);
    // An inode is read before it enters the table. If one has left meanwhile it may have been this one, with
    // changes that were not read: once more.
    while (!(i = table_get(fs, ino)) && !err && !(mine && before == departures)) {
        before = departures;
        spin_unlock(&table_lock);
        if (!mine)
            mine = make(fs, ino);
        err = mine ? fs->ops->read_inode(mine) : -ENOMEM;
        spin_lock(&table_lock);
    }
    if (i) {
        hold(i);
        err = 0;
    } else if (!err) {
        i = mine;
        mine = NULL;
        list_push(bucket_of(ino), &i->hash_link);
    }
    spin_unlock(&table_lock);
    if (mine)
        destroy(mine);
    if (!err)
        *out = i;
    return err;
}

void inode_get(struct inode *i) {
    spin_lock(&table_lock);
    assert(i->refs > 0);
    i->refs++;
    spin_unlock(&table_lock);
}

void inode_put(struct inode *i) {
    spin_lock(&table_lock);
    assert(i->refs > 0);
    bool last = --i->refs == 0, dies = last && i->nlink == 0;
    if (dies)
        take_out(i);
    else if (last)
        list_append(&unused, &i->lru_link);
    spin_unlock(&table_lock);
    if (dies) {
        i->ops->evict(i);
        destroy(i);
    }
}

int inode_permission(struct inode *i, const struct cred *cred, int mask) {
    mode_t mode = __atomic_load_n(&i->mode, __ATOMIC_RELAXED);
    if ((mask & 2) && i->fs->read_only && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
        return -EROFS;
    if (cred->uid == 0) // root may do anything, but run only what somebody may run
        return (mask & 1) && !S_ISDIR(mode) && !(mode & 0111) ? -EACCES : 0;
    int shift = cred->uid == i->uid ? 6 : cred->gid == i->gid ? 3 : 0;
    return ((mode >> shift) & (uint32_t)mask) == (uint32_t)mask ? 0 : -EACCES;
}

void inode_stat(struct inode *i, struct uapi_stat *st) {
    mutex_lock(&i->lock);
    *st = (struct uapi_stat){.ino = i->ino,
                             .size = i->size,
                             .blocks = i->blocks,
                             .atime = i->atime,
                             .mtime = i->mtime,
                             .ctime = i->ctime,
                             .mode = i->mode,
                             .nlink = i->nlink,
                             .uid = i->uid,
                             .gid = i->gid,
                             .dev = i->fs->dev->number,
                             .rdev = i->rdev,
                             .blksize = PAGE_SIZE};
    mutex_unlock(&i->lock);
}

void inode_touch(struct inode *i, bool modified) {
    int64_t now = (int64_t)(clock_realtime() / 1000000000);
    bool stale =
        modified ? i->mtime != now || i->ctime != now
                 : i->atime != now && (i->atime <= i->mtime || i->atime <= i->ctime || now - i->atime >= DAY);
    if (i->fs->read_only || !stale)
        return;
    if (modified) {
        __atomic_store_n(&i->mtime, now, __ATOMIC_RELAXED);
        __atomic_store_n(&i->ctime, now, __ATOMIC_RELAXED);
    } else {
        __atomic_store_n(&i->atime, now, __ATOMIC_RELAXED);
    }
    spin_lock(&table_lock);
    if (list_empty(&i->dirty_link))
        list_append(&touched, &i->dirty_link);
    spin_unlock(&table_lock);
    cache_flush_in(timebase / 2);
}

void inode_write_dirty(void) {
    struct inode *i;
    spin_lock(&table_lock);
    while ((i = list_first(&touched, struct inode, dirty_link))) {
        list_remove(&i->dirty_link);
        hold(i);
        spin_unlock(&table_lock);
        i->ops->update(i);
        inode_put(i);
        spin_lock(&table_lock);
    }
    spin_unlock(&table_lock);
}

// writers counts upwards for open for writing, downwards for running programs; step is the direction.
static int count_use(struct inode *i, int step) {
    int32_t now = __atomic_load_n(&i->writers, __ATOMIC_RELAXED);
    do {
        if (now * step < 0)
            return -ETXTBSY;
    } while (!__atomic_compare_exchange_n(&i->writers, &now, now + step, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

int inode_deny_write(struct inode *i) { return count_use(i, -1); }
void inode_allow_write(struct inode *i) { __atomic_fetch_add(&i->writers, 1, __ATOMIC_ACQ_REL); }
int inode_open_write(struct inode *i) { return count_use(i, 1); }
void inode_close_write(struct inode *i) { __atomic_fetch_sub(&i->writers, 1, __ATOMIC_ACQ_REL); }

// Unused inodes without pages or unwritten times go; others have their turn when their pages have gone.
uint64_t inode_shrink(uint64_t want, int how) {
    const uint64_t per_frame = PAGE_SIZE / sizeof(struct inode);
    uint64_t gone = 0;
    for (uint64_t looked = 0; how != PAGE_NOWAIT && looked < 2 * want * per_frame;
         looked++) { // destroy waits
        spin_lock(&table_lock);
        struct inode *i = list_first(&unused, struct inode, lru_link);
        bool goes = i && list_empty(&i->dirty_link) && list_empty(&i->data.pages);
        if (i)
            list_remove(&i->lru_link);
        if (goes)
            take_out(i);
        else if (i)
            list_append(&unused, &i->lru_link);
        spin_unlock(&table_lock);
        if (!i)
            break;
        if (goes) {
            destroy(i);
            gone++;
        }
    }
    return gone / per_frame;
}

void vfs_init(void) {
    for (int b = 0; b < BUCKETS; b++)
        list_init(&buckets[b]);
}
