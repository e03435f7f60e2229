// txn.c: transactions, and the ext3 journal that makes each of them whole on disk.
//
// A commit, in order:
//   1. Close: new brackets wait, open ones end. All dirty file data is written (most of it before closing).
//   2. Log: a descriptor block that names the changed metadata blocks, and a copy of each, to the journal.
//   Flush.
//      Now step 4 of the commit before is surely on disk, and its log is not needed any more.
//   3. The journal's superblock gets to point to this log, and a commit block ends it. Flush. From here on a
//      power cut loses nothing: e2fsck copies the blocks from the log to their places.
//   4. The blocks are written in place, what they freed may be used again, and brackets open.
// A crash before the commit block is on disk leaves a log that does not count; the places are untouched.
//
// The log of one commit follows that of the one before, round the journal, and a transaction is at most as
// large as fits twice. So the log of step 2 never overwrites the last one, and there is no need for revoke
// records: when a freed block is used again, no log that still counts mentions it. Blocks of the journal are
// big-endian (the format is described in the kernel documentation of ext4/jbd2).
#include "fs/txn.h"

#include "lib/string.h"
#include "mm/slab.h"
#include "riscv/panic.h"
#include "sched/thread.h"

enum {
    TXN_LIMIT = 440,    // metadata pages of a transaction; a descriptor block names up to 508
    TXN_CAPACITY = 500, // with what brackets take beyond their word
    JOURNAL_MAGIC = 0xc03b3998,
    JOURNAL_DESCRIPTOR = 1,
    JOURNAL_COMMIT = 2,
    JOURNAL_SUPER_V1 = 3,
    JOURNAL_SUPER_V2 = 4,
    TAG_ESCAPED = 1,
    TAG_SAME_UUID = 2,
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
    uint8_t uuid[16];
};

struct journal_tag {
    be32 block, flags;
};

struct txn {
    struct filesystem *fs;
    struct spinlock lock; // RANK_TXN
    struct waitq wait;    // a bracket ended, or a commit
    // guarded by lock
    uint32_t open;     // brackets
    uint32_t reserved; // pages that open brackets may still add
    bool committing;   // somebody is in txn_commit
    bool closed;       // no new brackets
    uint32_t count;
    struct page *pages[TXN_CAPACITY]; // changed pages, each with a reference; without PG_TXN: freed again
    // used by the thread that is committing
    struct page *log[TXN_CAPACITY + 1];
    uint64_t blocks[TXN_CAPACITY + 1];
    uint32_t limit;
    // the journal
    struct inode *journal; // NULL: none
    struct page *super, *descriptor, *commit;
    uint64_t super_block;
    uint32_t first, length;  // the log is blocks [first, length) of the journal
    uint32_t head, sequence; // where the next log starts; its number
};

// ---- brackets

