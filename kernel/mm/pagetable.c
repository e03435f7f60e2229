// pagetable.c: Sv39: three levels of tables with 512 entries each (privileged specification, section 4.4).
//
// Level 2 is the root (an entry spans 1 GiB), level 0 holds the leaves of 4 KiB pages. Leaves get A and D set
// in advance, since a hart may trap instead of setting them.
#include "mm/pagetable.h"

enum { TABLE_ENTRIES = 512, HALF = TABLE_ENTRIES / 2, LEVEL_BITS = 9 };
enum { LEAF = PTE_R | PTE_W | PTE_X, KERNEL_LEAF = PTE_V | PTE_G | PTE_A | PTE_D };

static pte_t kernel_root[TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static struct pagetable kernel_half = {.harts = ~0UL}; // as pagetable_flush sees it: all harts have it loaded
extern const char __text_start[], __text_end[], __rodata_end[]; // kernel.ld

static int index_of(uint64_t va, int level) {
    return va >> (PAGE_SHIFT + level * LEVEL_BITS) & (TABLE_ENTRIES - 1);
}
static pte_t *table_of(pte_t e) { return va_of(pte_pa(e)); }
static pte_t pte_of_table(const struct page *p) { return pte_make(page_pa(p), PTE_V); }

uint64_t kernel_satp(void) { return SATP_SV39 | pa_of(kernel_root) >> PAGE_SHIFT; }

// ---- the kernel's half

// Boot only. The table below *e, made if it is not there.
static pte_t *boot_table(pte_t *e) {
    if (!*e) {
        struct page *p = page_alloc(0, PAGE_KERNEL, PAGE_NOWAIT | PAGE_ZERO);
        if (!p)
            panic("no memory for the kernel's page table");
        *e = pte_of_table(p);
    }
    return table_of(*e);
}

// Map [pa, end), whole pages, at DIRECT_MAP in the largest pages that fit.
static void map_direct(uint64_t pa, uint64_t end, int flags) {
    for (uint64_t size; pa < end; pa += size) {
        int level = 2;
        pte_t *e = &kernel_root[index_of(DIRECT_MAP + pa, level)];
        for (size = 1UL << SUPER_SHIFT; pa % size != 0 || size > end - pa; size >>= LEVEL_BITS)
            e = &boot_table(e)[index_of(DIRECT_MAP + pa, --level)];
        *e = pte_make(pa, KERNEL_LEAF | flags);
    }
}

void pagetable_init(uint64_t ram_end) {
    uint64_t text = pa_of(__text_start), rodata = pa_of(__text_end), data = pa_of(__rodata_end);
    map_direct(0, text, PTE_R | PTE_W);
    map_direct(text, rodata, PTE_R | PTE_X);
    map_direct(rodata, data, PTE_R);
    map_direct(data, align_up(ram_end, PAGE_SIZE), PTE_R | PTE_W);
    boot_table(&kernel_root[index_of(KSTACK_AREA, 2)]); // before any root is copied from this one
    csr_write(satp, kernel_satp());
    __asm__ volatile("sfence.vma" ::: "memory");
}

// ---- kernel stacks

enum { SLOT_SIZE = PAGE_SIZE + KSTACK_SIZE, STACK_PAGES = KSTACK_SIZE / PAGE_SIZE };
enum { SLOT_COUNT = (1 << SUPER_SHIFT) / SLOT_SIZE };

static struct spinlock kstack_lock = SPINLOCK(RANK_KMAP, "kstack");
// guarded by kstack_lock
static void *free_stacks; // chained through their first words
static uint64_t slots_used;

// Map the next slot. NULL: no memory, or no slot left.
static void *kstack_new(void) {
    struct page *spare[STACK_PAGES + 1]; // one more, in case the slot begins a page table
    int n = 0;
    while (n <= STACK_PAGES && (spare[n] = page_alloc(0, PAGE_KERNEL, PAGE_WAIT)))
        n++;
    spin_lock(&kstack_lock);
    const bool room = n > STACK_PAGES && slots_used < SLOT_COUNT;
    const uint64_t bottom = KSTACK_AREA + slots_used * SLOT_SIZE + PAGE_SIZE;
    slots_used += room;
    for (uint64_t va = bottom; room && va < bottom + KSTACK_SIZE; va += PAGE_SIZE) {
        pte_t *middle = &table_of(kernel_root[index_of(va, 2)])[index_of(va, 1)];
        if (!*middle) {
            struct page *table = spare[--n];
            page_zero(page_va(table));
            *middle = pte_of_table(table);
        }
        table_of(*middle)[index_of(va, 0)] = pte_make(page_pa(spare[--n]), KERNEL_LEAF | PTE_R | PTE_W);
    }
    spin_unlock(&kstack_lock);
    if (room) // harts may remember that there was nothing
        pagetable_flush(&kernel_half, bottom, KSTACK_SIZE);
    while (n > 0)
        page_put(spare[--n]);
    return room ? (void *)bottom : NULL;
}

void *kstack_alloc(void) {
    spin_lock(&kstack_lock);
    void *bottom = free_stacks;
    if (bottom)
        free_stacks = *(void **)bottom;
    spin_unlock(&kstack_lock);
    return bottom ? bottom : kstack_new();
}

void kstack_free(void *bottom) {
    spin_lock(&kstack_lock);
    *(void **)bottom = free_stacks;
    free_stacks = bottom;
    spin_unlock(&kstack_lock);
}

// ---- an address space's half

static struct page *new_table(struct pagetable *pt, int zero) {
    struct page *p = page_alloc(0, PAGE_TABLE, PAGE_WAIT | zero);
    list_push(&pt->tables, &p->list);
    return p;
}

void pagetable_create(struct pagetable *pt) {
    list_init(&pt->tables);
    pt->root = page_va(new_table(pt, 0));
    pt->satp = SATP_SV39 | pa_of(pt->root) >> PAGE_SHIFT;
    pt->harts = 0;
    memset(pt->root, 0, HALF * sizeof(pte_t));
    memcpy(pt->root + HALF, kernel_root + HALF, HALF * sizeof(pte_t));
}

void pagetable_destroy(struct pagetable *pt) {
    assert(pt->harts == 0);
    struct page *p, *next;
    list_for_each_safe(p, next, &pt->tables, list) page_put(p);
}

pte_t *pagetable_walk(struct pagetable *pt, uint64_t va, bool create) {
    pte_t *table = pt->root;
    assert(index_of(va, 2) < HALF && va >> 38 == 0);
    for (int level = 2; level > 0; level--) {
        pte_t *e = &table[index_of(va, level)];
        if (unlikely(!*e)) {
            if (!create)
                return NULL;
            pte_t below = pte_of_table(new_table(pt, PAGE_ZERO));
            __atomic_store_n(e, below, __ATOMIC_RELEASE); // a hart may walk while we write: zeros come first
        }
        table = table_of(*e);
    }
    return &table[index_of(va, 0)];
}

void pagetable_flush(struct pagetable *pt, uint64_t va, uint64_t size) {
    interrupts_off();
    // The PTEs were written before; a hart that sets its bit after this load walks the tables later still.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint64_t others = hart_ids_but_this(__atomic_load_n(&pt->harts, __ATOMIC_RELAXED));
    if (size == PAGE_SIZE)
        tlb_flush_page(va);
    else
        __asm__ volatile("sfence.vma" ::: "memory");
    if (others)
        sbi_remote_sfence(others, va, size);
    interrupts_restore();
}

void pagetable_fence_i(struct pagetable *pt) {
    interrupts_off();
    uint64_t others = hart_ids_but_this(__atomic_load_n(&pt->harts, __ATOMIC_SEQ_CST));
    __asm__ volatile("fence.i" ::: "memory");
    if (others)
        sbi_remote_fence_i(others);
    interrupts_restore();
}
