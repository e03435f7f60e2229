// tty.c: the terminal: keys, reads, writes and changes of its modes in any order. The input is a row of
// commands.
//
// What is typed goes through tty_input as from an interrupt. A read that would sleep types on from the input,
// and is interrupted at its end. Besides the line discipline's invariants: a canonical read gets one line at
// most, what is readable is read, a line can always be ended, and in raw mode every byte comes out once, in
// order.
//
// uses: -include tests/unit/fs/host.h kernel/dev/ldisc.c kernel/dev/chardev.c
// fuzz: -max_len=1024
#include "fuzz.h"

#include <stdarg.h>

#include "../../kernel/dev/tty.c"

static struct input in;
static uint32_t locked, waits, sent;
static uint8_t busy; // so many times out of 256 the line takes no byte
static int signals;

// ---- the floors below

static struct thread self;
struct thread *host_thread(void) {
    return &self;
}
void *host_page(const struct page *p) { return NULL; }
uint64_t timebase = 10000000;
void panic(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    abort();
}
void spin_lock(struct spinlock *l) { must_equal(l->locked++, 0); }
void spin_unlock(struct spinlock *l) { must_equal(l->locked--, 1); }
void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {}
void mutex_lock(struct mutex *m) { must_equal(locked++, 0); }
void mutex_unlock(struct mutex *m) { must_equal(locked--, 1); }
void waitq_init(struct waitq *q, const char *name) { list_init(&q->waiters); }
void waitq_wake(struct waitq *q, int n) {}
int copy_from_user(void *to, uint64_t from, size_t n) {
    must(!tty.lock.locked);
    if (from == 0)
        return -EFAULT;
    memcpy(to, (void *)from, n);
    return 0;
}
int copy_to_user(uint64_t to, const void *from, size_t n) {
    must(!tty.lock.locked);
    if (to == 0)
        return -EFAULT;
    memcpy((void *)to, from, n);
    return 0;
}

// ---- what stands around it

static bool line_put(char c) {
    must(tty.lock.locked);
    sent++;
    return (sent * 2654435761u >> 24) >= busy;
}
static void hook_signal(pid_t group, int sig) {
    must(!tty.lock.locked && group > 0);
    signals++;
}
static void hook_status(void) { must(!tty.lock.locked); }
static pid_t hook_group(void) { return 7; }
static bool hook_exists(pid_t group) { return group < 100; }
static const struct tty_hooks hooks = {hook_signal, hook_status, hook_group, hook_exists};

static void check(void) {
    const struct ldisc *l = &tty.input;
    must(l->ready - l->read <= l->write - l->read && l->write - l->read <= LDISC_SIZE);
    must(!tty.lock.locked);
}

// ---- commands

static void type(uint8_t c) {
    const struct ldisc *l = &tty.input;
    const bool raw = !ldisc_canonical(l) && !(l->attr.c_lflag & ISIG) && !l->attr.c_cc[VSTATUS];
    const uint32_t had = l->write - l->read;
    tty_input((char)c);
    check();
    if (raw) // each byte that fits is taken, whatever it is
        must_equal(l->write - l->read, min(had + 1, (uint32_t)LDISC_SIZE));
    if (raw && had < LDISC_SIZE)
        must_equal((uint8_t)l->ring[(l->write - 1) % LDISC_SIZE],
                   c == '\r' && l->attr.c_iflag & ICRNL ? '\n' : c);
    if (c == '\n' && ldisc_canonical(l) && !memchr(l->attr.c_cc, '\n', VSTATUS + 1))
        must(ldisc_pending(l) > 0); // however full it was
}

int waitq_wait(struct waitq *q, struct spinlock *lock, enum wait_how how, uint64_t deadline) {
    must(lock == &tty.lock && lock->locked && how == WAIT_INTERRUPTIBLE);
    if (++waits > 1000 || left(&in) == 0)
        return -EINTR;
    spin_unlock(lock);
    if (q == &tty.can_read)
        type(byte(&in));
    else
        busy /= 2;
    spin_lock(lock);
    return 0;
}

