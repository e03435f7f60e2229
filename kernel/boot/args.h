// args.h: boot arguments (QEMU -append): words NAME or NAME=value; a value with blanks stands in double
// quotes, in which \" and \\ stand for themselves.
#ifndef BOOT_ARGS_H
#define BOOT_ARGS_H

#include "lib/kernel.h"

void args_set(const char *line); // copied
// Value of the first NAME=..., "" for a bare NAME, NULL: not there.
const char *args_get(const char *name);
// The same as a decimal number; 0: not there.
uint64_t args_number(const char *name);

#endif
