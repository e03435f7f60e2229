// symbols.c: the kernel's own names, from the tables that tools/link-kernel appends.
#include "debug/debug.h"

extern const uint64_t ksym_count, ksym_addrs[];
extern const uint32_t ksym_names_off[];
extern const char ksym_names[];
extern const char __text_start[], __text_end[];

// The last of count addresses, which rise, that is not above addr. There is one.
static uint64_t find(const uint64_t *addrs, uint64_t count, uint64_t addr) {
    uint64_t low = 0, high = count; // addrs[low] <= addr < addrs[high]
    while (high - low > 1) {
        uint64_t mid = (low + high) / 2;
        if (addrs[mid] <= addr)
            low = mid;
        else
            high = mid;
    }
    return low;
}

const char *symbol_of(uint64_t pc, uint64_t *offset) {
    if (pc < (uint64_t)__text_start || pc >= (uint64_t)__text_end || ksym_count == 0)
        return NULL;
    uint64_t i = find(ksym_addrs, ksym_count, pc);
    *offset = pc - ksym_addrs[i];
    return ksym_names + ksym_names_off[i];
}

#if CONFIG_RACE
// Counted from __data_start, as the tables themselves move all data up.
extern const uint64_t dsym_count, dsym_addrs[];
extern const uint32_t dsym_names_off[];
extern const char dsym_names[];
extern const char __data_start[], __bss_end[];

const char *data_symbol_of(uint64_t addr, uint64_t *offset) {
    if (addr < (uint64_t)__data_start || addr >= (uint64_t)__bss_end || dsym_count == 0)
        return NULL;
    addr -= (uint64_t)__data_start;
    uint64_t i = find(dsym_addrs, dsym_count, addr);
    *offset = addr - dsym_addrs[i];
    return dsym_names + dsym_names_off[i];
}
#endif
