// hart.c: the harts of this machine.
#include "riscv/hart.h"

#include "riscv/fail.h"
#include "riscv/trace.h"

uint8_t trace_on[TRACE_EVENTS];
void (*trace_hook)(int event, uint64_t a, uint64_t b);
bool (*fail_hook)(enum fail_point point);
struct hart harts[MAX_HARTS];
uint32_t hart_count = 1;
uint64_t timebase = 10000000;

uint64_t hart_ids_but_this(uint64_t mask) {
    uint64_t ids = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        if ((mask & 1UL << i) && harts[i].online && &harts[i] != this_hart())
            ids |= 1UL << harts[i].id;
    return ids;
}
