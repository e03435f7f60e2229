// trace.h: hooks of the event trace (debug/trace.c): one line where something happens. Empty in release
// builds; three instructions where nobody asked for the event. Any context.
#pragma once

#include "lib/kernel.h"
#include "uapi/trace.h"

#if defined(NDEBUG) || defined(HOST_TEST)
static inline void trace(int event, uint64_t a, uint64_t b) {}
#else
extern uint8_t trace_on[TRACE_EVENTS];
extern void (*trace_hook)(int event, uint64_t a, uint64_t b); // set by boot

// event: enum trace_event, perhaps + TRACE_END. a, b: uapi/trace.h, but SWITCH and WAKE want the thread,
// SYSCALL and its end the frame as b, IPI the mask of hart ids.
static inline void trace(int event, uint64_t a, uint64_t b) {
    if (unlikely(__atomic_load_n(&trace_on[event], __ATOMIC_RELAXED)))
        trace_hook(event, a, b);
}
#endif
