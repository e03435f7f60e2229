// fs.h: directories as read gives them, and sizes that programs use. The disk itself is ext2.
#ifndef XV6_FS_H
#define XV6_FS_H

#include "kernel/types.h"

#define ROOTINO   2 // ext2's
#define BSIZE     1024
#define NDIRECT   12
#define NINDIRECT (BSIZE / sizeof(uint))
#define MAXFILE   (NDIRECT + NINDIRECT) // blocks that a file may count on; here it may have more
#define DIRSIZ    14

struct dirent {
    ushort inum;                                      // low 16 bits of the inode number, never 0
    char name[DIRSIZ] __attribute__((__nonstring__)); // no NUL if it fills all of it
};

#endif
