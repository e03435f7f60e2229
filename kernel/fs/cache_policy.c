// cache_policy.c: two lists, with a second chance for each page.
//
// A page starts on the inactive list. When its turn comes at the end and it has been used meanwhile, it moves
// to the active list; an active page that has not been used since the last look moves back. So one pass over
// a large file (its pages are used once, when they come) does not push out what is used again and again.
#include "fs/cache_policy.h"

static struct list active = LIST_INIT(active), inactive = LIST_INIT(inactive);
static uint64_t active_count, inactive_count;

// PG_LRU tells that a page is active.
static void put(struct page *p, bool to_active) {
    list_push(to_active ? &active : &inactive, &p->list);
    if (to_active) {
        page_flag_set(p, PG_LRU);
        active_count++;
    } else {
        page_flag_clear(p, PG_LRU);
        inactive_count++;
    }
}

static void clock_insert(struct page *p) { put(p, false); }

static void clock_remove(struct page *p) {
    if (page_flag(p, PG_LRU))
        active_count--;
    else
        inactive_count--;
    list_remove(&p->list);
}

static struct page *clock_next(void) {
    // Keep a third of the pages on trial.
    for (int i = 0; i < 2 && active_count > 2 * inactive_count; i++) {
        struct page *p = list_last(&active, struct page, list);
        bool used = page_flag(p, PG_REFERENCED);
        page_flag_clear(p, PG_REFERENCED);
        clock_remove(p);
        put(p, used);
    }
    for (int tries = 0; tries < 16; tries++) {
        struct page *p = list_last(&inactive, struct page, list);
        if (!p)
            return NULL;
        bool used = page_flag(p, PG_REFERENCED);
        page_flag_clear(p, PG_REFERENCED);
        clock_remove(p);
        put(p, used);
        if (!used)
            return p;
    }
    return NULL;
}

const struct cache_policy cache_policy_clock = {"clock", clock_insert, clock_remove, clock_next};