int txn_begin(struct filesystem *fs, uint32_t blocks) {
    struct thread *me = current();
    struct txn *t = fs->txn;
    if (me->txn_depth > 0) {
        me->txn_depth++;
        return 0;
    }
    if (!t)
        return -EROFS;
    spin_lock(&t->lock);
    for (;;) {
        if (fs->read_only) {
            spin_unlock(&t->lock);
            return fs->failed ? -EIO : -EROFS;
        }
        if (!t->closed && t->count + t->reserved + blocks <= t->limit)
            break;
        if (t->closed || t->committing) {
            waitq_wait(&t->wait, &t->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
            continue;
        }
        spin_unlock(&t->lock);
        txn_commit(fs);
        spin_lock(&t->lock);
    }
    t->open++;
    t->reserved += blocks;
    spin_unlock(&t->lock);
    me->txn_depth = 1;
    me->txn_left = blocks;
    return 0;
}

void txn_end(struct filesystem *fs) {
    struct thread *me = current();
    struct txn *t = fs->txn;
    assert(me->txn_depth > 0);
    if (--me->txn_depth > 0)
        return;
    spin_lock(&t->lock);
    t->reserved -= me->txn_left;
    me->txn_left = 0;
    if (--t->open == 0 && t->closed)
        waitq_wake_all(&t->wait);
    spin_unlock(&t->lock);
}

bool txn_open(struct filesystem *fs) { return current()->txn_depth > 0; }
uint32_t txn_left(void) { return current()->txn_left; }

void txn_access(struct filesystem *fs, struct page *p) { assert(current()->txn_depth > 0); }

void txn_dirty(struct filesystem *fs, struct page *p) {
    if (page_flag(p, PG_TXN))
        return;
    struct thread *me = current();
    struct txn *t = fs->txn;
    assert(me->txn_depth > 0);
    bool joins = false;
    spin_lock(&t->lock);
    if (!page_flag(p, PG_TXN)) {
        if (t->count == TXN_CAPACITY)
            panic("a transaction of %u pages: some bracket promised too little", t->count);
        joins = true;
        page_flag_set(p, PG_TXN);
        page_get(p);
        t->pages[t->count++] = p;
        if (me->txn_left > 0) {
            me->txn_left--;
            t->reserved--;
        }
    }
    spin_unlock(&t->lock);
    if (joins)
        cache_mark_dirty(p);
}

void txn_forget(struct filesystem *fs, struct mapping *meta, uint64_t block) {
    struct page *p = cache_peek(meta, block);
    if (p) {
        page_flag_clear(p, PG_TXN);
        page_put(p);
    }
    cache_forget(meta, block);
}

// ---- the journal

static void header(struct page *p, uint32_t type, uint32_t sequence) {
    memset(page_va(p), 0, PAGE_SIZE);
    *(struct journal_header *)page_va(p) =
        (struct journal_header){swap32(JOURNAL_MAGIC), swap32(type), swap32(sequence)};
}

// Where on the device is block index of the journal?
static int journal_block(struct txn *t, uint32_t index, uint64_t *block) {
    struct mapping *m = &t->journal->data;
    int err = m->ops->block_of(m, index, block);
    return !err && *block == 0 ? -EIO : err;
}

// The place n blocks after at, round the log.
static uint32_t log_place(const struct txn *t, uint32_t at, uint32_t n) {
    return t->first + (at - t->first + n) % (t->length - t->first);
}

static int write_journal_super(struct txn *t, uint32_t start) {
    struct journal_super *s = page_va(t->super);
    s->start = swap32(start);
    s->sequence = swap32(t->sequence);
    return cache_write_pages(t->fs->dev, &t->super, &t->super_block, 1);
}

// A copy in the log that begins like a block of the log would be taken for one: its first word is blanked
// there, and the tag says so. (Only a bitmap or an unused block can begin so; nobody looks at it while the
// transaction is closed.)
static void blank(struct txn *t, const bool *escaped, uint32_t word) {
    for (uint32_t i = 0; i < t->count; i++)
        if (escaped[i])
            *(uint32_t *)page_va(t->pages[i]) = word;
}

// Steps 2 and 3 of a commit.
static int write_log(struct txn *t) {
    struct block_device *dev = t->fs->dev;
    bool escaped[TXN_CAPACITY];
    struct journal_super *s = page_va(t->super);
    header(t->descriptor, JOURNAL_DESCRIPTOR, t->sequence);
    struct journal_tag *tag =
        (struct journal_tag *)((char *)page_va(t->descriptor) + sizeof(struct journal_header));
    t->log[0] = t->descriptor;
    for (uint32_t i = 0; i < t->count; i++) {
        struct page *p = t->pages[i];
        escaped[i] = *(uint32_t *)page_va(p) == swap32(JOURNAL_MAGIC);
        uint32_t flags =
            (escaped[i] ? TAG_ESCAPED : 0) | (i > 0 ? TAG_SAME_UUID : 0) | (i == t->count - 1 ? TAG_LAST : 0);
        *tag++ = (struct journal_tag){swap32((uint32_t)p->index), swap32(flags)};
        if (i == 0) {
            memcpy(tag, s->uuid, sizeof s->uuid);
            tag += sizeof s->uuid / sizeof *tag;
        }
        t->log[i + 1] = p;
    }
    for (uint32_t i = 0; i <= t->count; i++) {
        int err = journal_block(t, log_place(t, t->head, i), &t->blocks[i]);
        if (err)
            return err;
    }
    blank(t, escaped, 0);
    int err = cache_write_pages(dev, t->log, t->blocks, t->count + 1);
    blank(t, escaped, swap32(JOURNAL_MAGIC));
    if (!err)
        err = block_flush(dev);
    if (!err)
        err = write_journal_super(t, t->head);
    header(t->commit, JOURNAL_COMMIT, t->sequence);
    if (!err)
        err = journal_block(t, log_place(t, t->head, t->count + 1), &t->blocks[0]);
    if (!err)
        err = cache_write_pages(dev, &t->commit, t->blocks, 1);
    return err ? err : block_flush(dev);
}

// By block: upwards, so that neighbours go in one request; without a journal downwards: a group's directories
// then come before its inodes, and these before its bitmaps, which leaves e2fsck -p the most to work with.
// (Shell's sort)
static void sort(struct txn *t) {
    for (uint32_t gap = t->count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < t->count; i++)
            for (uint32_t j = i; j >= gap; j -= gap) {
                struct page **a = &t->pages[j - gap], **b = &t->pages[j], *swap = *a;
                if (((*a)->index < (*b)->index) == (t->journal != NULL))
                    break;
                *a = *b;
                *b = swap;
            }
}

// Leave out the pages of blocks that were freed again.
static void compact(struct txn *t) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (page_flag(t->pages[i], PG_TXN))
            t->pages[kept++] = t->pages[i];
        else
            page_put(t->pages[i]);
    }
    t->count = kept;
}

