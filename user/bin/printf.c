// printf: write words in a form.

#include <cmd.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: printf format [word...]\n"
    "Write the words as the format says, which starts again while words are left.\n"
    "  %d %i %o %u %x %X %c %s %%  as printf(3), with flags, width and precision\n"
    "  %b                          a word whose escapes count\n"
    "  \\a \\b \\f \\n \\r \\t \\v \\\\ \\012 escapes in the format; \\c in a %b ends all output\n";

static char **word;
static int status;

// Write the character of the escape at s (behind the backslash). Returns what follows it.
static const char *escape(const char *s, bool in_word) {
    static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
    const char *at = *s ? strchr(from, *s) : NULL;
    if (at) {
        putchar(to[at - from]);
        return s + 1;
    }
    if (*s >= '0' && *s <= '7') {
        int value = 0;
        if (in_word && *s == '0') // \0ddd there, \ddd in a format
            s++;
        for (int i = 0; i < 3 && *s >= '0' && *s <= '7'; i++)
            value = value * 8 + (*s++ - '0');
        putchar(value & 0xff);
        return s;
    }
    if (in_word && *s == 'c')
        exit(status);
    putchar('\\');
    return s;
}

static const char *next(void) { return *word ? *word++ : NULL; }

static intmax_t number(bool is_unsigned) {
    const char *text = next();
    if (!text)
        return 0;
    if (*text == '\'' || *text == '"') // the value of the character behind the quote
        return (unsigned char)text[1];
    char *end;
    errno = 0;
    intmax_t value = is_unsigned ? (intmax_t)strtoull(text, &end, 0) : strtoll(text, &end, 0);
    if (end == text || *end || errno) {
        cmd_warnx(errno ? "%s: out of range" : "%s: not a number", text);
        status = 1;
    }
    return value;
}

// The conversion at s (behind the %). Returns what follows it.
static const char *convert(const char *s) {
    char spec[48] = "%";
    size_t len = 1;
    while (*s && strchr("-+ #0123456789.*", *s) && len < sizeof spec - 16) {
        if (*s == '*')
            len += snprintf(spec + len, 12, "%d", (int)number(false));
        else
            spec[len++] = *s;
        s++;
    }
    char kind = *s ? *s++ : '\0';
    const char *text;
    switch (kind) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        spec[len++] = 'j';
        spec[len++] = kind;
        printf(spec, number(kind != 'd' && kind != 'i'));
        break;
    case 'c':
        spec[len++] = kind;
        text = next();
        if (text && *text)
            printf(spec, *text);
        break;
    case 's':
        spec[len++] = kind;
        text = next();
        printf(spec, text ? text : "");
        break;
    case 'b':
        text = next();
        while (text && *text) {
            if (*text == '\\')
                text = escape(text + 1, true);
            else
                putchar(*text++);
        }
        break;
    default: cmd_diex("%s%c: not a conversion", spec, kind);
    }
    return s;
}

int main(int argc, char **argv) {
    if (argc == 2)
        cmd_start(argv, help);
    else
        cmd_start((char *[]){argv[0], NULL}, help);
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argc--, argv++;
    if (argc < 2)
        cmd_usage();
    word = argv + 2;
    char **before;
    do {
        before = word;
        for (const char *s = argv[1]; *s;) {
            if (*s == '\\') {
                s = escape(s + 1, false);
            } else if (s[0] == '%' && s[1] == '%') {
                putchar('%');
                s += 2;
            } else if (*s == '%') {
                s = convert(s + 1);
            } else {
                putchar(*s++);
            }
        }
    } while (*word && word != before);
    return status;
}
