// txn.c: the kernel's, and what ends the life of its transactions.
#include "../../../kernel/fs/txn.c"

#include "world.h"

void txn_reset(struct filesystem *fs, bool strict) {
    struct txn *t = fs->txn;
    if (!t)
        return;
    must(current()->txn_blocks == 0 && t->reserved == 0);
    must(!strict || fs->read_only || t->count == 0);
    for (; t->count > 0; t->count--) {
        cache_mark_clean(t->pages[t->count]);
        page_put(t->pages[t->count]);
    }
    if (t->super)
        page_put(t->super);
    if (t->pages[0])
        page_put(t->pages[0]);
    kfree(t->map);
    kfree(t);
}
