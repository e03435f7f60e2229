// pagetable.h: Sv39 page tables (privileged specification, section 4.4).
//
// A table's upper half is shared by all: the direct map and the kernel stacks, built at boot in full, so it never
// needs to be copied. The lower half belongs to one address space; its owner (vm/space.c) locks it.
#ifndef MM_PAGETABLE_H
#define MM_PAGETABLE_H

#include "lib/kernel.h"
#include "mm/page.h"

typedef uint64_t pte_t;

enum {
    PTE_V = 1 << 0,
    PTE_R = 1 << 1,
    PTE_W = 1 << 2,
    PTE_X = 1 << 3,
    PTE_U = 1 << 4,
    PTE_G = 1 << 5,
    PTE_A = 1 << 6,
    PTE_D = 1 << 7,
    PTE_COW = 1 << 8, // ours: shared, to be copied at the first write
};
// Not-present entries (V = 0): all zero means "nothing here"; others are reserved for swap: bits 1-3 type, 10-53 slot.

static inline uint64_t pte_pa(pte_t e) { return (e >> 10 & 0xfffffffffffUL) << PAGE_SHIFT; }
static inline pte_t pte_make(uint64_t pa, int flags) { return pa >> PAGE_SHIFT << 10 | (uint64_t)flags; }

struct pagetable {
    pte_t *root;         // direct-map address of the root frame
    uint64_t satp;
    uint64_t harts;      // atomic bit mask by hart index: harts on which it is loaded now
    uint64_t tables;     // frames used by the lower half, root included
};

// Kernel half: direct map with the image's protections (text R-X, rodata R--, rest RW-, devices RW-). end: first physical
// address after RAM. Then switch to it. Called once on the boot hart; other harts load kernel_satp().
void pagetable_init(uint64_t ram_end);
uint64_t kernel_satp(void);
// Kernel stacks: KSTACK_SIZE each, an unmapped guard page below. A slot keeps its frames for life. Returns
// the lowest address, or NULL: no memory.
void *kstack_alloc(int how);
void kstack_free(void *bottom);
// Is va inside some stack's guard page?
bool kstack_is_guard(uint64_t va);

int pagetable_create(struct pagetable *pt);    // 0 or -ENOMEM
// Free the tables; the leaves must be gone. It must be loaded on no hart.
void pagetable_destroy(struct pagetable *pt);

// Pointer to the leaf PTE of va, making tables on the way if create. NULL: not there, or no memory.
pte_t *pagetable_walk(struct pagetable *pt, uint64_t va, bool create);
// Call visit for every present leaf in [start, end), in order; tables that hold none are skipped at once.
void pagetable_visit(struct pagetable *pt, uint64_t start, uint64_t end,
                     void (*visit)(void *arg, uint64_t va, pte_t *pte), void *arg);
// Free lower-half tables that lie wholly inside [start, end), whose leaves are gone.
void pagetable_trim(struct pagetable *pt, uint64_t start, uint64_t end);

// After changing PTEs: flush the range here and on every other hart that has pt loaded. Must come before the frame is
// freed. Not needed when an entry goes from invalid to valid (a spurious fault is mended).
void pagetable_flush(struct pagetable *pt, uint64_t va, uint64_t size);
// Flush one page on this hart only.
void tlb_flush_page(uint64_t va);

#endif
