// txn.c: transactions, and the ext3 journal that makes each of them whole on disk.
//
// A commit, in order:
//   0. All dirty file data is written, while others go on. What gets dirty meanwhile is left to step 1.
//   1. Close: new brackets wait, open ones end. Dirty file data is written, again if the disk refuses.
//   2. Log: a descriptor block that names the changed metadata blocks, and a copy of each, to the journal.
//   Flush.
//      Now step 4 of the commit before is surely on disk, and its log is not needed any more.
//   3. The journal's superblock gets to point to this log, and a commit block ends it. Flush. From here on a
//      power cut loses nothing: e2fsck copies the blocks from the log to their places.
//   4. The blocks are written in place, what they freed may be used again, and brackets open.
// A crash before the commit block is on disk leaves a log that does not count; the places are untouched.
// Without a journal there is step 4 only.
//
// The log of one commit follows that of the one before, round the journal, which has room for two of the
// largest. So the log of step 2 never overwrites the last one, and there is no need for revoke records: when
// a freed block is used again, no log that still counts mentions it. Blocks of the journal are big-endian
// (the format is described in the kernel documentation of ext4/jbd2).
#include "fs/txn.h"
#include "sched/thread.h"

enum {
    TXN_CAPACITY = 500, // metadata pages of a transaction; a descriptor block names up to 510
    WRITE_ATTEMPTS = 4, // for the data, in a closed transaction
    JOURNAL_MAGIC = 0xc03b3998,
    JOURNAL_DESCRIPTOR = 1,
    JOURNAL_COMMIT = 2,
    TAG_ESCAPED = 1,
    TAG_SAME_UUID = 2, // as the journal: none follows
    TAG_LAST = 8,
    INCOMPAT_REVOKE = 1,
};

typedef uint32_t be32;
static uint32_t swap32(uint32_t x) { return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24; }

struct journal_header {
    be32 magic, type, sequence;
};

struct journal_super {
    struct journal_header header;
    be32 block_size, length, first; // in blocks; the log is [first, length)
    be32 sequence, start;           // first commit expected in the log, and where; start 0: empty
    be32 error;
    be32 compat, incompat, ro_compat;
};

struct journal_tag {
    be32 block, flags;
};

struct txn {
    struct filesystem *fs;
    struct spinlock lock; // RANK_TXN
    struct waitq wait;    // a bracket ended, or a commit
    // guarded by lock
    uint32_t reserved; // pages that open brackets have said they may add; 0: none is open
    bool busy;         // somebody is in txn_commit
    bool committing;   // and has closed: no new brackets
    uint32_t waiting;  // threads that want a bracket and wait for that; they come before the next commit
    uint32_t count;    // changed pages
    // 0: descriptor and commit block of the log; 1 .. count: the changed pages, each with a reference
    struct page *pages[TXN_CAPACITY + 1];
    // used by the thread that is committing
    uint64_t blocks[TXN_CAPACITY + 2];
    // the journal
    struct inode *journal; // NULL: none
    uint32_t *map;         // its blocks: a commit must not need memory to find them
    struct page *super;
    uint32_t first, size;    // the log is that many blocks of the journal, from first on
    uint32_t head, sequence; // where in the log the next commit's starts; its number
};

// ---- brackets

// Wait for the end of a bracket or a commit. lock held.
static void wait(struct txn *t) { waitq_wait(&t->wait, &t->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER); }

int txn_begin(struct filesystem *fs, uint32_t blocks) {
    struct txn *t = fs->txn;
    assert(!current()->txn_blocks);
    spin_lock(&t->lock);
    while (!fs->read_only && (t->committing || t->count + t->reserved + blocks > TXN_CAPACITY)) {
        if (t->busy) { // no second commit because the first has no room yet
            t->waiting++;
            wait(t);
            if (--t->waiting == 0)
                waitq_wake_all(&t->wait);
        } else {
            spin_unlock(&t->lock);
            txn_commit(fs);
            spin_lock(&t->lock);
        }
    }
    if (fs->read_only)
        blocks = 0;
    current()->txn_blocks = blocks;
    t->reserved += blocks;
    spin_unlock(&t->lock);
    if (!blocks)
        return -EROFS;
    lockdep_take(t, LOCK_BRACKET);
    return 0;
}

