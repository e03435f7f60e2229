// kasan.c: the shadow, and what the compiler calls under CONFIG=kasan (-fsanitize=kernel-address).
//
// All addresses of the upper half have shadow: RAM its own, and so have kernel stacks before they are made;
// the rest (devices, what is not mapped) shares one page of zeros, which forbids nothing. Until paging.S's
// table gives way to that of mm/pagetable.c, that page is all there is; it may be written then, since the
// code that the compiler adds for variables on the stack does so from the first call on, and nobody looks at
// it.
#include "debug/kasan.h"

#include "mm/pagetable.h"
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/panic.h"
#include "riscv/sbi.h"
#include "riscv/spinlock.h"

void *__real_memset(void *to, int c, size_t n);

enum { ENTRIES = 512, SUPER_ORDER = TABLE_SHIFT - PAGE_SHIFT };
enum { READ = PTE_V | PTE_R | PTE_G | PTE_A | PTE_D, WRITE = READ | PTE_W };

// What has shadow of its own, from when there is any: RAM; of the area of the kernel stacks, how much; it
// grows.
static uint64_t ram_start, ram_size, stack_size;

bool kasan_has_shadow(uint64_t address) {
    return address - ram_start < ram_size || address - KSTACK_AREA < stack_size;
}

// ---- its pages

typedef pte_t page_table[ENTRIES] __attribute__((aligned(PAGE_SIZE)));

