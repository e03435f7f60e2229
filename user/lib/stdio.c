// stdio.c: streams: opening, buffering, blocks, strings and characters. Formatting is picolibc's. See
// stream.h.

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib.h"
#include "stream.h"

static int stream_put(char c, FILE *f);
static int stream_get(FILE *f);
static int stream_sync(FILE *f);
static int stream_close(FILE *f);
static __off_t stream_seek(FILE *f, __off_t off, int whence);
static int stream_setvbuf(FILE *f, char *buf, int mode, size_t size);

static char in_buf[BUFSIZ], out_buf[BUFSIZ], err_buf[512];
static struct stream in, out, err;

#define STANDARD(name, number, how, rights, next_stream, link_from)                                          \
    static struct stream name = {                                                                            \
        .ext = FDEV_SETUP_EXT(stream_put, stream_get, stream_sync, stream_close, stream_seek,                \
                              stream_setvbuf, rights),                                                       \
        .fd = number,                                                                                        \
        .mode = how,                                                                                         \
        .buf = name##_buf,                                                                                   \
        .next = name##_buf,                                                                                  \
        .end = name##_buf,                                                                                   \
        .size = sizeof name##_buf,                                                                           \
        .following = next_stream,                                                                            \
        .link = link_from,                                                                                   \
    }

static struct stream *open_streams = &in;
STANDARD(in, STDIN_FILENO, _IOFBF, __SRD, &out, &open_streams);
STANDARD(out, STDOUT_FILENO, STREAM_UNDECIDED, __SWR, &err, &in.following);
STANDARD(err, STDERR_FILENO, _IONBF, __SWR, NULL, &out.following);

FILE *const stdin = (FILE *)&in;
FILE *const stdout = (FILE *)&out;
FILE *const stderr = (FILE *)&err;

struct stream *stream_of(FILE *f) {
    return f->put == stream_put ? (struct stream *)f : NULL;
}

static int fail(struct stream *s) {
    s->ext.cfile.file.flags |= __SERR;
    return _FDEV_ERR;
}

static void make_idle(struct stream *s) {
    s->state = STREAM_IDLE;
    s->next = s->end = s->buf;
    s->simple_end = NULL;
}

// Write what is buffered. What cannot be written stays. Returns 0, or _FDEV_ERR with the flag set.
static int flush(struct stream *s) {
    char *from = s->buf;
    ssize_t n = 0;
    while (from < s->next && (n = write(s->fd, from, (size_t)(s->next - from))) > 0)
        from += n;
    if (from < s->next) {
        memmove(s->buf, from, (size_t)(s->next - from));
        s->next -= from - s->buf;
        return fail(s);
    }
    s->next = s->buf;
    return 0;
}

// Make room for a byte: turn a stream to writing, or empty a full buffer. Returns 0 or _FDEV_ERR.
static int make_room(struct stream *s) {
    if (s->state == STREAM_WRITING)
        return s->next < s->end ? 0 : flush(s);
    if (s->state == STREAM_READING && stream_sync(&s->ext.cfile.file) < 0)
        return fail(s);
    if (s->mode == STREAM_UNDECIDED) {
        int saved = errno;
        s->mode = isatty(s->fd) ? _IOLBF : _IOFBF;
        errno = saved;
    }
    s->state = STREAM_WRITING;
    s->next = s->buf;
    s->end = s->buf + s->size;
    s->simple_end = s->mode == _IONBF ? NULL : s->end;
    s->special = s->mode == _IOLBF && s->hold == 0 ? '\n' : -1;
    return 0;
}

// After bytes were put: write them if the stream's mode wants it. ended: there was a newline among them.
static int settle(struct stream *s, bool ended) {
    if (s->hold == 0 && (s->mode == _IONBF || (s->mode == _IOLBF && ended)))
        return flush(s);
    return 0;
}

static __attribute__((noinline)) int put_with_care(char c, struct stream *s) {
    if (make_room(s) < 0)
        return _FDEV_ERR;
    *s->next++ = c;
    return settle(s, c == '\n') < 0 ? _FDEV_ERR : (unsigned char)c;
}

