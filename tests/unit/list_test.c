// uses:
// list_test.c: lists whose links live inside the elements.
#include "unit.h"

#include "lib/list.h"

struct item {
    int value;
    struct list link;
};

static void expect(struct list *l, const int *values, int n) {
    struct item *it;
    int i = 0;
    list_for_each(it, l, link) {
        assert_true(i < n);
        assert_int_equal(it->value, values[i++]);
    }
    assert_int_equal(i, n);
    for (struct list *e = l->prev; e != l; e = e->prev) // the way back agrees
        assert_int_equal(list_entry(e, struct item, link)->value, values[--i]);
    assert_int_equal(i, 0);
}

static void empty(void **state) {
    struct list l = LIST_INIT(l);
    assert_true(list_empty(&l));
    assert_null(list_first(&l, struct item, link));
    assert_null(list_last(&l, struct item, link));
}

static void both_ends(void **state) {
    struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}};
    struct list l;
    list_init(&l);
    list_append(&l, &b.link);
    list_append(&l, &c.link);
    list_push(&l, &a.link);
    expect(&l, (int[]){1, 2, 3}, 3);
    assert_ptr_equal(list_first(&l, struct item, link), &a);
    assert_ptr_equal(list_last(&l, struct item, link), &c);
}

static void removal(void **state) {
    struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}};
    struct list l = LIST_INIT(l);
    list_append(&l, &a.link);
    list_append(&l, &b.link);
    list_append(&l, &c.link);
    list_remove(&b.link);
    list_remove(&b.link);
    assert_true(list_empty(&b.link));
    expect(&l, (int[]){1, 3}, 2);
    struct item *it, *tmp;
    list_for_each_safe(it, tmp, &l, link) list_remove(&it->link);
    assert_true(list_empty(&l));
}

static void splicing(void **state) {
    struct item v[4] = {{0, {0}}, {1, {0}}, {2, {0}}, {3, {0}}};
    struct list a = LIST_INIT(a), b = LIST_INIT(b);
    for (int i = 0; i < 4; i++)
        list_append(i < 2 ? &a : &b, &v[i].link);
    list_splice(&a, &b);
    expect(&a, (int[]){0, 1, 2, 3}, 4);
    assert_true(list_empty(&b));
    list_splice(&a, &b);
    expect(&a, (int[]){0, 1, 2, 3}, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(empty, "list: an empty list has no first and no last"),
        TEST(both_ends, "list: push goes to the front, append to the back"),
        TEST(removal, "list: removing twice is harmless, removing while walking works"),
        TEST(splicing, "list: splice moves everything to the end and leaves the other empty"),
    };
    return RUN_TESTS(tests);
}
