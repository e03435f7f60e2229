// fail.h: failures on purpose (debug/fail.c): allocations and block requests ask here whether they are to
// fail now. Nothing in release builds.
#pragma once

#include "lib/kernel.h"

enum fail_point { FAIL_PAGE, FAIL_SLAB, FAIL_BLK, FAIL_POINTS };

#if defined(NDEBUG) || defined(HOST_TEST)
static inline bool fail_now(enum fail_point point) { return false; }
#else
extern bool (*fail_hook)(enum fail_point point); // set by boot
static inline bool fail_now(enum fail_point point) { return unlikely(fail_hook) && fail_hook(point); }
#endif