// printf comes here for each byte.
static int stream_put(char c, FILE *f) {
    struct stream *s = (struct stream *)f;
    if (s->next >= s->simple_end || (unsigned char)c == s->special)
        return put_with_care(c, s);
    *s->next++ = c;
    return (unsigned char)c;
}

int stream_fill(struct stream *s) {
    FILE *f = &s->ext.cfile.file;
    if (f->flags & __SEOF)
        return _FDEV_EOF;
    if (s->state == STREAM_WRITING && flush(s) < 0)
        return _FDEV_ERR;
    if (s == &in && out.mode == _IOLBF) // a prompt
        stream_sync(stdout);
    make_idle(s);
    ssize_t n = read(s->fd, s->buf, s->mode == _IONBF ? 1 : s->size);
    if (n < 0)
        return fail(s);
    if (n == 0) {
        f->flags |= __SEOF;
        return _FDEV_EOF;
    }
    s->state = STREAM_READING;
    s->end = s->buf + n;
    return 0;
}

static int stream_get(FILE *f) {
    struct stream *s = (struct stream *)f;
    if (s->state != STREAM_READING || s->next == s->end) {
        int result = stream_fill(s);
        if (result < 0)
            return result;
    }
    return (unsigned char)*s->next++;
}

// fflush: write, or give back to the file what was read ahead. A pipe or terminal takes nothing back: it
// stays.
static int stream_sync(FILE *f) {
    struct stream *s = (struct stream *)f;
    if (s->state == STREAM_WRITING)
        return flush(s) < 0 ? EOF : 0;
    if (s->state == STREAM_READING) {
        off_t ahead = s->end - s->next + (f->unget != 0);
        int saved = errno;
        if (ahead && lseek(s->fd, -ahead, SEEK_CUR) < 0) {
            errno = saved;
            return 0;
        }
        f->unget = 0;
        make_idle(s);
    }
    return 0;
}

static __off_t stream_seek(FILE *f, __off_t off, int whence) {
    struct stream *s = (struct stream *)f;
    if (whence == SEEK_CUR && off == 0) { // ftell: leave the buffer alone
        off_t at = lseek(s->fd, 0, SEEK_CUR);
        if (at < 0)
            return -1;
        return s->state == STREAM_WRITING ? at + (s->next - s->buf) : at - (s->end - s->next);
    }
    if (s->state == STREAM_WRITING && flush(s) < 0)
        return -1;
    if (whence == SEEK_CUR)
        off -= s->end - s->next;
    off_t at = lseek(s->fd, off, whence);
    if (at >= 0)
        make_idle(s);
    return at;
}

static int stream_setvbuf(FILE *f, char *buf, int mode, size_t size) {
    struct stream *s = (struct stream *)f;
    if (mode != _IOFBF && mode != _IOLBF && mode != _IONBF)
        return EOF;
    stream_sync(f);
    if (s->next != s->end && s->state == STREAM_READING)
        return EOF; // read ahead, and it cannot be given back
    if (buf && size && mode != _IONBF) {
        s->buf = buf;
        s->size = size;
    }
    make_idle(s);
    s->mode = (unsigned char)mode;
    return 0;
}

// ---- opening and closing

void stream_init(struct stream *s, int fd, int flags, int mode, char *buf, size_t size) {
    *s = (struct stream){
        .ext = FDEV_SETUP_EXT(stream_put, stream_get, stream_sync, stream_close, stream_seek, stream_setvbuf,
                              (unsigned char)flags),
        .fd = fd,
        .mode = (unsigned char)mode,
        .buf = buf,
        .next = buf,
        .end = buf,
        .size = size,
        .following = open_streams,
        .link = &open_streams,
    };
    if (open_streams)
        open_streams->link = &s->following;
    open_streams = s;
}

int stream_finish(struct stream *s) {
    int result = stream_sync(&s->ext.cfile.file);
    *s->link = s->following;
    if (s->following)
        s->following->link = s->link;
    return result;
}

