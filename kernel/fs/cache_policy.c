// cache_policy.c: the clock: first in, first out, with a second chance for each page that has been used.
#include "fs/cache_policy.h"

static struct list pages = LIST_INIT(pages); // the hand is at the end

static void clock_insert(struct page *p) { list_push(&pages, &p->list); }

static void clock_remove(struct page *p) { list_remove(&p->list); }

static struct page *clock_next(void) {
    enum { TRIES = 16 };
    for (int i = 0; i < TRIES && !list_empty(&pages); i++) {
        struct page *p = list_last(&pages, struct page, list);
        clock_remove(p);
        clock_insert(p);
        if (!page_flag(p, PG_REFERENCED))
            return p;
        page_flag_clear(p, PG_REFERENCED);
    }
    return NULL;
}

const struct cache_policy cache_policy_clock = {clock_insert, clock_remove, clock_next};
