// kernel.h: the words that every file uses: types, small macros, and (at the end) lists, strings, formatted
// text, log lines and assertions. All other headers include it, so a .c file names only the modules that it
// talks to.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/errno.h"

#ifdef HOST_TEST // the host's own, so that a unit test can use its C library beside ours
#include <errno.h>
#include <sys/types.h>
#else
typedef int64_t ssize_t;
typedef int64_t off_t;
typedef int32_t pid_t;
typedef uint32_t mode_t;
typedef uint32_t dev_t;
typedef uint32_t uid_t;
typedef uint64_t ino_t;
#endif

enum { PAGE_SHIFT = 12, PAGE_SIZE = 1 << PAGE_SHIFT };

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
// The one of which `op` is true, both evaluated once.
#define choose_(a, op, b)                                                                                    \
    ({                                                                                                       \
        __auto_type a_ = (a);                                                                                \
        __auto_type b_ = (b);                                                                                \
        a_ op b_ ? a_ : b_;                                                                                  \
    })
#define min(a, b)              choose_(a, <, b)
#define max(a, b)              choose_(a, >, b)
#define likely(x)              __builtin_expect(!!(x), 1)
#define unlikely(x)            __builtin_expect(!!(x), 0)
#define NORETURN               __attribute__((noreturn))
// keeps rare work, and the registers it needs, out of a fast path
#define NOINLINE               __attribute__((noinline))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

// A variable of a word at most that is read, or written, beside others' plain accesses with no lock in
// common, on purpose: CONFIG=race takes no notice of it. What makes that good enough is said where it stands.
#define racy(x) (*(volatile __typeof__(x) *)&(x))
// The same of a function of string.h or usercopy.h: racy_call(memset)(p, 0, n).
#if CONFIG_RACE
#define racy_call(f)                                                                                         \
    ({                                                                                                       \
        extern __typeof__(f) racy_##f;                                                                       \
        racy_##f;                                                                                            \
    })
#else
#define racy_call(f) f
#endif

// a: a power of two
static inline uint64_t align_down(uint64_t x, uint64_t a) { return x & ~(a - 1); }
static inline uint64_t align_up(uint64_t x, uint64_t a) { return (x + a - 1) & ~(a - 1); }
static inline uint64_t div_up(uint64_t x, uint64_t d) { return (x + d - 1) / d; }

// Number of the lowest bit set in x, which is not 0. Inline, as the compiler's own would be a call without
// the Zbb extension. By a de Bruijn sequence: multiplying by the isolated bit shifts another six bits of it
// to the top for each position.
static inline int bit_lowest(uint64_t x) {
    static const uint8_t position[64] = {0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,
                                         62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
                                         63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
                                         46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6};
    return position[((x & -x) * 0x03f79d71b4cb0a89UL) >> 58];
}

#include "lib/list.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "riscv/panic.h"
