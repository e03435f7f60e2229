// words: a program that knows nothing of heap.c, and runs on it: which words are how often in what it reads?
//
//   words file

#include <lab.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap_malloc.h"

struct word {
    struct word *next;
    char *text;
    int count;
};

static struct word **table;
static size_t buckets, used;

static size_t hash(const char *s) {
    size_t h = 5381;
    while (*s)
        h = h * 33 + (unsigned char)*s++;
    return h;
}

static void grow_table(void) {
    size_t more = buckets ? buckets * 2 : 16;
    struct word **bigger = calloc(more, sizeof *bigger);
    for (size_t i = 0; i < buckets; i++)
        for (struct word *w = table[i], *next; w; w = next) {
            next = w->next;
            w->next = bigger[hash(w->text) % more];
            bigger[hash(w->text) % more] = w;
        }
    free(table);
    table = bigger;
    buckets = more;
}

static void count_word(const char *text) {
    if (used >= buckets)
        grow_table();
    struct word **w = &table[hash(text) % buckets];
    while (*w && strcmp((*w)->text, text) != 0)
        w = &(*w)->next;
    if (!*w) {
        *w = calloc(1, sizeof **w);
        (*w)->text = strdup(text);
        used++;
    }
    (*w)->count++;
}

static int more_often(const void *a, const void *b) {
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    char *start = sbrk(0);
    FILE *f = fopen(argv[1], "r");
    if (!f)
        lab_trouble("%s cannot be opened", argv[1]);
    char *line = NULL, *all = NULL,
         **lines = NULL; // two that grow side by side, and so get into each other's way
    size_t room = 0, bytes = 0, count = 0;
    while (getline(&line, &room, f) > 0) {
        size_t n = strlen(line);
        lines = realloc(lines, (count + 1) * sizeof *lines);
        lines[count++] = strdup(line);
        all = realloc(all, bytes + n + 1);
        memcpy(all + bytes, line, n + 1);
        bytes += n;
    }
    fclose(f);
    free(line);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(lines[i]);
        if (strncmp(all + at, lines[i], n) != 0)
            lab_result("damaged", "line %zu", i + 1);
        at += n;
        free(lines[i]);
    }
    free(lines);
    char *rest = all;
    for (char *w; (w = strsep(&rest, " \n")) != NULL;)
        if (*w)
            count_word(w);
    struct word **sorted = malloc(used * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < buckets; i++)
        for (struct word *w = table[i]; w; w = w->next)
            sorted[n++] = w;
    qsort(sorted, n, sizeof *sorted, more_often);
    lab_result("bytes", "%zu", bytes);
    lab_result("different", "%zu", n);
    for (size_t i = 0; i < 3 && i < n; i++)
        lab_result("word", "%s %d", sorted[i]->text, sorted[i]->count);
    lab_result("heap", "%td", (char *)sbrk(0) - start);
    return 0;
}
