// cache_policy.h: which page of the cache to give up first: a policy apart from the mechanism (cache.c).
//
// All functions run under the lock of the lists (RANK_CACHE_LRU) and do not sleep. A page says by
// PG_REFERENCED that it has been used since the policy last looked. page->list is the policy's while the page
// is in the cache.
#ifndef FS_CACHE_POLICY_H
#define FS_CACHE_POLICY_H

#include "mm/page.h"

struct cache_policy {
    const char *name;
    void (*insert)(struct page *p); // p has come into the cache
    void (*remove)(struct page *p); // p leaves it
    // The page that is the next best to drop, or NULL. It stays where the policy keeps it, since it may turn
    // out to be in use; the next call names another one, as long as there are others.
    struct page *(*next)(void);
};

extern const struct cache_policy cache_policy_clock; // the default

#endif