// Steps 2 to 4; closed.
static int write_transaction(struct txn *t) {
    struct filesystem *fs = t->fs;
    compact(t);
    sort(t);
    int err = t->journal ? write_log(t) : block_flush(fs->dev);
    for (uint32_t i = 0; i < t->count; i++)
        t->blocks[i] = t->pages[i]->index;
    if (!err)
        err = cache_write_pages(fs->dev, t->pages, t->blocks, t->count);
    if (!err && !t->journal)
        err = block_flush(fs->dev);
    if (err) {
        // Memory is newer than the disk for good: keep the pages, or reading them again would show a mixture.
        kalert("%s: writing metadata failed; the file system is read-only from now on\n", fs->dev->name);
        fs->failed = fs->read_only = true;
        return -EIO;
    }
    t->head = log_place(t, t->head, t->count + 2);
    t->sequence++;
    for (uint32_t i = 0; i < t->count; i++) {
        page_flag_clear(t->pages[i], PG_TXN);
        cache_mark_clean(t->pages[i]);
        page_put(t->pages[i]);
    }
    t->count = 0;
    fs->ops->committed(fs);
    return 0;
}

int txn_commit(struct filesystem *fs) {
    struct txn *t = fs->txn;
    if (!t) {
        cache_dirty_reset();
        return 0;
    }
    assert(!txn_open(fs));
    spin_lock(&t->lock);
    while (t->committing)
        waitq_wait(&t->wait, &t->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    t->committing = true;
    spin_unlock(&t->lock);

    cache_dirty_reset();
    int err = cache_write_all(fs->dev);
    spin_lock(&t->lock);
    t->closed = true;
    while (t->open > 0)
        waitq_wait(&t->wait, &t->lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    spin_unlock(&t->lock);
    int err2 = cache_write_all(fs->dev);
    if (!err)
        err = err2;
    if (fs->failed)
        err = -EIO;
    else if (t->count > 0)
        err2 = write_transaction(t);
    else
        err2 = block_flush(fs->dev);
    spin_lock(&t->lock);
    t->closed = t->committing = false;
    waitq_wake_all(&t->wait);
    spin_unlock(&t->lock);
    return err ? err : err2;
}

// ---- mount and unmount

static int open_journal(struct txn *t, struct mapping *meta, const char **why) {
    *why = "its journal cannot be read";
    int err = journal_block(t, 0, &t->super_block);
    if (!err)
        err = cache_read(meta, t->super_block, &t->super);
    if (err)
        return err;
    struct journal_super *s = page_va(t->super);
    uint32_t type = swap32(s->header.type);
    *why = "its journal is damaged; run e2fsck on it";
    t->first = swap32(s->first);
    t->length = swap32(s->length);
    t->sequence = swap32(s->sequence);
    t->head = t->first;
    if (swap32(s->header.magic) != JOURNAL_MAGIC || (type != JOURNAL_SUPER_V1 && type != JOURNAL_SUPER_V2) ||
        swap32(s->block_size) != PAGE_SIZE || t->first == 0 || t->first >= t->length ||
        t->length > inode_size(t->journal) / PAGE_SIZE)
        return -EINVAL;
    *why = "its journal is not empty; run e2fsck -p on it";
    if (s->start != 0 || s->error != 0)
        return -EINVAL;
    *why = "its journal has features that this kernel does not know";
    if (type == JOURNAL_SUPER_V2 && (swap32(s->incompat) & ~INCOMPAT_REVOKE))
        return -EINVAL;
    *why = "its journal is smaller than 256 blocks";
    if (t->length - t->first < 255)
        return -EINVAL;
    t->limit = min(t->limit, (t->length - t->first) / 2 - (TXN_CAPACITY - TXN_LIMIT) - 2);
    *why = "there is not enough memory";
    t->descriptor = page_alloc_one(PAGE_KERNEL, PAGE_WAIT);
    t->commit = page_alloc_one(PAGE_KERNEL, PAGE_WAIT);
    return t->descriptor && t->commit ? 0 : -ENOMEM;
}

static void txn_free(struct txn *t) {
    struct page *pages[] = {t->super, t->descriptor, t->commit};
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        if (pages[i])
            page_put(pages[i]);
    kfree(t);
}

int txn_start(struct filesystem *fs, struct mapping *meta, struct inode *journal, const char **why) {
    struct txn *t = kmalloc(sizeof *t, PAGE_WAIT | PAGE_ZERO);
    *why = "there is not enough memory";
    if (!t)
        return -ENOMEM;
    t->fs = fs;
    t->journal = journal;
    t->limit = TXN_LIMIT;
    t->length = 1; // no log: all places are the same
    spin_init(&t->lock, RANK_TXN, "transaction");
    waitq_init(&t->wait, "transaction");
    int err = journal ? open_journal(t, meta, why) : 0;
    if (err)
        txn_free(t);
    else
        fs->txn = t;
    return err;
}

int txn_stop(struct filesystem *fs) {
    struct txn *t = fs->txn;
    int err = block_flush(fs->dev);
    if (!err && t->journal)
        err = write_journal_super(t, 0);
    return err ? err : block_flush(fs->dev); // fs->txn stays: the flusher may be looking at it
}
