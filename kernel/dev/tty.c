// tty.c: the terminal as a character device.
#include "dev/tty.h"

#include "dev/chardev.h"
#include "dev/ldisc.h"
#include "riscv/panic.h"
#include "riscv/spinlock.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "uapi/fcntl.h"
#include "uapi/signal.h"

enum { OUT_SIZE = 4096, CHUNK = 256, MINORS = 2, DRAIN_SECONDS = 5 };

static struct {
    struct spinlock lock;
    // guarded by lock
    struct ldisc input;
    pid_t foreground; // process group that gets the keyboard's signals; 0: none
    struct winsize window;
    uint32_t queued, sent; // bytes put into and taken out of the ring: sent <= queued <= sent + OUT_SIZE
    char out[OUT_SIZE];
    struct waitq can_read;  // input came, or the mode changed
    struct waitq can_write; // the ring is half empty, or empty
    // one at a time goes through; held over user copies
    struct mutex reader, writer;
    // set once
    const struct tty_line *line;
    const struct tty_hooks *hooks;
} tty = {
    .lock = SPINLOCK(RANK_TTY, "tty"),
    .window = {.ws_row = 24, .ws_col = 80},
};

// ---- output: lock held in all of these

// Give the line what it takes.
static void push_output(void) {
    if (!tty.line)
        tty.sent = tty.queued;
    while (tty.sent != tty.queued && tty.line->put(tty.out[tty.sent % OUT_SIZE]))
        tty.sent++;
    if (tty.line)
        tty.line->want_output(tty.sent != tty.queued);
    if (tty.queued - tty.sent <= OUT_SIZE / 2)
        waitq_wake_all(&tty.can_write);
}

// Put a byte into the ring as c_oflag wants it. False: no room.
static bool queue_output(char c) {
    const tcflag_t both = OPOST | ONLCR;
    const bool add_cr = c == '\n' && (tty.input.attr.c_oflag & both) == both;
    if (tty.queued - tty.sent + add_cr >= OUT_SIZE)
        return false;
    if (add_cr)
        tty.out[tty.queued++ % OUT_SIZE] = '\r';
    tty.out[tty.queued++ % OUT_SIZE] = c;
    return true;
}

static void echo(char c) { queue_output(c); }

void tty_output_ready(void) {
    spin_lock(&tty.lock);
    push_output();
    spin_unlock(&tty.lock);
}

