// The file system from paths down to sectors, on images that mke2fs makes and e2fsck judges. Random work is
// compared with a plain model; then the power is cut at every single write to the disk, and the repaired
// image must hold what had been synced. By default every fifth cut of one workload is tried; FS_TEST_SEEDS=n:
// every cut of n workloads.
//
// uses: -include tests/unit/fs/host.h tests/unit/fs/host.c kernel/lib/printf.c
// uses: kernel/fs/cache.c kernel/fs/cache_policy.c kernel/fs/txn.c kernel/fs/inode.c kernel/fs/ext2_mount.c
// uses: kernel/fs/ext2_policy.c kernel/fs/ext2_alloc.c kernel/fs/ext2_map.c kernel/fs/ext2_inode.c
// uses: kernel/fs/ext2_dir.c kernel/fs/ext2.c kernel/fs/namei.c
// uses: kernel/fs/namecache.c kernel/fs/file.c kernel/fs/regfile.c
// uses: kernel/dev/block.c
#include "unit.h"

#include <stdio.h>
int getpid(void);

#include "fs/ext2.h"
#include "fs/file.h"
#include "uapi/dirent.h"
#include "paths.h"
#undef assert

// A file system that is not mounted any more is left as it is, as the kernel does.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

extern bool host_quiet;
extern uint64_t host_frames_used;
static uint64_t seed;
static uint32_t rnd(uint32_t n) { return (uint32_t)(unit_random(&seed) % n); }

// ---- disks: an image in memory, with a log of what was written

struct record {
    int64_t block; // -1: a flush
    char *data;
};
static struct disk {
    struct block_device dev;
    char *data;
    size_t size;
} disk;
static struct record *records;
static size_t record_count;
static bool recording;
static int64_t fail_writes_from = -1; // writes to blocks from here on fail
static uint32_t fail_writes;          // so many more pages cannot be written
static uint32_t reads, pages_read;    // requests

static void record(int64_t block, const char *data) {
    if (!recording)
        return;
    if (record_count % 1024 == 0)
        records = realloc(records, (record_count + 1024) * sizeof *records);
    struct record *r = &records[record_count++];
    *r = (struct record){block, NULL};
    if (data)
        r->data = memcpy(malloc(PAGE_SIZE), data, PAGE_SIZE);
}

static void submit(struct block_device *dev, struct block_request *req) {
    struct disk *d = container_of(dev, struct disk, dev);
    if (req->op == BLOCK_FLUSH)
        record(-1, NULL);
    reads += req->op == BLOCK_READ;
    pages_read += req->op == BLOCK_READ ? req->page_count : 0;
    for (uint32_t i = 0; i < req->page_count; i++) {
        uint64_t block = req->sector / 8 + i;
        char *at = d->data + block * PAGE_SIZE;
        if (req->op == BLOCK_READ) {
            memcpy(page_va(req->pages[i]), at, PAGE_SIZE);
        } else if ((fail_writes_from >= 0 && (int64_t)block >= fail_writes_from) || fail_writes > 0) {
            fail_writes -= fail_writes > 0;
            req->error = -EIO;
        } else {
            memcpy(at, page_va(req->pages[i]), PAGE_SIZE);
            record((int64_t)block, at);
        }
    }
    req->done(req);
}

static void disk_open(struct disk *d, char *data, size_t size) {
    *d = (struct disk){.dev = {.name = "test",
                               .number = 0xfe00,
                               .sectors = size / SECTOR_SIZE,
                               .has_flush = true,
                               .submit = submit},
                       .data = data,
                       .size = size};
}

static const char *image_path(void) {
    static char path[64];
    const char *tmp = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/drupe-fs-test.%d", tmp ? tmp : "/tmp", (int)getpid());
    return path;
}

static int shell(const char *fmt, ...) {
    char command[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    int status = system(command);
    return status < 0 ? status : status >> 8;
}

static char *load(size_t *size) {
    FILE *f = fopen(image_path(), "rb");
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*size);
    assert_int_equal(fread(data, 1, *size, f), *size);
    fclose(f);
    return data;
}

static void store(const char *data, size_t size) {
    FILE *f = fopen(image_path(), "wb");
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
}

