// trace.c: the event trace: a ring of records for each hart, and /dev/trace, which reads them and says what
// is recorded.
//
// Only its own hart writes to a ring, with interrupts off, and only the reader takes from it, so neither
// needs a lock. Where a ring is full, records are counted and dropped, except those of a process that is
// followed (strace): it waits for the reader, at the beginning or the end of a system call, where it holds
// nothing.
//
// What is recorded is asked for by one thread at a time, the session's owner. When it ends, so does the
// session.
#ifndef NDEBUG
#include "debug/debug.h"

#include "lib/string.h"
#include "mm/page.h"
#include "riscv/frame.h"
#include "riscv/panic.h"
#include "riscv/trace.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "sched/thread.h"
#include "syscall_structs.h"

enum { RING_ORDER = 6, RING_SIZE = PAGE_SIZE << RING_ORDER, BATCH = 4096, MORE_MAX = 768 };

static struct ring {
    char *data;          // set once
    uint64_t head, tail; // bytes ever put in, by its hart, and taken out, by the reader; atomic
    uint64_t lost;       // records dropped since the reader last asked; atomic
    bool busy;           // its hart is writing a record, and the time in it may be past already; atomic
} rings[MAX_HARTS];

static struct {
    struct spinlock lock;
    // guarded by lock
    const struct thread
        *owner;        // NULL: there is none, what was asked for at boot may be recorded all the same
    uint32_t id;       // of the current session: counts up
    struct waitq room; // of those who are followed, until the reader has taken something
    uint64_t taken;    // times it has
    // read without lock: who comes late loses or adds a record
    const struct thread *target; // who is followed; any that carries id if forks
    bool on[TRACE_KINDS];
} session = {.lock = SPINLOCK(RANK_WAITQ, "trace")};

static struct mutex reader; // one at a time; guards tails and batch
static char batch[BATCH];   // records on their way to the reader
static int (*pid_of)(const struct thread *t);

// ---- writing

static void copy_in(struct ring *ring, uint64_t at, const void *from, size_t n) {
    size_t first = min(n, RING_SIZE - at % RING_SIZE);
    memcpy(ring->data + at % RING_SIZE, from, first);
    memcpy(ring->data, (const char *)from + first, n - first);
}

// Put a record and n bytes more (a multiple of 8) into this hart's ring. False: no room. Any context.
static bool put(int event, uint64_t a, uint64_t b, const void *more, size_t n) {
    interrupts_off();
    uint32_t hart = this_hart()->index;
    struct ring *ring = &rings[hart];
    struct trace_record r = {
        .pid = pid_of(current()), .size = sizeof(r) + n, .event = event, .hart = hart, .a = a, .b = b};
    strlcpy(r.name, current()->name, sizeof(r.name));
    __atomic_store_n(&ring->busy, true, __ATOMIC_SEQ_CST); // before the clock is read: see settle
    __asm__ volatile("fence iorw, iorw" ::: "memory");
    r.time = time_now();
    bool fits = ring->head + r.size - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) <= RING_SIZE;
    if (fits) {
        copy_in(ring, ring->head, &r, sizeof(r));
        copy_in(ring, ring->head + sizeof(r), more, n);
        __atomic_store_n(&ring->head, ring->head + r.size, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&ring->busy, false, __ATOMIC_RELEASE);
    interrupts_restore();
    return fits;
}

static void put_or_drop(int event, uint64_t a, uint64_t b, const void *more, size_t n) {
    if (!put(event, a, b, more, n)) {
        interrupts_off();
        __atomic_fetch_add(&rings[this_hart()->index].lost, 1, __ATOMIC_RELAXED);
        interrupts_restore();
    }
}

static bool is_followed(const struct thread *t) {
    return session.on[TRACE_NUMBER_CALL] && t->trace_session == session.id &&
           (t == session.target || session.on[TRACE_NUMBER_FORKS]);
}

// The same for a process that is followed: wait for room. No lock held, interrupts on.
static void put_and_wait(int event, uint64_t a, uint64_t b, const void *more, size_t n) {
    struct thread *t = current();
    int err = 0;
    for (;;) {
        uint64_t taken = __atomic_load_n(&session.taken, __ATOMIC_ACQUIRE);
        if (put(event, a, b, more, n))
            return;
        spin_lock(&session.lock);
        while (!err && taken == session.taken && is_followed(t)) // a session that ends counts as taking
            err = waitq_wait(&session.room, &session.lock, WAIT_INTERRUPTIBLE, WAIT_FOREVER);
        spin_unlock(&session.lock);
        if (err || !is_followed(t)) {
            put_or_drop(event, a, b, more, n);
            return;
        }
    }
}

