// usercopy.h: the only way that kernel code touches user memory.
//
// Each call checks the range against USER_END without overflow, then copies with sstatus.SUM set. A fault
// that vm/fault.c cannot mend ends the copy at an exception-table entry: -EFAULT. A copy may sleep: no
// spinlock and no page lock held.
#pragma once

#include "lib/kernel.h"

#define USER_END 0x3f00000000UL // first address above user space

// 0 or -EFAULT; part may have been copied.
int copy_from_user(void *to, uint64_t from, size_t n);
int copy_to_user(uint64_t to, const void *from, size_t n);
// Copy a NUL-terminated string into to[size]. Its length without NUL, -EFAULT, or -ENAMETOOLONG if it does
// not fit.
ssize_t string_from_user(char *to, uint64_t from, size_t size);

// Address where the kernel code that faulted at pc goes on, or 0: pc is no user copy.
uint64_t usercopy_fixup(uint64_t pc);
