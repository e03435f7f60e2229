// cache.c: the kernel's, and what ends the life of its pages.
#include "../../../kernel/fs/cache.c"

#include "world.h"

FUZZ_UNMEASURED

void cache_reset(void) {
    for (uint64_t b = 0; b <= bucket_mask; b++)
        while (buckets[b]) {
            struct page *p = buckets[b];
            if (p->refs != 1 || page_flag(p, PG_LOCKED | PG_WRITEBACK)) {
                fprintf(stderr, "page %lu: %u references, flags %x\n", p->index, p->refs, p->flags);
                abort();
            }
            spin_lock(&lock);
            drop(p, true);
            spin_unlock(&lock);
        }
    must(list_empty(&dirty_pages) && writing == 0 && dirty_count == 0);
    int idle = 0;
    struct transfer *t;
    list_for_each(t, &idle_transfers, link) idle++;
    must_equal(idle, TRANSFERS);
    flush_at = WAIT_FOREVER;
    write_failed = false;
}

FUZZ_MEASURED
