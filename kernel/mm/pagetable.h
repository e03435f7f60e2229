// pagetable.h: Sv39 page tables (privileged specification, section 4.4).
//
// A table's upper half is shared by all: the direct map and the kernel stacks, built at boot in full, so it
// never needs to be copied. The lower half belongs to one address space; its owner (vm/space.c) locks it.
#pragma once

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
};
// Not-present entries (V = 0): all zero means "nothing here"; others are reserved for swap: bits 1-3 type,
// 10-53 slot.

// Upper half (index 256 up): DIRECT_MAP, KASAN shadow (DESIGN.md section 3), and in the top GiB kernel
// stacks.
#define KSTACK_AREA 0xffffffffc0000000UL

static inline uint64_t pte_pa(pte_t e) { return (e >> 10 & 0xfffffffffffUL) << PAGE_SHIFT; }
static inline pte_t pte_make(uint64_t pa, int flags) { return pa >> PAGE_SHIFT << 10 | (uint64_t)flags; }

struct pagetable {
    pte_t *root; // direct-map address of the root frame
    uint64_t satp;
    uint64_t harts;     // atomic bit mask by hart index: harts on which it is loaded now
    struct list tables; // frames of the lower half, root included
};

// Kernel half: direct map with the image's protections (text R-X, rodata R--, rest RW-, devices RW-) up to
// ram_end, the first physical address after RAM. Then switch to it. Called once on the boot hart; other harts
// load kernel_satp().
void pagetable_init(uint64_t ram_end);
uint64_t kernel_satp(void);
// Kernel stacks: KSTACK_SIZE each, an unmapped guard page below. A slot keeps its frames for life, so a hart
// never meets a stale translation of the stack it switches to. May sleep. Returns the lowest address, or
// NULL.
void *kstack_alloc(void);
void kstack_free(void *bottom);

// The frames come out of what the caller has promised (page_promise): 1 for the root, and those that
// pagetable_walk adds (one per 2 MiB and one per 1 GiB touched). So none of these fails; they may sleep.
void pagetable_create(struct pagetable *pt);
// Free the tables; the frames that leaves point to are the caller's. It must be loaded on no hart.
void pagetable_destroy(struct pagetable *pt);

// Pointer to the leaf PTE of user address va, making tables on the way if create; NULL: not there. The PTEs
// of the pages that follow stand behind it, up to the next multiple of TABLE_SPAN.
enum { TABLE_SHIFT = 21, TABLE_SPAN = 1 << TABLE_SHIFT, SUPER_SHIFT = 30 };
pte_t *pagetable_walk(struct pagetable *pt, uint64_t va, bool create);

// After changing PTEs: flush the range here and on every other hart that has pt loaded. Must come before the
// frame is freed. Not needed when an entry goes from invalid to valid (a spurious fault is mended).
void pagetable_flush(struct pagetable *pt, uint64_t va, uint64_t size);
// Before a page that was filled with code is run through pt: fence.i here and on the other harts that have it
// loaded.
void pagetable_fence_i(struct pagetable *pt);
// Flush one page on this hart only.
static inline void tlb_flush_page(uint64_t va) { __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory"); }
