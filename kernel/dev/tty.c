// tty.c: the terminal as a character device.
#include "dev/tty.h"

#include "dev/chardev.h"
#include "dev/ldisc.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "uapi/fcntl.h"
#include "uapi/signal.h"

enum { CHUNK = 256, TURN = 4096 };

static struct {
    struct spinlock lock;
    // guarded by lock
    struct ldisc input;
    pid_t foreground; // process group that gets the keyboard's signals; 0: none
    struct winsize window;
    struct waitq can_read;  // input came, or the mode changed
    struct waitq can_write; // the line takes bytes again
    // Writers: the number that the next one draws, and the one whose turn it is.
    uint64_t next_number, turn;
    struct waitq turns;
    // set once
    bool (*put)(char c); // the line's
    const struct tty_hooks *hooks;
} tty = {
    .lock = SPINLOCK(RANK_TTY, "tty"),
    .window = {.ws_row = 24, .ws_col = 80},
    .can_read = WAITQ(tty.can_read, "tty in"),
    .can_write = WAITQ(tty.can_write, "tty out"),
    .turns = WAITQ(tty.turns, "tty turn"),
};

// ---- output

static bool put(char c) { return !tty.put || tty.put(c); }

static void echo(char c) { put(c); }

void tty_output_ready(void) {
    spin_lock(&tty.lock);
    waitq_wake_all(&tty.can_write);
    spin_unlock(&tty.lock);
}

