// expand.c: from a word as typed to the arguments it stands for; and the variables.
//
// All variables live in the C library's environment; those that are not exported are listed in `private`.
// While a field is collected, a backslash marks each quoted character that glob() would take for something
// else.
#include <glob.h>

#include "sh.h"

struct private {
    struct private *next;
    char name[];
};
static struct private *private;

struct field {
    struct list *out; // NULL: it is one string, neither split nor a pattern
    struct buf text;
    bool exists;  // even if it is empty: it had quotes
    bool pattern; // it has a * ? or [ without quotes
};

size_t name_length(const char *s) {
    size_t n = 0;
    while (isalpha((unsigned char)s[n]) || s[n] == '_' || (n > 0 && isdigit((unsigned char)s[n])))
        n++;
    return n;
}

void var_set(const char *name, const char *value, bool exported) {
    char *key = mem_string(name, name_length(name));
    struct private **p = &private;
    while (*p && strcmp((*p)->name, key) != 0)
        p = &(*p)->next;
    if (*p && exported)
        *p = (*p)->next;
    else if (!*p && !exported && !getenv(key))
        *p = must(calloc(1, sizeof **p + strlen(key) + 1)), strcpy((*p)->name, key);
    setenv(key, value ? value : "", value != NULL);
}

void vars_hide(void) {
    for (; private; private = private->next)
        unsetenv(private->name);
}

static void put(struct field *f, char c, bool quoted) {
    if (quoted ? strchr("*?[]\\-!^", c) != NULL : c == '\\')
        buf_add(&f->text, "\\", 1);
    else if (!quoted && strchr("*?[", c))
        f->pattern = true;
    buf_add(&f->text, &c, 1);
}

static char *without_backslashes(const struct buf *text) {
    char *clean = mem_alloc(text->len + 1), *to = clean;
    for (size_t i = 0; i < text->len; i++)
        *to++ = text->s[text->s[i] == '\\' ? ++i : i];
    return clean;
}

static void end_field(struct field *f) {
    glob_t g;
    if (f->pattern && glob(f->text.s, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            list_add(f->out, mem_string(g.gl_pathv[i], strlen(g.gl_pathv[i])));
        globfree(&g);
    } else if (f->text.len > 0 || f->exists) {
        list_add(f->out, without_backslashes(&f->text));
    }
    *f = (struct field){.out = f->out};
}

static void put_value(struct field *f, const char *value, bool quoted) {
    for (; value && *value; value++)
        if (!quoted && f->out && isspace((unsigned char)*value))
            end_field(f);
        else
            put(f, *value, quoted);
}

// $@ and $*: "$@" is an argument for each parameter, and none if there are none.
static void put_parameters(struct field *f, bool quoted, bool apart) {
    f->exists &= !apart || params.n > 1;
    for (int i = 1; i < params.n; i++) {
        put_value(f, params.v[i], quoted);
        f->exists |= apart;
        if (i + 1 < params.n)
            apart ? end_field(f) : put_value(f, " ", quoted);
    }
}

// What follows a $: name, {name}, a digit, or one of ?$!#@*. Returns the first character after it.
static const char *put_variable(struct field *f, const char *s, bool quoted) {
    bool braces = *s == '{';
    s += braces;
    size_t n = braces ? strcspn(s, "}") : name_length(s);
    if (n == 0 && *s && strchr("?$!#@*0123456789", *s))
        n = 1;
    const char *name = mem_string(s, n), *specials = "?$!#", *special = strchr(specials, *name);
    int numbers[] = {last_status, shell_pid, last_background, params.n - 1};
    char number[12];
    if (n == 0)
        put(f, '$', true);
    else if (*name == '@' || *name == '*')
        put_parameters(f, quoted, *name == '@' && quoted && f->out);
    else if (isdigit((unsigned char)*name))
        put_value(f, atoi(name) < params.n ? params.v[atoi(name)] : "", quoted);
    else if (special && snprintf(number, sizeof number, "%d", numbers[special - specials]))
        put_value(f, *special == '!' && !last_background ? "" : number, quoted);
    else
        put_value(f, getenv(name), quoted);
    return s + n + (braces && s[n]);
}

static void expand(struct field *f, const char *s) {
    bool quoted = false; // in double quotes
    if (s[0] == '~' && (s[1] == '/' || s[1] == 0) && getenv("HOME"))
        put_value(f, getenv(s++ ? "HOME" : ""), true);
    while (*s) {
        char c = *s++;
        if (c == '\'' && !quoted) {
            for (f->exists = true; (c = *s++) != '\'';)
                put(f, c, true);
        } else if (c == '"') {
            quoted = !quoted;
            f->exists |= quoted;
        } else if (c == '\\' && *s && (!quoted || strchr("$`\"\\\n", *s))) {
            if (*s++ != '\n') // an escaped newline is no character at all
                put(f, s[-1], true);
        } else if (c == '$') {
            s = put_variable(f, s, quoted);
        } else {
            put(f, c, quoted);
        }
    }
}

void expand_word(const char *raw, struct list *out) {
    struct field f = {.out = out};
    expand(&f, raw);
    end_field(&f);
}

char *expand_string(const char *raw) {
    struct field f = {.out = NULL};
    expand(&f, raw);
    return without_backslashes(&f.text);
}
