// ldisc.h: the line discipline: what typed bytes mean. Pure: no lock, no device, no thread; the tty owns and
// locks it.
//
// Bytes go in with ldisc_input, echo comes out through a function, and what happened is returned as an event.
// Input is kept in a ring; three indices that only grow cut it up:
//     read <= ready <= write <= read + LDISC_SIZE
//     [read, ready)   what a read may take; canonical: complete lines
//     [ready, write)  canonical: the line being edited; raw: empty
// A line ends behind its newline, or behind a ^D, which is kept in the ring but is no part of the line. A
// change to canonical mode reads what is pending as if it had been typed then; a change to raw mode makes
// everything readable. So nothing typed ahead is lost, whatever the mode is when it comes and when it is
// read.
#pragma once

#include "lib/kernel.h"
#include "uapi/termios.h"

enum { LDISC_SIZE = 4096 }; // a power of two

// What a byte caused.
enum ldisc_event { LDISC_NOTHING, LDISC_READABLE, LDISC_INTERRUPT, LDISC_QUIT, LDISC_STATUS };

struct ldisc {
    struct termios attr; // changed by ldisc_set only
    void (*echo)(char c);
    uint32_t read, ready, write;
    char ring[LDISC_SIZE];
};

// Empty, canonical, with the attributes a terminal has at boot.
void ldisc_init(struct ldisc *l, void (*echo)(char c));

// Take in a typed byte.
enum ldisc_event ldisc_input(struct ldisc *l, char c);

// Take over the attributes that we implement; the others read back as 0 (POSIX tcsetattr: "any of").
void ldisc_set(struct ldisc *l, const struct termios *attr);
// Forget all input (TCSAFLUSH).
void ldisc_flush(struct ldisc *l);

static inline bool ldisc_canonical(const struct ldisc *l) { return l->attr.c_lflag & ICANON; }
// Bytes of the ring that a read may take now. Canonical: a line is complete when it is not 0.
static inline uint32_t ldisc_pending(const struct ldisc *l) { return l->ready - l->read; }
// Take up to n > 0 bytes into buf, in canonical mode of one line only. *end: the line, and with it the read,
// ends here. 0 bytes: there is nothing to read, or with *end the end of file.
uint32_t ldisc_take(struct ldisc *l, char *buf, uint32_t n, bool *end);