// One writer at a time does its copies, first come first served. A turn is TURN bytes at most, so that nobody
// is locked out, nor are shorter texts torn apart.
static void begin_turn(void) {
    spin_lock(&tty.lock);
    const uint64_t mine = tty.next_number++;
    while (tty.turn != mine)
        waitq_wait(&tty.turns, &tty.lock, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
    spin_unlock(&tty.lock);
}

static void end_turn(void) {
    spin_lock(&tty.lock);
    tty.turn++;
    waitq_wake_all(&tty.turns);
    spin_unlock(&tty.lock);
}

static ssize_t tty_write(uint64_t buf, size_t n, int flags) {
    char chunk[CHUNK];
    size_t done = 0;
    int err = 0;
    begin_turn();
    while (done < n && !err) {
        if (done > 0 && done % TURN == 0) {
            end_turn();
            begin_turn();
        }
        const size_t k = min(n - done, sizeof(chunk));
        size_t sent = 0;
        err = copy_from_user(chunk, buf + done, k);
        spin_lock(&tty.lock);
        while (sent < k && !err) {
            if (put(chunk[sent]))
                sent++;
            else if (flags & O_NONBLOCK)
                err = -EAGAIN;
            else
                err = waitq_wait(&tty.can_write, &tty.lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
        }
        spin_unlock(&tty.lock);
        done += sent;
        if (!err && thread_interrupted())
            err = -EINTR; // a fast line never makes us wait, and ^C must end a long write all the same
    }
    end_turn();
    return done ? (ssize_t)done : err;
}

// ---- input

void tty_input(char c) {
    spin_lock(&tty.lock);
    const enum ldisc_event event = ldisc_input(&tty.input, c);
    if (event == LDISC_READABLE)
        waitq_wake_all(&tty.can_read);
    const pid_t foreground = tty.foreground;
    spin_unlock(&tty.lock);
    if (event == LDISC_STATUS)
        tty.hooks->status();
    if ((event == LDISC_INTERRUPT || event == LDISC_QUIT) && foreground)
        tty.hooks->signal(foreground, event == LDISC_INTERRUPT ? SIGINT : SIGQUIT);
}

// May the caller not read, because the keyboard belongs to another process group that is alive?
static bool in_background(void) {
    const pid_t foreground = __atomic_load_n(&tty.foreground, __ATOMIC_RELAXED),
                mine = tty.hooks->current_group();
    return foreground && mine != foreground && tty.hooks->group_exists(foreground);
}

// Wait until a read of n bytes may return: with a line in canonical mode, else with VMIN bytes
// (POSIX 11.1.7). 0, -EAGAIN or -EINTR. Lock held.
static int wait_input(size_t n, int flags) {
    int err = 0;
    while (!err) {
        const uint32_t have = ldisc_pending(&tty.input);
        if (have >= (ldisc_canonical(&tty.input) ? 1 : min(n, (size_t)tty.input.attr.c_cc[VMIN])))
            break;
        if (flags & O_NONBLOCK)
            return have ? 0 : -EAGAIN;
        err = waitq_wait(&tty.can_read, &tty.lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
    }
    return err;
}

static ssize_t tty_read(uint64_t buf, size_t n, int flags) {
    char chunk[CHUNK];
    size_t done = 0, got = 0;
    bool end = false;
    int err = in_background() ? -EIO : 0; // SIGTTIN belongs here, once jobs can stop
    while (done < n && !err && !end) {
        const size_t k = min(n - done, sizeof(chunk));
        spin_lock(&tty.lock);
        if (done == 0)
            err = wait_input(n, flags);
        if (!err)
            got = ldisc_take(&tty.input, chunk, k, &end);
        spin_unlock(&tty.lock);
        if (!err && copy_to_user(buf + done, chunk, got) < 0)
            err = -EFAULT;
        if (!err)
            done += got;
        end = end || got < k;
    }
    return done ? (ssize_t)done : err;
}

// ---- ioctl

// Output is never waited for: what a write returned from is in the transmitter.
static int set_attributes(const struct termios *attr, bool flush) {
    spin_lock(&tty.lock);
    if (flush)
        ldisc_flush(&tty.input);
    ldisc_set(&tty.input, attr);
    waitq_wake_all(&tty.can_read);
    spin_unlock(&tty.lock);
    return 0;
}

static int set_foreground(pid_t pgid) {
    if (pgid <= 0)
        return -EINVAL;
    if (!tty.hooks->group_exists(pgid))
        return -EPERM;
    spin_lock(&tty.lock);
    __atomic_store_n(&tty.foreground, pgid, __ATOMIC_RELAXED); // who writes reads it without the lock
    spin_unlock(&tty.lock);
    return 0;
}

static int set_window(struct winsize size) {
    spin_lock(&tty.lock);
    tty.window = size;
    const pid_t foreground = tty.foreground;
    spin_unlock(&tty.lock);
    if (foreground)
        tty.hooks->signal(foreground, SIGWINCH);
    return 0;
}

// Copy a field of tty to the user.
static int get(uint64_t arg, const void *field, size_t size) {
    char copy[sizeof(struct termios)];
    spin_lock(&tty.lock);
    memcpy(copy, field, size);
    spin_unlock(&tty.lock);
    return copy_to_user(arg, copy, size);
}

static int tty_ioctl(uint64_t request, uint64_t arg) {
    struct termios attr;
    struct winsize size;
    pid_t pgid;
    switch (request) {
    case TCGETS: return get(arg, &tty.input.attr, sizeof(tty.input.attr));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return copy_from_user(&attr, arg, sizeof(attr)) ? -EFAULT : set_attributes(&attr, request == TCSETSF);
    case TIOCGPGRP: return get(arg, &tty.foreground, sizeof(tty.foreground));
    case TIOCSPGRP: return copy_from_user(&pgid, arg, sizeof(pgid)) ? -EFAULT : set_foreground(pgid);
    case TIOCGWINSZ: return get(arg, &tty.window, sizeof(tty.window));
    case TIOCSWINSZ: return copy_from_user(&size, arg, sizeof(size)) ? -EFAULT : set_window(size);
    default: return -ENOTTY;
    }
}

CHARDEV(tty_device) = {.number = DEV_TTY, .read = tty_read, .write = tty_write, .ioctl = tty_ioctl};
CHARDEV(console_device) = {.number = DEV_CONSOLE, .read = tty_read, .write = tty_write, .ioctl = tty_ioctl};

void tty_attach(bool (*put)(char c)) { tty.put = put; }

void tty_init(const struct tty_hooks *hooks) {
    tty.hooks = hooks;
    ldisc_init(&tty.input, echo);
}
