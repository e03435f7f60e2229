// ldisc.c: the line discipline (POSIX, chapter 11, "General Terminal Interface").
#include "dev/ldisc.h"

#define CTRL(key) ((key)&0x1f)
enum { DELETE = 0x7f, BELL = '\a' };

// What we implement of the flags.
enum {
    IFLAGS = ICRNL | INLCR | IGNCR | ISTRIP,
    OFLAGS = OPOST | ONLCR,
    LFLAGS = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | NOFLSH | IEXTEN,
};

void ldisc_init(struct ldisc *l, void (*echo)(char c)) {
    *l = (struct ldisc){.echo = echo};
    l->attr = (struct termios){
        .c_iflag = ICRNL,
        .c_oflag = 0, // output is sent as written
        .c_cflag = CS8 | CREAD | CLOCAL,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN,
        .c_cc = {[VINTR] = CTRL('C'),
                 [VQUIT] = CTRL('\\'),
                 [VERASE] = DELETE,
                 [VKILL] = CTRL('U'),
                 [VEOF] = CTRL('D'),
                 [VMIN] = 1,
                 [VSTATUS] = CTRL('T')},
    };
}

static char char_at(const struct ldisc *l, uint32_t i) { return (char)l->slot[i % LDISC_SIZE]; }
// Is c the special character of this index? 0 switches one off.
static bool is_key(const struct ldisc *l, int index, char c) {
    return l->attr.c_cc[index] && l->attr.c_cc[index] == (cc_t)c;
}
static bool is_control(char c) { return (unsigned char)c < ' ' || c == DELETE; }
static bool has(const struct ldisc *l, tcflag_t flag) { return l->attr.c_lflag & flag; }

static void put(struct ldisc *l, char c) {
    if (l->echo)
        l->echo(c);
}

static void echo(struct ldisc *l, char c) {
    if (c == '\n' ? !has(l, ECHO) && !(has(l, ICANON) && has(l, ECHONL)) : !has(l, ECHO))
        return;
    if (is_control(c) && c != '\n' && c != '\t') {
        put(l, '^');
        c ^= 0x40; // ^A for 1, ^? for DEL
    }
    put(l, c);
}

static void store(struct ldisc *l, char c, int marks) {
    l->slot[l->write++ % LDISC_SIZE] = (uint16_t)((unsigned char)c | marks);
}

// Columns that the edited line takes up to index end, if it began at column 0. UTF-8: continuation bytes take
// none.
static uint32_t columns(const struct ldisc *l, uint32_t end) {
    uint32_t column = 0;
    for (uint32_t i = l->ready; i != end; i++) {
        char c = char_at(l, i);
        if (c == '\t')
            column = (column | 7) + 1;
        else if (is_control(c))
            column += 2;
        else if ((c & 0xc0) != 0x80)
            column++;
    }
    return column;
}

// Cut the edited line at index end, on the screen too; key is what asked for it.
static void cut(struct ldisc *l, uint32_t end, char key) {
    uint32_t n = columns(l, l->write) - columns(l, end);
    l->write = end;
    if (!has(l, ECHOE))
        echo(l, key);
    for (; has(l, ECHO) && has(l, ECHOE) && n > 0; n--) {
        put(l, '\b');
        put(l, ' ');
        put(l, '\b');
    }
}

static enum ldisc_event edit(struct ldisc *l, char c) {
    uint32_t end = l->write;
    if (is_key(l, VERASE, c) || c == DELETE || c == '\b') { // keyboards disagree on what Backspace sends
        while (end - l->ready > 1 && (char_at(l, end - 1) & 0xc0) == 0x80)
            end--; // a UTF-8 character goes whole
        if (end != l->ready)
            cut(l, end - 1, c);
        return LDISC_NOTHING;
    }
    if (is_key(l, VKILL, c)) {
        cut(l, l->ready, c);
        if (has(l, ECHOK) && !has(l, ECHOE))
            echo(l, '\n');
        return LDISC_NOTHING;
    }
    int marks = is_key(l, VEOF, c) ? LDISC_END | LDISC_EOF : c == '\n' || is_key(l, VEOL, c) ? LDISC_END : 0;
    // The last slot is kept for what ends the line, or a line that fills the ring could never be read.
    if (l->write - l->read >= (uint32_t)LDISC_SIZE - !marks) {
        put(l, BELL);
        return LDISC_NOTHING;
    }
    store(l, c, marks);
    if (!(marks & LDISC_EOF))
        echo(l, c);
    if (!marks)
        return LDISC_NOTHING;
    l->ready = l->write;
    return LDISC_READABLE;
}

