// uses: kernel/lib/heap.c
// heap_test.c: the heap.
#include "unit.h"

#include "lib/heap.h"

enum { COUNT = 500 };
static struct heap_node nodes[COUNT];

// Every child's key is at least its parent's, every parent link right. Returns the number of nodes.
static int check(struct heap_node *n, struct heap_node *parent) {
    if (!n)
        return 0;
    assert_ptr_equal(n->parent, parent);
    assert_true(!parent || n->key >= parent->key);
    assert_true(n->in);
    return 1 + check(n->left, n) + check(n->right, n);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sorts(void **state) {
    struct heap h = {0};
    uint64_t keys[COUNT], seed = 1;
    for (int i = 0; i < COUNT; i++) {
        nodes[i].key = keys[i] = unit_random(&seed) % 300; // some keys twice
        heap_push(&h, &nodes[i]);
    }
    qsort(keys, COUNT, sizeof(keys[0]), compare);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(heap_min(&h)->key, keys[i]);
        assert_int_equal(check(h.root, NULL), COUNT - i);
        heap_remove(&h, heap_min(&h));
    }
    assert_null(heap_min(&h));
}

static void removes(void **state) {
    struct heap h = {0};
    uint64_t seed = 2;
    int count = 0;
    for (int i = 0; i < COUNT; i++)
        nodes[i].in = false;
    for (int step = 0; step < 5000; step++) {
        struct heap_node *n = &nodes[unit_random(&seed) % COUNT];
        if (n->in) {
            heap_remove(&h, n);
            count--;
        } else {
            n->key = unit_random(&seed);
            heap_push(&h, n);
            count++;
        }
        assert_int_equal(check(h.root, NULL), count);
    }
}

static void harmless(void **state) {
    struct heap h = {0};
    struct heap_node a = {.key = 1}, b = {.key = 2};
    heap_push(&h, &a);
    heap_remove(&h, &b);
    heap_remove(&h, &a);
    heap_remove(&h, &a);
    assert_null(heap_min(&h));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sorts, "heap: the minimum comes out in order"),
        TEST(removes, "heap: removing any element keeps the order"),
        TEST(harmless, "heap: removing what is in no heap is harmless"),
    };
    return RUN_TESTS(tests);
}
