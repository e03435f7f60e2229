// args.c: parse the boot arguments once, answer by name.
#include "boot/args.h"

#include "lib/string.h"
#include "riscv/panic.h"

enum { TEXT_SIZE = 4096, MAX_ARGS = 32 };

static char text[TEXT_SIZE]; // "name\0value\0" for each
static struct { const char *name, *value; } words[MAX_ARGS];
static int count;

void args_set(const char *line) {
    if (strlen(line) >= TEXT_SIZE)
        panic("boot arguments are longer than %d bytes", TEXT_SIZE - 1);
    char *out = text;
    for (count = 0; count < MAX_ARGS; count++) {
        while (*line == ' ')
            line++;
        if (*line == 0)
            return;
        words[count].name = words[count].value = out;
        bool quoted = false, named = false;
        for (; *line && (quoted || *line != ' '); line++) {
            if (*line == '"') {
                quoted = !quoted;
            } else if (*line == '=' && !named) {
                named = true;
                *out++ = 0;
                words[count].value = out;
            } else {
                if (quoted && *line == '\\' && line[1])
                    line++;
                *out++ = *line;
            }
        }
        if (!named)
            words[count].value = out; // the NUL
        *out++ = 0;
    }
}

const char *args_get(const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].value;
    return NULL;
}