// The page that is shared, and tables full of it.
static uint8_t zeros[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static page_table low, middle;

static void fill(pte_t *table, int count, pte_t e) {
    for (int i = 0; i < count; i++)
        table[i] = e;
}

// The entry of the page table for va at this level; tables on the way are there, or still shared (boot only).
static pte_t *entry(uint64_t satp, uint64_t va, int level) {
    pte_t *table = va_of(satp << 20 >> 8); // its lower 44 bits are the number of the root's frame
    for (int l = 2;; l--) {
        pte_t *e = &table[va >> (PAGE_SHIFT + 9 * l) & (ENTRIES - 1)];
        if (l == level)
            return e;
        pte_t *next = va_of(pte_pa(*e));
        if (next == middle || next == low) {
            struct page *p = page_alloc(0, PAGE_KERNEL, PAGE_NOWAIT);
            if (!p)
                panic("no memory for the page tables of the shadow");
            fill(page_va(p), ENTRIES, next[0]);
            *e = pte_make(page_pa(p), PTE_V);
            next = page_va(p);
        }
        table = next;
    }
}

static void share_all(uint64_t satp, int how) {
    fill(low, ENTRIES, pte_make(pa_of(zeros), how));
    fill(middle, ENTRIES, pte_make(pa_of(low), PTE_V));
    uint64_t end = (uint64_t)shadow_of(UINT64_MAX) + 1, start = (uint64_t)shadow_of(DIRECT_MAP);
    fill(entry(satp, start, 2), (end - start) >> SUPER_SHIFT, pte_make(pa_of(middle), PTE_V));
    __asm__ volatile("sfence.vma" ::: "memory");
}

void __real_boot_main(uint64_t hart_id, uint64_t fdt_pa);
void __wrap_boot_main(uint64_t hart_id, uint64_t fdt_pa);
void __wrap_boot_main(uint64_t hart_id, uint64_t fdt_pa) {
    share_all(csr_read(satp), WRITE);
    __real_boot_main(hart_id, fdt_pa);
}

// Shadow of [start, start + size) in superpages.
static void map_shadow(uint64_t start, uint64_t size) {
    uint64_t end = (uint64_t)shadow_of(start + size - 1);
    for (uint64_t va = align_down((uint64_t)shadow_of(start), TABLE_SPAN); va <= end; va += TABLE_SPAN) {
        struct page *p = page_alloc(SUPER_ORDER, PAGE_KERNEL, PAGE_NOWAIT | PAGE_ZERO);
        if (!p)
            panic("no memory for the shadow of %lu MiB: give the machine more (MEM=)", size >> 20);
        *entry(kernel_satp(), va, 1) = pte_make(page_pa(p), WRITE);
    }
}

extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

void __real_pagetable_init(uint64_t ram_end);
void __wrap_pagetable_init(uint64_t ram_end);
void __wrap_pagetable_init(uint64_t ram_end) {
    uint64_t start = DIRECT_MAP + (page_first << PAGE_SHIFT), size = page_count << PAGE_SHIFT;
    share_all(kernel_satp(), READ);
    map_shadow(start, size);
    // Tables for the shadow of all stacks that there could be; pages come with the stacks.
    for (uint64_t va = KSTACK_AREA; va != 0; va += (uint64_t)GRANULE << TABLE_SHIFT)
        entry(kernel_satp(), (uint64_t)shadow_of(va), 0);
    kasan_memory_init();
    __real_pagetable_init(ram_end); // from here on the shadow is there
    __real_memset(zeros, 0, PAGE_SIZE);
    ram_start = start;
    ram_size = size;
    kasan_memory_start();
    for (void (*const *f)(void) = __init_array_start; f < __init_array_end; f++)
        (*f)(); // __asan_register_globals of each file
}

static struct spinlock stack_lock = SPINLOCK(RANK_KMAP, "kasan stacks");
// atomic: kernel stacks that are in use or about to be. No more slots are in use than this ever was.
static uint64_t stacks;

bool kasan_add_stack(void) {
    uint64_t need = __atomic_add_fetch(&stacks, 1, __ATOMIC_RELAXED) * (PAGE_SIZE + KSTACK_SIZE);
    while (__atomic_load_n(&stack_size, __ATOMIC_ACQUIRE) < need) {
        struct page *p = page_alloc(0, PAGE_KERNEL, PAGE_WAIT | PAGE_ZERO);
        if (!p) {
            kasan_drop_stack();
            return false;
        }
        spin_lock(&stack_lock);
        uint64_t va = (uint64_t)shadow_of(KSTACK_AREA + stack_size);
        *entry(kernel_satp(), va, 0) = pte_make(page_pa(p), WRITE);
        __asm__ volatile("sfence.vma" ::: "memory");
        uint64_t others = hart_ids_but_this(~0UL);
        if (others)
            sbi_remote_sfence(others, va, PAGE_SIZE);
        __atomic_store_n(&stack_size, stack_size + PAGE_SIZE * GRANULE, __ATOMIC_RELEASE);
        spin_unlock(&stack_lock);
    }
    return true;
}

void kasan_drop_stack(void) { __atomic_fetch_sub(&stacks, 1, __ATOMIC_RELAXED); }

// ---- poison

void kasan_poison(uint64_t start, uint64_t n, uint8_t why) {
    if (kasan_has_shadow(start))
        __real_memset(shadow_of(start), why, div_up(n, GRANULE));
}

void kasan_unpoison(uint64_t start, uint64_t n) {
    kasan_poison(start, n, 0);
    if (n % GRANULE && kasan_has_shadow(start))
        *shadow_of(start + n) = n % GRANULE;
}

// The first byte of [start, end) that must not be touched; end: none.
static NOINLINE uint64_t first_bad(uint64_t start, uint64_t end) {
    for (uint64_t a = start; a < end;) {
        const uint8_t *s = shadow_of(a);
        if ((uint64_t)s % sizeof(uint64_t) == 0 && *(const uint64_t *)s == 0) {
            a = align_down(a, GRANULE) + sizeof(uint64_t) * GRANULE;
            continue;
        }
        uint64_t granule = align_down(a, GRANULE), good = *s == 0 ? GRANULE : *s < GRANULE ? *s : 0;
        if (min(granule + GRANULE, end) > granule + good)
            return max(a, granule + good);
        a = granule + GRANULE;
    }
    return end;
}

void kasan_check(uint64_t start, uint64_t n, bool write, void *pc) {
    if (n == 0 || start < DIRECT_MAP || !ram_size || panicking)
        return;
    uint64_t bad = first_bad(start, start + n);
    if (unlikely(bad < start + n))
        kasan_report_access(start, n, write, pc, bad);
}

// ---- what the compiler calls

// Words are aligned to their size, so they lie in one granule; nearly always it is all good. Without a frame
// pointer that takes ten instructions.
#define ACCESS(name, bytes, write)                                                                           \
    void __asan_##name##_noabort(uint64_t start) __attribute__((optimize("omit-frame-pointer")));            \
    void __asan_##name##_noabort(uint64_t start) {                                                           \
        if (likely(start >= DIRECT_MAP) && unlikely(*shadow_of(start)))                                      \
            kasan_check(start, bytes, write, __builtin_return_address(0));                                   \
    }
