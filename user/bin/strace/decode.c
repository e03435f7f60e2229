// decode.c: a system call in words. What a call's arguments are comes from the table that is made from
// syscalls.def; here is how each kind is written: by its type, and by its name where the type is only a
// number.

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <uapi/signal.h>
#include <uapi/stat.h>
#include <uapi/time.h>
#include <uapi/utsname.h>
#include <unistd.h>

#include "strace.h"

// A call that is being written.
struct view {
    FILE *out;
    const struct trace_call *call;
    const struct trace_record *begin, *end;
    const uint64_t *args;
};

struct name {
    uint64_t value;
    const char *name;
};
#define NAME(x)                                                                                              \
    { x, #x }
#define END                                                                                                  \
    { 0, NULL }

static const struct name errors[] = {
    NAME(EPERM),   NAME(ENOENT),    NAME(ESRCH),  NAME(EINTR),     NAME(EIO),          NAME(ENXIO),
    NAME(E2BIG),   NAME(ENOEXEC),   NAME(EBADF),  NAME(ECHILD),    NAME(EAGAIN),       NAME(ENOMEM),
    NAME(EACCES),  NAME(EFAULT),    NAME(EBUSY),  NAME(EEXIST),    NAME(EXDEV),        NAME(ENODEV),
    NAME(ENOTDIR), NAME(EISDIR),    NAME(EINVAL), NAME(ENFILE),    NAME(EMFILE),       NAME(ENOTTY),
    NAME(ETXTBSY), NAME(EFBIG),     NAME(ENOSPC), NAME(ESPIPE),    NAME(EROFS),        NAME(EMLINK),
    NAME(EPIPE),   NAME(ERANGE),    NAME(ENOSYS), NAME(ENOTEMPTY), NAME(ENAMETOOLONG), NAME(ELOOP),
    NAME(ENOTSUP), NAME(ETIMEDOUT), END};
static const struct name open_flags[] = {
    NAME(O_CREAT),    NAME(O_EXCL),    NAME(O_TRUNC),    NAME(O_APPEND),    NAME(O_SYNC),
    NAME(O_NONBLOCK), NAME(O_CLOEXEC), NAME(O_NOFOLLOW), NAME(O_DIRECTORY), END};
static const struct name access_modes[] = {NAME(O_RDONLY), NAME(O_WRONLY), NAME(O_RDWR), END};
static const struct name wait_options[] = {NAME(WNOHANG), NAME(WUNTRACED), END};
static const struct name whences[] = {NAME(SEEK_SET), NAME(SEEK_CUR), NAME(SEEK_END), END};
static const struct name commands[] = {
    NAME(F_DUPFD), NAME(F_GETFD), NAME(F_SETFD), NAME(F_GETFL), NAME(F_SETFL), NAME(F_DUPFD_CLOEXEC), END};
static const struct name clocks[] = {NAME(CLOCK_REALTIME), NAME(CLOCK_PROCESS_CPUTIME_ID),
                                     NAME(CLOCK_THREAD_CPUTIME_ID), NAME(CLOCK_MONOTONIC), END};
static const struct name requests[] = {NAME(TCGETS),     NAME(TCSETS),     NAME(TCSETSW),
                                       NAME(TCSETSF),    NAME(TIOCGPGRP),  NAME(TIOCSPGRP),
                                       NAME(TIOCGWINSZ), NAME(TIOCSWINSZ), END};
static const struct name file_types[] = {NAME(S_IFREG), NAME(S_IFDIR), NAME(S_IFCHR),  NAME(S_IFBLK),
                                         NAME(S_IFLNK), NAME(S_IFIFO), NAME(S_IFSOCK), END};

static const char *name_of(const struct name *table, uint64_t value) {
    for (; table->name; table++)
        if (table->value == value)
            return table->name;
    return NULL;
}

static void put_name(FILE *out, const struct name *table, uint64_t value) {
    const char *name = name_of(table, value);
    if (name)
        fputs(name, out);
    else
        fprintf(out, "%#" PRIx64, value);
}

// Names with | between them. separator: what has been written before needs one.
static void put_flags(FILE *out, const struct name *table, uint64_t value, bool separator) {
    for (; table->name; table++)
        if (value & table->value) {
            fprintf(out, separator ? "|%s" : "%s", table->name);
            separator = true;
            value &= ~table->value;
        }
    if (value || !separator)
        fprintf(out, separator ? "|%#" PRIx64 : "%#" PRIx64, value);
}

const char *decode_signal(int sig) {
    static char text[24] = "SIG";
    if (sig2str(sig, text + 3) < 0)
        snprintf(text + 3, sizeof text - 3, "%d", sig);
    return sig > 0 && text[3] >= 'A' ? text : text + 3;
}

// ---- what an argument points to

// The n-th item of argument arg; NULL: there is none, as it could not be read.
static const struct trace_item *find_item(const struct view *v, int arg, int n) {
    const struct trace_record *records[] = {v->begin, v->end};
    const size_t words[] = {TRACE_ARGS, 1}; // before the items
    for (int i = 0; i < 2; i++) {
        const struct trace_record *r = records[i];
        size_t at = sizeof *r + words[i] * sizeof(uint64_t);
        while (r && at < r->size) {
            const struct trace_item *item = (const struct trace_item *)((const char *)r + at);
            if (item->arg == arg && n-- == 0)
                return item;
            at += (sizeof *item + item->len + 7) & ~(size_t)7;
        }
    }
    return NULL;
}

static void put_pointer(FILE *out, uint64_t p) {
    if (p)
        fprintf(out, "%#" PRIx64, p);
    else
        fputs("NULL", out);
}

static void put_text(FILE *out, const struct trace_item *item) {
    static const char plain[] = "\a\b\t\n\v\f\r\"\\", escaped[] = "abtnvfr\"\\";
    fputc('"', out);
    for (int i = 0; i < item->len; i++) {
        unsigned char c = item->data[i];
        const char *known = c ? strchr(plain, c) : NULL;
        bool digit = i + 1 < item->len && isdigit((unsigned char)item->data[i + 1]);
        if (known)
            fprintf(out, "\\%c", escaped[known - plain]);
        else if (c < ' ' || c > '~')
            fprintf(out, digit ? "\\%03o" : "\\%o", c);
        else
            fputc(c, out);
    }
    fputs(item->flags & TRACE_CUT ? "\"..." : "\"", out);
}

static void put_vector(const struct view *v, int i) {
    const struct trace_item *item = find_item(v, i, 0);
    if (!item && v->args[i] == 0) {
        fputs("NULL", v->out);
        return;
    }
    fputc('[', v->out);
    for (int n = 0; (item = find_item(v, i, n)); n++) {
        fputs(n ? ", " : "", v->out);
        put_text(v->out, item);
        if (n + 1 == TRACE_VECTOR_MAX)
            fputs(", ...", v->out);
    }
    fputc(']', v->out);
}

static void put_mode(FILE *out, uint64_t mode) {
    if (mode & S_IFMT) {
        put_name(out, file_types, mode & S_IFMT);
        fputc('|', out);
    }
    fprintf(out, "0%03o", (unsigned)mode & ~S_IFMT);
}

static void put_stat(FILE *out, const struct uapi_stat *st) {
    fputs("{st_mode=", out);
    put_mode(out, st->mode);
    if (S_ISCHR(st->mode) || S_ISBLK(st->mode))
        fprintf(out, ", st_rdev=%u:%u", st->rdev >> 8, st->rdev & 0xff);
    else
        fprintf(out, ", st_size=%" PRIu64, st->size);
    fputs(", ...}", out);
}

static void put_action(FILE *out, const struct uapi_sigaction *act) {
    fputs("{sa_handler=", out);
    if (act->handler <= 1)
        fputs(act->handler ? "SIG_IGN" : "SIG_DFL", out);
    else
        fprintf(out, "%#" PRIx64, act->handler);
    fprintf(out, ", sa_mask=%#" PRIx64 ", sa_flags=%#" PRIx64 "}", act->mask, act->flags);
}

static void put_struct(const struct view *v, int i, const struct trace_item *item) {
    const char *type = v->call->arg[i].type;
    union {
        struct uapi_stat stat;
        struct uapi_statfs statfs;
        struct uapi_timespec time;
        struct uapi_tms tms;
        struct uapi_sigaction action;
        char sysname[UAPI_UTS_LEN];
        char bytes[TRACE_STRUCT_MAX];
    } u = {0};
    memcpy(&u, item->data, item->len);
    if (strstr(type, "uapi_stat "))
        put_stat(v->out, &u.stat);
    else if (strstr(type, "uapi_statfs "))
        fprintf(v->out, "{f_bsize=%u, f_blocks=%" PRIu64 ", f_bfree=%" PRIu64 ", ...}", u.statfs.bsize,
                u.statfs.blocks, u.statfs.bfree);
    else if (strstr(type, "uapi_timespec "))
        fprintf(v->out, "{tv_sec=%" PRId64 ", tv_nsec=%" PRId64 "}", u.time.sec, u.time.nsec);
    else if (strstr(type, "uapi_tms "))
        fprintf(v->out, "{tms_utime=%" PRId64 ", tms_stime=%" PRId64 ", ...}", u.tms.utime, u.tms.stime);
    else if (strstr(type, "uapi_sigaction "))
        put_action(v->out, &u.action);
    else if (strstr(type, "utsname "))
        fprintf(v->out, "{sysname=\"%.*s\", ...}", UAPI_UTS_LEN, u.sysname);
    else
        put_pointer(v->out, v->args[i]);
}

// int *: one or two numbers, or a wait status.
static void put_ints(const struct view *v, int i, const struct trace_item *item) {
    int n[2] = {0, 0};
    memcpy(n, item->data, item->len);
    if (strcmp(v->call->arg[i].name, "status") != 0)
        fprintf(v->out, item->len > sizeof *n ? "[%d, %d]" : "[%d]", n[0], n[1]);
    else if (v->end->b == 0) // nobody has ended
        put_pointer(v->out, v->args[i]);
    else if (WIFSIGNALED(n[0]))
        fprintf(v->out, "[{WIFSIGNALED && WTERMSIG == %s}]", decode_signal(WTERMSIG(n[0])));
    else
        fprintf(v->out, "[{WIFEXITED && WEXITSTATUS == %d}]", WEXITSTATUS(n[0]));
}

static void put_target(const struct view *v, int i) {
    const char *type = v->call->arg[i].type;
    const struct trace_item *item = find_item(v, i, 0);
    if (strcmp(type, "char *const *") == 0 && strcmp(v->call->arg[i].name, "argv") == 0)
        put_vector(v, i);
    else if (!item || strcmp(v->call->name, "getdents") == 0 || strcmp(v->call->arg[i].name, "left") == 0)
        put_pointer(v->out, v->args[i]);
    else if (strstr(type, "struct"))
        put_struct(v, i, item);
    else if (strncmp(type, "int", 3) == 0)
        put_ints(v, i, item);
    else
        put_text(v->out, item);
}

// ---- numbers, by their names

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static void put_open_flags(FILE *out, uint64_t flags) {
    put_name(out, access_modes, flags & O_ACCMODE);
    put_flags(out, open_flags, flags & ~(uint64_t)O_ACCMODE, true);
}

static bool put_named(const struct view *v, int i) {
    const char *call = v->call->name, *arg = v->call->arg[i].name;
    uint64_t value = v->args[i];
    if (is(call, "open") && is(arg, "flags"))
        put_open_flags(v->out, (uint32_t)value);
    else if (is(arg, "mode") || is(arg, "mask"))
        put_mode(v->out, (uint32_t)value);
    else if (is(arg, "dev"))
        fprintf(v->out, "makedev(%u, %u)", (unsigned)value >> 8, (unsigned)value & 0xff);
    else if (is(arg, "sig"))
        fputs(decode_signal((int)value), v->out);
    else if (is(call, "waitpid") && is(arg, "options"))
        put_flags(v->out, wait_options, (uint32_t)value, false);
    else if (is(arg, "whence"))
        put_name(v->out, whences, (uint32_t)value);
    else if (is(call, "fcntl") && is(arg, "cmd"))
        put_name(v->out, commands, (uint32_t)value);
    else if (is(arg, "clock"))
        put_name(v->out, clocks, (uint32_t)value);
    else if (is(arg, "request"))
        put_name(v->out, requests, value);
    else
        return false;
    return true;
}

static void put_argument(const struct view *v, int i) {
    const char *type = v->call->arg[i].type;
    uint64_t value = v->args[i];
    if (type[strlen(type) - 1] == '*')
        put_target(v, i);
    else if (put_named(v, i))
        return;
    else if (is(type, "int"))
        fprintf(v->out, "%d", (int)value);
    else if (is(type, "unsigned"))
        fprintf(v->out, "%u", (unsigned)value);
    else if (is(type, "size_t") || strncmp(type, "unsigned", 8) == 0)
        fprintf(v->out, "%" PRIu64, value);
    else
        fprintf(v->out, "%" PRId64, (int64_t)value);
}

// Arguments that mean nothing in this call are left out.
static int arguments(const struct view *v) {
    int n = 0;
    while (n < TRACE_ARGS && v->call->arg[n].name)
        n++;
    if (is(v->call->name, "open") && !(v->args[1] & O_CREAT))
        n = 2;
    if (is(v->call->name, "fcntl") && (v->args[1] == F_GETFD || v->args[1] == F_GETFL))
        n = 2;
    if (is(v->call->name, "waitpid") && v->args[3] == 0)
        n = 3;
    return n;
}

static void put_result(const struct view *v) {
    int64_t result = v->end->b;
    if (result < 0 && result > -4096) {
        const char *name = name_of(errors, -result);
        if (name)
            fprintf(v->out, "-1 %s (%s)", name, strerror(-result));
        else
            fprintf(v->out, "-1 (error %" PRId64 ")", -result);
    } else if (v->call && strchr(v->call->result, '*')) {
        put_pointer(v->out, result);
    } else if (v->call && is(v->call->name, "umask")) {
        put_mode(v->out, result);
    } else {
        fprintf(v->out, "%" PRId64, result);
    }
}

void decode_call(FILE *out, const struct trace_record *begin, const struct trace_record *end) {
    struct view v = {out, trace_call(begin->a), begin, end, (const uint64_t *)(begin + 1)};
    if (!v.call) {
        fprintf(out, "call_%" PRIu64 "(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64, begin->a, v.args[0], v.args[1],
                v.args[2]);
    } else {
        fprintf(out, "%s(", v.call->name);
        for (int i = 0, n = arguments(&v); i < n; i++) {
            fputs(i ? ", " : "", out);
            put_argument(&v, i);
        }
    }
    fputs(") = ", out);
    if (end)
        put_result(&v);
    else
        fputc('?', out);
}
