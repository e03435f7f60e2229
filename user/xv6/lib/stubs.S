// stubs.S: __sys_NAME for the calls of Drupe that the library needs (drupe.h). Number in a7, arguments from
// a0 on, a result or -errno in a0.
#include "syscall_numbers.h"

    .macro stub name, number
    .section .text.__sys_\name, "ax"
    .global __sys_\name
    .type __sys_\name, @function
__sys_\name:
    li a7, \number
    ecall
    ret
    .size __sys_\name, . - __sys_\name
    .endm

#define STUB(name) stub name, SYS_##name
    STUB(fork)
    STUB(execve)
    STUB(exit)
    STUB(waitpid)
    STUB(kill)
    STUB(sigaction)
    STUB(getpid)
    STUB(sbrk)
    STUB(meminfo)
    STUB(nanosleep)
    STUB(clock_gettime)
    STUB(open)
    STUB(close)
    STUB(read)
    STUB(write)
    STUB(lseek)
    STUB(dup)
    STUB(pipe)
    STUB(fstat)
    STUB(stat)
    STUB(lstat)
    STUB(link)
    STUB(unlink)
    STUB(rmdir)
    STUB(mkdir)
    STUB(chdir)
    STUB(getdents)
    STUB(mknod)
    STUB(truncate)
