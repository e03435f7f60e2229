// stream.h: what a FILE of ours is, for stdio.c and the few others that look inside.
//
// picolibc's printf, scanf, setbuf and their kin work on any FILE through the functions
// that it carries (put, get, flush, close, seek, setvbuf); struct stream is such a FILE, with a descriptor
// and one buffer. picolibc's own buffered FILE is not used: it moves each byte through a lock and a function
// pointer, knows nothing of open streams at exit or in fflush(NULL), and takes a read error for end of file.
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stdio.h>

enum stream_state { STREAM_IDLE, STREAM_READING, STREAM_WRITING };
enum { STREAM_UNDECIDED = 3 }; // as mode: line buffered if it turns out to be a terminal, else fully buffered

struct stream {
    struct __file_ext ext; // must be first
    int fd;
    unsigned char state; // enum stream_state
    unsigned char mode;  // _IOFBF, _IOLBF, _IONBF or STREAM_UNDECIDED
    unsigned char
        hold;       // > 0: inside a call that puts many bytes; an unbuffered stream writes them at its end
    bool allocated; // by malloc
    // buf <= next <= end <= buf + size. Reading: next..end is what has been read ahead. Writing: buf..next is
    // what is to be written, and end is buf + size. Idle: next == end.
    char *buf, *next, *end;
    // end while a byte that is put only goes to next, if it is not the special one; else NULL. Special is the
    // newline where it sends a line off; else -1.
    char *simple_end;
    int special;
    size_t size;
    struct stream *following, **link; // the list of open streams
};

// f as a stream of ours, or NULL if it is one of picolibc's (fmemopen, the strings of sprintf).
struct stream *stream_of(FILE *f);

// Read into the empty buffer. Returns 0, _FDEV_EOF or _FDEV_ERR, with the flag set.
int stream_fill(struct stream *s);

// Make it a stream on fd, in the list of open ones. flags: __SRD and __SWR.
void stream_init(struct stream *s, int fd, int flags, int mode, char *buf, size_t size);

// Write what is buffered and take it out of the list. The descriptor stays open. Returns 0 or EOF.
int stream_finish(struct stream *s);

// Around a call that puts many bytes, so that they go out as one write.
void stream_hold(FILE *f);
int stream_release(FILE *f); // returns 0 or EOF

#endif
