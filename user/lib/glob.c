// glob.c: pathnames that match a pattern, one component after the other. A component is matched by fnmatch;
// one without special characters is only looked up.

#include <glob.h>

#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib.h"

struct search {
    glob_t *result;
    int flags;
    int (*error)(const char *path, int err);
    char path[PATH_MAX]; // the part that is matched
};

static int add(struct search *s, const char *path) {
    glob_t *g = s->result;
    size_t at = g->gl_offs + g->gl_pathc;
    if (at + 2 > g->_room) {
        size_t room = (at + 2) * 2;
        char **bigger = realloc(g->gl_pathv, room * sizeof *bigger);
        if (!bigger)
            return GLOB_NOSPACE;
        g->gl_pathv = bigger;
        g->_room = room;
    }
    g->gl_pathv[at] = strdup(path);
    if (!g->gl_pathv[at])
        return GLOB_NOSPACE;
    g->gl_pathv[at + 1] = NULL;
    g->gl_pathc++;
    return 0;
}

// Does the first component of the pattern have a character that is special?
static bool is_magic(const char *pattern, size_t n) {
    return memchr(pattern, '*', n) || memchr(pattern, '?', n) || memchr(pattern, '[', n);
}

// The path so far, of length at, is complete: is there such a file?
static int found(struct search *s, size_t at) {
    struct stat st;
    if (lstat(s->path, &st) < 0)
        return 0;
    if ((s->flags & GLOB_MARK) && at && s->path[at - 1] != '/' && at + 1 < sizeof s->path &&
        stat(s->path, &st) == 0 && S_ISDIR(st.st_mode))
        strcpy(s->path + at, "/");
    return add(s, s->path);
}

static int search(struct search *s, size_t at, const char *pattern);

// Match a component of n bytes against the names in the directory that the path so far names.
static int search_directory(struct search *s, size_t at, const char *pattern, size_t n) {
    char component[NAME_MAX * 2 + 2]; // room for a backslash before each character
    if (n >= sizeof component)
        return 0;
    memcpy(component, pattern, n);
    component[n] = '\0';

    int saved = errno, result = 0;
    DIR *dir = opendir(at ? s->path : ".");
    if (!dir) {
        int err = errno;
        if (err != ENOENT && err != ENOTDIR &&
            ((s->error && s->error(at ? s->path : ".", err)) || (s->flags & GLOB_ERR)))
            return GLOB_ABORTED;
        errno = saved;
        return 0;
    }
    struct dirent *entry;
    while (result == 0 && (errno = 0, entry = readdir(dir))) {
        if (fnmatch(component, entry->d_name, FNM_PERIOD | (s->flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0)))
            continue;
        if (pattern[n] && entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
            continue;
        size_t length = strlen(entry->d_name);
        if (at + length >= sizeof s->path)
            continue;
        memcpy(s->path + at, entry->d_name, length + 1);
        result = search(s, at + length, pattern + n);
    }
    int err = errno;
    if (result == 0 && err && ((s->error && s->error(s->path, err)) || (s->flags & GLOB_ERR)))
        result = GLOB_ABORTED;
    closedir(dir);
    errno = saved;
    return result;
}

static int search(struct search *s, size_t at, const char *pattern) {
    for (;;) {
        while (*pattern == '/') {
            if (at + 1 >= sizeof s->path)
                return 0;
            s->path[at++] = *pattern++;
        }
        s->path[at] = '\0';
        if (!*pattern)
            return found(s, at);
        size_t n = strcspn(pattern, "/");
        if (is_magic(pattern, n))
            return search_directory(s, at, pattern, n);
        for (const char *end = pattern + n; pattern < end; pattern++) {
            if (*pattern == '\\' && !(s->flags & GLOB_NOESCAPE) && pattern + 1 < end)
                pattern++;
            if (at + 1 >= sizeof s->path)
                return 0;
            s->path[at++] = *pattern;
        }
        s->path[at] = '\0';
    }
}

static int compare(const void *a, const void *b) { return strcoll(*(char *const *)a, *(char *const *)b); }

int glob(const char *restrict pattern, int flags, int (*error)(const char *path, int err),
         glob_t *restrict g) {
    if (!(flags & GLOB_DOOFFS))
        g->gl_offs = 0;
    if (!(flags & GLOB_APPEND)) {
        g->gl_pathc = 0;
        g->_room = g->gl_offs + 8;
        g->gl_pathv = calloc(g->_room, sizeof *g->gl_pathv);
        if (!g->gl_pathv)
            return GLOB_NOSPACE;
    }
    size_t before = g->gl_pathc;
    struct search *s = malloc(sizeof *s);
    if (!s)
        return GLOB_NOSPACE;
    s->result = g;
    s->flags = flags;
    s->error = error;
    s->path[0] = '\0';
    int result = *pattern ? search(s, 0, pattern) : 0;
    if (result == 0 && g->gl_pathc == before)
        result = flags & GLOB_NOCHECK ? add(s, pattern) : GLOB_NOMATCH;
    free(s);
    if (!(flags & GLOB_NOSORT))
        qsort(g->gl_pathv + g->gl_offs + before, g->gl_pathc - before, sizeof *g->gl_pathv, compare);
    return result;
}

void globfree(glob_t *g) {
    for (size_t i = 0; i < g->gl_pathc; i++)
        free(g->gl_pathv[g->gl_offs + i]);
    free(g->gl_pathv);
    g->gl_pathv = NULL;
    g->gl_pathc = 0;
    g->_room = 0;
}
