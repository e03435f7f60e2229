// Pipes and descriptor tables, without blocking: against a plain array, byte by byte, also when memory is
// short.
#include "unit.h"

#include "lib/kernel.h" // brings the host's errno numbers, so it comes before the next line
#define __drupe_kernel__
#include "../../kernel/fs/pipe.c"
#include "../../kernel/fs/fdtable.c"

// ---- the machine below, as far as it is needed

static int spins, woken_readers, woken_writers, files;
static bool no_memory;

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {}
void spin_lock(struct spinlock *l) { assert_int_equal(spins++, 0); }
void spin_unlock(struct spinlock *l) { spins--; }
void waitq_init(struct waitq *q, const char *name) { q->name = name; }
int waitq_wait(struct waitq *q, struct spinlock *l, enum wait_how how, uint64_t deadline) { return -EINTR; }
int waitq_wake(struct waitq *q, int n) {
    *(strcmp(q->name, "pipe read") ? &woken_writers : &woken_readers) += 1;
    return 0;
}
void *kmalloc(size_t size, int how) { return no_memory ? NULL : calloc(1, size); }
void kfree(void *p) { free(p); }
struct slab_cache *slab_create(const char *name, size_t size) {
    return (void *)size;
}
void *slab_alloc(struct slab_cache *c, int how) { return kmalloc((size_t)c, how); }
void slab_free(struct slab_cache *c, void *p) { free(p); }
enum { BAD = 1 }; // a user address that faults
int copy_to_user(uint64_t to, const void *from, size_t n) {
    assert_int_equal(spins, 0);
    return to == BAD ? -EFAULT : (memcpy((void *)to, from, n), 0);
}
int copy_from_user(void *to, uint64_t from, size_t n) {
    assert_int_equal(spins, 0);
    return from == BAD ? -EFAULT : (memcpy(to, (void *)from, n), 0);
}
struct file *file_alloc(const struct file_ops *ops, int flags) {
    struct file *f = calloc(1, sizeof(*f));
    f->ops = ops;
    f->flags = flags;
    f->refs = 1;
    files++;
    return f;
}
void file_get(struct file *f) { f->refs++; }
void file_put(struct file *f) {
    assert_int_equal(spins, 0);
    if (--f->refs > 0)
        return;
    if (f->ops && f->ops->close)
        f->ops->close(f);
    free(f);
    files--;
}

static struct file *r, *w;

static int set_up(void **state) {
    no_memory = false;
    if (!pipe_slab) {
        pipe_init();
        fdtable_init();
    }
    assert_int_equal(pipe_create(&r, &w), 0);
    return 0;
}
static void close_end(struct file **f) {
    if (*f)
        file_put(*f);
    *f = NULL;
}
static int tear_down(void **state) {
    close_end(&r);
    close_end(&w);
    assert_int_equal(files, 0);
    return 0;
}
static char buf[2 * UAPI_PIPE_SIZE];
static ssize_t get(size_t n) { return r->ops->read(r, (uint64_t)buf, n, NULL); }
static ssize_t put(size_t n) { return w->ops->write(w, (uint64_t)buf, n, NULL); }

// ---- tests

static void bytes_come_out_as_they_went_in(void **state) {
    static uint8_t next_in, next_out;
    uint64_t seed = 3;
    size_t held = 0;
    r->flags |= O_NONBLOCK;
    w->flags |= O_NONBLOCK;
    for (int step = 0; step < 20000; step++) {
        no_memory = step % 3000 > 2000;
        if (step % 3000 == 2000) { // a new pipe, which has one page so far
            tear_down(state);
            set_up(state);
            held = next_in = next_out = 0;
            r->flags |= O_NONBLOCK;
            w->flags |= O_NONBLOCK;
        }
        size_t n = 1 + unit_random(&seed) % (unit_random(&seed) % 4 ? 6000 : 80000);
        if (unit_random(&seed) % 2) {
            for (size_t k = 0; k < n; k++)
                buf[k] = next_in + k;
            ssize_t done = put(n);
            if (done < 0) {
                assert_int_equal(done, -EAGAIN);
                assert_true(held > 0); // an empty pipe always takes something
                done = 0;
            } else if (n <= UAPI_PIPE_BUF) {
                assert_int_equal(done, n);
            }
            next_in += done;
            held += done;
        } else {
            ssize_t done = get(n);
            assert_int_equal(done, held == 0 ? -EAGAIN : (ssize_t)min(n, held));
            for (ssize_t k = 0; k < done; k++)
                assert_int_equal((uint8_t)buf[k], next_out++);
            held -= max(done, (ssize_t)0);
        }
        assert_true(held <= UAPI_PIPE_SIZE);
    }
}

