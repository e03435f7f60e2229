// dirent.h: a record of getdents(2). Records are packed one after the other, each 8-byte aligned.
#pragma once

#include <stdint.h>

struct uapi_dirent {
    uint64_t ino;
    uint64_t off;    // position to lseek to for the record after this one
    uint16_t reclen; // bytes from this record to the next
    uint8_t type;    // S_IFMT of the file's mode >> 12 (<dirent.h>: DT_*); 0: unknown
    char name[];     // NUL terminated
};
