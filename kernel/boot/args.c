// args.c: boot arguments.
#include "boot/boot.h"

static char text[4096]; // the words without their quotes, each with a NUL
static char *text_end = text;

void args_set(const char *line) {
    if (line && strlen(line) >= sizeof(text))
        panic("boot arguments are longer than %lu bytes", sizeof(text) - 1);
    bool quoted = false;
    for (; line && *line; line++) {
        if (*line == '"') {
            quoted = !quoted;
        } else {
            if (quoted && *line == '\\' && line[1])
                line++;
            *text_end++ = *line == ' ' && !quoted ? 0 : *line;
        }
    }
    text_end++; // the last one's NUL
}

const char *args_get(const char *name) {
    const size_t n = strlen(name);
    for (const char *word = text; word < text_end; word += strlen(word) + 1)
        if (strncmp(word, name, n) == 0 && (word[n] == '=' || word[n] == 0))
            return word[n] ? word + n + 1 : word + n;
    return NULL;
}

uint64_t args_number(const char *name) {
    uint64_t value = 0;
    for (const char *s = args_get(name); s && *s >= '0' && *s <= '9'; s++)
        value = value * 10 + (*s - '0');
    return value;
}
