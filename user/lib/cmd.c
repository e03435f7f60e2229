// cmd.c: what the commands in user/bin share. The contract is in cmd.h.

#include "cmd.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int cmd_trouble = 1;

static const char *command = "?";
static const char *help_text = "usage: ?\n";

const char *cmd_name(void) { return command; }

// Runs when the command ends. Output that is lost must not look like success.
static void finish(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    if (errno)
        cmd_warn("standard output");
    else
        cmd_warnx("standard output: write error");
    _exit(cmd_trouble);
}

void cmd_start(char **argv, const char *help) {
    help_text = help;
    if (argv[0]) {
        const char *slash = strrchr(argv[0], '/');
        command = slash ? slash + 1 : argv[0];
    }
    atexit(finish);
    if (argv[0] && argv[1] && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        exit(0);
    }
}

void cmd_usage(void) {
    fprintf(stderr, "%.*s\n", (int)strcspn(help_text, "\n"), help_text);
    exit(2);
}

// One write for the whole line, so that the lines of two processes do not mix.
static void complain(int error, const char *format, va_list args) {
    char line[512];
    int len = vsnprintf(line, sizeof line, format, args);
    if (len < 0 || len >= (int)sizeof line)
        line[sizeof line - 1] = '\0';
    if (error)
        fprintf(stderr, "%s: %s: %s\n", command, line, strerror(error));
    else
        fprintf(stderr, "%s: %s\n", command, line);
}

void cmd_warn(const char *format, ...) {
    int error = errno;
    va_list args;
    va_start(args, format);
    complain(error, format, args);
    va_end(args);
}

void cmd_warnx(const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(0, format, args);
    va_end(args);
}

void cmd_die(const char *format, ...) {
    int error = errno;
    va_list args;
    va_start(args, format);
    complain(error, format, args);
    va_end(args);
    exit(cmd_trouble);
}

void cmd_diex(const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(0, format, args);
    va_end(args);
    exit(cmd_trouble);
}

void *cmd_realloc(void *old, size_t size) {
    void *p = realloc(old, size ? size : 1);
    if (!p)
        cmd_diex("out of memory");
    return p;
}

char *cmd_strdup(const char *s) {
    size_t size = strlen(s) + 1;
    return memcpy(cmd_realloc(NULL, size), s, size);
}

int64_t cmd_number(const char *s, int64_t min, int64_t max) {
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    if (end == s || *end != '\0')
        cmd_diex("%s: not a number", s);
    if (errno || value < min || value > max)
        cmd_diex("%s: out of range", s);
    return value;
}

bool cmd_seconds(const char *s, int64_t *nanoseconds) {
    const int64_t second = 1000000000;
    int64_t whole = 0, fraction = 0;
    bool digits = false;
    for (; isdigit((unsigned char)*s); s++, digits = true)
        if (whole < INT64_MAX / second / 10 - 1) // longer than a life: the digits no longer matter
            whole = whole * 10 + (*s - '0');
    if (*s == '.') {
        s++;
        for (int64_t unit = second / 10; isdigit((unsigned char)*s); s++, unit /= 10, digits = true)
            fraction += unit * (*s - '0');
    }
    *nanoseconds = whole * second + fraction;
    return digits && *s == '\0';
}

// One clause of a symbolic mode: who, then operators with their permissions. Returns what follows it, or
// NULL.
static const char *mode_clause(const char *s, bool is_dir, mode_t *mode) {
    mode_t who = 0;
    for (; *s && strchr("ugoa", *s); s++)
        who |= *s == 'u' ? 04700 : *s == 'g' ? 02070 : *s == 'o' ? 01007 : 07777;
    mode_t mask = 0;
    if (!who) { // for everybody, but within the umask
        mask = umask(0);
        umask(mask);
        who = 07777;
    }
    if (!*s || !strchr("+-=", *s))
        return NULL;
    while (*s && strchr("+-=", *s)) {
        char op = *s++;
        mode_t bits = 0;
        for (; *s && strchr("rwxXstugo", *s); s++) {
            switch (*s) {
            case 'r': bits |= 0444; break;
            case 'w': bits |= 0222; break;
            case 'x': bits |= 0111; break;
            case 'X': bits |= is_dir || (*mode & 0111) ? 0111 : 0; break;
            case 's': bits |= 06000; break;
            case 't': bits |= 01000; break;
            case 'u': bits |= ((*mode >> 6) & 7) * 0111; break;
            case 'g': bits |= ((*mode >> 3) & 7) * 0111; break;
            case 'o': bits |= (*mode & 7) * 0111; break;
            }
        }
        bits &= who & ~mask;
        if (op == '=')
            *mode = (*mode & ~(who & (is_dir ? 0777 : 07777))) | bits;
        else
            *mode = op == '+' ? *mode | bits : *mode & ~bits;
    }
    return s;
}

