// leaves.c: loops over leaf PTEs. A few instructions more here are what fork of a large process costs.
#include "vm/space.h"

// End of the run of PTEs that lies in one table with that of va.
static uint64_t run_end(uint64_t va, uint64_t end) { return min(align_up(va + 1, TABLE_SPAN), end); }

static struct page *page_of_pte(pte_t e) { return page_array + ((pte_pa(e) >> PAGE_SHIFT) - page_first); }

static uint64_t share_run(pte_t *from, pte_t *to, uint64_t n) {
    uint64_t count = 0;
    for (pte_t *end = from + n; from < end; from++, to++) {
        pte_t e = *from;
        if (!(e & PTE_V))
            continue;
        *from = *to = e & ~(pte_t)PTE_W;
        struct page *p = page_of_pte(e);
        page_get(p);
        if (p->use == PAGE_CACHE)
            page_pin(p, PAGE_WAIT); // from has pinned it, so it is not refused
        count++;
    }
    return count;
}

uint64_t leaves_share(struct pagetable *from, struct pagetable *to, uint64_t start, uint64_t end) {
    uint64_t count = 0;
    for (uint64_t va = start, next; va < end; va = next) {
        next = run_end(va, end);
        pte_t *run = pagetable_walk(from, va, false);
        if (run)
            count += share_run(run, pagetable_walk(to, va, true), (next - va) >> PAGE_SHIFT);
    }
    return count;
}

// Entries that are to go lose V first, but keep their address until all harts have been flushed.
static uint64_t unmap_run(struct pagetable *pt, pte_t *run, uint64_t n, bool cache_only) {
    uint64_t count = 0;
    for (pte_t *e = run; e < run + n; e++)
        if ((*e & PTE_V) && (!cache_only || page_of_pte(*e)->use == PAGE_CACHE)) {
            *e &= ~(pte_t)PTE_V;
            count++;
        }
    if (count && pt->harts)
        pagetable_flush(pt, 0, 0);
    uint64_t left = count;
    for (pte_t *e = run; left > 0; e++)
        if (*e && !(*e & PTE_V)) {
            struct page *p = page_of_pte(*e);
            *e = 0;
            if (p->use == PAGE_CACHE)
                page_unpin(p);
            page_put(p);
            left--;
        }
    return count;
}

uint64_t leaves_unmap(struct pagetable *pt, uint64_t start, uint64_t end, bool cache_only) {
    uint64_t count = 0;
    for (uint64_t va = start, next; va < end; va = next) {
        next = run_end(va, end);
        pte_t *run = pagetable_walk(pt, va, false);
        if (run)
            count += unmap_run(pt, run, (next - va) >> PAGE_SHIFT, cache_only);
    }
    return count;
}