// Is the image without fault?
static void check_clean(void) {
    store(disk.data, disk.size);
    int status = shell("PATH=$PATH:/sbin:/usr/sbin; e2fsck -fn %s >%s.out 2>&1", image_path(), image_path());
    if (status != 0)
        shell("cat %s.out >&2", image_path());
    assert_int_equal(status, 0);
}

static char *make_image(const char *options, const char *size, size_t *bytes) {
    assert_int_equal(
        shell("PATH=$PATH:/sbin:/usr/sbin; rm -f %s; mke2fs -q -F >/dev/null -F -b 4096 -O none,%s %s %s",
              image_path(), options, image_path(), size),
        0);
    return load(bytes);
}

// ---- mounting

static const struct cred root_cred;
static struct walk me = {.cred = &root_cred};

static void mount(void) {
    const char *why = ext2_mount(&disk.dev, &root_fs);
    if (why)
        fail_msg("mount: %s", why);
    me.cwd = root_fs->root;
}

static void unmount(void) { assert_int_equal((vfs_sync(), root_fs->ops->unmount(root_fs)), 0); }

static void fresh(const char *options, const char *size) {
    size_t bytes;
    free(disk.data);
    char *data = make_image(options, size, &bytes);
    disk_open(&disk, data, bytes);
    mount();
}

static ssize_t put(const char *path, int flags, const char *data, size_t n, off_t at) {
    struct file *f;
    int err = file_open(&me, path, O_RDWR | flags, 0644, &f);
    if (err)
        return err;
    ssize_t got = n > 0 ? file_transfer(f, true, (uint64_t)data, n, &at) : 0;
    file_put(f);
    return got;
}

static ssize_t get(const char *path, char *data, size_t n, off_t at) {
    struct file *f;
    int err = file_open(&me, path, O_RDONLY, 0, &f);
    if (err)
        return err;
    ssize_t got = file_transfer(f, false, (uint64_t)data, n, &at);
    file_put(f);
    return got;
}

// ---- random work and its model

enum { DIRS = 4, SLOTS = 12, MAX_FILE = 300000 };
struct entry {
    char *data; // NULL: no such file
    size_t size;
    uint32_t version;
};
static struct entry model[DIRS][SLOTS];
static uint32_t version;
static struct file *orphan; // open, without a name

static char *name_of(int d, int s) {
    static char names[2][300];
    static int turn;
    char *n = names[turn ^= 1];
    // Some long names, so that directories grow.
    snprintf(
        n, 300, "/d%d/%d%.*s", d, s, s % 3 * 90,
        "................................................"
        "...................................................................................................."
        "............................................");
    return n;
}

static void forget(struct entry *e) {
    free(e->data);
    *e = (struct entry){.version = ++version};
}

static void work_write(int d, int s) {
    struct entry *e = &model[d][s];
    static char buf[70000];
    size_t n = 1 + rnd(rnd(3) ? 6000 : 70000), at = rnd(2) ? e->size : rnd(4) ? rnd(30000) : rnd(200000);
    at = min(at, (size_t)MAX_FILE - n);
    for (size_t i = 0; i < n; i++)
        buf[i] = (char)(version * 7 + i * 13 + i / 256);
    ssize_t got = put(name_of(d, s), O_CREAT, buf, n, (off_t)at);
    if (got == -ENOSPC)
        return;
    assert_true(got > 0);
    n = (size_t)got;
    if (at + n > e->size || !e->data) {
        size_t size = max(e->size, at + n);
        e->data = realloc(e->data, size);
        memset(e->data + e->size, 0, size - e->size);
        e->size = size;
    }
    memcpy(e->data + at, buf, n);
    e->version = ++version;
}

static void work_cut(int d, int s) {
    struct entry *e = &model[d][s];
    if (!e->data)
        return;
    struct inode *i;
    size_t size = rnd(3) ? rnd((uint32_t)e->size + 1) : rnd(MAX_FILE);
    assert_int_equal(namei(&me, name_of(d, s), 0, &i), 0);
    assert_int_equal(inode_truncate(i, (int64_t)size), 0);
    inode_put(i);
    e->data = realloc(e->data, size + 1);
    if (size > e->size)
        memset(e->data + e->size, 0, size - e->size);
    e->size = size;
    e->version = ++version;
}

static void work_unlink(int d, int s) {
    int err = name_unlink(&me, name_of(d, s));
    assert_int_equal(err, model[d][s].data ? 0 : -ENOENT);
    if (!err)
        forget(&model[d][s]);
}