static int stream_close(FILE *f) {
    struct stream *s = (struct stream *)f;
    int result = stream_finish(s);
    if (close(s->fd) < 0)
        result = EOF;
    f->flags = 0;
    s->fd = -1;
    if (s->allocated) {
        int saved = errno;
        free(s);
        errno = saved;
    } else {
        make_idle(s); // one of the standard three: closed, still there, alone
        s->following = NULL;
        s->link = &s->following;
    }
    return result;
}

// The flags of open(2) for a mode string, and in *rights those of the stream; -1 if it is none.
static int parse_mode(const char *mode, int *rights) {
    int flags;
    switch (*mode) {
    case 'r':
        flags = O_RDONLY;
        *rights = __SRD;
        break;
    case 'w':
        flags = O_WRONLY | O_CREAT | O_TRUNC;
        *rights = __SWR;
        break;
    case 'a':
        flags = O_WRONLY | O_CREAT | O_APPEND;
        *rights = __SWR;
        break;
    default: errno = EINVAL; return -1;
    }
    while (*++mode) {
        if (*mode == '+') {
            flags = (flags & ~O_ACCMODE) | O_RDWR;
            *rights = __SRD | __SWR;
        } else if (*mode == 'x')
            flags |= O_EXCL;
        else if (*mode == 'e')
            flags |= O_CLOEXEC;
    }
    return flags;
}

FILE *fdopen(int fd, const char *mode) {
    int rights;
    if (parse_mode(mode, &rights) < 0)
        return NULL;
    struct stream *s = malloc(sizeof *s + BUFSIZ);
    if (!s)
        return NULL;
    stream_init(s, fd, rights, STREAM_UNDECIDED, (char *)(s + 1), BUFSIZ);
    s->allocated = true;
    if (*mode == 'a')
        lseek(fd, 0, SEEK_END);
    return &s->ext.cfile.file;
}

FILE *fopen(const char *path, const char *mode) {
    int rights, flags = parse_mode(mode, &rights);
    if (flags < 0)
        return NULL;
    int fd = open(path, flags, 0666);
    if (fd < 0)
        return NULL;
    FILE *f = fdopen(fd, mode);
    if (!f)
        close(fd);
    return f;
}

// The descriptor keeps its number, so that a standard stream stays one. A new mode alone (path NULL) is not
// offered.
FILE *freopen(const char *path, const char *mode, FILE *f) {
    struct stream *s = stream_of(f);
    int rights, flags = parse_mode(mode, &rights);
    if (flags < 0 || !s || !path) {
        if (flags >= 0)
            errno = EBADF;
        if (s)
            fclose(f);
        return NULL;
    }
    stream_sync(f);
    int fd = open(path, flags, 0666);
    if (fd < 0 || (s->fd >= 0 && fd != s->fd && dup2(fd, s->fd) < 0)) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        fclose(f);
        errno = saved;
        return NULL;
    }
    if (s->fd >= 0 && fd != s->fd)
        close(fd);
    else if (s->fd < 0) { // it was closed: back into the list
        bool allocated = s->allocated;
        stream_init(s, fd, rights, s->mode, s->buf, s->size);
        s->allocated = allocated;
    }
    if (flags & O_CLOEXEC)
        fcntl(s->fd, F_SETFD, FD_CLOEXEC);
    make_idle(s);
    f->flags = (unsigned char)((f->flags & (__SCLOSE | __SEXT)) | rights);
    f->unget = 0;
    if (s != &err)
        s->mode = STREAM_UNDECIDED;
    return f;
}

FILE *tmpfile(void) {
    char path[] = P_tmpdir "/tmpXXXXXX", here[] = "tmpXXXXXX", *name = path;
    int fd = mkstemp(name);
    if (fd < 0)
        fd = mkstemp(name = here);
    if (fd < 0)
        return NULL;
    unlink(name);
    FILE *f = fdopen(fd, "w+");
    if (!f)
        close(fd);
    return f;
}

