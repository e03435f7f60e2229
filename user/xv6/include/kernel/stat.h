// stat.h: what fstat and stat fill in.
#ifndef XV6_STAT_H
#define XV6_STAT_H

#include "kernel/types.h"

#define T_DIR    1
#define T_FILE   2
#define T_DEVICE 3

struct stat {
    int dev;     // the disk that holds it
    uint ino;    // inode number
    short type;  // T_*
    short nlink; // names; of a directory: without its own "."
    uint64 size; // bytes
};

#endif
