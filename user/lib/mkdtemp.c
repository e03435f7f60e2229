// mkdtemp.c: a directory with a name of its own.

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib.h"

char *mkdtemp(char *template) {
    size_t length = strlen(template);
    if (length < 6 || strcmp(template + length - 6, "XXXXXX")) {
        errno = EINVAL;
        return NULL;
    }
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (int tries = 0; tries < 100; tries++) {
        for (size_t i = length - 6; i < length; i++)
            template[i] = letters[arc4random_uniform(sizeof letters - 1)];
        if (mkdir(template, 0700) == 0)
            return template;
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}
