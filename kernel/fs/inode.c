// inode.c: the table of inodes in memory, and what is the same for every file system: permissions, times,
// writing everything to disk (on request, at the end, and by a thread within a second).
#include "fs/txn.h"
#include "sched/thread.h"

enum { BUCKETS = 4096, DAY = 24 * 60 * 60 };

struct filesystem *root_fs;

static struct slab_cache inode_cache = SLAB_CACHE(inode_cache, "inode", sizeof(struct inode));
static struct spinlock table_lock = SPINLOCK(RANK_INODE_TABLE, "inode table");
// guarded by table_lock
static struct inode *buckets[BUCKETS];           // chains by hash_next
static uint64_t departures;                      // so many have left
static struct list unused = LIST_INIT(unused);   // refs == 0, oldest first
static struct list touched = LIST_INIT(touched); // by dirty_link

// Place of the pointer to the inode; it points to NULL if there is none. table_lock held.
static struct inode **place_of(struct filesystem *fs, uint64_t ino) {
    struct inode **at = &buckets[hash_word(ino) % BUCKETS];
    while (*at && ((*at)->ino != ino || (*at)->fs != fs))
        at = &(*at)->hash_next;
    return at;
}

static struct inode *make(struct filesystem *fs, uint64_t ino) {
    static uint64_t made; // atomic
    struct inode *i = slab_alloc(&inode_cache, PAGE_NOFS | PAGE_ZERO);
    if (!i)
        return NULL;
    i->fs = fs;
    i->ino = ino;
    i->refs = 1;
    i->name_id = __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    list_init(&i->lru_link);
    list_init(&i->dirty_link);
    list_init(&i->orphan_link);
    mutex_init(&i->io, MUTEX_IO, "inode io");
    mutex_init(&i->dir, MUTEX_DIR, "directory");
    mutex_init(&i->lock, MUTEX_INODE, "inode");
    i->data = (struct mapping){.dev = fs->dev, .block_of = fs->ops->block_of, .owner = i};
    list_init(&i->data.pages);
    return i;
}

// Take it out of all lists. table_lock held.
static void take_out(struct inode *i) {
    *place_of(i->fs, i->ino) = i->hash_next;
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
    if (__atomic_fetch_add(&i->refs, 1, __ATOMIC_RELAXED) == 0)
        list_remove(&i->lru_link);
}

int inode_find(struct filesystem *fs, uint64_t ino, struct inode **out) {
    struct inode *i, *mine = NULL;
    uint64_t before = 0;
    int err = 0;
    spin_lock(&table_lock);
    // An inode is read before it enters the table. If one has left meanwhile it may have been this one, with
    // changes that were not read: once more.
    while (!(i = *place_of(fs, ino)) && !err && !(mine && before == departures)) {
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
        *place_of(fs, ino) = i = mine;
        mine = NULL;
    }
    spin_unlock(&table_lock);
    if (mine)
        destroy(mine);
    if (!err)
        *out = i;
    return err;
}

void inode_get(struct inode *i) {
    uint32_t before = __atomic_fetch_add(&i->refs, 1, __ATOMIC_RELAXED);
    assert(before > 0);
}

void inode_put(struct inode *i) {
    uint32_t refs = __atomic_load_n(&i->refs, __ATOMIC_RELAXED);
    while (refs > 1) // the last one goes under the lock, so that nobody finds the inode meanwhile
        if (__atomic_compare_exchange_n(&i->refs, &refs, refs - 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return;
    spin_lock(&table_lock);
    refs = __atomic_fetch_sub(&i->refs, 1, __ATOMIC_ACQ_REL);
    assert(refs > 0);
    bool last = refs == 1, dies = last && i->nlink == 0;
    if (dies)
        take_out(i);
    else if (last)
        list_append(&unused, &i->lru_link);
    spin_unlock(&table_lock);
    if (dies)
        destroy(i);
}

int inode_permission(struct inode *i, const struct cred *cred, int mask) {
    mode_t mode = racy(i->mode);
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
    // With no lock: all who write a time write that of now.
    const int64_t now = clock_seconds(), mtime = racy(i->mtime), ctime = racy(i->ctime),
                  atime = racy(i->atime);
    bool stale = modified ? mtime != now || ctime != now
                          : atime != now && (atime <= mtime || atime <= ctime || now - atime >= DAY);
    if (i->fs->read_only || !stale)
        return;
    if (modified)
        racy(i->mtime) = racy(i->ctime) = now;
    else
        racy(i->atime) = now;
    spin_lock(&table_lock);
    if (list_empty(&i->dirty_link))
        list_append(&touched, &i->dirty_link);
    spin_unlock(&table_lock);
    cache_flush_in(timebase / 2);
}

static struct mutex flushing; // somebody is in write_all

static int write_all(void) {
    struct list mine = LIST_INIT(mine);
    struct inode *i;
    spin_lock(&table_lock);
    list_splice(&mine, &touched); // what is touched from here on has time
    while ((i = list_first(&mine, struct inode, dirty_link))) {
        list_remove(&i->dirty_link);
        hold(i);
        spin_unlock(&table_lock);
        i->fs->ops->update(i);
        inode_put(i);
        spin_lock(&table_lock);
    }
    spin_unlock(&table_lock);
    return txn_commit(root_fs);
}

int vfs_sync(void) {
    mutex_lock(&flushing);
    int err = write_all();
    mutex_unlock(&flushing);
    return err;
}

void vfs_shutdown(bool alone) {
    mutex_lock(&flushing); // for good: the flusher is not to hold inodes that unmount looks at
    if (write_all() || !alone || root_fs->ops->unmount(root_fs))
        kalert("%s: could not be written completely; run e2fsck -p on it\n", root_fs->dev->name);
}

static void flush_forever(void *arg) {
    for (;;) {
        cache_wait_flush();
        vfs_sync();
    }
}

void flusher_start(void) {
    mutex_init(&flushing, MUTEX_FLUSHING, "flushing");
    struct thread *t = thread_create("flusher", flush_forever, NULL, NULL);
    if (!t)
        panic("no memory for the flusher");
    thread_start(t);
}

int inode_use(struct inode *i, enum inode_use how) {
    int32_t now = __atomic_load_n(&i->writers, __ATOMIC_RELAXED);
    do {
        if (now * how < 0)
            return -ETXTBSY;
    } while (!__atomic_compare_exchange_n(&i->writers, &now, now + how, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

void inode_unuse(struct inode *i, enum inode_use how) {
    __atomic_fetch_sub(&i->writers, (int32_t)how, __ATOMIC_ACQ_REL);
}

// Unused inodes without pages or unwritten times go; others have their turn when their pages have gone.
uint64_t inode_shrink(uint64_t want, int how) {
    const uint64_t per_frame = PAGE_SIZE / sizeof(struct inode);
    uint64_t gone = 0;
    if (how == PAGE_NOWAIT) // destroy waits
        return 0;
    for (uint64_t looked = 0; looked < 2 * want * per_frame; looked++) {
        spin_lock(&table_lock);
        struct inode *i = list_first(&unused, struct inode, lru_link);
        bool goes =
            i && list_empty(&i->dirty_link) && racy(i->data.pages.next) == &i->data.pages; // none are added
        if (goes) {
            take_out(i);
        } else if (i) {
            list_remove(&i->lru_link);
            list_append(&unused, &i->lru_link);
        }
        spin_unlock(&table_lock);
        if (goes)
            destroy(i);
        gone += goes;
    }
    return gone / per_frame;
}
