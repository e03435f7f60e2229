// realpath.c: the absolute name of a file without links, "." and "..".

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib.h"

enum { LINKS_MAX = 16 };

char *realpath(const char *restrict path, char *restrict resolved) {
    char done[PATH_MAX]; // resolved so far: no slash at its end; empty is the root
    char todo[PATH_MAX]; // what is left of the path
    size_t length = 0, links = 0;

    if (!path || !*path) {
        errno = path ? ENOENT : EINVAL;
        return NULL;
    }
    if (strlen(path) >= sizeof todo)
        goto too_long;
    strcpy(todo, path);
    if (*path != '/') {
        if (!getcwd(done, sizeof done))
            return NULL;
        length = strlen(done);
        if (length == 1) // "/"
            length = 0;
    }
    done[length] = '\0';

    for (char *rest = todo; *rest;) {
        char *name = rest + strspn(rest, "/");
        size_t n = strcspn(name, "/");
        rest = name + n;
        if (n == 0 || (n == 1 && name[0] == '.')) {
            // nothing, but "file/" and "file/." ask for a directory
            struct stat st;
            if (stat(length ? done : "/", &st) < 0)
                return NULL;
            if (!S_ISDIR(st.st_mode)) {
                errno = ENOTDIR;
                return NULL;
            }
            continue;
        }
        if (n == 2 && name[0] == '.' && name[1] == '.') {
            struct stat st;
            if (stat(length ? done : "/", &st) < 0)
                return NULL;
            if (!S_ISDIR(st.st_mode)) {
                errno = ENOTDIR;
                return NULL;
            }
            while (length && done[--length] != '/')
                ;
            done[length] = '\0';
            continue;
        }
        if (length + 1 + n >= sizeof done)
            goto too_long;
        size_t parent = length;
        done[length] = '/';
        memcpy(done + length + 1, name, n);
        length += 1 + n;
        done[length] = '\0';

        struct stat st;
        if (lstat(done, &st) < 0)
            return NULL;
        if (!S_ISLNK(st.st_mode))
            continue;
        char target[PATH_MAX];
        ssize_t got = readlink(done, target, sizeof target);
        if (got < 0)
            return NULL;
        if (++links > LINKS_MAX) {
            errno = ELOOP;
            return NULL;
        }
        size_t left = strlen(rest);
        if ((size_t)got + left >= sizeof target)
            goto too_long;
        memcpy(target + got, rest, left + 1);
        strcpy(todo, target);
        rest = todo;
        length = todo[0] == '/' ? 0 : parent;
        done[length] = '\0';
    }
    if (length == 0)
        strcpy(done, "/");
    return resolved ? strcpy(resolved, done) : strdup(done);

too_long:
    errno = ENAMETOOLONG;
    return NULL;
}