ACCESS(load1, 1, false)
ACCESS(load2, 2, false)
ACCESS(load4, 4, false)
ACCESS(load8, 8, false)
ACCESS(store1, 1, true)
ACCESS(store2, 2, true)
ACCESS(store4, 4, true)
ACCESS(store8, 8, true)

void __asan_load16_noabort(uint64_t start);
void __asan_load16_noabort(uint64_t start) { kasan_check(start, 16, false, __builtin_return_address(0)); }
void __asan_store16_noabort(uint64_t start);
void __asan_store16_noabort(uint64_t start) { kasan_check(start, 16, true, __builtin_return_address(0)); }

void __asan_loadN_noabort(uint64_t a, uint64_t n);
void __asan_loadN_noabort(uint64_t a, uint64_t n) { kasan_check(a, n, false, __builtin_return_address(0)); }
void __asan_storeN_noabort(uint64_t a, uint64_t n);
void __asan_storeN_noabort(uint64_t a, uint64_t n) { kasan_check(a, n, true, __builtin_return_address(0)); }

// Before a call that does not return: the frames that it leaves behind will not clean up.
void __asan_handle_no_return(void);
void __asan_handle_no_return(void) {
    uint64_t sp = align_down((uint64_t)__builtin_frame_address(0), GRANULE);
    const struct vcpu *v = this_vcpu();
    if (sp >= v->kstack_bottom && sp < v->kstack_top)
        kasan_unpoison(sp, v->kstack_top - sp);
}

// Variables of which only a part of a function knows.
void __asan_poison_stack_memory(uint64_t start, uint64_t n);
void __asan_poison_stack_memory(uint64_t start, uint64_t n) { kasan_poison(start, n, SHADOW_SCOPE); }
void __asan_unpoison_stack_memory(uint64_t start, uint64_t n);
void __asan_unpoison_stack_memory(uint64_t start, uint64_t n) { kasan_unpoison(start, n); }

// ---- globals: each file's constructor brings a table

enum { MAX_FILES = 256 };

static struct {
    const struct kasan_global *first;
    uint64_t count;
} files[MAX_FILES];
static int file_count;

void __asan_register_globals(const struct kasan_global *g, uint64_t n);
void __asan_register_globals(const struct kasan_global *g, uint64_t n) {
    assert(file_count < MAX_FILES);
    files[file_count].first = g;
    files[file_count++].count = n;
    for (; n > 0; n--, g++) {
        kasan_poison(align_up(g->start + g->size, GRANULE), g->size_with_redzone - align_up(g->size, GRANULE),
                     SHADOW_GLOBAL);
        kasan_unpoison(g->start, g->size);
    }
}

// The destructors are there, but the kernel never ends.
void __asan_unregister_globals(const struct kasan_global *g, uint64_t n);
void __asan_unregister_globals(const struct kasan_global *g, uint64_t n) {}

const struct kasan_global *kasan_find_global(uint64_t address) {
    for (int i = 0; i < file_count; i++)
        for (const struct kasan_global *g = files[i].first; g < files[i].first + files[i].count; g++)
            if (address - g->start < g->size_with_redzone)
                return g;
    return NULL;
}