bool cmd_mode(const char *text, mode_t old, bool is_dir, mode_t *mode) {
    *mode = old & 07777;
    if (isdigit((unsigned char)*text)) {
        char *end;
        unsigned long value = strtoul(text, &end, 8);
        *mode = value;
        return *end == '\0' && value <= 07777;
    }
    for (;;) {
        text = mode_clause(text, is_dir, mode);
        if (!text || *text == '\0')
            return text != NULL;
        if (*text++ != ',')
            return false;
    }
}

void cmd_mode_text(mode_t mode, char *out) {
    out[0] = S_ISDIR(mode)    ? 'd'
             : S_ISLNK(mode)  ? 'l'
             : S_ISCHR(mode)  ? 'c'
             : S_ISBLK(mode)  ? 'b'
             : S_ISFIFO(mode) ? 'p'
             : S_ISSOCK(mode) ? 's'
                              : '-';
    for (int i = 0; i < 9; i++)
        out[1 + i] = mode & (0400 >> i) ? "rwx"[i % 3] : '-';
    if (mode & S_ISUID)
        out[3] = mode & 0100 ? 's' : 'S';
    if (mode & S_ISGID)
        out[6] = mode & 0010 ? 's' : 'S';
    if (mode & 01000)
        out[9] = mode & 0001 ? 't' : 'T';
    out[10] = '\0';
}

void cmd_owner(unsigned id, char *out) {
    if (id == 0)
        strcpy(out, "root");
    else
        snprintf(out, 12, "%u", id);
}

int cmd_write(int fd, const void *buf, size_t n) {
    const char *p = buf;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        p += done;
        n -= done;
    }
    return 0;
}

int cmd_copy(int from, const char *from_name, int to, const char *to_name) {
    static char buf[CMD_COPY_BYTES] __attribute__((aligned(4096)));
    for (;;) {
        ssize_t n = read(from, buf, sizeof buf);
        if (n == 0)
            return 0;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            cmd_warn("%s", from_name);
            return -1;
        }
        if (cmd_write(to, buf, n) < 0) {
            cmd_warn("%s", to_name);
            return -1;
        }
    }
}

int cmd_open(const char *path) {
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        cmd_warn("%s", path);
    return fd;
}

char *cmd_join(const char *dir, const char *name) {
    size_t len = strlen(dir);
    bool slash = len > 0 && dir[len - 1] != '/';
    size_t size = len + slash + strlen(name) + 1;
    char *path = cmd_realloc(NULL, size);
    snprintf(path, size, "%s%s%s", dir, slash ? "/" : "", name);
    return path;
}

char *cmd_base(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (start == end && end > 0) // only slashes
        start--;
    char *base = cmd_realloc(NULL, end - start + 1);
    memcpy(base, path + start, end - start);
    base[end - start] = '\0';
    return base;
}

bool cmd_is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int cmd_list(const char *dir, bool dots, struct cmd_names *list) {
    list->name = NULL;
    list->count = 0;
    DIR *d = opendir(dir);
    if (!d)
        return -1;
    size_t room = 0;
    struct dirent *e;
    for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
        if (!dots && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
            continue;
        if (list->count == room) {
            room = room ? room * 2 : 64;
            list->name = cmd_realloc(list->name, room * sizeof list->name[0]);
        }
        list->name[list->count++] = cmd_strdup(e->d_name);
    }
    int error = errno;
    closedir(d);
    if (error) {
        cmd_list_free(list);
        errno = error;
        return -1;
    }
    if (list->count > 0)
        qsort(list->name, list->count, sizeof list->name[0], by_name);
    return 0;
}

void cmd_list_free(struct cmd_names *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->name[i]);
    free(list->name);
    list->name = NULL;
    list->count = 0;
}

void cmd_remove_tree(const char *path) {
    struct stat st;
    if (lstat(path, &st) < 0)
        return;
    struct cmd_names list = {0};
    if (S_ISDIR(st.st_mode) && cmd_list(path, false, &list) < 0)
        cmd_die("%s", path);
    for (size_t i = 0; i < list.count; i++) {
        char *entry = cmd_join(path, list.name[i]);
        cmd_remove_tree(entry);
        free(entry);
    }
    cmd_list_free(&list);
    if ((S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path)) < 0)
        cmd_die("%s", path);
}

int cmd_run(char **argv) {
    pid_t child = fork();
    if (child < 0)
        cmd_die("fork");
    if (child == 0) {
        execvp(argv[0], argv);
        int status = errno == ENOENT ? 127 : 126;
        cmd_warn("%s", argv[0]);
        _exit(status);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            cmd_die("waitpid");
    return status;
}

void cmd_human(uint64_t bytes, char *out) {
    static const char units[] = "KMGTPE";
    if (bytes < 1024) {
        snprintf(out, 8, "%u", (unsigned)bytes);
        return;
    }
    int unit = 0;
    for (; bytes >= 1024 * 1024; bytes /= 1024)
        unit++;
    unsigned tenths = (bytes * 10 + 1023) / 1024; // rounded up, as df and du do
    if (tenths < 100)
        snprintf(out, 8, "%u.%u%c", tenths / 10, tenths % 10, units[unit]);
    else
        snprintf(out, 8, "%u%c", (tenths + 9) / 10, units[unit]);
}