// ---- system calls of a process that is followed: what the arguments point to

#define ARG(type, name, kind, bytes)                                                                         \
    {TRACE_ARG_##kind, (bytes) < TRACE_STRUCT_MAX ? (bytes) : TRACE_STRUCT_MAX},
#define CALL(number, result, name, ...) [number] = {{__VA_ARGS__}},
static const struct {
    struct {
        uint8_t kind, bytes;
    } arg[TRACE_ARGS];
} calls[] = {
#include "syscall_args.h"
};

struct capture {
    _Alignas(8) char text[MORE_MAX];
    size_t used;
};

static void add_word(struct capture *c, uint64_t word) {
    memcpy(c->text + c->used, &word, sizeof(word));
    c->used += sizeof(word);
}

// n bytes at user address `from`, or, if string, up to a NUL. Nothing if they cannot be read, or there is no
// room.
static void add_item(struct capture *c, int arg, uint64_t from, uint64_t n, uint64_t most, bool string) {
    char bytes[TRACE_STRUCT_MAX];
    uint64_t len = min(n, most);
    if (align_up(sizeof(struct trace_item) + len, 8) > sizeof(c->text) - c->used)
        return;
    if (string) {
        ssize_t got = string_from_user(bytes, from, len + 1);
        if (got == -EFAULT)
            return;
        n = got < 0 ? n : (uint64_t)got;
        len = min(len, n);
    } else if (copy_from_user(bytes, from, len)) {
        return;
    }
    struct trace_item item = {.arg = arg, .flags = n > len ? TRACE_CUT : 0, .len = len};
    memcpy(c->text + c->used, &item, sizeof(item));
    memcpy(c->text + c->used + sizeof(item), bytes, len);
    c->used += align_up(sizeof(item) + len, 8);
}

static void add_vector(struct capture *c, int arg, uint64_t vector) {
    uint64_t from;
    for (int i = 0; i < TRACE_VECTOR_MAX; i++, vector += sizeof(from))
        if (copy_from_user(&from, vector, sizeof(from)) || from == 0)
            return;
        else
            add_item(c, arg, from, TRACE_WORD_MAX + 1, TRACE_WORD_MAX, true);
}

// args: a0 to a5, as the program passed them.
static void add_args(struct capture *c, uint64_t number, const uint64_t *args, bool end, int64_t result) {
    for (int i = 0; number < ARRAY_SIZE(calls) && i < TRACE_ARGS; i++) {
        uint64_t bytes = calls[number].arg[i].bytes;
        int kind = calls[number].arg[i].kind;
        if (args[i] == 0 || (kind == TRACE_ARG_OUT) != end)
            continue;
        if (kind == TRACE_ARG_STRING)
            add_item(c, i, args[i], TRACE_TEXT_MAX + 1, TRACE_TEXT_MAX, true);
        else if (kind == TRACE_ARG_VECTOR)
            add_vector(c, i, args[i]);
        else if (kind != TRACE_ARG_NUMBER && bytes)
            add_item(c, i, args[i], bytes, TRACE_STRUCT_MAX, false);
        else if (kind == TRACE_ARG_IN && i + 1 < TRACE_ARGS)
            add_item(c, i, args[i], args[i + 1], TRACE_TEXT_MAX, false);
        else if (kind == TRACE_ARG_OUT && result > 0)
            add_item(c, i, args[i], result, TRACE_TEXT_MAX, false);
    }
}

static void system_call(int event, uint64_t number, const struct trap_frame *f) {
    const struct thread *t = current();
    bool end = event == TRACE_SYSCALL + TRACE_END;
    if (session.on[TRACE_NUMBER_SYSCALL] && t != session.owner)
        put_or_drop(event, number, f->a0, NULL, 0);
    if (!is_followed(t))
        return;
    struct capture c;
    uint64_t args[TRACE_ARGS] = {f->orig_a0, f->a1, f->a2, f->a3, f->a4, f->a5};
    c.used = 0;
    if (end)
        add_word(&c, time_now());
    else
        for (int i = 0; i < TRACE_ARGS; i++)
            add_word(&c, args[i]);
    if (!end || (int64_t)f->a0 >= 0)
        add_args(&c, number, args, end, f->a0);
    put_and_wait(TRACE_CALL + end, number, f->a0, c.text, c.used);
}

// ---- the hook

static void stop(const struct thread *owner);

static void switch_to(const struct thread *next) {
    const struct thread *prev = current();
    struct trace_switch s = {.wait = ""};
    strlcpy(s.name, next->name, sizeof(s.name));
    if (prev->wait_name)
        strlcpy(s.wait, prev->wait_name, sizeof(s.wait));
    put_or_drop(TRACE_SWITCH, pid_of(next), __atomic_load_n(&prev->state, __ATOMIC_RELAXED), &s, sizeof(s));
}

static void wake(const struct thread *t) {
    char name[sizeof(t->name)] = "";
    strlcpy(name, t->name, sizeof(name));
    put_or_drop(TRACE_WAKE, pid_of(t), 0, name, sizeof(name));
}

static uint64_t hart_indexes(uint64_t ids) {
    uint64_t indexes = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        indexes |= (ids >> harts[i].id & 1) << i;
    return indexes;
}

static void process_ends(uint64_t value, uint64_t sig) {
    const struct thread *t = current();
    if (t == session.owner)
        stop(t);
    else if (is_followed(t))
        put_and_wait(TRACE_EXIT, value, sig, NULL, 0);
    else if (session.on[TRACE_NUMBER_EXIT])
        put_or_drop(TRACE_EXIT, value, sig, NULL, 0);
    spin_lock(&session.lock);
    if (t == session.target)
        session.target = NULL; // its memory may become another thread's
    spin_unlock(&session.lock);
}

static void event_happens(int event, uint64_t a, uint64_t b) {
    switch (event) {
    case TRACE_SWITCH: switch_to((const struct thread *)a); break;
    case TRACE_WAKE: wake((const struct thread *)a); break;
    case TRACE_IPI: put_or_drop(event, hart_indexes(a), 0, NULL, 0); break;
    case TRACE_SYSCALL:
    case TRACE_SYSCALL + TRACE_END: system_call(event, a, (const struct trap_frame *)b); break;
    case TRACE_EXIT: process_ends(a, b); break;
    default: put_or_drop(event, a, b, NULL, 0);
    }
}

// ---- reading

// Wait until all records of before now are in their rings; returns now. Who starts to write one after this
// looked at `busy` reads the clock after this did.
static uint64_t settle(void) {
    uint64_t now = time_now();
    __asm__ volatile("fence iorw, iorw" ::: "memory");
    for (uint32_t i = 0; i < hart_count; i++)
        while (__atomic_load_n(&rings[i].busy, __ATOMIC_SEQ_CST))
            ;
    return now;
}

static void copy_out(const struct ring *ring, void *to, size_t n) {
    size_t at = ring->tail % RING_SIZE, first = min(n, RING_SIZE - at);
    memcpy(to, ring->data + at, first);
    memcpy((char *)to + first, ring->data, n - first);
}

// The ring whose first record is the oldest of those before `limit`; NULL: there is none.
static struct ring *oldest(uint64_t limit, struct trace_record *r) {
    struct ring *found = NULL;
    for (struct ring *ring = rings; ring < rings + hart_count; ring++) {
        struct trace_record first;
        if (__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) == ring->tail)
            continue;
        copy_out(ring, &first, sizeof(first));
        if (first.time < limit) {
            limit = first.time;
            found = ring;
            *r = first;
        }
    }
    return found;
}

