// inode.c: the kernel's, and what ends the life of its table.
#include "../../../kernel/fs/inode.c"

#include "world.h"

FUZZ_UNMEASURED

// Those that could not be evicted when their last user went.
static struct inode *doomed[256];
static int doomed_count;

void inode_note_doomed(struct filesystem *fs) {
    struct inode *i;
    list_for_each(i, &ext2_of(fs)->orphans, orphan_link) {
        must(doomed_count < 256);
        if (i->refs == 0)
            doomed[doomed_count++] = i;
    }
}

void inode_reset(struct filesystem *fs, bool strict) {
    const struct ext2_super *super = ext2_of(fs)->super;
    for (int b = 0; b < BUCKETS; b++) {
        struct inode *i;
        while ((i = buckets[b])) {
            bool journal = super->feature_compat & EXT2_COMPAT_HAS_JOURNAL && i->ino == super->journal_inum;
            if (strict && i->refs != (i == fs->root || journal)) {
                fprintf(stderr, "inode %lu still has %u references\n", i->ino, i->refs);
                abort();
            }
            take_out(i);
            list_remove(&i->orphan_link);
            destroy(i);
        }
    }
    while (doomed_count > 0) {
        list_remove(&doomed[--doomed_count]->orphan_link);
        destroy(doomed[doomed_count]);
    }
    must(list_empty(&unused) && list_empty(&touched));
}

FUZZ_MEASURED
