// file.h: device numbers. The kernel's own structures are not a program's to see.
#ifndef XV6_FILE_H
#define XV6_FILE_H

#include "kernel/types.h"

#define CONSOLE 1 // major number that mknod takes for the console

#define major(dev)  ((dev) >> 16 & 0xffff)
#define minor(dev)  ((dev)&0xffff)
#define mkdev(m, n) ((uint)((m) << 16 | (n)))

struct file;
struct inode;

#endif