// *c as c_iflag wants it. False: it is ignored.
static bool translate(const struct ldisc *l, char *c) {
    const tcflag_t in = l->attr.c_iflag;
    if (in & ISTRIP)
        *c &= 0x7f;
    if (*c == '\r' && (in & IGNCR))
        return false;
    if (*c == '\r' && (in & ICRNL))
        *c = '\n';
    else if (*c == '\n' && (in & INLCR))
        *c = '\r';
    return true;
}

enum ldisc_event ldisc_input(struct ldisc *l, char c) {
    if (!translate(l, &c))
        return LDISC_NOTHING;
    // The status key works whatever a program did to the other keys: it is for looking at a machine that
    // seems to hang. A program that wants the byte sets c_cc[VSTATUS] to 0.
    if (is_key(l, VSTATUS, c) || (c == CTRL('P') && ldisc_canonical(l) && l->attr.c_cc[VSTATUS]))
        return LDISC_STATUS;
    // VSUSP (^Z) will become an event here, once stop and continue exist.
    if (has(l, ISIG) && (is_key(l, VINTR, c) || is_key(l, VQUIT, c))) {
        echo(l, c);
        if (ldisc_canonical(l) && !has(l, NOFLSH))
            l->write = l->ready;
        return is_key(l, VINTR, c) ? LDISC_INTERRUPT : LDISC_QUIT;
    }
    if (ldisc_canonical(l))
        return edit(l, c);
    if (l->write - l->read >= LDISC_SIZE) {
        put(l, BELL);
        return LDISC_NOTHING;
    }
    store(l, c, 0);
    echo(l, c);
    return LDISC_READABLE;
}

void ldisc_set(struct ldisc *l, const struct termios *attr) {
    const bool was_canonical = ldisc_canonical(l);
    l->attr = *attr;
    l->attr.c_iflag &= IFLAGS;
    l->attr.c_oflag &= OFLAGS;
    l->attr.c_lflag &= LFLAGS;
    if (was_canonical || !ldisc_canonical(l))
        return;
    // Raw bytes become lines, silently: who typed them has seen their echo, or was not meant to. Each makes
    // at most one slot, so this runs in place.
    void (*put_echo)(char c) = l->echo;
    const uint32_t end = l->write;
    l->echo = NULL;
    l->write = l->ready = l->read;
    for (uint32_t i = l->read; i != end; i++) {
        char c = char_at(l, i);
        if (translate(l, &c))
            edit(l, c);
    }
    l->echo = put_echo;
}

void ldisc_flush(struct ldisc *l) { l->read = l->ready = l->write; }

uint32_t ldisc_pending(const struct ldisc *l) { return (ldisc_canonical(l) ? l->ready : l->write) - l->read; }

uint32_t ldisc_bytes(const struct ldisc *l) {
    uint32_t n = ldisc_pending(l);
    for (uint32_t i = 0, all = n; ldisc_canonical(l) && i < all; i++)
        if (l->slot[(l->read + i) % LDISC_SIZE] & LDISC_EOF)
            n--;
    return n;
}

struct ldisc_piece ldisc_peek(const struct ldisc *l, char *buf, uint32_t n) {
    const uint32_t pending = ldisc_pending(l);
    struct ldisc_piece p = {0};
    while (p.slots < pending && !p.last) {
        const uint16_t s = l->slot[(l->read + p.slots) % LDISC_SIZE];
        const int marks = ldisc_canonical(l) ? s & (LDISC_END | LDISC_EOF) : 0;
        // With buf full, go on only to take a ^D that pushed these bytes: alone it would read as end of file.
        if (p.bytes == n && !(marks & LDISC_EOF))
            break;
        if (!(marks & LDISC_EOF))
            buf[p.bytes++] = (char)s;
        p.slots++;
        p.last = marks & LDISC_END;
    }
    return p;
}

void ldisc_consume(struct ldisc *l, uint32_t slots) {
    l->read += slots;
    if ((int32_t)(l->ready - l->read) < 0)
        l->ready = l->read; // a raw read went past the complete lines
}
