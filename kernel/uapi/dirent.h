// dirent.h: a record of getdents(2). Records are packed one after the other, each 8-byte aligned.
#ifndef UAPI_DIRENT_H
#define UAPI_DIRENT_H

#include <stdint.h>

enum {
    UAPI_DT_UNKNOWN = 0,
    UAPI_DT_FIFO = 1,
    UAPI_DT_CHR = 2,
    UAPI_DT_DIR = 4,
    UAPI_DT_BLK = 6,
    UAPI_DT_REG = 8,
    UAPI_DT_LNK = 10
};

struct uapi_dirent {
    uint64_t ino;
    uint64_t off;    // position to lseek to for the record after this one
    uint16_t reclen; // bytes from this record to the next
    uint8_t type;    // UAPI_DT_*
    char name[];     // NUL terminated
};

#endif
