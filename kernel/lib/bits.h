// bits.h: single bits of a word. Inline, as the compiler's own would be a call without the Zbb extension.
#pragma once

#include "lib/kernel.h"

// Number of the lowest bit set in x, which is not 0. By a de Bruijn sequence: multiplying by the isolated bit
// shifts another six bits of it to the top for each position.
static inline int bit_lowest(uint64_t x) {
    static const uint8_t position[64] = {0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,
                                         62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
                                         63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
                                         46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6};
    return position[((x & -x) * 0x03f79d71b4cb0a89UL) >> 58];
}
