// <glob.h>: pathnames that match a pattern (POSIX).
#ifndef _GLOB_H
#define _GLOB_H

#include <stddef.h>

typedef struct {
    size_t gl_pathc; // paths found, not counting gl_offs
    char **gl_pathv; // gl_offs null pointers, the paths, a null pointer
    size_t gl_offs;
    size_t _room; // elements that gl_pathv has room for
} glob_t;

#define GLOB_ERR      0x01
#define GLOB_MARK     0x02
#define GLOB_NOSORT   0x04
#define GLOB_DOOFFS   0x08
#define GLOB_NOCHECK  0x10
#define GLOB_APPEND   0x20
#define GLOB_NOESCAPE 0x40

enum { GLOB_NOSPACE = 1, GLOB_ABORTED = 2, GLOB_NOMATCH = 3 };

#ifdef __cplusplus
extern "C" {
#endif
int glob(const char *__restrict pattern, int flags, int (*error)(const char *path, int err),
         glob_t *__restrict result);
void globfree(glob_t *result);
#ifdef __cplusplus
}
#endif

#endif
