// <sys/sysmacros.h>: a device number is major << 8 | minor, as on an ext2 disk.
#ifndef _SYS_SYSMACROS_H
#define _SYS_SYSMACROS_H

#define major(dev)            ((unsigned)(dev) >> 8 & 0xff)
#define minor(dev)            ((unsigned)(dev)&0xff)
#define makedev(major, minor) ((unsigned)(((major)&0xff) << 8 | ((minor)&0xff)))

#endif