void txn_end(struct filesystem *fs) {
    struct txn *t = fs->txn;
    assert(current()->txn_blocks);
    lockdep_release(t);
    spin_lock(&t->lock);
    t->reserved -= current()->txn_blocks;
    current()->txn_blocks = 0;
    if (t->reserved == 0 && t->committing)
        waitq_wake_all(&t->wait);
    spin_unlock(&t->lock);
}

// A dirty metadata page is one of the transaction's.
void txn_dirty(struct filesystem *fs, struct page *p) {
    struct txn *t = fs->txn;
    assert(current()->txn_blocks);
    if (page_flag(p, PG_DIRTY))
        return;
    spin_lock(&t->lock);
    if (!page_flag(p, PG_DIRTY)) {
        if (t->count == TXN_CAPACITY)
            panic("a transaction of %u pages: some bracket promised too little", t->count);
        page_get(p);
        t->pages[++t->count] = p;
        cache_mark_dirty(p);
    }
    spin_unlock(&t->lock);
}

// ---- the journal

// pages[0] is to be a block of the log, of this type.
static void begin_block(struct txn *t, uint32_t type) {
    struct journal_header *h = page_va(t->pages[0]);
    page_zero(h);
    *h = (struct journal_header){swap32(JOURNAL_MAGIC), swap32(type), swap32(t->sequence)};
}

static int write_journal_super(struct txn *t, uint32_t start) {
    struct journal_super *s = page_va(t->super);
    s->start = swap32(start);
    s->sequence = swap32(t->sequence);
    return cache_write_pages(t->fs->dev, &t->super, &t->super->index, 1);
}

// Descriptor and copies to the log. A copy that begins like a block of the log would be taken for one: its
// first word is blanked there, and the tag says so. (Nobody looks at the page during a commit.)
static int write_copies(struct txn *t) {
    begin_block(t, JOURNAL_DESCRIPTOR);
    struct journal_tag *tag = (struct journal_tag *)((struct journal_header *)page_va(t->pages[0]) + 1);
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t *word = page_va(t->pages[i + 1]);
        uint32_t flags = TAG_SAME_UUID | (i == t->count - 1 ? TAG_LAST : 0);
        if (*word == swap32(JOURNAL_MAGIC)) {
            flags |= TAG_ESCAPED;
            *word = 0;
        }
        tag[i] = (struct journal_tag){swap32((uint32_t)t->pages[i + 1]->index), swap32(flags)};
    }
    int err = cache_write_pages(t->fs->dev, t->pages, t->blocks, t->count + 1);
    for (uint32_t i = 0; i < t->count; i++)
        if (tag[i].flags & swap32(TAG_ESCAPED))
            *(uint32_t *)page_va(t->pages[i + 1]) = swap32(JOURNAL_MAGIC);
    return err;
}

// Steps 2 and 3 of a commit.
static int write_log(struct txn *t) {
    struct block_device *dev = t->fs->dev;
    const uint32_t last = t->count + 1; // descriptor, copies, commit block
    for (uint32_t i = 0; i <= last; i++)
        t->blocks[i] = t->map[t->first + (t->head + i) % t->size];
    if (write_copies(t) || block_flush(dev) || write_journal_super(t, t->first + t->head))
        return -EIO;
    begin_block(t, JOURNAL_COMMIT);
    int err = cache_write_pages(dev, t->pages, &t->blocks[last], 1);
    return err ? err : block_flush(dev);
}

