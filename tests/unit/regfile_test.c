// Regular files against a plain array: random reads, writes, cuts and growth, with bad user addresses, a full
// disk and pages that leave memory in between.
#include "unit.h"

#include "lib/kernel.h" // brings the host's errno numbers, so it comes before the next line
#define __drupe_kernel__
#include "mm/page.h"
#include "sched/thread.h"
static struct thread self;
#define page_va(p)           ((void *)((struct fake_page *)(p))->data) // no direct map here
#define current()            (&self)
#define thread_interrupted() self.interrupted
#include "fs/cache.h"

enum { PAGES = 24, MAX_SIZE = 20 * PAGE_SIZE + 123 };

struct fake_page {
    struct page p;
    char data[PAGE_SIZE];
};
#include "../../kernel/fs/regfile.c"

// ---- a cache and a disk

static struct fake_page *cached[PAGES];
static char disk[PAGES][PAGE_SIZE];
static bool has_block[PAGES];
static int blocks_left, commits, faults_in; // a user copy fails when faults_in counts down to 0
static uint64_t seed;

static struct page *cache_add(uint64_t index, const char *from) {
    assert_null(cached[index]);
    struct fake_page *f = cached[index] = calloc(1, sizeof(*f));
    if (from)
        memcpy(f->data, from, PAGE_SIZE);
    f->p.refs = 2; // the cache's and the caller's
    f->p.index = index;
    return &f->p;
}
static struct page *peek(struct mapping *m, uint64_t index) {
    assert_true(index < PAGES);
    if (!cached[index])
        return NULL;
    cached[index]->p.refs++;
    return &cached[index]->p;
}
static void (*meanwhile)(void); // something that happens between a look at the size and one at the page
int cache_read(struct mapping *m, uint64_t index, struct page **out) {
    if (meanwhile)
        meanwhile();
    if ((*out = peek(m, index)))
        return 0;
    *out = cache_add(index, has_block[index] ? disk[index] : NULL);
    return 0;
}
int cache_fresh(struct mapping *m, uint64_t index, int zero, struct page **out) {
    if (cached[index])
        return *out = peek(m, index), 0;
    *out = cache_add(index, NULL);
    if (!zero)
        memset(page_va(*out), 'u', PAGE_SIZE);
    return 0;
}
void cache_mark_dirty(struct page *p) {
    assert_true(has_block[p->index]);
    p->flags |= PG_DIRTY;
}
void page_free(struct page *p) {
    assert_ptr_not_equal(p, cached[p->index]); // the cache holds a reference to each
    free(p);
}
void cache_throttle(void) {}
void cache_forget(struct mapping *m, uint64_t index) {
    struct page *p = &cached[index]->p;
    assert_false(p->flags & PG_DIRTY);
    cached[index] = NULL;
    page_put(p);
}
static void drop(int index) {
    assert_int_equal(cached[index]->p.refs, 1);
    free(cached[index]);
    cached[index] = NULL;
}
static void write_back(int index) {
    if (cached[index]->p.flags & PG_DIRTY)
        memcpy(disk[index], cached[index]->data, PAGE_SIZE);
    cached[index]->p.flags &= ~PG_DIRTY;
}

static bool copy_fails(void) { return faults_in > 0 && --faults_in == 0; }
int copy_to_user(uint64_t to, const void *from, size_t n) {
    return copy_fails() ? -EFAULT : (memcpy((void *)to, from, n), 0);
}
int copy_from_user(void *to, uint64_t from, size_t n) {
    if (copy_fails()) {
        memcpy(to, (void *)from, n / 2); // part may have been copied
        return -EFAULT;
    }
    memcpy(to, (void *)from, n);
    return 0;
}
void mutex_lock(struct mutex *m) {
    assert_int_equal(m->owner, 0);
    m->owner = (uint64_t)&self;
}
void mutex_unlock(struct mutex *m) { m->owner = 0; }
void inode_touch(struct inode *i, bool modified) {}
void inode_unuse(struct inode *i, enum inode_use how) {}
int txn_commit(struct filesystem *fs) {
    commits++;
    return 0;
}

