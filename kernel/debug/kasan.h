// kasan.h: what the files of CONFIG=kasan share (docs/debugging.md).
//
// Each 8 bytes of RAM and of the kernel stacks have a byte of shadow: 0: all 8 may be used; 1 to 7: the first
// so many; above: none, and the value tells why. The compiler puts a check of the shadow before each load and
// store of the kernel (kasan.c); the linker puts us before the functions of mm that hand out memory
// (kasan_memory.c) and those of lib and riscv that use a range of it (kasan_range.c). So none of those knows
// about us. Nothing here is instrumented itself.
#pragma once

#include "lib/kernel.h"

enum {
    GRANULE = 8, // bytes for one of shadow
    // ours
    SHADOW_DEAD_STACK = 0xe1,
    SHADOW_FREE_FRAME = 0xe2,
    SHADOW_FRAME_TAIL = 0xe3, // behind a kmalloc of whole frames
    SHADOW_NEVER_USED = 0xe4, // in a slab
    SHADOW_HEADER = 0xe5,     // of an object: struct kasan_header
    SHADOW_TAIL = 0xe6,       // behind an object
    SHADOW_FREED = 0xe7,      // an object that has been freed
    SHADOW_GLOBAL = 0xe8,     // behind a global variable
    // GCC's, on the stack
    SHADOW_STACK_LEFT = 0xf1,
    SHADOW_STACK_MID = 0xf2,
    SHADOW_STACK_RIGHT = 0xf3,
    SHADOW_SCOPE = 0xf8, // a variable out of scope
};

// ---- kasan.c

// Of shadow, what the memory at address has.
static inline uint8_t *shadow_of(uint64_t address) {
    return (uint8_t *)((address >> 3) + KASAN_SHADOW_OFFSET);
}
// Has this address shadow? Everything else is none of ours: devices, user memory, what is not mapped.
bool kasan_has_shadow(uint64_t address);
// [start, start + n) may not be used, for this reason; start is a multiple of GRANULE, n is rounded up.
void kasan_poison(uint64_t start, uint64_t n, uint8_t why);
// It may; so may not the rest of the last granule.
void kasan_unpoison(uint64_t start, uint64_t n);
// Panic if not all of [start, start + n) may be used. pc: who wants to.
void kasan_check(uint64_t start, uint64_t n, bool write, void *pc);

// As the compiler describes a global variable.
struct kasan_global {
    uint64_t start, size, size_with_redzone;
    const char *name, *file;
    uint64_t dynamic, location, odr;
};
// The variable that start lies in or behind; NULL: none.
const struct kasan_global *kasan_find_global(uint64_t address);
// Mapped and clean shadow for one more kernel stack, or false: no memory.
bool kasan_add_stack(void);
void kasan_drop_stack(void);

// ---- kasan_memory.c

// Who was it: return addresses, innermost first, as offsets in the text; 0: no more.
struct kasan_trace {
    uint32_t pc[7];
};

// Stands before each object of the slab, whose memory is: header, object, at least one granule of tail.
struct kasan_header {
    void *chain;              // slab.c's, while the object is free
    struct slab_cache *cache; // NULL: kmalloc's
    uint32_t size;            // as asked for
    uint32_t state;           // atomic; enum kasan_state
    struct kasan_trace allocated, freed;
};
enum kasan_state { KASAN_ALLOCATED = 0xa110c8ed, KASAN_FREED = 0xf2eed };

// The same of whole frames.
struct kasan_frame {
    struct kasan_trace allocated, freed;
};

// When there are frames, before there are page tables to share.
void kasan_memory_init(void);
// When there is shadow: all that is free is poisoned.
void kasan_memory_start(void);
struct kasan_frame *kasan_frame(uint64_t address); // NULL: no RAM

// ---- kasan_report.c

// An access to memory, of which the byte at `bad` is the first that must not be touched. Panics.
void kasan_report_access(uint64_t start, uint64_t n, bool write, void *pc, uint64_t bad) NORETURN;
// A free of what is none: why says so. Panics.
void kasan_report_free(uint64_t address, void *pc, const char *why) NORETURN;