static void take(struct ring *ring, size_t n) {
    __atomic_store_n(&ring->tail, ring->tail + n, __ATOMIC_RELEASE);
}

// Fill batch with up to n bytes. 0: there is nothing, -EINVAL: n is too small.
static ssize_t fill_batch(size_t n) {
    uint64_t limit = settle();
    size_t used = 0;
    struct trace_record r;
    struct ring *ring;
    while ((ring = oldest(limit, &r)) && r.size <= n - used) {
        copy_out(ring, batch + used, r.size);
        take(ring, r.size);
        used += r.size;
    }
    for (uint32_t i = 0; i < hart_count && n - used >= sizeof(r); i++) {
        uint64_t lost = __atomic_exchange_n(&rings[i].lost, 0, __ATOMIC_RELAXED);
        if (lost == 0)
            continue;
        r = (struct trace_record){limit, 0, sizeof(r), TRACE_LOST, i, lost, 0, ""};
        memcpy(batch + used, &r, sizeof(r));
        used += sizeof(r);
    }
    return used == 0 && ring ? -EINVAL : (ssize_t)used;
}

ssize_t trace_read(uint64_t buf, size_t n, int flags) {
    mutex_lock(&reader);
    ssize_t got = rings[0].data ? fill_batch(min(n, sizeof(batch))) : 0;
    if (got > 0 && copy_to_user(buf, batch, got))
        got = -EFAULT;
    mutex_unlock(&reader);
    spin_lock(&session.lock);
    session.taken++;
    waitq_wake_all(&session.room);
    spin_unlock(&session.lock);
    return got;
}

// ---- control

static const char *const names[TRACE_KINDS] = {
#define NAME(event, name) name,
    TRACE_LIST(NAME)};