static void work_rename(int d, int s, int d2, int s2) {
    if (d == d2 && s == s2)
        return;
    char from[300];
    strcpy(from, name_of(d, s));
    int err = name_rename(&me, from, name_of(d2, s2));
    if (err == -ENOSPC)
        return;
    assert_int_equal(err, model[d][s].data ? 0 : -ENOENT);
    if (err)
        return;
    forget(&model[d2][s2]);
    model[d2][s2] = model[d][s];
    model[d2][s2].version = ++version;
    model[d][s] = (struct entry){.version = ++version};
}

static void work_orphan(int d, int s) {
    if (orphan)
        file_put(orphan);
    orphan = NULL;
    if (!model[d][s].data || file_open(&me, name_of(d, s), O_RDWR, 0, &orphan))
        return;
    work_unlink(d, s);
    off_t at = 0;
    assert_true(file_transfer(orphan, true, (uint64_t) "still here", 10, &at) != 0);
}

// Directories that come, move and go, links of both kinds, device nodes.
static void work_tree(void) {
    char a[40], b[40];
    snprintf(a, sizeof a, "/d%u/tree%u", rnd(DIRS), rnd(4));
    snprintf(b, sizeof b, "/d%u/tree%u", rnd(DIRS), rnd(4));
    switch (rnd(6)) {
    case 0: name_mkdir(&me, a, 0755); break;
    case 1: name_rmdir(&me, a); break;
    case 2: name_rename(&me, a, b); break;
    case 3:
        name_symlink(
            &me, rnd(2) ? "short" : "a long target that does not fit into the sixty bytes of an inode at all",
            a);
        break;
    case 4: rnd(2) ? name_mknod(&me, a, S_IFCHR | 0600, 0x501) : name_link(&me, b, a); break;
    default: name_unlink(&me, a); break;
    }
}

static void work(int steps) {
    for (int i = 0; i < steps; i++) {
        int d = (int)rnd(DIRS), s = (int)rnd(SLOTS);
        switch (rnd(10)) {
        case 0: work_unlink(d, s); break;
        case 1: work_cut(d, s); break;
        case 2: work_rename(d, s, (int)rnd(DIRS), (int)rnd(SLOTS)); break;
        case 3: work_orphan(d, s); break;
        case 4:
        case 5: work_tree(); break;
        case 6:
            if (!rnd(4))
                cache_shrink(1000, PAGE_NOFS), inode_shrink(20, PAGE_NOFS);
            break;
        default: work_write(d, s); break;
        }
    }
}

static void work_start(void) {
    for (int d = 0; d < DIRS; d++) {
        char name[16];
        snprintf(name, sizeof name, "/d%d", d);
        assert_int_equal(name_mkdir(&me, name, 0755), 0);
        for (int s = 0; s < SLOTS; s++)
            forget(&model[d][s]);
    }
}

// Does the mounted file system hold what the model says? (Entries newer than limit are not looked at.)
static void compare(uint32_t limit) {
    static char buf[MAX_FILE + 1];
    for (int d = 0; d < DIRS; d++)
        for (int s = 0; s < SLOTS; s++) {
            struct entry *e = &model[d][s];
            if (e->version > limit)
                continue;
            ssize_t n = get(name_of(d, s), buf, sizeof buf, 0);
            if (n != (e->data ? (ssize_t)e->size : -ENOENT))
                fail_msg("%s: %zd, wanted %zd", name_of(d, s), n, e->data ? (ssize_t)e->size : -ENOENT);
            if (e->data && memcmp(buf, e->data, e->size) != 0)
                fail_msg("%s: other bytes than were written", name_of(d, s));
        }
}

static void drop_orphan(void) {
    if (orphan)
        file_put(orphan);
    orphan = NULL;
}

static void random_work(const char *options) {
    fresh(options, "16M");
    work_start();
    for (int round = 0; round < 4; round++) {
        work(400);
        compare(UINT32_MAX);
        drop_orphan();
        assert_int_equal(root_fs->read_only, false);
        unmount();
        check_clean();
        mount();
        compare(UINT32_MAX);
    }
    unmount();
}

static void test_work_journal(void **state) { random_work("filetype,sparse_super,large_file,has_journal"); }
static void test_work_plain(void **state) { random_work("filetype,sparse_super,large_file"); }
static void test_work_old(void **state) { random_work("sparse_super"); } // no types in directories
static void test_work_linux(void **state) {
    random_work("filetype,sparse_super,large_file,dir_index,ext_attr,has_journal,resize_inode -I 256");
}

