// cache_policy.c: the clock: first in, first out, with a second chance for each page that has been used.
#include "fs/cache.h"

struct page *cache_policy_clock(struct list *clean) {
    enum { TRIES = 16 };
    for (int i = 0; i < TRIES && !list_empty(clean); i++) {
        struct page *p = list_last(clean, struct page, list); // the hand is at the end
        list_remove(&p->list);
        list_push(clean, &p->list);
        if (!page_flag(p, PG_REFERENCED))
            return p;
        page_flag_clear(p, PG_REFERENCED);
    }
    return NULL;
}
