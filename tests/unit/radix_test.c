// uses: kernel/lib/radix.c
// radix_test.c: the sparse array, against a plain list of what should be in it.
#include "unit.h"

#include "lib/radix.h"

static int live, fail_after = -1; // nodes allocated; allocations until the next fails

static void *node_get(void) {
    if (fail_after == 0)
        return NULL;
    if (fail_after > 0)
        fail_after--;
    live++;
    return calloc(1, radix_node_size);
}

static void node_put(void *node) {
    live--;
    free(node);
}

static const struct radix_alloc alloc = {node_get, node_put};
static int items[64];

static void sparse(void **state) {
    static const uint64_t at[] = {0, 1, 63, 64, 4095, 4096, 1UL << 30, 1UL << 60, UINT64_MAX};
    struct radix r = {0};
    assert_null(radix_get(&r, 0));
    for (size_t i = 0; i < ARRAY_SIZE(at); i++)
        assert_int_equal(radix_insert(&r, at[i], &items[i], &alloc), 0);
    assert_int_equal(r.count, ARRAY_SIZE(at));
    uint64_t index = 0;
    for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
        assert_ptr_equal(radix_get(&r, at[i]), &items[i]);
        assert_ptr_equal(radix_next(&r, &index, -1), &items[i]);
        assert_int_equal(index, at[i]);
        index++;
    }
    assert_null(radix_get(&r, 2));
    assert_null(radix_get(&r, 1UL << 59));
    for (size_t i = ARRAY_SIZE(at); i-- > 0;)
        assert_ptr_equal(radix_remove(&r, at[i], &alloc), &items[i]);
    assert_null(r.root);
    assert_int_equal(r.count, 0);
    assert_int_equal(live, 0);
}

static void tags(void **state) {
    struct radix r = {0};
    for (uint64_t i = 0; i < 40; i++)
        radix_insert(&r, i * 1000, &items[i], &alloc);
    radix_tag(&r, 7000, 0, true);
    radix_tag(&r, 30000, 0, true);
    radix_tag(&r, 31000, 1, true);
    radix_tag(&r, 5, 0, true); // nothing there: no effect
    uint64_t index = 0;
    assert_ptr_equal(radix_next(&r, &index, 0), &items[7]);
    index++;
    assert_ptr_equal(radix_next(&r, &index, 0), &items[30]);
    assert_int_equal(index, 30000);
    index++;
    assert_null(radix_next(&r, &index, 0));
    radix_tag(&r, 7000, 0, false);
    index = 0;
    assert_ptr_equal(radix_next(&r, &index, 0), &items[30]);
    radix_remove(&r, 30000, &alloc);
    index = 0;
    assert_null(radix_next(&r, &index, 0));
    radix_insert(&r, 30000, &items[30], &alloc); // comes back without its tags
    index = 0;
    assert_null(radix_next(&r, &index, 0));
    radix_insert(&r, 1UL << 40, &items[41], &alloc); // a higher tree keeps them
    index = 0;
    assert_ptr_equal(radix_next(&r, &index, 1), &items[31]);
    for (uint64_t i = 0; i < 40; i++)
        radix_remove(&r, i * 1000, &alloc);
    radix_remove(&r, 1UL << 40, &alloc);
    assert_int_equal(live, 0);
}

static void out_of_memory(void **state) {
    for (int spare = 0; spare < 12; spare++) {
        struct radix r = {0};
        assert_int_equal(radix_insert(&r, 3, &items[0], &alloc), 0);
        fail_after = spare;
        int err = radix_insert(&r, 1UL << 50, &items[1], &alloc);
        fail_after = -1;
        assert_true(err == 0 || err == -ENOMEM);
        if (err) {
            assert_int_equal(r.count, 1);
            assert_null(radix_get(&r, 1UL << 50));
        } else {
            radix_remove(&r, 1UL << 50, &alloc);
        }
        assert_ptr_equal(radix_get(&r, 3), &items[0]);
        radix_remove(&r, 3, &alloc);
        assert_int_equal(live, 0);
    }
}

enum { RANGE = 3000 };

static void random_steps(void **state) {
    static bool present[RANGE], tagged[RANGE];
    struct radix r = {0};
    uint64_t seed = 3;
    for (int step = 0; step < 30000; step++) {
        uint64_t i = unit_random(&seed) % RANGE;
        switch (unit_random(&seed) % 4) {
        case 0:
            if (!present[i])
                assert_int_equal(radix_insert(&r, i, &present[i], &alloc), 0);
            present[i] = true;
            break;
        case 1:
            assert_ptr_equal(radix_remove(&r, i, &alloc), present[i] ? &present[i] : NULL);
            present[i] = tagged[i] = false;
            break;
        case 2:
            tagged[i] = present[i] && !tagged[i];
            radix_tag(&r, i, 1, tagged[i]);
            break;
        default: {
            int tag = unit_random(&seed) % 2 ? 1 : -1;
            uint64_t want = i, index = i;
            while (want < RANGE && !(tag < 0 ? present[want] : tagged[want]))
                want++;
            assert_ptr_equal(radix_next(&r, &index, tag), want < RANGE ? &present[want] : NULL);
            if (want < RANGE)
                assert_int_equal(index, want);
        }
        }
    }
    for (uint64_t i = 0; i < RANGE; i++)
        radix_remove(&r, i, &alloc);
    assert_int_equal(live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sparse, "radix: far apart indexes are found, walked in order and freed"),
        TEST(tags, "radix: the next tagged item is found; tags go with their item"),
        TEST(out_of_memory, "radix: an insert without memory changes nothing and leaks nothing"),
        TEST(random_steps, "radix: thousands of random steps agree with a plain array"),
    };
    return RUN_TESTS(tests);
}
