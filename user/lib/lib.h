// lib.h: what the files of the library share.
#ifndef LIB_H
#define LIB_H

#include <errno.h>
#include <stddef.h>

// -4095 .. -1 from the kernel is -errno: sets errno and returns -1. Anything else is returned as it is.
long __syscall_ret(long result);

#endif
