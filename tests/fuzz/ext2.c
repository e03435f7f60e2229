// ext2.c: damaged disks: whatever stands on one, and whatever it does, the kernel says so and goes on.
//
// The input: a byte that chooses an image (fs/world.c), then records of 12 bytes. A record pokes a value into
// the disk, lets requests or allocations fail, or is an operation on the mounted file system; the first
// operation mounts it. What must hold: no panic and no wild access (AddressSanitizer watches frames and
// objects), an end in finite time, errors that are errors, no write to a file system that is read-only, and
// at the end no reference, page or inode that is left. The mutator knows where the structures are that
// matter.
//
// uses: -DFUZZ -DHOST_FRAMES=(1<<14) -include tests/unit/fs/host.h
// uses: tests/unit/fs/host.c kernel/lib/printf.c kernel/dev/block.c
// uses: tests/fuzz/fs/world.c tests/fuzz/fs/check.c
// uses: tests/fuzz/fs/cache.c tests/fuzz/fs/txn.c tests/fuzz/fs/inode.c
// uses: kernel/fs/cache_policy.c kernel/fs/ext2_mount.c kernel/fs/ext2_policy.c kernel/fs/ext2_alloc.c
// uses: kernel/fs/ext2_map.c kernel/fs/ext2_inode.c kernel/fs/ext2_dir.c kernel/fs/ext2.c
// uses: kernel/fs/namei.c kernel/fs/namecache.c kernel/fs/file.c kernel/fs/regfile.c
// fuzz: -max_len=601 -len_control=0
#include "fs/world.h"

#include "uapi/dirent.h"

FUZZ_UNMEASURED

enum { RECORD = 12, MAX_RECORDS = 50, HELD = 4 };
enum op {
    READ,
    WRITE,
    TRUNCATE,
    REMOVE,
    RENAME,
    MAKE,
    LINK,
    SYMLINK,
    LIST,
    STAT,
    SYNC,
    SHRINK,
    HOLD,
    DROP,
    CHMOD,
    NAME,
    WALK,
    FSYNC,
    OPS,
    POKE = OPS, // not an operation: does not mount
    FAIL_DISK,
    FAIL_MEMORY,
    KINDS,
};
struct record {
    uint8_t op, a, b, c;
    uint32_t x, y;
};

static const char *const paths[] = {
    "/",         "/small",      "/a",        "/a/big",        "/a/sparse", "/a/b",
    "/a/b/c",    "/link",       "/a/long",   "/dev",          "/fifo",     "/many",
    "/many/0",   "/lost+found", "/a/b/hard", "/new",          "/a/new",    "/a/b/c/new",
    "/many/new", "/dir",        "/dir/x",    "/dir/dir",      "/a/..",     "/a/b/./c/../new",
    "/many/2",   "/many/4",     "/many/8",   "/lost+found/x", "/a/dir",    "/a/dir/y",
    "/a/loop"};
static const char *path(uint8_t k) { return paths[k % ARRAY_SIZE(paths)]; }

static struct file *held[HELD];
static bool mounted, tried;
static char buf[40 * PAGE_SIZE];

// ---- operations

static int64_t checked(int64_t result) {
    must(result > -134); // the highest errno, and then some
    return result;
}

static void transfer(struct file *f, bool write, const struct record *r) {
    off_t at = (off_t)r->x << r->c % 20;
    size_t n = 1 + r->y % (sizeof buf - 1);
    if (write)
        memset(buf, (int)r->x, n);
    ssize_t got = file_transfer(f, write, (uint64_t)buf, n, r->c & 64 ? NULL : &at);
    must(checked(got) <= (ssize_t)n);
}

static void open_and(const struct record *r, bool write) {
    struct file *f = held[r->b % HELD];
    if (r->c & 128 && f) {
        transfer(f, write, r);
        return;
    }
    int flags = (write ? O_RDWR | O_CREAT : O_RDONLY) | (r->b & 1 ? O_APPEND : 0) | (r->b & 2 ? O_TRUNC : 0) |
                (r->b & 4 ? O_SYNC : 0) | (r->b & 8 ? O_EXCL : 0);
    if (checked(file_open(&me, path_copy(path(r->a)), flags, 0644, &f)) == 0) {
        transfer(f, write, r);
        file_put(f);
    }
}

static void truncate_at(const struct record *r) {
    struct inode *i;
    if (checked(namei(&me, path_copy(path(r->a)), NAMEI_FOLLOW, &i)))
        return;
    if (S_ISREG(i->mode))
        checked(inode_truncate(i, (int64_t)r->x << r->c % 20));
    inode_put(i);
}

static void link_to(const struct record *r) {
    struct inode *i;
    if (checked(namei(&me, path_copy(path(r->a)), 0, &i)))
        return;
    if (!S_ISDIR(i->mode))
        checked(name_make(&me, path_copy(path(r->b)), &(struct birth){.child = i}));
    inode_put(i);
}