int fflush(FILE *f) {
    if (f)
        return f->flush ? f->flush(f) : 0;
    int result = 0;
    for (struct stream *s = open_streams; s; s = s->following)
        if (s->state == STREAM_WRITING && stream_sync(&s->ext.cfile.file) < 0)
            result = EOF;
    return result;
}

// The last thing that exit does: write everything out, and leave a file that we read at the byte we came to.
__attribute__((destructor(101))) static void sync_all(void) {
    for (struct stream *s = open_streams; s; s = s->following)
        stream_sync(&s->ext.cfile.file);
}

int fileno(FILE *f) {
    struct stream *s = stream_of(f);
    if (s && s->fd >= 0)
        return s->fd;
    errno = EBADF;
    return -1;
}

// Places count the byte of ungetc, which a FILE's own seek function knows nothing of. (picolibcs differ
// here.)
off_t ftello(FILE *f) {
    if (!(f->flags & __SEXT)) {
        errno = ESPIPE;
        return -1;
    }
    off_t at = ((struct __file_ext *)f)->seek(f, 0, SEEK_CUR);
    return at > 0 && f->unget ? at - 1 : at;
}

long ftell(FILE *f) { return ftello(f); }

int fseeko(FILE *f, off_t off, int whence) {
    if (!(f->flags & __SEXT)) {
        errno = ESPIPE;
        return -1;
    }
    if (whence == SEEK_CUR && f->unget)
        off--;
    if (((struct __file_ext *)f)->seek(f, off, whence) < 0)
        return -1;
    f->unget = 0;
    f->flags &= ~__SEOF;
    return 0;
}

int fseek(FILE *f, long off, int whence) { return fseeko(f, off, whence); }

void rewind(FILE *f) {
    fseeko(f, 0, SEEK_SET);
    clearerr(f);
}

int fgetpos(FILE *f, fpos_t *position) {
    *position = ftello(f);
    return *position < 0 ? -1 : 0;
}

// By the name of its symbol: picolibc 1.8 of Debian 12 declares it without the const, that of Debian 13 with
// it.
int set_position(FILE *f, const fpos_t *position) __asm__("fsetpos");
int set_position(FILE *f, const fpos_t *position) { return fseeko(f, *position, SEEK_SET); }

// ---- many bytes

void stream_hold(FILE *f) {
    struct stream *s = stream_of(f);
    if (s) {
        s->hold++;
        s->special = -1;
    }
}

int stream_release(FILE *f) {
    struct stream *s = stream_of(f);
    if (!s || --s->hold > 0 || s->state != STREAM_WRITING)
        return 0;
    s->special = s->mode == _IOLBF ? '\n' : -1;
    // Line buffered: as far as the last newline matters, all of it may go; a partial line goes with it.
    return settle(s, s->mode == _IOLBF && memrchr(s->buf, '\n', (size_t)(s->next - s->buf))) < 0 ? EOF : 0;
}

// Put n bytes. Returns how many were taken.
static size_t put_bytes(struct stream *s, const char *from, size_t n) {
    size_t done = 0;
    if (n && s->state != STREAM_WRITING && make_room(s) < 0)
        return 0;
    while (done < n) {
        size_t room = (size_t)(s->end - s->next), rest = n - done;
        if (room == 0 && flush(s) < 0)
            return done;
        if (s->next == s->buf && rest >= s->size) { // nothing to join it with: straight from the caller
            ssize_t wrote = write(s->fd, from + done, rest);
            if (wrote <= 0) {
                fail(s);
                return done;
            }
            done += (size_t)wrote;
            continue;
        }
        room = (size_t)(s->end - s->next);
        size_t part = rest < room ? rest : room;
        memcpy(s->next, from + done, part);
        s->next += part;
        done += part;
    }
    if (n && s->mode != _IOFBF && settle(s, memrchr(from, '\n', n) != NULL) < 0)
        return 0;
    return done;
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *f) {
    const char *bytes = from;
    size_t n, done = 0;
    if (__builtin_mul_overflow(size, count, &n)) {
        errno = EOVERFLOW;
        return 0;
    }
    if (n == 0 || !(f->flags & __SWR))
        return 0;
    struct stream *s = stream_of(f);
    if (s)
        done = put_bytes(s, bytes, n);
    else
        while (done < n && f->put(bytes[done], f) >= 0)
            done++;
    return done / size;
}

