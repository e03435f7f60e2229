// txn.h: brackets around changes of metadata.
//
// Every change of metadata stands between txn_begin and txn_end, with a txn_dirty for each page. What many
// brackets changed since the last commit goes to disk together: file data first, then the changed metadata
// through the journal, so that a power cut leaves either all of it or nothing. A block or inode freed in a
// transaction is not reused until that transaction is on disk. Rules: begin before any inode lock (MUTEX_DIR,
// MUTEX_INODE); no user copy and no second txn_begin of the same thread inside; long operations are cut into
// several transactions.
#pragma once

#include "fs/vfs.h"

// Metadata pages that any one operation on names changes at most: two directories that both grow by a block
// (record block, three levels of map, bitmap and descriptor of different groups), two inodes, a new inode,
// the superblock.
enum { TXN_NAME = 32 };

// Open a bracket that will dirty at most blocks metadata pages. Sleeps while a commit runs. 0 or -EROFS.
int txn_begin(struct filesystem *fs, uint32_t blocks);
// After changing a metadata page inside the bracket (from the device's mapping, reference held).
void txn_dirty(struct filesystem *fs, struct page *p);
void txn_end(struct filesystem *fs);
// Write all that is dirty to disk. 0 or -EIO. No bracket open.
int txn_commit(struct filesystem *fs);

// At mount: fs->txn for the device's mapping meta, with its journal (ext3; NULL: none, changes go in place
// without protection). NULL, or the sentence that says what is wrong. The journal must be empty.
const char *txn_start(struct filesystem *fs, struct mapping *meta, struct inode *journal);
// At unmount, after the last commit: mark the journal empty. 0 or -EIO.
int txn_stop(struct filesystem *fs);
