// leaves.c: loops over leaf PTEs. A few instructions more here are what fork of a large process costs.
#include "vm/leaves.h"

// End of the run of PTEs that lies in one table with that of va.
static uint64_t run_end(uint64_t va, uint64_t end) {
    return min(align_down(va, TABLE_SPAN) + TABLE_SPAN, end);
}

static struct page *page_of_pte(pte_t e) { return page_array + ((pte_pa(e) >> PAGE_SHIFT) - page_first); }

static uint64_t share_run(pte_t *from, pte_t *to, uint64_t n) {
    uint64_t count = 0;
    for (pte_t *end = from + n; from < end; from++, to++) {
        pte_t e = *from;
        if (!(e & PTE_V))
            continue;
        if (e & PTE_W)
            *from = e = (e & ~(pte_t)PTE_W) | PTE_COW;
        *to = e;
        struct page *p = page_of_pte(e);
        page_get(p);
        if (p->use == PAGE_CACHE)
            page_map(p);
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

static void let_go(struct page *p) {
    if (p->use == PAGE_CACHE)
        page_unmap(p);
    page_put(p);
}

void leaves_drop(struct pagetable *pt, uint64_t start, uint64_t end) {
    for (uint64_t va = start, next; va < end; va = next) {
        next = run_end(va, end);
        pte_t *e = pagetable_walk(pt, va, false);
        if (e)
            for (pte_t *last = e + ((next - va) >> PAGE_SHIFT); e < last; e++)
                if (*e & PTE_V)
                    let_go(page_of_pte(*e));
    }
}

// Frames that were unmapped and wait for the flush before they may be used for something else.
struct batch {
    struct pagetable *pt;
    uint64_t count, total;
    struct page *pages[64];
};

static void batch_finish(struct batch *b) {
    if (b->count)
        pagetable_flush(b->pt, 0, 0);
    for (uint64_t i = 0; i < b->count; i++)
        let_go(b->pages[i]);
    b->total += b->count;
    b->count = 0;
}

uint64_t leaves_unmap(struct pagetable *pt, uint64_t start, uint64_t end, bool cache_only) {
    struct batch b = {.pt = pt};
    for (uint64_t va = start, next; va < end; va = next) {
        next = run_end(va, end);
        pte_t *e = pagetable_walk(pt, va, false);
        if (!e)
            continue;
        for (pte_t *last = e + ((next - va) >> PAGE_SHIFT); e < last; e++) {
            if (!(*e & PTE_V) || (cache_only && page_of_pte(*e)->use != PAGE_CACHE))
                continue;
            if (b.count == ARRAY_SIZE(b.pages))
                batch_finish(&b);
            b.pages[b.count++] = page_of_pte(*e);
            *e = 0;
        }
    }
    batch_finish(&b);
    return b.total;
}
