// getline.c: lines of any length.

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "lib.h"
#include "stream.h"

// Make *line hold `need` bytes. Returns 0 or -1.
static int reserve(char **line, size_t *room, size_t need) {
    if (*line && need <= *room)
        return 0;
    size_t size = *line && *room ? *room : 128;
    while (size < need)
        size *= 2;
    char *bigger = realloc(*line, size);
    if (!bigger)
        return -1;
    *line = bigger;
    *room = size;
    return 0;
}

ssize_t getdelim(char **__restrict line, size_t *__restrict room, int delimiter, FILE *__restrict f) {
    if (!line || !room) {
        errno = EINVAL;
        return -1;
    }
    struct stream *s = stream_of(f);
    size_t length = 0;
    for (;;) {
        int c = fgetc(f); // fills the buffer
        if (c == EOF)
            break;
        // With this byte, take all that is buffered up to the delimiter.
        size_t more = 0;
        if (c != delimiter && s && s->state == STREAM_READING) {
            size_t ahead = (size_t)(s->end - s->next);
            char *end = memchr(s->next, delimiter, ahead);
            more = end ? (size_t)(end - s->next) + 1 : ahead;
        }
        if (length + more >= SSIZE_MAX - 2 || reserve(line, room, length + more + 2) < 0) {
            if (length + more >= SSIZE_MAX - 2)
                errno = EOVERFLOW;
            f->flags |= __SERR;
            return -1;
        }
        (*line)[length++] = (char)c;
        if (more) {
            memcpy(*line + length, s->next, more);
            s->next += more;
            length += more;
        }
        if ((*line)[length - 1] == (char)delimiter)
            break;
    }
    if (length == 0 || ferror(f))
        return -1;
    (*line)[length] = '\0';
    return (ssize_t)length;
}

ssize_t getline(char **__restrict line, size_t *__restrict room, FILE *__restrict f) {
    return getdelim(line, room, '\n', f);
}
