// fault.c: page faults: zero fill, file pages, copy-on-write, stack growth.
//
// Frames for private memory and tables were promised when their region was made, so page_alloc only ever
// waits for them.
#include "fs/vfs.h"
#include "riscv/trace.h"
#include "vm/space.h"

// Let pte point to p, a frame of the process's own or a page of the page cache, which is never writable,
// since a write makes a copy, and pinned. The caller's reference, and pin, pass to it.
static inline void map_page(struct space *s, const struct region *r, pte_t *pte, struct page *p) {
    int flags = PTE_V | PTE_U | PTE_A | (r->prot & (PROT_READ | PROT_WRITE) ? PTE_R : 0) |
                (r->prot & PROT_EXEC ? PTE_X : 0);
    if (p->use != PAGE_CACHE && (r->prot & PROT_WRITE))
        flags |= PTE_W | PTE_D;
    s->resident += !(*pte & PTE_V);
    __atomic_store_n(pte, pte_make(page_pa(p), flags), __ATOMIC_RELEASE); // contents come first
}

static struct page *new_frame(int zero) { return page_alloc(0, PAGE_ANON, PAGE_WAIT | zero); }

static void give_back_file_pages(struct space *s) {
    struct region *r;
    list_for_each(r, &s->regions, link) if (r->inode) s->resident -=
        leaves_unmap(&s->pt, r->start, r->end, true);
}

// The page at index of r's file, with a reference, and pinned if it is to be. 0, -EIO or -ENOMEM, but not
// soon: when memory is so short, what can be read again is unmapped.
static int file_page(struct space *s, struct region *r, uint64_t index, bool pin, struct page **out) {
    int err, attempts = 0;
    if (index >= div_up(inode_size(r->inode), PAGE_SIZE)) // the file has been cut
        return -EIO;
    do {
        err = cache_read(&r->inode->data, index, out);
        if (!err && pin && !page_pin(*out, PAGE_WAIT)) {
            page_put(*out);
            err = -ENOMEM;
        }
        if (err == -ENOMEM)
            give_back_file_pages(s);
    } while (page_retry(err, &attempts));
    return err;
}

// A page of the file that is not mapped yet. Its part behind file_bytes reads as zero if it may be written;
// otherwise nobody minds what else is in the file's page.
static int map_file_page(struct space *s, struct region *r, uint64_t va, pte_t *pte, bool write) {
    uint64_t in_region = va - r->start, bytes = r->file_bytes - in_region;
    bool copied = (r->prot & PROT_WRITE) && (write || bytes < PAGE_SIZE);
    // First: who reads a file into this page holds one of the cache, too. Nobody may wait for a frame with
    // two.
    struct page *p, *copy = copied ? new_frame(0) : NULL;
    int err = file_page(s, r, (r->offset + in_region) >> PAGE_SHIFT, !copied, &p);
    if (err) {
        if (copied)
            page_put(copy);
        return err;
    }
    if (copied) {
        page_copy(page_va(copy), page_va(p));
        if (bytes < PAGE_SIZE)
            memset((char *)page_va(copy) + bytes, 0, PAGE_SIZE - bytes);
        page_put(p);
        p = copy;
    }
    map_page(s, r, pte, p);
    if (r->prot & PROT_EXEC)
        pagetable_fence_i(&s->pt);
    return 0;
}

// A write to a page that is shared since a fork, or belongs to the file. Its last user just takes it.
static void copy_on_write(struct space *s, struct region *r, uint64_t va, pte_t *pte) {
    struct page *old = page_of_pa(pte_pa(*pte));
    if (old->use == PAGE_ANON && __atomic_load_n(&old->refs, __ATOMIC_ACQUIRE) == 1) {
        map_page(s, r, pte, old);
        tlb_flush_page(va); // other harts may keep the read-only entry: they fault and come here
        return;
    }
    struct page *copy = new_frame(0);
    page_copy(page_va(copy), page_va(old));
    map_page(s, r, pte, copy);
    pagetable_flush(&s->pt, va, PAGE_SIZE);
    if (old->use == PAGE_CACHE)
        page_unpin(old);
    page_put(old);
}

static int fault_in(struct space *s, struct region *r, uint64_t va, enum fault_access access) {
    pte_t *pte = pagetable_walk(&s->pt, va, true);
    if (*pte & PTE_V) {
        if (access == FAULT_WRITE && !(*pte & PTE_W))
            copy_on_write(s, r, va, pte);
        else // another thread was here first, or the hart remembered an older entry
            tlb_flush_page(va);
        return 0;
    }
    if (r->inode && va - r->start < r->file_bytes)
        return map_file_page(s, r, va, pte, access == FAULT_WRITE);
    map_page(s, r, pte, new_frame(PAGE_ZERO));
    return 0;
}

int vm_fault(struct space *s, uint64_t va, enum fault_access access) {
    static const uint8_t needs[] = {
        [FAULT_READ] = PROT_READ | PROT_WRITE, [FAULT_WRITE] = PROT_WRITE, [FAULT_EXEC] = PROT_EXEC};
    trace(TRACE_FAULT, va, access);
    va = align_down(va, PAGE_SIZE);
    mutex_lock(&s->lock);
    struct region *r;
    int err = space_find(s, va, &r);
    if (!err)
        err = r->prot & needs[access] ? fault_in(s, r, va, access) : -EFAULT;
    mutex_unlock(&s->lock);
    trace(TRACE_FAULT + TRACE_END, va, err);
    return err;
}

int space_poke(struct space *s, uint64_t va, const void *data, size_t n) {
    for (size_t part; n > 0; va += part, data = (const char *)data + part, n -= part) {
        int err = vm_fault(s, va, FAULT_WRITE);
        if (err)
            return err;
        part = min(n, PAGE_SIZE - va % PAGE_SIZE);
        memcpy((char *)va_of(pte_pa(*pagetable_walk(&s->pt, va, false))) + va % PAGE_SIZE, data, part);
    }
    return 0;
}
