// <dirent.h>: reading directories.
#ifndef _DIRENT_H
#define _DIRENT_H

#include <sys/types.h>

// The layout of the kernel's records (kernel/uapi/dirent.h), so that readdir copies nothing.
struct dirent {
    ino_t d_ino;
    off_t d_off; // for seekdir, to the entry after this one
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};
#define _DIRENT_HAVE_D_TYPE
enum {
    DT_UNKNOWN = 0,
    DT_FIFO = 1,
    DT_CHR = 2,
    DT_DIR = 4,
    DT_BLK = 6,
    DT_REG = 8,
    DT_LNK = 10,
    DT_SOCK = 12
};

typedef struct _dir DIR;

#ifdef __cplusplus
extern "C" {
#endif
DIR *opendir(const char *path);
DIR *fdopendir(int fd);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);
void rewinddir(DIR *dir);
long telldir(DIR *dir);
void seekdir(DIR *dir, long position);
int dirfd(DIR *dir);
int scandir(const char *path, struct dirent ***list, int (*keep)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **a, const struct dirent **b);
#ifdef __cplusplus
}
#endif

#endif