static int fake_extend(struct inode *i, struct page *page, uint64_t size) {
    assert_non_null(i->io.owner);
    if (!has_block[page->index] && blocks_left == 0)
        return -ENOSPC;
    if (!has_block[page->index]) {
        blocks_left--;
        memset(disk[page->index], 'g', PAGE_SIZE); // what the last owner left there
    }
    has_block[page->index] = true;
    cache_mark_dirty(page);
    i->size = max(i->size, size);
    return 0;
}
static int fake_truncate(struct inode *i, uint64_t size) {
    assert_non_null(i->io.owner);
    for (uint64_t k = 0; k < PAGES; k++) {
        if (k * PAGE_SIZE >= size) {
            if (cached[k])
                drop(k);
            blocks_left += has_block[k];
            has_block[k] = false;
        } else if (size < (k + 1) * PAGE_SIZE) {
            if (cached[k])
                memset(cached[k]->data + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
            if (has_block[k])
                memset(disk[k] + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
        }
    }
    i->size = size;
    return 0;
}
static int fake_update(struct inode *i) { return 0; }

// ---- tests

static const struct filesystem_ops fake_ops = {
    .extend = fake_extend, .truncate = fake_truncate, .update = fake_update};
static struct filesystem fs = {.ops = &fake_ops, .max_size = MAX_SIZE};
static struct inode ino = {.fs = &fs};
static struct file file = {.ops = &regular_ops, .inode = &ino, .flags = O_RDWR};
static char model[PAGES * PAGE_SIZE], buf[PAGES * PAGE_SIZE];
static uint64_t model_size;

// Nothing of the file may stay behind its end, and the cache must not lie about the disk.
static void check_tail(void) {
    uint64_t end = div_up(ino.size, PAGE_SIZE);
    for (uint64_t k = 0; k < PAGES; k++) {
        assert_true(k < end || !has_block[k]);
        if (k == end - 1 && cached[k] && ino.size % PAGE_SIZE)
            for (int b = ino.size % PAGE_SIZE; b < PAGE_SIZE; b++)
                assert_int_equal(cached[k]->data[b], 0);
    }
}

static void random_write(off_t at, size_t n) {
    for (size_t k = 0; k < n; k++)
        buf[k] = unit_random(&seed);
    bool full = unit_random(&seed) % 8 == 0;
    int spare = full ? blocks_left - (int)(unit_random(&seed) % 2) : 0;
    blocks_left -= spare > 0 ? spare : (spare = 0);
    commits = 0;
    faults_in = unit_random(&seed) % 4 == 0 ? 1 + unit_random(&seed) % 8 : 0;
    bool may_fault = faults_in > 0;
    off_t pos = at;
    ssize_t done = regular_write(&file, (uint64_t)buf, n, &pos);
    bool faulted = may_fault && faults_in == 0;
    faults_in = 0;
    blocks_left += spare;
    if (at >= MAX_SIZE)
        assert_int_equal(done, -EFBIG);
    else if (done < 0)
        assert_true((done == -EFAULT && faulted) || (done == -ENOSPC && full && commits == 1));
    else if (!faulted && !full)
        assert_int_equal(done, min(n, (size_t)(MAX_SIZE - at)));
    assert_int_equal(pos, at + max(done, (ssize_t)0));
    if (done > 0) {
        memcpy(model + at, buf, done);
        model_size = max(model_size, (uint64_t)(at + done));
    }
    assert_int_equal(ino.size, model_size);
    // What stood in a page whose copy broke off may have changed; take it over.
    uint64_t page = (at + max(done, (ssize_t)0)) / PAGE_SIZE;
    if (faulted && page < PAGES && cached[page] && page * PAGE_SIZE < model_size)
        memcpy(model + page * PAGE_SIZE, cached[page]->data,
               min(model_size - page * PAGE_SIZE, (uint64_t)PAGE_SIZE));
}

static void random_read(off_t at, size_t n) {
    off_t pos = at;
    ssize_t want = (uint64_t)at >= model_size ? 0 : min(n, model_size - at);
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(regular_read(&file, (uint64_t)buf, n, &pos), want);
    assert_memory_equal(buf, model + at, want);
    assert_int_equal(pos, at + want);
}

static void a_file_holds_what_was_written(void **state) {
    seed = 11;
    blocks_left = PAGES;
    for (int step = 0; step < 30000; step++) {
        off_t at = unit_random(&seed) % (MAX_SIZE + 2000);
        size_t n = 1 + unit_random(&seed) % (unit_random(&seed) % 3 ? 300 : 3 * PAGE_SIZE);
        if (unit_random(&seed) % 3 == 0)
            at = align_down(at, PAGE_SIZE);
        switch (unit_random(&seed) % 6) {
        case 0:
        case 1: random_write(at, n); break;
        case 2:
        case 3: random_read(at, n); break;
        case 4:
            if (at > MAX_SIZE) {
                assert_int_equal(inode_truncate(&ino, at), -EFBIG);
                break;
            }
            assert_int_equal(inode_truncate(&ino, at), 0);
            memset(model + at, 0, sizeof(model) - at);
            model_size = at;
            break;
        case 5: // memory is short
            for (int k = unit_random(&seed) % PAGES; k < PAGES; k++)
                if (cached[k]) {
                    write_back(k);
                    drop(k);
                }
        }
        check_tail();
    }
}

static void appends_go_to_the_end_and_pwrite_does_not(void **state) {
    assert_int_equal(inode_truncate(&ino, 0), 0);
    file.flags |= O_APPEND;
    file.pos = 0;
    assert_int_equal(regular_write(&file, (uint64_t) "abc", 3, &file.pos), 3);
    file.pos = 1;
    assert_int_equal(regular_write(&file, (uint64_t) "def", 3, &file.pos), 3);
    assert_int_equal(file.pos, 6);
    off_t at = 1;
    assert_int_equal(regular_write(&file, (uint64_t) "X", 1, &at), 1);
    at = 0;
    assert_int_equal(regular_read(&file, (uint64_t)buf, 100, &at), 6);
    assert_memory_equal(buf, "aXcdef", 6);
}

static void cut_in_the_middle(void) {
    meanwhile = NULL;
    assert_int_equal(inode_truncate(&ino, 2), 0);
    drop(0); // somebody needs memory just then
    memset(disk[0], 0, PAGE_SIZE);
    memcpy(disk[0], "ab", 2);
}
static void cut_all(void) {
    meanwhile = NULL;
    assert_int_equal(inode_truncate(&ino, 0), 0);
}

static void a_read_beside_a_cut_sees_no_zeros_that_were_never_in_the_file(void **state) {
    static void (*const cuts[])(void) = {cut_in_the_middle, cut_all};
    static const ssize_t left[] = {2, 0};
    for (int k = 0; k < 2; k++) {
        off_t at = 0;
        assert_int_equal(inode_truncate(&ino, 0), 0);
        file.flags &= ~O_APPEND;
        assert_int_equal(regular_write(&file, (uint64_t) "abcdef", 6, &at), 6);
        at = 0;
        memset(buf, 'x', sizeof(buf));
        meanwhile = cuts[k];
        assert_int_equal(regular_read(&file, (uint64_t)buf, 6, &at), left[k]);
        assert_null(meanwhile);
        assert_int_equal(at, left[k]);
        assert_memory_equal(buf, k == 0 ? "abxx" : "xxxx", 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_what_was_written),
        cmocka_unit_test(appends_go_to_the_end_and_pwrite_does_not),
        cmocka_unit_test(a_read_beside_a_cut_sees_no_zeros_that_were_never_in_the_file),
    };
    return cmocka_run_group_tests_name("regfile", tests, NULL, NULL);
}
