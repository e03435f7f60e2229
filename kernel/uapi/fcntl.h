// fcntl.h: flags of open(2) and commands of fcntl(2), with picolibc's values.
#pragma once

#ifdef __drupe_kernel__
#define O_RDONLY    0
#define O_WRONLY    1
#define O_RDWR      2
#define O_ACCMODE   3
#define O_CREAT     0x0040
#define O_TRUNC     0x0200
#define O_APPEND    0x0400
#define O_EXCL      0x0800
#define O_SYNC      0x2000
#define O_NONBLOCK  0x4000
#define O_CLOEXEC   0x40000
#define O_NOFOLLOW  0x100000
#define O_DIRECTORY 0x200000

#define FD_CLOEXEC      1
#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 14

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
