// ldisc.c: the line discipline (POSIX, chapter 11, "General Terminal Interface").
#include "dev/ldisc.h"

#define CTRL(key) ((key)&0x1f)
enum { DELETE = 0x7f, BELL = '\a' };

// The flags that can be set. Output is sent as written.
enum { IFLAGS = ICRNL, LFLAGS = ISIG | ICANON | ECHO };

void ldisc_init(struct ldisc *l, void (*echo)(char c)) {
    *l = (struct ldisc){.echo = echo};
    l->attr = (struct termios){
        .c_iflag = IFLAGS,
        .c_lflag = LFLAGS,
        .c_cc = {[VINTR] = CTRL('C'),
                 [VQUIT] = CTRL('\\'),
                 [VERASE] = DELETE,
                 [VKILL] = CTRL('U'),
                 [VEOF] = CTRL('D'),
                 [VMIN] = 1,
                 [VSTATUS] = CTRL('T')},
    };
}

static char *at(struct ldisc *l, uint32_t i) { return &l->ring[i % LDISC_SIZE]; }
// Is c the special character of this index? 0 switches one off.
static bool is_key(const struct ldisc *l, int index, char c) {
    return l->attr.c_cc[index] && l->attr.c_cc[index] == (cc_t)c;
}
static bool is_control(char c) { return (unsigned char)c < ' ' || c == DELETE; }
static bool continues_utf8(char c) { return (c & 0xc0) == 0x80; }
static bool has(const struct ldisc *l, tcflag_t flag) { return l->attr.c_lflag & flag; }

static void echo(struct ldisc *l, char c) {
    if (!has(l, ECHO))
        return;
    if (is_control(c) && c != '\n' && c != '\t') {
        l->echo('^');
        c ^= 0x40; // ^A for 1, ^? for DEL
    }
    l->echo(c);
}

// Columns that the edited line takes up to index end, if it began at column 0.
static uint32_t columns(struct ldisc *l, uint32_t end) {
    uint32_t column = 0;
    for (uint32_t i = l->ready; i != end; i++) {
        if (*at(l, i) == '\t')
            column = (column | 7) + 1;
        else if (is_control(*at(l, i)))
            column += 2;
        else if (!continues_utf8(*at(l, i)))
            column++;
    }
    return column;
}

// Cut the edited line at index end, on the screen too.
static void cut(struct ldisc *l, uint32_t end) {
    uint32_t n = columns(l, l->write) - columns(l, end);
    l->write = end;
    for (; has(l, ECHO) && n > 0; n--) {
        l->echo('\b');
        l->echo(' ');
        l->echo('\b');
    }
}

// Add a byte to the input, or (canonical) edit the line with it.
static enum ldisc_event edit(struct ldisc *l, char c) {
    const bool canonical = ldisc_canonical(l), eof = canonical && is_key(l, VEOF, c);
    const bool ends = !canonical || eof || c == '\n';                    // it can be read at once
    const bool erase = is_key(l, VERASE, c) || c == DELETE || c == '\b'; // keyboards disagree on Backspace
    if (canonical && (erase || is_key(l, VKILL, c))) {
        uint32_t end = erase ? l->write : l->ready;
        while (end != l->ready && continues_utf8(*at(l, --end)))
            ; // a UTF-8 character goes whole
        cut(l, end);
        return LDISC_NOTHING;
    }
    // The last place is kept for what ends the line, or a line that fills the ring could never be read.
    if (l->write - l->read >= (uint32_t)LDISC_SIZE - !ends) {
        l->echo(BELL);
        return LDISC_NOTHING;
    }
    *at(l, l->write++) = c;
    if (!eof)
        echo(l, c);
    if (!ends)
        return LDISC_NOTHING;
    l->ready = l->write;
    return LDISC_READABLE;
}

// c as c_iflag wants it.
static char translate(const struct ldisc *l, char c) {
    return c == '\r' && (l->attr.c_iflag & ICRNL) ? '\n' : c;
}

enum ldisc_event ldisc_input(struct ldisc *l, char c) {
    c = translate(l, c);
    // The status key works whatever a program did to the other keys: it is for looking at a machine that
    // seems to hang. A program that wants the byte sets c_cc[VSTATUS] to 0.
    if (is_key(l, VSTATUS, c) || (c == CTRL('P') && ldisc_canonical(l) && l->attr.c_cc[VSTATUS]))
        return LDISC_STATUS;
    // VSUSP (^Z) will become an event here, once stop and continue exist.
    if (has(l, ISIG) && (is_key(l, VINTR, c) || is_key(l, VQUIT, c))) {
        echo(l, c);
        l->write = l->ready;
        return is_key(l, VINTR, c) ? LDISC_INTERRUPT : LDISC_QUIT;
    }
    return edit(l, c);
}

void ldisc_set(struct ldisc *l, const struct termios *attr) {
    const bool was_canonical = ldisc_canonical(l);
    l->attr = *attr;
    l->attr.c_iflag &= IFLAGS;
    l->attr.c_oflag = l->attr.c_cflag = 0;
    l->attr.c_lflag &= LFLAGS;
    if (!ldisc_canonical(l))
        l->ready = l->write;
    if (was_canonical || !ldisc_canonical(l))
        return;
    // Raw bytes become lines, silently: who typed them has seen their echo, or was not meant to. Each makes
    // at most one, so this runs in place.
    const tcflag_t flags = l->attr.c_lflag;
    const uint32_t end = l->write;
    l->attr.c_lflag &= ~ECHO;
    l->write = l->ready = l->read;
    for (uint32_t i = l->read; i != end; i++)
        edit(l, translate(l, *at(l, i)));
    l->attr.c_lflag = flags;
}

void ldisc_flush(struct ldisc *l) { l->read = l->ready = l->write; }

uint32_t ldisc_take(struct ldisc *l, char *buf, uint32_t n, bool *end) {
    uint32_t done = 0;
    for (*end = false; ldisc_pending(l) > 0 && !*end; l->read++) {
        const char c = *at(l, l->read);
        const bool eof = ldisc_canonical(l) && is_key(l, VEOF, c);
        // With buf full, go on only to take a ^D that pushed these bytes: alone it would read as end of file.
        if (done == n && !eof)
            break;
        if (!eof)
            buf[done++] = c;
        *end = eof || (ldisc_canonical(l) && c == '\n');
    }
    return done;
}