// Steps 2 to 4.
static int write_transaction(struct txn *t) {
    struct filesystem *fs = t->fs;
    if (fs->read_only)
        return -EIO;
    if (t->count == 0)
        return block_flush(fs->dev); // for the data
    bool failed = t->journal ? write_log(t) : block_flush(fs->dev);
    for (uint32_t i = 1; i <= t->count; i++)
        t->blocks[i] = t->pages[i]->index;
    if (failed || cache_write_pages(fs->dev, t->pages + 1, t->blocks + 1, t->count) ||
        (!t->journal && block_flush(fs->dev))) {
        // Memory is newer than the disk for good: keep the pages, or reading them again would show a mixture.
        kalert("%s: writing metadata failed; the file system is read-only from now on\n", fs->dev->name);
        racy(fs->read_only) = true; // who does not see it yet finds it at the next commit
        return -EIO;
    }
    t->head = (t->head + t->count + 2) % t->size;
    t->sequence++;
    for (; t->count > 0; t->count--) {
        struct page *p = t->pages[t->count];
        cache_mark_clean(p);
        page_put(p);
    }
    fs->ops->committed(fs);
    return 0;
}

int txn_commit(struct filesystem *fs) {
    struct txn *t = fs->txn;
    assert(!current()->txn_blocks);
    lockdep_take(t, LOCK_BRACKET); // as who waits for all brackets to end
    spin_lock(&t->lock);
    while (t->busy || t->waiting > 0)
        wait(t);
    t->busy = true;
    spin_unlock(&t->lock);
    bool before = page_use_all(true);
    cache_write_all(fs->dev, true);
    spin_lock(&t->lock);
    t->committing = true;
    while (t->reserved > 0)
        wait(t);
    spin_unlock(&t->lock);

    // A new block that was not written shows what was there before: so not at the first failure.
    int data, left = WRITE_ATTEMPTS;
    do
        data = cache_write_all(fs->dev, --left > 0);
    while (data && left > 0);
    int metadata = write_transaction(t);
    page_use_all(before);
    spin_lock(&t->lock);
    t->busy = t->committing = false;
    waitq_wake_all(&t->wait);
    spin_unlock(&t->lock);
    lockdep_release(t);
    return data || metadata ? -EIO : 0;
}

// ---- mount and unmount

static const char *open_journal(struct txn *t, struct mapping *meta) {
    struct mapping *m = &t->journal->data;
    const uint64_t length = inode_size(t->journal) / PAGE_SIZE;
    t->map = kmalloc(length * sizeof *t->map, PAGE_WAIT);
    if (!t->map)
        return "there is not enough memory";
    for (uint64_t i = 0, block; i < length; i++) {
        if (m->block_of(m, i, &block))
            return "its journal has holes";
        t->map[i] = (uint32_t)block;
    }
    if (length == 0 || cache_read(meta, t->map[0], &t->super))
        return "its journal cannot be read";
    struct journal_super *s = page_va(t->super);
    t->first = swap32(s->first);
    t->size = swap32(s->length) - t->first;
    t->sequence = swap32(s->sequence);
    if (swap32(s->header.magic) != JOURNAL_MAGIC || swap32(s->block_size) != PAGE_SIZE || t->first == 0 ||
        (uint64_t)t->first + 2 * (TXN_CAPACITY + 2) > swap32(s->length) || swap32(s->length) > length ||
        s->start != 0 || s->error != 0 || (swap32(s->incompat) & ~INCOMPAT_REVOKE))
        return "its journal is damaged, not empty, too small or not of a kind we know; run e2fsck -p on it";
    t->pages[0] = page_alloc(0, PAGE_KERNEL, PAGE_WAIT);
    return t->pages[0] ? NULL : "there is not enough memory";
}

const char *txn_start(struct filesystem *fs, struct mapping *meta, struct inode *journal) {
    struct txn *t = fs->txn = kmalloc(sizeof *t, PAGE_WAIT | PAGE_ZERO);
    if (!t)
        return "there is not enough memory";
    t->fs = fs;
    t->journal = journal;
    t->size = 1;
    spin_init(&t->lock, RANK_TXN, "transaction");
    waitq_init(&t->wait, "transaction");
    return journal ? open_journal(t, meta) : NULL;
}

int txn_stop(struct filesystem *fs) {
    struct txn *t = fs->txn;
    int err = block_flush(fs->dev);
    if (!err && t->journal)
        err = write_journal_super(t, 0);
    return err ? err : block_flush(fs->dev);
}