// ---- power cuts

// The image at path after e2fsck -p must hold what was synced.
static void check_repaired(size_t cut, uint32_t synced, bool with_journal) {
    int status = shell("PATH=$PATH:/sbin:/usr/sbin; e2fsck -p %s >%s.out 2>&1", image_path(), image_path());
    if (status == 4 &&
        !with_journal) // an inode without a name, say: no order of writes keeps e2fsck -p happy with all
        status = shell("PATH=$PATH:/sbin:/usr/sbin; e2fsck -fy %s >%s.out 2>&1", image_path(), image_path());
    if (status > 1) {
        shell("cat %s.out >&2", image_path());
        fail_msg("cut after record %zu of %zu: e2fsck -p gives up with status %d", cut, record_count, status);
    }
    if (with_journal &&
        shell("grep -v -e 'recovering journal' -e '[0-9]* files.*blocks' -e 'not cleanly unmounted' "
              "-e 'Clearing orphaned inode' %s.out | grep -q .",
              image_path()) == 0) {
        shell("cat %s.out >&2", image_path());
        fail_msg("cut after record %zu of %zu: something had to be repaired", cut, record_count);
    }
    struct filesystem *before = root_fs;
    struct inode *cwd = me.cwd;
    struct disk kept = disk;
    size_t size;
    char *data = load(&size);
    static struct disk checks[4096];
    static int used;
    disk_open(&checks[used % 4096], data, size);
    const char *why = ext2_mount(&checks[used++ % 4096].dev, &root_fs);
    if (why)
        fail_msg("cut after record %zu: %s", cut, why);
    root_fs->read_only = true; // its disk will not outlive this function
    me.cwd = root_fs->root;
    compare(synced);
    cache_shrink(8000, PAGE_NOFS);
    inode_shrink(1000, PAGE_NOFS);
    free(data);
    root_fs = before;
    me.cwd = cwd;
    disk = kept;
}

static void power_cuts(const char *options, bool reorder, int steps) {
    const char *more = getenv("FS_TEST_SEEDS");
    const size_t stride = more ? 1 : 5;
    bool journal = strstr(options, "has_journal") != NULL;
    for (int s = 0, n = more ? atoi(more) : 1; s < n; s++) {
        seed = 77 + (uint64_t)s;
        fresh(options, "8M");
        work_start();
        work(100);
        assert_int_equal(vfs_sync(), 0);
        uint32_t synced = version;
        char *base = memcpy(malloc(disk.size), disk.data, disk.size);
        record_count = 0;
        recording = true;
        for (int i = 0; i < 5; i++) {
            work(steps);
            vfs_sync();
        }
        drop_orphan();
        unmount();
        recording = false;
        char *image = malloc(disk.size);
        for (size_t cut = 0; cut <= record_count; cut += stride) {
            size_t flushed = 0;
            for (size_t i = 0; i < cut; i++)
                if (records[i].block < 0)
                    flushed = i;
            memcpy(image, base, disk.size);
            for (size_t i = 0; i < cut; i++)
                if (records[i].block >= 0 && (!reorder || i < flushed || rnd(2)))
                    memcpy(image + records[i].block * PAGE_SIZE, records[i].data, PAGE_SIZE);
            store(image, disk.size);
            check_repaired(cut, synced, journal);
        }
        for (size_t i = 0; i < record_count; i++)
            free(records[i].data);
        free(image);
        free(base);
        for (int d = 0; d < DIRS; d++)
            for (int f = 0; f < SLOTS; f++)
                forget(&model[d][f]);
    }
}

static void test_cuts_journal(void **state) {
    power_cuts("filetype,sparse_super,large_file,has_journal", false, 12);
}
static void test_cuts_reorder(void **state) {
    power_cuts("filetype,sparse_super,large_file,has_journal", true, 12);
}
static void test_cuts_plain(void **state) { power_cuts("filetype,sparse_super,large_file", false, 12); }

// ---- limits

static const char *const FULL = "filetype,sparse_super,has_journal";