static void read_some(size_t n, int flags) {
    static char ring[LDISC_SIZE], buf[2 * LDISC_SIZE];
    const struct ldisc *l = &tty.input;
    const bool canonical = ldisc_canonical(l);
    const uint32_t had = ldisc_pending(l), from = l->read, waited = waits;
    memcpy(ring, l->ring, sizeof ring);
    memset(buf, 0x5a, sizeof buf);
    const struct chardev *ops = chardev_find(DEV_TTY);
    ssize_t got = ops->read((uint64_t)buf, n, flags);
    check();
    must(got <= (ssize_t)n && (got < 0 || buf[got] == 0x5a));
    if (tty.foreground && tty.foreground != 7 && hook_exists(tty.foreground)) {
        must_equal(got, -EIO);
        return;
    }
    if (waits != waited) // time has passed, and the mode is the same
        return;
    must(got >= 0 || (got == -EAGAIN && flags & O_NONBLOCK && had == 0) ||
         (got == -EINTR && left(&in) == 0) || (got == -EINTR && waits > 1000));
    if (canonical && got > 0)
        must(!memchr(buf, '\n', (size_t)got - 1));
    if (!canonical && got >= 0) {
        must_equal(got, min(n, (size_t)had));
        for (ssize_t i = 0; i < got; i++)
            must_equal(buf[i], ring[(from + (uint32_t)i) % LDISC_SIZE]);
    }
}

static void set_mode(uint64_t request) {
    const struct chardev *ops = chardev_find(DEV_TTY);
    struct termios t, now;
    must_equal(ops->ioctl(TCGETS, (uint64_t)&t), 0);
    t.c_lflag = byte(&in);
    t.c_iflag = byte(&in);
    uint8_t key = byte(&in);
    t.c_cc[key % NCCS] = byte(&in);
    must_equal(ops->ioctl(request, (uint64_t)&t), 0);
    check();
    must_equal(ops->ioctl(TCGETS, (uint64_t)&now), 0);
    must(memcmp(now.c_cc, t.c_cc, sizeof t.c_cc) == 0);
    if (request == TCSETSF)
        must_equal(ldisc_pending(&tty.input), 0);
}

static void command(void) {
    static char buf[512];
    const struct chardev *ops = chardev_find(DEV_CONSOLE);
    const uint8_t what = byte(&in);
    uint8_t n = what >> 3;
    switch (what & 7) {
    case 0: // keys
        while (n-- > 0)
            type(byte(&in));
        break;
    case 1: // one key many times
        for (uint32_t c = byte(&in), i = 0; i <= n * 100u; i++)
            type((uint8_t)c);
        break;
    case 2: read_some(1 + n * n, O_NONBLOCK); break;
    case 3: read_some(1 + n * 8, 0); break;
    case 4: set_mode(n & 1 ? TCSETSF : n & 2 ? TCSETSW : TCSETS); break;
    case 5: {
        ssize_t got = ops->write((uint64_t)buf, 1 + n * 16, n & 1 ? O_NONBLOCK : 0);
        must(got > 0 ? got <= 1 + n * 16 : got == -EAGAIN || got == -EINTR);
        break;
    }
    case 6: {
        pid_t group = (int8_t)byte(&in);
        int err = ops->ioctl(TIOCSPGRP, (uint64_t)&group);
        must_equal(err, group <= 0 ? -EINVAL : group < 100 ? 0 : -EPERM);
        break;
    }
    default:
        busy = n == 1 ? 255 : n * 8;
        self.interrupted = n == 2;
        tty_output_ready();
        must_equal(ops->ioctl(0x5400 + n, 0) == 0, false); // nothing that is asked succeeds without memory
    }
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    in = (struct input){data, data + size};
    if (!ready)
        tty_init(&hooks);
    ready = true;
    tty_attach(line_put);
    ldisc_init(&tty.input, echo);
    tty.input.read = tty.input.ready = tty.input.write = word(&in); // they only grow: they will wrap
    tty.foreground = 0;
    waits = busy = 0;
    self.interrupted = false;
    while (left(&in) > 0)
        command();
    return 0;
}
