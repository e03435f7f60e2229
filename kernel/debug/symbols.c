// symbols.c: the kernel's own function names, from the table that tools/link-kernel appends.
#include "debug/debug.h"

extern const uint64_t ksym_count, ksym_addrs[];
extern const uint32_t ksym_names_off[];
extern const char ksym_names[];
extern const char __text_start[], __text_end[];

const char *symbol_of(uint64_t pc, uint64_t *offset) {
    if (pc < (uint64_t)__text_start || pc >= (uint64_t)__text_end || ksym_count == 0)
        return NULL;
    uint64_t low = 0, high = ksym_count; // ksym_addrs[low] <= pc < ksym_addrs[high]
    while (high - low > 1) {
        uint64_t mid = (low + high) / 2;
        if (ksym_addrs[mid] <= pc)
            low = mid;
        else
            high = mid;
    }
    *offset = pc - ksym_addrs[low];
    return ksym_names + ksym_names_off[low];
}