static void test_full(void **state) {
    static char page[65536];
    fresh(FULL, "12M");
    struct uapi_statfs before, after;
    root_fs->ops->statfs(root_fs, &before);
    for (int round = 0; round < 3; round++) {
        ssize_t n;
        off_t at = 0;
        while ((n = put("/big", O_CREAT, page, sizeof page, at)) > 0)
            at += n;
        assert_int_equal(n, -ENOSPC);
        root_fs->ops->statfs(root_fs, &after);
        assert_int_equal(after.bfree, 0);
        assert_int_equal(name_mkdir(&me, "/none", 0755), -ENOSPC);
        assert_int_equal(name_unlink(&me, "/big"), 0);
        root_fs->ops->statfs(root_fs, &after);
        assert_int_equal(after.bfree, before.bfree);
    }
    char name[32];
    int i = 0, err;
    for (;; i++) {
        snprintf(name, sizeof name, "/i%d", i);
        err = name_mknod(&me, name, S_IFREG | 0644, 0);
        if (err)
            break;
    }
    assert_int_equal(err, -ENOSPC);
    root_fs->ops->statfs(root_fs, &after);
    assert_int_equal(after.ffree, 0);
    while (--i >= 0) {
        snprintf(name, sizeof name, "/i%d", i);
        assert_int_equal(name_unlink(&me, name), 0);
    }
    assert_int_equal(put("/again", O_CREAT, "x", 1, 0), 1);
    unmount();
    check_clean();
}

static void test_many_files(void **state) {
    char name[64];
    fresh("filetype,sparse_super,has_journal -N 12000", "32M");
    assert_int_equal(name_mkdir(&me, "/many", 0755), 0);
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "/many/file number %d", i);
        assert_int_equal(name_mknod(&me, name, S_IFREG | 0644, 0), 0);
    }
    struct inode *dir;
    assert_int_equal(namei(&me, "/many", 0, &dir), 0);
    uint64_t pos = 0, seen = 0;
    static char buf[PAGE_SIZE];
    ssize_t n;
    mutex_lock(&dir->dir);
    while ((n = dir->fs->ops->readdir(dir, &pos, buf, sizeof buf)) > 0)
        for (ssize_t at = 0; at < n; at += ((struct uapi_dirent *)(buf + at))->reclen)
            seen++;
    mutex_unlock(&dir->dir);
    assert_int_equal(seen, 10002);
    inode_put(dir);
    assert_int_equal(name_rmdir(&me, "/many"), -ENOTEMPTY);
    assert_int_equal(vfs_sync(), 0);
    cache_shrink(8000, PAGE_NOFS);
    inode_shrink(2000, PAGE_NOFS);
    for (int i = 0; i < 10000; i += 1 + (i % 3 == 0)) { // some stay
        snprintf(name, sizeof name, "/many/file number %d", i);
        assert_int_equal(name_unlink(&me, name), 0);
    }
    unmount();
    check_clean();
}

static void test_sparse(void **state) {
    char byte;
    fresh("filetype,sparse_super,has_journal", "16M");
    const off_t far[] = {11 * 4096,      12 * 4096, 1035 * 4096L, 1036 * 4096L,
                         (1L << 30) - 1, 1L << 31,  5L << 30,     1L << 40};
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        assert_int_equal(put("/sparse", O_CREAT, "x", 1, far[i]), 1);
        assert_int_equal(vfs_sync(), 0);
        check_repaired(i, 0, true);
    }
    assert_int_equal(put("/sparse", 0, "x", 1, (off_t)root_fs->max_size), -EFBIG);
    assert_int_equal(put("/sparse", 0, "x", 1, (off_t)root_fs->max_size - 1), 1);
    cache_shrink(8000, PAGE_NOFS);
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        assert_int_equal(get("/sparse", &byte, 1, far[i]), 1);
        assert_int_equal(byte, 'x');
        assert_int_equal(get("/sparse", &byte, 1, far[i] - 1), 1);
        assert_int_equal(byte, 0);
    }
    unmount();
    check_clean();
    mount();
    struct inode *i;
    assert_int_equal(namei(&me, "/sparse", 0, &i), 0);
    assert_int_equal(inode_truncate(i, 5L << 30), 0);
    assert_int_equal(inode_truncate(i, 4096 * 1000), 0);
    assert_int_equal(inode_truncate(i, 1), 0);
    inode_put(i);
    unmount();
    check_clean();
    mount();
    assert_int_equal(name_unlink(&me, "/sparse"), 0);
    unmount();
    check_clean();
}