// The events that a list names; false: one is unknown.
static bool parse(const char *list, bool *on) {
    const size_t length = strlen(list);
    for (size_t at = 0; at <= length;) {
        size_t n = 0;
        bool known = false;
        while (list[at + n] && list[at + n] != ',')
            n++;
        bool all = n == 3 && strncmp(list + at, "all", 3) == 0;
        for (int i = TRACE_NUMBER_SWITCH; i < TRACE_KINDS; i++)
            if (all ? i < TRACE_NUMBER_CALL : strlen(names[i]) == n && strncmp(names[i], list + at, n) == 0)
                on[i] = known = true;
        if (!known)
            return false;
        at += n + 1;
    }
    return true;
}

static bool allocate_rings(void) {
    for (uint32_t i = 0; i < hart_count; i++) {
        struct page *p = rings[i].data ? NULL : page_alloc(RING_ORDER, PAGE_KERNEL, PAGE_WAIT);
        if (p)
            rings[i].data = page_va(p);
        if (!rings[i].data)
            return false;
    }
    return true;
}

// Session lock held.
static void set_events(const bool *on) {
    for (int i = 0; i < TRACE_KINDS; i++) {
        session.on[i] = on[i];
        bool hook = on[i] || (i == TRACE_NUMBER_SYSCALL && on[TRACE_NUMBER_CALL]) ||
                    (i == TRACE_NUMBER_EXIT && session.owner); // to see the owner end
        __atomic_store_n(&trace_on[2 * i], hook, __ATOMIC_RELAXED);
        __atomic_store_n(&trace_on[2 * i + TRACE_END], hook, __ATOMIC_RELAXED);
    }
}

// owner NULL: boot. What is left of an earlier session is dropped.
static int start(const char *list, const struct thread *owner) {
    bool on[TRACE_KINDS] = {false};
    if (!parse(list, on))
        return -EINVAL;
    int err = 0;
    mutex_lock(&reader);
    spin_lock(&session.lock);
    if (session.owner && session.owner != owner) {
        err = -EBUSY;
    } else {
        session.owner = owner; // so that it is one's own
        session.id++;
        session.target = NULL;
        set_events((const bool[TRACE_KINDS]){false});
    }
    spin_unlock(&session.lock);
    if (!err && !allocate_rings()) {
        stop(owner);
        err = -ENOMEM;
    }
    if (!err) {
        settle();
        for (struct ring *ring = rings; ring < rings + hart_count; ring++) {
            take(ring, __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) - ring->tail);
            __atomic_store_n(&ring->lost, 0, __ATOMIC_RELAXED);
        }
        put_or_drop(TRACE_START, timebase, hart_count, NULL, 0);
        spin_lock(&session.lock);
        set_events(on);
        spin_unlock(&session.lock);
    }
    mutex_unlock(&reader);
    return err;
}

// The session ends if it is that thread's. Those who wait for room go on, untraced.
static void stop(const struct thread *owner) {
    spin_lock(&session.lock);
    if (session.owner == owner) {
        session.owner = NULL;
        session.id++;
        session.taken++;
        set_events((const bool[TRACE_KINDS]){false});
        waitq_wake_all(&session.room);
    }
    spin_unlock(&session.lock);
}

static int follow(struct thread *t) {
    int err = -EINVAL;
    spin_lock(&session.lock);
    if (session.owner && session.owner != t && session.on[TRACE_NUMBER_CALL]) {
        t->trace_session = session.id;
        session.target = t;
        err = 0;
    }
    spin_unlock(&session.lock);
    return err;
}

ssize_t trace_write(uint64_t buf, size_t n, int flags) {
    char line[128];
    if (n >= sizeof(line))
        return -EINVAL;
    if (copy_from_user(line, buf, n))
        return -EFAULT;
    line[n] = 0;
    if (n > 0 && line[n - 1] == '\n')
        line[n - 1] = 0;
    int err = 0;
    if (strncmp(line, "start ", 6) == 0)
        err = start(line + 6, current());
    else if (strcmp(line, "stop") == 0)
        stop(session.owner ? current() : NULL);
    else if (strcmp(line, "follow") == 0)
        err = follow(current());
    else
        err = -EINVAL;
    return err ? err : (ssize_t)n;
}

void trace_init(int (*pid)(const struct thread *t), const char *events) {
    pid_of = pid;
    trace_hook = event_happens;
    mutex_init(&reader, MUTEX_TRACE, "trace reader");
    waitq_init(&session.room, "trace reader");
    if (events && start(events, NULL))
        panic("boot argument trace=%s: names of events that are unknown (kernel/uapi/trace.h), or no memory",
              events);
}
#endif
