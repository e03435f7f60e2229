// unit.h: what every host unit test includes: cmocka and what it needs.
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name, what)                                                                                     \
    { what, name, NULL, NULL, NULL }
#define RUN_TESTS(tests) cmocka_run_group_tests(tests, NULL, NULL)

// A small generator of numbers that look random and are the same in every run.
static inline uint64_t unit_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

#endif
