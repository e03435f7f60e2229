// errno.c: the tail of every stub in syscall_stubs.S, and of the wrappers written in C.

#include "lib.h"

long __syscall_ret(long result) {
    if ((unsigned long)result < -4095UL)
        return result;
    errno = (int)-result;
    return -1;
}