static void a_full_pipe_takes_nothing_and_small_writes_are_whole(void **state) {
    w->flags |= O_NONBLOCK;
    assert_int_equal(put(UAPI_PIPE_SIZE + 1), UAPI_PIPE_SIZE);
    assert_int_equal(put(1), -EAGAIN);
    assert_int_equal(get(100), 100);
    assert_int_equal(put(101), -EAGAIN);
    assert_int_equal(put(100), 100);
    assert_int_equal(get(100), 100);
    assert_int_equal(put(5000), 100); // more than PIPE_BUF may be cut
}

static void the_end_of_a_pipe(void **state) {
    assert_int_equal(put(3), 3);
    close_end(&w);
    assert_int_equal(get(10), 3);
    assert_int_equal(get(10), 0);
    tear_down(state);
    set_up(state);
    close_end(&r);
    assert_int_equal(put(3), -EPIPE);
}

static void a_signal_interrupts_only_what_has_not_begun(void **state) {
    assert_int_equal(get(1), -EINTR);
    assert_int_equal(put(UAPI_PIPE_SIZE + 10), UAPI_PIPE_SIZE);
    assert_int_equal(put(1), -EINTR);
}

static void a_bad_address_moves_nothing(void **state) {
    assert_int_equal(w->ops->write(w, BAD, 10, NULL), -EFAULT);
    assert_int_equal(put(5), 5);
    assert_int_equal(r->ops->read(r, BAD, 10, NULL), -EFAULT);
    assert_int_equal(get(10), 5);
}

static void writers_are_woken_when_there_is_room_for_them(void **state) {
    assert_int_equal(put(UAPI_PIPE_SIZE), UAPI_PIPE_SIZE);
    assert_int_equal(put(100), -EINTR); // has waited for 100 bytes
    woken_writers = 0;
    assert_int_equal(get(99), 99);
    assert_int_equal(woken_writers, 0);
    assert_int_equal(get(1), 1);
    assert_int_equal(woken_writers, 1);
    assert_int_equal(get(1), 1);
    assert_int_equal(woken_writers, 1);
}

static struct file *some_file(void) { return file_alloc(NULL, 0); }

static void descriptors_are_the_lowest_free(void **state) {
    struct fdtable *t = fdtable_create();
    for (int fd = 0; fd < UAPI_OPEN_MAX; fd++)
        assert_int_equal(fdtable_add(t, some_file(), 0, fd % 3 == 0), fd);
    struct file *f = some_file();
    assert_int_equal(fdtable_add(t, f, 0, false), -EMFILE);
    assert_int_equal(fdtable_add(t, f, UAPI_OPEN_MAX, false), -EINVAL);
    assert_int_equal(fdtable_add(t, f, -1, false), -EINVAL);
    assert_int_equal(fdtable_close(t, 700), 0);
    assert_int_equal(fdtable_close(t, 700), -EBADF);
    assert_int_equal(fdtable_close(t, 63), 0);
    assert_int_equal(fdtable_add(t, f, 64, true), 700);
    assert_int_equal(fdtable_flags(t, 700, -1), FD_CLOEXEC);
    assert_int_equal(fdtable_flags(t, 700, 0), 0);
    assert_int_equal(fdtable_flags(t, 63, -1), -EBADF);
    assert_null(fdtable_get(t, 63));
    assert_null(fdtable_get(t, -1));
    assert_null(fdtable_get(t, UAPI_OPEN_MAX));
    struct fdtable *copy = fdtable_copy(t);
    fdtable_destroy(t);
    fdtable_close_on_exec(copy);
    assert_null(fdtable_get(copy, 3));
    assert_ptr_equal(fdtable_get(copy, 700), f);
    file_put(f);
    assert_int_equal(fdtable_set(copy, some_file(), 700, false), 700);
    assert_int_equal(fdtable_set(copy, NULL, UAPI_OPEN_MAX, false), -EBADF);
    fdtable_destroy(copy);
}

static void a_reserved_descriptor_is_closed_until_it_is_filled(void **state) {
    struct fdtable *t = fdtable_create();
    assert_int_equal(fdtable_add(t, NULL, 0, true), 0);
    assert_null(fdtable_get(t, 0));
    assert_int_equal(fdtable_add(t, some_file(), 0, false), 1);
    fdtable_fill(t, 0, NULL);
    assert_int_equal(fdtable_add(t, NULL, 0, false), 0);
    fdtable_fill(t, 0, some_file());
    assert_int_equal(fdtable_flags(t, 0, -1), 0);
    fdtable_destroy(t);
}

int main(void) {
#define T(name)                                                                                              \
    { #name, name, set_up, tear_down, NULL }
    const struct CMUnitTest tests[] = {T(bytes_come_out_as_they_went_in),
                                       T(a_full_pipe_takes_nothing_and_small_writes_are_whole),
                                       T(the_end_of_a_pipe),
                                       T(a_signal_interrupts_only_what_has_not_begun),
                                       T(a_bad_address_moves_nothing),
                                       T(writers_are_woken_when_there_is_room_for_them),
                                       T(descriptors_are_the_lowest_free),
                                       T(a_reserved_descriptor_is_closed_until_it_is_filled)};
    return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
