// hart.c: the harts of this machine.
#include "riscv/hart.h"

struct hart harts[MAX_HARTS];
uint32_t hart_count = 1;
uint64_t timebase = 10000000;