static void make(const struct record *r) {
    const mode_t kinds[] = {S_IFDIR | 0755, S_IFDIR | 0755, S_IFREG | 0644, S_IFCHR | 0600, S_IFIFO | 0600};
    checked(name_make(&me, path_copy(path(r->a)),
                      &(struct birth){.mode = kinds[r->b % 5], .rdev = (dev_t)r->x & 0xfffff}));
}

static void list(const char *p) {
    struct file *f;
    if (checked(file_open(&me, path_copy(p), O_RDONLY, 0, &f)))
        return;
    ssize_t n;
    for (int i = 0; i < 300 && (n = checked(file_getdents(f, (uint64_t)buf, 1024))) > 0; i++) {
        must(n <= 1024);
        for (ssize_t at = 0; at < n; at += ((struct uapi_dirent *)(buf + at))->reclen) {
            const struct uapi_dirent *d = (struct uapi_dirent *)(buf + at);
            must(d->reclen > sizeof *d && at + d->reclen <= n && memchr(d->name, 0, d->reclen - sizeof *d));
        }
    }
    file_put(f);
}

static void hold(const struct record *r) {
    struct file **f = &held[r->b % HELD];
    file_put(*f);
    *f = NULL;
    checked(file_open(&me, path_copy(path(r->a)), r->c & 1 ? O_RDONLY : O_RDWR, 0, f));
}

static void look(const struct record *r) {
    struct inode *i;
    struct uapi_stat st;
    if (checked(namei(&me, path_copy(path(r->a)), r->c & 1 ? NAMEI_FOLLOW : 0, &i)))
        return;
    inode_stat(i, &st);
    if (r->op == CHMOD)
        checked(inode_chmod(i, me.cred, (mode_t)r->x));
    else if (r->op == FSYNC)
        checked(inode_sync(i));
    else if (r->op == NAME && S_ISDIR(i->mode))
        must(checked(name_of_directory(i, buf, 1 + r->x % 600)) <= 600);
    inode_put(i);
}

// Everything: each path, each byte of each file as far as they are short.
static void walk(void) {
    for (size_t k = 0; k < ARRAY_SIZE(paths); k++) {
        const struct record r = {READ, (uint8_t)k, 0, 0, 0, 3 * PAGE_SIZE},
                            s = {STAT, (uint8_t)k, 0, 0, 0, 0};
        open_and(&r, false);
        look(&s);
        list(paths[k]);
    }
}

static void operate(const struct record *r) {
    switch (r->op % KINDS) {
    case READ: open_and(r, false); break;
    case WRITE: open_and(r, true); break;
    case TRUNCATE: truncate_at(r); break;
    case REMOVE: checked(name_remove(&me, path_copy(path(r->a)), r->b & 1)); break;
    case RENAME: {
        char *from = path_copy(path(r->a));
        checked(name_rename(&me, from, path_copy(path(r->b))));
        break;
    }
    case MAKE: make(r); break;
    case LINK: link_to(r); break;
    case SYMLINK:
        checked(name_make(&me, path_copy(path(r->a)),
                          &(struct birth){.mode = S_IFLNK | 0777, .target = path(r->b)}));
        break;
    case LIST: list(path(r->a)); break;
    case SYNC: checked(vfs_sync()); break;
    case SHRINK:
        cache_shrink(1 + r->x % 10000, PAGE_NOFS);
        inode_shrink(1 + r->y % 1000, PAGE_NOFS);
        break;
    case HOLD: hold(r); break;
    case DROP:
        file_put(held[r->b % HELD]);
        held[r->b % HELD] = NULL;
        break;
    case WALK: walk(); break;
    default: look(r); break;
    }
}

static void run(const struct record *r) {
    switch (r->op % KINDS) {
    case POKE: disk_poke(r->x, r->y, 1 << r->a % 3); return;
    case FAIL_DISK: disk_fail(r->x % 1000, r->y % 1000, r->b * 10); return;
    case FAIL_MEMORY:
        host_fail_after = r->x % 1000;
        host_fail_times = 1 + r->y % 20;
        return;
    default: break;
    }
    if (!tried)
        mounted = !world_mount();
    tried = true;
    if (!mounted)
        return;
    bool read_only = root_fs->read_only;
    operate(r);
    must(root_fs->read_only || !read_only);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct record r;
    if (size < 1 + RECORD)
        return -1;
    disk_open(data[0] % BASES);
    tried = mounted = false;
    for (size_t at = 1; at + RECORD <= size && at < 1 + MAX_RECORDS * RECORD; at += RECORD) {
        memcpy(&r, data + at, RECORD);
        run(&r);
    }
    for (int i = 0; i < HELD; i++) {
        file_put(held[i]);
        held[i] = NULL;
    }
    world_end(mounted);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    world_start();
    return 0;
}

// ---- the mutator

static uint64_t seed;
static uint32_t rnd(uint32_t n) { return (uint32_t)(fuzz_random(&seed) % n); }

