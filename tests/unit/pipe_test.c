// Pipes and descriptor tables, without blocking: against a plain array, byte by byte, and when memory is
// short.
#include "unit.h"

#include "lib/kernel.h" // brings the host's errno numbers, so it comes before the next line
#define __drupe_kernel__
#include "../../kernel/fs/pipe.c"
#include "../../kernel/fs/fdtable.c"

// ---- the machine below, as far as it is needed

static int spins, woken_readers, woken_writers, files;
static int allocations_left = INT32_MAX;

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {}
void spin_lock(struct spinlock *l) { assert_int_equal(spins++, 0); }
void spin_unlock(struct spinlock *l) { spins--; }
void waitq_init(struct waitq *q, const char *name) { q->name = name; }
int waitq_wait(struct waitq *q, struct spinlock *l, enum wait_how how, uint64_t deadline) { return -EINTR; }
void waitq_wake(struct waitq *q, int n) {
    *(strcmp(q->name, "pipe read") ? &woken_writers : &woken_readers) += 1;
}
void *kmalloc(size_t size, int how) {
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return calloc(1, size);
}
void kfree(void *p) { free(p); }
enum { BAD = 1 }; // a user address that faults
int copy_to_user(uint64_t to, const void *from, size_t n) {
    assert_int_equal(spins, 0);
    return to == BAD ? -EFAULT : (memcpy((void *)to, from, n), 0);
}
int copy_from_user(void *to, uint64_t from, size_t n) {
    assert_int_equal(spins, 0);
    return from == BAD ? -EFAULT : (memcpy(to, (void *)from, n), 0);
}
struct file *file_alloc(int flags) {
    struct file *f = kmalloc(sizeof(*f), PAGE_WAIT);
    if (!f)
        return NULL;
    f->ops = NULL;
    f->flags = flags;
    f->refs = 1;
    files++;
    return f;
}
void file_get(struct file *f) { f->refs++; }
void file_put(struct file *f) {
    assert_int_equal(spins, 0);
    if (!f || --f->refs > 0)
        return;
    if (f->ops && f->ops->close)
        f->ops->close(f);
    free(f);
    files--;
}

static struct file *r, *w;

static int set_up(void **state) {
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

static void a_pipe_that_cannot_be_made_leaves_nothing_behind(void **state) {
    struct file *f[2];
    for (int left = 0; left < 19; left++) { // the pipe, its 16 pages, two files
        allocations_left = left;
        assert_int_equal(pipe_create(&f[0], &f[1]), left < 17 ? -ENOMEM : -ENFILE);
    }
    allocations_left = 19;
    assert_int_equal(pipe_create(&f[0], &f[1]), 0);
    close_end(&f[0]);
    close_end(&f[1]);
    allocations_left = INT32_MAX;
}

static struct file *some_file(void) { return file_alloc(0); }
static int add(struct fdtable *t, struct file *f, int from, bool cloexec) {
    int fd = fdtable_lowest(t, from);
    return fd < 0 ? fd : fdtable_set(t, fd, f, cloexec);
}

static void descriptors_are_the_lowest_free(void **state) {
    struct fdtable table = {}, *t = &table;
    for (int fd = 0; fd < UAPI_OPEN_MAX; fd++)
        assert_int_equal(add(t, some_file(), 0, fd % 3 == 0), fd);
    struct file *f = some_file();
    assert_int_equal(add(t, f, 0, false), -EMFILE);
    assert_int_equal(add(t, f, UAPI_OPEN_MAX, false), -EINVAL);
    assert_int_equal(add(t, f, -1, false), -EINVAL);
    assert_int_equal(fdtable_set(t, 700, NULL, false), 700);
    assert_int_equal(fdtable_set(t, 63, NULL, false), 63);
    assert_int_equal(add(t, f, 64, true), 700);
    assert_true(fdtable_at(t, 700)->cloexec);
    fdtable_at(t, 700)->cloexec = false;
    assert_null(fdtable_at(t, 63));
    assert_null(fdtable_at(t, -1));
    assert_null(fdtable_at(t, UAPI_OPEN_MAX));
    struct fdtable second = {}, *copy = &second;
    assert_int_equal(fdtable_copy(copy, t), 0);
    fdtable_destroy(t);
    fdtable_close_on_exec(copy);
    assert_null(fdtable_at(copy, 3));
    assert_ptr_equal(fdtable_at(copy, 700)->file, f);
    assert_int_equal(fdtable_set(copy, 700, some_file(), false), 700);
    assert_int_equal(fdtable_set(copy, UAPI_OPEN_MAX, NULL, false), -EBADF);
    assert_int_equal(fdtable_set(copy, -1, NULL, false), -EBADF);
    fdtable_destroy(copy);
}

static void without_memory_a_descriptor_is_refused_and_nothing_changes(void **state) {
    struct fdtable table = {}, second = {}, *t = &table;
    struct file *f = some_file();
    assert_int_equal(add(t, f, 3, false), 3);
    allocations_left = 0;
    assert_int_equal(fdtable_lowest(t, 100), -ENOMEM);
    assert_int_equal(fdtable_set(t, 100, f, false), -ENOMEM);
    assert_int_equal(fdtable_copy(&second, t), -ENOMEM);
    assert_int_equal(fdtable_lowest(t, 3), 4);
    allocations_left = INT32_MAX;
    assert_ptr_equal(fdtable_at(t, 3)->file, f);
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
                                       T(a_pipe_that_cannot_be_made_leaves_nothing_behind),
                                       T(descriptors_are_the_lowest_free),
                                       T(without_memory_a_descriptor_is_refused_and_nothing_changes)};
    return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
