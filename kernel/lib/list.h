// list.h: doubly linked lists whose links live inside the elements.
//
// A list is a struct list that links to itself when empty; an element embeds a struct list and
// container_of leads back. No locks here: whoever owns the list says what guards it.
#pragma once

#include "lib/kernel.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name)                                                                                      \
    { &(name), &(name) }

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }

// Put e right after (list_push) or right before (list_append) position at. With at = the head: front, back.
static inline void list_push(struct list *at, struct list *e) {
    e->next = at->next;
    e->prev = at;
    at->next->prev = e;
    at->next = e;
}

static inline void list_append(struct list *at, struct list *e) { list_push(at->prev, e); }

// Take e out and make it an empty list, so that removing it again is harmless and list_empty(e) tells.
static inline void list_remove(struct list *e) {
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

// Move everything from l to the end of onto.
static inline void list_splice(struct list *onto, struct list *l) {
    if (list_empty(l))
        return;
    l->next->prev = onto->prev;
    onto->prev->next = l->next;
    l->prev->next = onto;
    onto->prev = l->prev;
    list_init(l);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
// First element, or NULL of an empty list.
#define list_first(l, type, member)   (list_empty(l) ? NULL : list_entry((l)->next, type, member))
#define list_last(l, type, member)    (list_empty(l) ? NULL : list_entry((l)->prev, type, member))

#define list_for_each(var, head, member)                                                                     \
    for (var = list_entry((head)->next, __typeof__(*var), member); &var->member != (head);                   \
         var = list_entry(var->member.next, __typeof__(*var), member))
// The body may remove var.
#define list_for_each_safe(var, tmp, head, member)                                                           \
    for (var = list_entry((head)->next, __typeof__(*var), member),                                           \
        tmp = list_entry(var->member.next, __typeof__(*var), member);                                        \
         &var->member != (head); var = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))
