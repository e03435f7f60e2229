// dirent.c: directories. A DIR is a descriptor and a buffer of the kernel's records.

#include <dirent.h>
#include <drupe/syscalls.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uapi/dirent.h>
#include <unistd.h>

#include "lib.h"

_Static_assert(offsetof(struct dirent, d_off) == offsetof(struct uapi_dirent, off), "");
_Static_assert(offsetof(struct dirent, d_reclen) == offsetof(struct uapi_dirent, reclen), "");
_Static_assert(offsetof(struct dirent, d_type) == offsetof(struct uapi_dirent, type), "");
_Static_assert(offsetof(struct dirent, d_name) == offsetof(struct uapi_dirent, name), "");

struct _dir {
    int fd;
    long position;     // of the record that readdir returns next
    size_t at, filled; // in records
    _Alignas(8) char records[4096];
};

DIR *fdopendir(int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0)
        return NULL;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    DIR *dir = malloc(sizeof *dir);
    if (!dir)
        return NULL;
    dir->fd = fd;
    dir->at = dir->filled = 0;
    dir->position = 0;
    return dir;
}

DIR *opendir(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    DIR *dir = fdopendir(fd);
    if (!dir)
        close(fd);
    return dir;
}

struct dirent *readdir(DIR *dir) {
    if (dir->at == dir->filled) {
        long n = __syscall_ret(__sys_getdents(dir->fd, dir->records, sizeof dir->records));
        if (n <= 0)
            return NULL;
        dir->at = 0;
        dir->filled = (size_t)n;
    }
    struct dirent *entry = (struct dirent *)(dir->records + dir->at);
    dir->at += entry->d_reclen;
    dir->position = entry->d_off;
    return entry;
}

int closedir(DIR *dir) {
    int result = close(dir->fd);
    free(dir);
    return result;
}

long telldir(DIR *dir) { return dir->position; }

void seekdir(DIR *dir, long position) {
    lseek(dir->fd, position, SEEK_SET);
    dir->at = dir->filled = 0;
    dir->position = position;
}

void rewinddir(DIR *dir) { seekdir(dir, 0); }

int dirfd(DIR *dir) { return dir->fd; }

int alphasort(const struct dirent **a, const struct dirent **b) {
    return strcoll((*a)->d_name, (*b)->d_name);
}

int scandir(const char *path, struct dirent ***list, int (*keep)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    struct dirent **entries = NULL, *entry;
    size_t count = 0, room = 0;
    int saved = errno;
    while (errno = 0, (entry = readdir(dir))) {
        if (keep && !keep(entry))
            continue;
        if (count == room) {
            room = room ? room * 2 : 16;
            struct dirent **bigger = realloc(entries, room * sizeof *entries);
            if (!bigger)
                break;
            entries = bigger;
        }
        struct dirent *copy = malloc(entry->d_reclen);
        if (!copy)
            break;
        entries[count++] = memcpy(copy, entry, entry->d_reclen);
    }
    int error = errno;
    closedir(dir);
    errno = error ? error : saved;
    if (error) {
        while (count)
            free(entries[--count]);
        free(entries);
        return -1;
    }
    if (compare && count)
        qsort(entries, count, sizeof *entries, (int (*)(const void *, const void *))compare);
    *list = entries;
    return (int)count;
}
