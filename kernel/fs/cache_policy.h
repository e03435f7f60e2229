// cache_policy.h: which page of the cache to give up first: a policy apart from the mechanism (cache.c).
//
// It knows the clean pages of the cache. All functions run under the cache's lock (RANK_CACHE) and do not
// sleep. A page says by PG_REFERENCED that it has been used since the policy last looked. page->list is the
// policy's between insert and remove.
#ifndef FS_CACHE_POLICY_H
#define FS_CACHE_POLICY_H

#include "mm/page.h"

struct cache_policy {
    void (*insert)(struct page *p); // p has come into the cache, or is clean again
    void (*remove)(struct page *p); // p leaves it, or gets dirty
    // The page that is the next best to drop, or NULL. It stays where the policy keeps it, since it may turn
    // out to be in use; the next call names another one, as long as there are others.
    struct page *(*next)(void);
};

extern const struct cache_policy cache_policy_clock; // the default

#endif
