// leaves.h: loops over the leaf PTEs of a range, a table of 512 at a time: what fork, exit and sbrk cost.
//
// The caller holds the lock of the space. A leaf holds a reference to its frame, and one to a page-cache page
// also counts in page->maps.
#pragma once

#include "mm/pagetable.h"

// Copy what is mapped in [start, end) from one table to the other, both sides read-only from then on. Returns
// the pages shared. The caller flushes from.
uint64_t leaves_share(struct pagetable *from, struct pagetable *to, uint64_t start, uint64_t end);
// Unmap [start, end): clear, flush if it is loaded anywhere, let go of the frames. cache_only: only pages of
// the page cache. Returns the pages.
uint64_t leaves_unmap(struct pagetable *pt, uint64_t start, uint64_t end, bool cache_only);
