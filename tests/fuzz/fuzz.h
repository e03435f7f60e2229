// fuzz.h: what every fuzz target includes: taking an input apart, and saying what must hold.
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

#define must(x)                                                                                              \
    do {                                                                                                     \
        if (!(x)) {                                                                                          \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #x);                               \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)
#define must_equal(a, b)                                                                                     \
    do {                                                                                                     \
        long long a_ = (long long)(a), b_ = (long long)(b);                                                  \
        if (a_ != b_) {                                                                                      \
            fprintf(stderr, "%s:%d: %s is %lld, %s is %lld\n", __FILE__, __LINE__, #a, a_, #b, b_);          \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

// What is left of an input. Behind its end there are zeros.
struct input {
    const uint8_t *at, *end;
};
static inline size_t left(const struct input *in) { return (size_t)(in->end - in->at); }
static inline uint8_t byte(struct input *in) { return in->at < in->end ? *in->at++ : 0; }
static inline uint32_t word(struct input *in) {
    uint32_t w = byte(in);
    w |= (uint32_t)byte(in) << 8;
    w |= (uint32_t)byte(in) << 16;
    return w | (uint32_t)byte(in) << 24;
}

// Between these two nothing is measured: what counts is the kernel's code that an input reaches.
#define FUZZ_UNMEASURED                                                                                      \
    _Pragma("clang attribute push(__attribute__((no_sanitize(\"coverage\"))), apply_to = function)")
#define FUZZ_MEASURED _Pragma("clang attribute pop")

static inline uint64_t fuzz_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

#endif