// A number that is likely to matter: small, near a power of two, a block or an inode that there is, or any.
static uint32_t value(const struct base *b) {
    switch (rnd(8)) {
    case 0: return rnd(4);
    case 1: return (1u << rnd(32)) - rnd(3);
    case 2: return rnd(64);
    case 3: return b->blocks + rnd(3) - 1;
    case 4: return rnd(b->blocks);
    case 5: { // a block with a role
        uint32_t block = rnd(b->blocks);
        for (uint32_t i = 0; i < b->blocks && (b->role[block] == UNUSED || b->role[block] == JOURNAL); i++)
            block = (block + 1) % b->blocks;
        return block;
    }
    case 6: return (uint32_t) - (int32_t)rnd(4);
    default: return (uint32_t)fuzz_random(&seed);
    }
}

// A place in the image, in a structure.
static uint32_t place(const struct base *b) {
    const enum role want = (enum role)(rnd(10)); // UNUSED: anything
    uint32_t block = rnd(b->blocks), at = rnd(PAGE_SIZE);
    if (want == SUPER)
        return 1024 + rnd(66) * 4 + (rnd(4) ? 0 : 2);
    if (want == DESCRIPTORS)
        return PAGE_SIZE + rnd(32 * 5 / 2) * 2;
    for (uint32_t i = 0; want != UNUSED && i < b->blocks && b->role[block] != want; i++)
        block = (block + 1) % b->blocks;
    if (want == JOURNAL) // its superblock is the first of its blocks that is not zero
        for (block = 0; block < b->blocks; block++)
            if (memcmp(b->data + (size_t)block * PAGE_SIZE, "\xc0\x3b\x39\x98\0\0\0\x04", 8) == 0)
                return block * PAGE_SIZE + rnd(20) * 4 + rnd(4);
    if (want == INODE_TABLE && block + 1 < b->blocks)
        at = rnd(4) ? rnd(32) * 128 + rnd(27) * 4 : at;
    else if (want == INDIRECT)
        at = rnd(2) ? rnd(24) * 4 : at & ~3u;
    else if (want == DIRECTORY) {
        uint32_t next = 0;
        const char *data = b->data + (size_t)block * PAGE_SIZE;
        for (at = 0; rnd(4) && at + 8 < PAGE_SIZE; at = next) {
            next = at + (uint16_t)((uint8_t)data[at + 4] | (uint8_t)data[at + 5] << 8);
            if (next <= at || next + 8 >= PAGE_SIZE)
                break;
        }
        at += (uint32_t[]){0, 4, 6, 7, 8, 9}[rnd(6)];
    } else if (want == BLOCK_BITMAP || want == INODE_BITMAP) {
        at = rnd(64);
    }
    return block * PAGE_SIZE + at;
}

static struct record fresh(const struct base *b) {
    struct record r = {(uint8_t)rnd(OPS), (uint8_t)rnd(256), (uint8_t)rnd(256),
                       (uint8_t)rnd(256), value(b),          value(b)};
    uint32_t kind = rnd(20);
    if (kind < 9)
        r = (struct record){POKE, (uint8_t)rnd(3), 0, 0, place(b), value(b)};
    else if (kind == 9)
        r.op = rnd(2) ? FAIL_DISK : FAIL_MEMORY;
    else if (kind == 10)
        r.op = WALK;
    else if (kind < 14) // small positions and lengths
        r.c &= 0xc0, r.x = rnd(100000);
    return r;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int s) {
    seed = s;
    if (size < 1)
        data[0] = (uint8_t)rnd(BASES);
    size_t n = size < 1 ? 0 : (size - 1) / RECORD, room = min((max - 1) / RECORD, (size_t)MAX_RECORDS);
    struct record *records = malloc((room + 1) * RECORD);
    n = min(n, room);
    memcpy(records, data + 1, n * RECORD);
    for (uint32_t first = n ? 0 : rnd((uint32_t)room + 1); n < first; n++)
        records[n] = fresh(&bases[data[0] % BASES]);
    for (uint32_t changes = 1 + rnd(4); changes > 0; changes--) {
        const struct base *b = &bases[data[0] % BASES];
        uint32_t at = n ? rnd((uint32_t)n) : 0, to = n ? rnd((uint32_t)n) : 0;
        switch (n == 0 ? 0 : rnd(10)) {
        case 0:
        case 1:
        case 2: // one more
            if (n == room)
                break;
            at = rnd((uint32_t)n + 1);
            memmove(&records[at + 1], &records[at], (n - at) * RECORD);
            records[at] = fresh(b);
            n++;
            break;
        case 3: // one less
            memmove(&records[at], &records[at + 1], (n - at - 1) * RECORD);
            n--;
            break;
        case 4: records[at] = fresh(b); break;
        case 5: records[at].y = value(b); break;
        case 6: records[at].x = records[at].op % KINDS == POKE ? place(b) : value(b); break;
        case 7: records[at] = records[to]; break;
        case 8: LLVMFuzzerMutate((uint8_t *)&records[at], RECORD, RECORD); break;
        default:
            if (rnd(8) == 0)
                data[0] = (uint8_t)rnd(BASES);
            records[at].a = (uint8_t)rnd(256);
        }
    }
    memcpy(data + 1, records, n * RECORD);
    free(records);
    return 1 + n * RECORD;
}

FUZZ_MEASURED