// Put n bytes into the ring, waiting for room. Returns how many went; *err says why not all.
static size_t write_chunk(const char *chunk, size_t n, int flags, int *err) {
    size_t done = 0;
    spin_lock(&tty.lock);
    while (done < n && !*err) {
        if (queue_output(chunk[done])) {
            done++;
            continue;
        }
        push_output(); // often makes room at once; if not, the line will interrupt
        if (tty.queued - tty.sent < OUT_SIZE - 1)
            continue;
        *err = flags & O_NONBLOCK ? -EAGAIN
                                  : waitq_wait(&tty.can_write, &tty.lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
    }
    push_output();
    spin_unlock(&tty.lock);
    return done;
}

static ssize_t tty_write(uint32_t minor, uint64_t buf, size_t n, int flags) {
    char chunk[CHUNK];
    size_t done = 0;
    int err = 0;
    mutex_lock(&tty.writer);
    while (done < n && !err) {
        size_t k = min(n - done, sizeof(chunk));
        err = copy_from_user(chunk, buf + done, k);
        if (!err)
            done += write_chunk(chunk, k, flags, &err);
        if (!err && chardev_interrupted())
            err = -EINTR; // a fast line never makes us wait, and ^C must end a long write all the same
    }
    mutex_unlock(&tty.writer);
    return done ? (ssize_t)done : err;
}

// Wait until the ring is empty. 0, -EINTR or -ETIMEDOUT.
static int drain(enum wait_how how, uint64_t deadline) {
    int err = 0;
    spin_lock(&tty.lock);
    for (push_output(); tty.sent != tty.queued && !err; push_output())
        err = waitq_wait(&tty.can_write, &tty.lock, how, deadline);
    spin_unlock(&tty.lock);
    return err;
}

void tty_drain(void) {
    const uint64_t deadline = time_now() + DRAIN_SECONDS * timebase;
    drain(WAIT_UNINTERRUPTIBLE, deadline);
    bool sent = false;
    while (!sent && time_now() < deadline) { // the last bytes have no interrupt of their own
        spin_lock(&tty.lock);
        sent = !tty.line || tty.line->sent();
        spin_unlock(&tty.lock);
    }
}

// ---- input

void tty_input(char c) {
    spin_lock(&tty.lock);
    enum ldisc_event event = ldisc_input(&tty.input, c);
    push_output(); // the echo
    if (event == LDISC_READABLE)
        waitq_wake_all(&tty.can_read);
    const pid_t foreground = tty.foreground;
    spin_unlock(&tty.lock);
    if (!tty.hooks)
        return;
    if (event == LDISC_STATUS)
        tty.hooks->status();
    if ((event == LDISC_INTERRUPT || event == LDISC_QUIT) && foreground)
        tty.hooks->signal(foreground, event == LDISC_INTERRUPT ? SIGINT : SIGQUIT);
}

// May the caller not read, because the keyboard belongs to another process group that is alive?
static bool in_background(void) {
    spin_lock(&tty.lock);
    const pid_t foreground = tty.foreground;
    spin_unlock(&tty.lock);
    if (!tty.hooks || !foreground)
        return false;
    pid_t mine = tty.hooks->current_group();
    return mine && mine != foreground && tty.hooks->group_exists(foreground);
}

// May a read of n bytes return? With a line in canonical mode, else as VMIN and VTIME say (POSIX 11.1.7).
// Lock held.
static bool may_return(size_t n) {
    const cc_t *cc = tty.input.attr.c_cc;
    const bool raw = !ldisc_canonical(&tty.input);
    if (raw && cc[VMIN] == 0 && cc[VTIME] == 0)
        return true;
    const size_t want = raw ? min(n, (size_t)cc[VMIN]) : 1;
    return ldisc_pending(&tty.input) >= max(want, (size_t)1);
}

// Wait for that, or for VTIME. 0 (there may be nothing to read all the same), -EAGAIN or -EINTR.
static int wait_input(size_t n, int flags) {
    int err = 0;
    uint64_t deadline = WAIT_FOREVER;
    uint32_t seen = 0;
    spin_lock(&tty.lock);
    while (!err && !may_return(n)) {
        const cc_t *cc = tty.input.attr.c_cc;
        const uint32_t have = ldisc_pending(&tty.input);
        if (flags & O_NONBLOCK) {
            err = have ? -ETIMEDOUT : -EAGAIN;
            break;
        }
        // VTIME, in tenths of a second, runs from each byte on, and with VMIN 0 from the start.
        if (ldisc_canonical(&tty.input) || cc[VTIME] == 0 || (cc[VMIN] > 0 && have == 0))
            deadline = WAIT_FOREVER;
        else if (deadline == WAIT_FOREVER || have != seen)
            deadline = time_now() + cc[VTIME] * timebase / 10;
        seen = have;
        err = waitq_wait(&tty.can_read, &tty.lock, WAIT_INTERRUPTIBLE, deadline);
    }
    spin_unlock(&tty.lock);
    return err == -ETIMEDOUT ? 0 : err;
}

// Move input to buf: up to n bytes, in canonical mode one line. It leaves the ring once it has arrived.
// Bytes, 0 for end of file or a raw read that need not wait, -EAGAIN if another reader was faster, -EFAULT.
static ssize_t copy_input(uint64_t buf, size_t n) {
    char chunk[CHUNK];
    size_t done = 0;
    struct ldisc_piece p = {.last = false};
    while (done < n && !p.last) {
        spin_lock(&tty.lock);
        p = ldisc_peek(&tty.input, chunk, min(n - done, sizeof(chunk)));
        const bool need_not_wait = !ldisc_canonical(&tty.input) && tty.input.attr.c_cc[VMIN] == 0;
        spin_unlock(&tty.lock);
        if (p.slots == 0)
            return done || need_not_wait ? (ssize_t)done : -EAGAIN;
        if (copy_to_user(buf + done, chunk, p.bytes) < 0)
            return done ? (ssize_t)done : -EFAULT;
        spin_lock(&tty.lock);
        ldisc_consume(&tty.input, p.slots);
        spin_unlock(&tty.lock);
        done += p.bytes;
    }
    return done;
}

static ssize_t tty_read(uint32_t minor, uint64_t buf, size_t n, int flags) {
    ssize_t got = n == 0 ? 0 : -EAGAIN;
    while (got == -EAGAIN) {
        if (in_background())
            return -EIO; // SIGTTIN belongs here, once jobs can stop
        int err = wait_input(n, flags);
        if (err)
            return err;
        mutex_lock(&tty.reader);
        got = copy_input(buf, n);
        mutex_unlock(&tty.reader);
    }
    return got;
}

// ---- ioctl

static int set_attributes(uint64_t request, uint64_t arg) {
    struct termios attr;
    int err = copy_from_user(&attr, arg, sizeof(attr));
    if (!err && request != TCSETS)
        err = drain(WAIT_INTERRUPTIBLE, WAIT_FOREVER);
    if (err)
        return err;
    mutex_lock(&tty.reader); // the mode does not change in the middle of copy_input
    spin_lock(&tty.lock);
    if (request == TCSETSF)
        ldisc_flush(&tty.input);
    ldisc_set(&tty.input, &attr);
    waitq_wake_all(&tty.can_read);
    spin_unlock(&tty.lock);
    mutex_unlock(&tty.reader);
    return 0;
}

static int set_foreground(uint64_t arg) {
    pid_t pgid;
    int err = copy_from_user(&pgid, arg, sizeof(pgid));
    if (err)
        return err;
    if (pgid <= 0)
        return -EINVAL;
    if (tty.hooks && !tty.hooks->group_exists(pgid))
        return -EPERM;
    spin_lock(&tty.lock);
    tty.foreground = pgid;
    spin_unlock(&tty.lock);
    return 0;
}

static int set_window(uint64_t arg) {
    struct winsize size;
    int err = copy_from_user(&size, arg, sizeof(size));
    if (err)
        return err;
    spin_lock(&tty.lock);
    const bool changed = size.ws_row != tty.window.ws_row || size.ws_col != tty.window.ws_col;
    tty.window = size;
    const pid_t foreground = tty.foreground;
    spin_unlock(&tty.lock);
    if (changed && foreground && tty.hooks)
        tty.hooks->signal(foreground, SIGWINCH);
    return 0;
}

static int tty_ioctl(uint32_t minor, uint64_t request, uint64_t arg) {
    switch (request) {
    case TCSETS:
    case TCSETSW:
    case TCSETSF: return set_attributes(request, arg);
    case TIOCSPGRP: return set_foreground(arg);
    case TIOCSWINSZ: return set_window(arg);
    }
    spin_lock(&tty.lock);
    const struct termios attr = tty.input.attr;
    const struct winsize window = tty.window;
    const pid_t foreground = tty.foreground;
    const int bytes = ldisc_bytes(&tty.input);
    spin_unlock(&tty.lock);
    switch (request) {
    case TCGETS: return copy_to_user(arg, &attr, sizeof(attr));
    case TIOCGWINSZ: return copy_to_user(arg, &window, sizeof(window));
    case TIOCGPGRP: return copy_to_user(arg, &foreground, sizeof(foreground));
    case FIONREAD: return copy_to_user(arg, &bytes, sizeof(bytes));
    default: return -ENOTTY;
    }
}

static int tty_open(uint32_t minor) { return minor < MINORS ? 0 : -ENXIO; }

static const struct chardev_ops tty_ops = {
    .name = "tty", .open = tty_open, .read = tty_read, .write = tty_write, .ioctl = tty_ioctl};

void tty_set_hooks(const struct tty_hooks *hooks) { tty.hooks = hooks; }

void tty_attach(const struct tty_line *line) {
    spin_lock(&tty.lock);
    tty.line = line;
    spin_unlock(&tty.lock);
}

void tty_init(void) {
    ldisc_init(&tty.input, echo);
    waitq_init(&tty.can_read, "tty in");
    waitq_init(&tty.can_write, "tty out");
    mutex_init(&tty.reader, MUTEX_TTY, "tty read");
    mutex_init(&tty.writer, MUTEX_TTY, "tty write");
    chardev_register(CHARDEV_CONSOLE, &tty_ops);
}
