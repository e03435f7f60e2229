// lockdep.h: where CONFIG=lockdep looks on (debug/lockdep.c, docs/locking.md). In other builds these are
// nothing.
#pragma once

#include "lib/kernel.h"

// LOCK_NESTED: a mutex that may be taken while another of its class is held.
enum lock_kind { LOCK_SPIN, LOCK_MUTEX, LOCK_NESTED, LOCK_BRACKET };

#if CONFIG_LOCKDEP
enum { LOCKDEP_HELD = 32, LOCKDEP_SITE = 10 };

// What a thread holds: locks, and reasons why interrupts are off, the latest last. Used with interrupts off.
struct lockdep {
    uint16_t count;
    uint16_t handler_from; // in an interrupt handler: what is below belongs to the thread that it interrupted
    uint16_t depth_before; // off_depth when the handler began
    bool in_handler;
    struct held {
        const void *lock;            // NULL: interrupts_off
        uint16_t class;              // 0: interrupts_off
        uint32_t site[LOCKDEP_SITE]; // calls that led there, innermost first: offsets in the kernel's text
        uint64_t since;              // ticks: when it was had, after waiting
    } held[LOCKDEP_HELD];
};

// A lock will be taken, or is given back. A spinlock right after its interrupts_off, resp. before the
// restore.
void lockdep_take(const void *lock, enum lock_kind kind);
void lockdep_release(const void *lock);
// It was not free, and the wait since then is over.
void lockdep_waited(const void *lock, uint64_t since);
// A user copy begins, which may take the mutex of the address space.
void lockdep_copy(void);
// A bare spinlock will be tried.
void lockdep_bare(const void *lock);
// off_depth has grown, will shrink.
void lockdep_off(void);
void lockdep_on(void);
// An interrupt handler begins, ends.
void lockdep_handler(bool begins);
// The current thread is at a point where it holds nothing, and interrupts are off by so many interrupts_off.
void lockdep_clean(const char *where, int depth);
// For the panic report: the circle, if that is why, and what the current thread holds.
void lockdep_print(void);
#else
struct lockdep {};
static inline void lockdep_take(const void *lock, enum lock_kind kind) {}
static inline void lockdep_release(const void *lock) {}
static inline void lockdep_waited(const void *lock, uint64_t since) {}
static inline void lockdep_copy(void) {}
static inline void lockdep_bare(const void *lock) {}
static inline void lockdep_off(void) {}
static inline void lockdep_on(void) {}
static inline void lockdep_handler(bool begins) {}
static inline void lockdep_clean(const char *where, int depth) {}
static inline void lockdep_print(void) {}
#endif