// Who reads one page after the other finds them there: requests are large, and on their way long before.
static void test_read_ahead(void **state) {
    enum { PAGES = 3000, FAR = 400 };
    static char text[PAGES][PAGE_SIZE], back[PAGE_SIZE];
    fresh("filetype,sparse_super,has_journal", "32M");
    for (int i = 0; i < PAGES; i++)
        memset(text[i], i % 251, PAGE_SIZE);
    assert_int_equal(put("/big", O_CREAT, text[0], sizeof text, 0), sizeof text);
    assert_int_equal(vfs_sync(), 0);
    cache_shrink(8000, PAGE_NOFS);
    reads = pages_read = 0;
    for (int i = 0; i < PAGES; i++) {
        assert_int_equal(get("/big", back, PAGE_SIZE, (off_t)i * PAGE_SIZE), PAGE_SIZE);
        assert_memory_equal(back, text[i], PAGE_SIZE);
        if (i >= 200 && pages_read < (uint32_t)min(i + FAR, PAGES))
            fail_msg("when page %d has been read, only %u are in memory", i, pages_read);
    }
    // Each of the file's 3 indirect blocks is read alone, and lies in the way of one request.
    if (reads > PAGES / 64 + 3 + 3 + 10)
        fail_msg("%u requests for %u pages", reads, pages_read);
    cache_shrink(8000, PAGE_NOFS);
    pages_read = 0;
    for (int i = PAGES - 7; i > 0; i -= 300)
        assert_int_equal(get("/big", back, PAGE_SIZE, (off_t)i * PAGE_SIZE), PAGE_SIZE);
    if (pages_read > 10 + 4) // and indirect blocks
        fail_msg("%u pages for 10 that were asked for here and there", pages_read);
    // Another reader, near the start of the file, does not make this one read all that lies between them.
    cache_shrink(8000, PAGE_NOFS);
    pages_read = 0;
    for (int i = 1000; i < 1060; i++) {
        assert_int_equal(get("/big", back, PAGE_SIZE, (off_t)i * PAGE_SIZE), PAGE_SIZE);
        if (i == 1010)
            assert_int_equal(get("/big", back, PAGE_SIZE, (off_t)5 * PAGE_SIZE), PAGE_SIZE);
    }
    if (pages_read > 300)
        fail_msg("%u pages for 60 in a row and 1 elsewhere", pages_read);
    unmount();
}

static void test_links(void **state) {
    fresh("filetype,sparse_super -N 1024", "16M");
    char name[32];
    assert_int_equal(put("/file", O_CREAT, "x", 1, 0), 1);
    for (int i = 0; i < EXT2_LINK_MAX - 1; i++) {
        snprintf(name, sizeof name, "/%d", i);
        assert_int_equal(name_link(&me, "/file", name), 0);
    }
    assert_int_equal(name_link(&me, "/file", "/one too many"), -EMLINK);
    unmount();
    check_clean();
}

// ---- bad disks

static void test_damage(void **state) {
    size_t bytes;
    host_quiet = true;
    char *good = make_image("filetype,sparse_super,large_file,has_journal", "12M", &bytes);
    char *bad = malloc(bytes), buf[100];
    for (int round = 0; round < 300; round++) {
        memcpy(bad, good, bytes);
        // Some random bytes in the superblock, the descriptors, bitmaps, the inode table or anywhere.
        for (int i = 0; i < 1 + (int)rnd(30); i++) {
            const uint32_t where[] = {1024 + rnd(256), 4096 + rnd(64), rnd(40 * 4096), 4 * 4096 + rnd(4096),
                                      rnd((uint32_t)bytes)};
            bad[where[rnd(ARRAY_SIZE(where))]] = (char)rnd(256);
        }
        disk_open(&disk, bad, round % 10 == 0 ? rnd((uint32_t)bytes) : bytes);
        if (ext2_mount(&disk.dev, &root_fs))
            continue;
        me.cwd = root_fs->root;
        for (int i = 0; i < 10; i++) {
            snprintf(buf, sizeof buf, "/lost+found/%d", i);
            put(buf, O_CREAT, "hello", 5, rnd(100000));
            name_mkdir(&me, "/dir", 0755);
            name_unlink(&me, "/lost+found/3");
        }
        vfs_sync();
        cache_shrink(8000, PAGE_NOFS);
    }
    host_quiet = false;
    free(good);
    disk.data = bad;
}

