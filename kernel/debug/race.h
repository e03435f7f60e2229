// race.h: the data race detector of CONFIG=race (race.c). In other builds these are nothing.
#pragma once

#include "lib/kernel.h"

#if CONFIG_RACE
// From now on accesses are watched, drawn by seed. Before the other harts are started.
void race_start(uint64_t seed);
// For the panic report, if a race is the reason: the two accesses with their stacks. False: it is not.
bool race_report(void);
#else
static inline void race_start(uint64_t seed) {}
static inline bool race_report(void) { return false; }
#endif
