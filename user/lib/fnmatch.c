// fnmatch.c: does a name match a pattern? (POSIX, 2.13). picolibc's knows no [[:digit:]].

#include <fnmatch.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool in_class(const char *name, size_t n, int c) {
    static const struct {
        const char *name;
        int (*test)(int);
    } classes[] = {
        {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
        {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
        {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strlen(classes[i].name) == n && !memcmp(classes[i].name, name, n))
            return classes[i].test(c) != 0;
    return false;
}

// The byte that stands at *at in a bracket expression: itself, after a backslash, or in [.x.] or [=x=].
static unsigned char bracket_byte(const char **at, int flags) {
    const char *p = *at;
    if (*p == '\\' && !(flags & FNM_NOESCAPE) && p[1])
        p++;
    else if (*p == '[' && (p[1] == '.' || p[1] == '=') && p[2] && p[3] == p[1] && p[4] == ']') {
        *at = p + 5;
        return (unsigned char)p[2];
    }
    *at = p + 1;
    return (unsigned char)*p;
}

// p is after a '['. Sets *matches to whether c is in the set. Returns what follows the ']', or NULL if there
// is none: then the '[' stands for itself.
static const char *match_bracket(const char *p, unsigned char c, int flags, bool *matches) {
    unsigned char other = c; // the letter in the other case, when case does not count
    if (flags & FNM_CASEFOLD)
        other = (unsigned char)(isupper(c) ? tolower(c) : toupper(c));
    bool negated = *p == '!' || *p == '^', found = false;
    if (negated)
        p++;
    for (bool first = true;; first = false) {
        if (!*p || ((flags & FNM_PATHNAME) && *p == '/'))
            return NULL;
        if (*p == ']' && !first)
            break;
        const char *end;
        if (p[0] == '[' && p[1] == ':' && (end = strstr(p + 2, ":]"))) {
            size_t n = (size_t)(end - p) - 2;
            found |= in_class(p + 2, n, c) || in_class(p + 2, n, other);
            p = end + 2;
            continue;
        }
        unsigned char low = bracket_byte(&p, flags), high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            p++;
            high = bracket_byte(&p, flags);
        }
        found |= (low <= c && c <= high) || (low <= other && other <= high);
    }
    *matches = found != negated;
    return p + 1;
}

int fnmatch(const char *pattern, const char *string, int flags) {
    const char *p = pattern, *s = string;
    const char *star = NULL, *star_at = NULL; // after the last '*'; where what it stands for ends
    for (;;) {
        bool hidden = *s == '.' && (flags & FNM_PERIOD) &&
                      (s == string || ((flags & FNM_PATHNAME) && s[-1] == '/')); // only a '.' matches it
        bool slash = *s == '/' && (flags & FNM_PATHNAME);                        // only a '/' matches it
        if (*p == '*' && !hidden) {
            star = ++p;
            star_at = s;
            continue;
        }
        if (!*p && (!*s || (*s == '/' && (flags & FNM_LEADING_DIR))))
            return 0;
        const char *after = NULL; // of the pattern, if it matches the byte at s
        if (*s && *p == '?') {
            if (!hidden && !slash)
                after = p + 1;
        } else if (*s && *p == '[') {
            bool matches;
            after = match_bracket(p + 1, (unsigned char)*s, flags, &matches);
            if (!after)
                after = *s == '[' ? p + 1 : NULL;
            else if (!matches || hidden || slash)
                after = NULL;
        } else if (*s && *p) {
            bool escaped = *p == '\\' && !(flags & FNM_NOESCAPE) && p[1];
            unsigned char want = (unsigned char)p[escaped], got = (unsigned char)*s;
            if (want == got || ((flags & FNM_CASEFOLD) && tolower(want) == tolower(got)))
                after = p + escaped + 1;
        }
        if (after) {
            p = after;
            s++;
            continue;
        }
        // Let the last '*' stand for one byte more, and try again from there.
        if (!star || !*star_at || (*star_at == '/' && (flags & FNM_PATHNAME)))
            return FNM_NOMATCH;
        p = star;
        s = ++star_at;
    }
}