size_t fread(void *to, size_t size, size_t count, FILE *f) {
    char *bytes = to;
    size_t n, done = 0;
    if (__builtin_mul_overflow(size, count, &n)) {
        errno = EOVERFLOW;
        return 0;
    }
    if (n == 0 || !(f->flags & __SRD))
        return 0;
    struct stream *s = stream_of(f);
    while (done < n) {
        if (!s || f->unget || s->state != STREAM_READING || s->next == s->end) {
            if (s && !f->unget && n - done >= s->size && s->state != STREAM_WRITING && s->mode != _IONBF &&
                s != &in && !(f->flags & __SEOF)) { // nothing buffered, much wanted: straight to the caller
                ssize_t got = read(s->fd, bytes + done, n - done);
                if (got > 0) {
                    done += (size_t)got;
                    continue;
                }
                f->flags |= got < 0 ? __SERR : __SEOF;
                break;
            }
            int c = fgetc(f);
            if (c == EOF)
                break;
            bytes[done++] = (char)c;
            continue;
        }
        size_t ahead = (size_t)(s->end - s->next), part = n - done < ahead ? n - done : ahead;
        memcpy(bytes + done, s->next, part);
        s->next += part;
        done += part;
    }
    return done / size;
}

int fputs(const char *string, FILE *f) {
    size_t n = strlen(string);
    return fwrite(string, 1, n, f) == n ? 0 : EOF;
}

int puts(const char *string) {
    stream_hold(stdout);
    int result = fputs(string, stdout) < 0 || fputc('\n', stdout) < 0 ? EOF : 0;
    return stream_release(stdout) < 0 ? EOF : result;
}

char *fgets(char *line, int size, FILE *f) {
    struct stream *s = stream_of(f);
    char *to = line;
    if (size <= 0)
        return NULL;
    for (size_t room = (size_t)size - 1; room > 0;) {
        if (s && !f->unget && s->state == STREAM_READING && s->next < s->end) {
            size_t part = (size_t)(s->end - s->next);
            if (part > room)
                part = room;
            char *newline = memchr(s->next, '\n', part);
            if (newline)
                part = (size_t)(newline - s->next) + 1;
            memcpy(to, s->next, part);
            s->next += part;
            to += part;
            room -= part;
            if (newline)
                break;
            continue;
        }
        int c = fgetc(f);
        if (c == EOF) {
            if (to == line || ferror(f))
                return NULL;
            break;
        }
        *to++ = (char)c;
        room--;
        if (c == '\n')
            break;
    }
    *to = '\0';
    return line;
}

// ---- one byte

int fputc(int c, FILE *f) {
    if (!(f->flags & __SWR))
        return EOF;
    return f->put((char)c, f) < 0 ? EOF : (unsigned char)c;
}

int fgetc(FILE *f) {
    if (!(f->flags & __SRD))
        return EOF;
    if (f->unget) {
        int c = f->unget - 1;
        f->unget = 0;
        return c;
    }
    int c = f->get(f);
    if (c < 0) {
        f->flags |= c == _FDEV_ERR ? __SERR : __SEOF;
        return EOF;
    }
    return c;
}

// With fgetc, since picolibcs differ in how they keep the byte: here it is c + 1.
int ungetc(int c, FILE *f) {
    if (c == EOF || !(f->flags & __SRD) || f->unget)
        return EOF;
    c = (unsigned char)c;
    f->unget = c + 1;
    f->flags &= ~__SEOF;
    return c;
}

#undef putc
int putc(int c, FILE *f) { return fputc(c, f); }

#undef getc
int getc(FILE *f) { return fgetc(f); }
