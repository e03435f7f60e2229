// param.h: limits. The library keeps those marked *; the others describe a kernel that this is not.
#ifndef XV6_PARAM_H
#define XV6_PARAM_H

#define NPROC       64  // * processes of the machine
#define NOFILE      16  // * descriptors of a process
#define MAXARG      32  // * arguments of exec, the null pointer included
#define MAXPATH     128 // * bytes of a path, its NUL included
#define USERSTACK   1   // * pages of stack
#define NCPU        8
#define NFILE       100
#define NINODE      50
#define NDEV        10
#define ROOTDEV     1
#define MAXOPBLOCKS 10
#define LOGBLOCKS   (MAXOPBLOCKS * 3)
#define NBUF        (MAXOPBLOCKS * 3)
#define FSSIZE      2000

#endif