static void test_refused(void **state) {
    static const struct {
        const char *options, *why;
    } cases[] = {
        {"filetype,extents", "it uses the feature extents (bit 6), which this kernel does not know"},
        {"filetype,64bit,extents", "it uses the feature extents (bit 6), which this kernel does not know"},
        {"filetype,metadata_csum",
         "it uses the feature metadata_csum (bit 10), which this kernel does not know"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t bytes;
        char *data = make_image(cases[i].options, "12M", &bytes);
        disk_open(&disk, data, bytes);
        assert_string_equal(ext2_mount(&disk.dev, &root_fs), cases[i].why);
    }
    fresh("filetype,has_journal", "12M");
    assert_int_equal(name_mkdir(&me, "/x", 0755), 0);
    struct filesystem *fs;
    assert_string_equal(ext2_mount(&disk.dev, &fs), // as after a crash
                        "it was not cleanly unmounted; run e2fsck -p on it");
    unmount();
}

static void test_write_errors(void **state) {
    host_quiet = true;
    fresh("filetype,has_journal", "12M");
    assert_int_equal(put("/a", O_CREAT, "x", 1, 0), 1);
    assert_int_equal(vfs_sync(), 0);
    fail_writes_from = 0;
    assert_int_equal(put("/b", O_CREAT, "x", 1, 0), 1);
    assert_int_equal(vfs_sync(), -EIO);
    assert_int_equal(name_mkdir(&me, "/c", 0755), -EROFS);
    char byte = 0;
    assert_int_equal(get("/b", &byte, 1, 0), 1); // what is in memory can still be read
    fail_writes_from = -1;
    host_quiet = false;
}

// Data comes first in a commit: it is tried again before what points to it is written.
static void test_data_that_is_refused_is_written_again(void **state) {
    fresh("filetype,has_journal", "12M");
    for (uint32_t times = 1; times <= 5; times++) {
        const bool lost = times == 5; // once while others go on, four times when the transaction is closed
        char text[32];
        int n = sprintf(text, "refused %u times", times);
        assert_int_equal(put("/a", O_CREAT, text, n, 0), n);
        fail_writes = times;
        assert_int_equal(vfs_sync(), lost ? -EIO : 0);
        assert_int_equal(fail_writes, 0);
        bool there = false;
        for (size_t at = 0; at < disk.size; at += PAGE_SIZE)
            there |= memcmp(disk.data + at, text, (size_t)n) == 0;
        assert_int_equal(there, !lost);
    }
    assert_int_equal(name_mkdir(&me, "/c", 0755), 0); // and the file system goes on
    unmount();
    check_clean();
}

static int start(void **state) {
    page_init(0, 0, NULL);
    cache_init();
    namecache_init();
    seed = 1;
    return 0;
}

static int end(void **state) { return shell("rm -f %s %s.out", image_path(), image_path()); }

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_refused, "what we do not know or trust is refused in a sentence"),
        TEST(test_work_journal, "random work matches the model, with a journal"),
        TEST(test_work_plain, "the same without a journal"),
        TEST(test_work_old, "the same without types in directories"),
        TEST(test_work_linux, "the same on an image with Linux's compatible features and 256-byte inodes"),
        TEST(test_cuts_journal,
             "a power cut at any write leaves nothing to repair, and nothing synced is lost"),
        TEST(test_cuts_reorder, "the same when writes between flushes arrive in any subset"),
        TEST(test_cuts_plain, "without a journal e2fsck repairs it"),
        TEST(test_full, "a disk filled to the last block and inode can be emptied and used again"),
        TEST(test_many_files, "10,000 files in a directory"),
        TEST(test_sparse, "sparse files up to the format's limit"),
        TEST(test_read_ahead, "a file that is read from start to end is read ahead, and no other"),
        TEST(test_links, "links up to the limit"),
        TEST(test_damage, "damaged images give errors, never a crash"),
        TEST(test_write_errors, "a write error makes the file system read-only and is reported"),
        TEST(test_data_that_is_refused_is_written_again, "data that the disk refuses is written again"),
    };
    if (getenv("FS_TEST_ONLY"))
        cmocka_set_test_filter(getenv("FS_TEST_ONLY"));
    return cmocka_run_group_tests(tests, start, end);
}
