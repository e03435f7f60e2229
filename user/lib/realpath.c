// realpath.c: the absolute name of a file without links, "." and "..".

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib.h"

enum { LINKS_MAX = 16 };

struct walk {
    char done[PATH_MAX]; // resolved so far: no slash at its end; empty is the root
    size_t length;       // of done
    char todo[PATH_MAX]; // what is left of the path, at its end
    char *rest;          // where in todo that begins
    int links;           // followed so far
};

// For ".", ".." and a slash at the end, which ask for a directory: fails if done is none.
static int stay(const struct walk *w) {
    struct stat st;
    if (stat(w->length ? w->done : "/", &st) < 0)
        return -1;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode) ? 0 : -1;
}

static void cut(struct walk *w, size_t length) { w->done[w->length = length] = '\0'; }

static int go_up(struct walk *w) {
    if (stay(w) < 0)
        return -1;
    size_t length = w->length;
    while (length && w->done[--length] != '/')
        ;
    cut(w, length);
    return 0;
}

// done is a symbolic link in a directory whose name has length `parent`: what it says goes before the rest.
static int follow(struct walk *w, size_t parent) {
    char target[PATH_MAX];
    ssize_t n = readlink(w->done, target, sizeof target);
    if (n < 0)
        return -1;
    size_t left = strlen(w->rest);
    bool too_long = n + left >= sizeof target;
    errno = too_long ? ENAMETOOLONG : ELOOP;
    if (too_long || ++w->links > LINKS_MAX)
        return -1;
    memcpy(target + n, w->rest, left + 1);
    w->rest = strcpy(w->todo, target);
    cut(w, *target == '/' ? 0 : parent);
    return 0;
}

static int go_down(struct walk *w, const char *name, size_t n) {
    size_t parent = w->length;
    struct stat st;
    errno = ENAMETOOLONG;
    if (parent + 1 + n >= sizeof w->done)
        return -1;
    w->done[parent] = '/';
    memcpy(w->done + parent + 1, name, n);
    cut(w, parent + 1 + n);
    if (lstat(w->done, &st) < 0)
        return -1;
    return S_ISLNK(st.st_mode) ? follow(w, parent) : 0;
}

char *realpath(const char *restrict path, char *restrict resolved) {
    struct walk w = {.rest = w.todo};
    errno = !path ? EINVAL : !*path ? ENOENT : ENAMETOOLONG;
    if (!path || !*path || strlen(path) >= sizeof w.todo)
        return NULL;
    strcpy(w.todo, path);
    if (*path != '/') {
        if (!getcwd(w.done, sizeof w.done))
            return NULL;
        w.length = w.done[1] ? strlen(w.done) : 0; // "/" is the root
    }
    while (*w.rest) {
        char *name = w.rest + strspn(w.rest, "/");
        size_t n = strcspn(name, "/");
        w.rest = name + n;
        bool dot = n == 0 || (n == 1 && name[0] == '.'), dots = n == 2 && memcmp(name, "..", 2) == 0;
        if ((dot ? stay(&w) : dots ? go_up(&w) : go_down(&w, name, n)) < 0)
            return NULL;
    }
    if (w.length == 0)
        strcpy(w.done, "/");
    return resolved ? strcpy(resolved, w.done) : strdup(w.done);
}
