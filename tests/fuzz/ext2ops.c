// ext2ops.c: valid operations in any order on a sound disk, against a model: names, sizes, contents, links.
// After the last one the disk is unmounted, must be without fault (fs/check.c; for some inputs e2fsck too),
// and hold the same when it is mounted again.
//
// The input: a byte that chooses an image (fs/world.c), then records of 12 bytes, an operation each. With
// MAY_FAIL in the first byte there are some that let allocations fail: then an operation should do all or
// nothing. FUZZ_E2FSCK=1: e2fsck looks at each disk. FUZZ_TRACE=1: each operation is printed.
//
// uses: -DFUZZ -DHOST_FRAMES=(1<<14) -include tests/unit/fs/host.h
// uses: tests/unit/fs/host.c kernel/lib/printf.c kernel/dev/block.c
// uses: tests/fuzz/fs/world.c tests/fuzz/fs/check.c
// uses: tests/fuzz/fs/cache.c tests/fuzz/fs/txn.c tests/fuzz/fs/inode.c
// uses: kernel/fs/cache_policy.c kernel/fs/ext2_mount.c kernel/fs/ext2_policy.c kernel/fs/ext2_alloc.c
// uses: kernel/fs/ext2_map.c kernel/fs/ext2_inode.c kernel/fs/ext2_dir.c kernel/fs/ext2.c
// uses: kernel/fs/namei.c kernel/fs/namecache.c kernel/fs/file.c kernel/fs/regfile.c
// fuzz: -max_len=1201 -len_control=0
#include "fs/world.h"

#include "uapi/dirent.h"

FUZZ_UNMEASURED

enum { MAY_FAIL = 128 }; // in the first byte
enum {
    RECORD = 12,
    MAX_RECORDS = 100,
    NAMES = 14,
    NODES = 160,
    PAGES = 64,
    HELD = 3,
    LENGTH = 9 * PAGE_SIZE
};
enum op {
    WRITE,
    APPEND,
    READ,
    TRUNCATE,
    MAKE_DIR,
    MAKE_LINK,
    MAKE_NODE,
    HARD,
    REMOVE,
    RENAME,
    HOLD,
    DROP,
    SYNC,
    SHRINK,
    REMOUNT,
    FAIL,
    OPS
};
static const char *const op_names[] = {"write", "append", "read",    "truncate", "mkdir", "symlink",
                                       "mknod", "link",   "remove",  "rename",   "hold",  "drop",
                                       "sync",  "shrink", "remount", "fail"};
struct record {
    uint8_t op, a, b, c;
    uint32_t x, y;
};

// ---- the model

struct node {
    mode_t kind; // 0: free
    int links;   // names; of a directory 1
    int held;
    bool vague; // an operation failed half-way, and it may hold this or that
    uint64_t size;
    struct {
        uint64_t index;
        char *data;
    } page[PAGES];
    char target[100];
    struct node *parent, *entry[NAMES]; // of a directory
};
static struct node nodes[NODES], *held[HELD];
static struct file *file[HELD];
static struct node *const root = &nodes[0];

static struct node *new_node(mode_t kind) {
    for (int i = 1; i < NODES; i++)
        if (!nodes[i].kind) {
            nodes[i].kind = kind;
            return &nodes[i];
        }
    return NULL;
}

static void free_pages(struct node *n, uint64_t from) {
    for (int i = 0; i < PAGES; i++)
        if (n->page[i].data && n->page[i].index >= from) {
            free(n->page[i].data);
            n->page[i].data = NULL;
        }
}

static void settle(struct node *n) { // it may have lost its last name and user
    if (n && n != root && n->links == 0 && n->held == 0) {
        free_pages(n, 0);
        memset(n, 0, sizeof *n);
    }
}

// The page, made if make; NULL: a hole, or no room in the model.
static char *page_of(struct node *n, uint64_t index, bool make) {
    int empty = -1;
    for (int i = 0; i < PAGES; i++)
        if (!n->page[i].data)
            empty = i;
        else if (n->page[i].index == index)
            return n->page[i].data;
    if (!make || empty < 0)
        return NULL;
    n->page[empty].index = index;
    return n->page[empty].data = calloc(1, PAGE_SIZE);
}

static void model_write(struct node *n, uint64_t at, const char *data, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t part = min(size - done, PAGE_SIZE - (at + done) % PAGE_SIZE);
        char *p = page_of(n, (at + done) / PAGE_SIZE, true);
        must(p); // has_room
        memcpy(p + (at + done) % PAGE_SIZE, data + done, part);
        done += part;
    }
    n->size = max(n->size, at + size);
}

static void model_truncate(struct node *n, uint64_t size) {
    char *last = page_of(n, size / PAGE_SIZE, false);
    if (last && size < n->size)
        memset(last + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
    free_pages(n, (size + PAGE_SIZE - 1) / PAGE_SIZE);
    n->size = size;
}

static bool has_room(struct node *n) {
    int used = 0;
    for (int i = 0; i < PAGES; i++)
        used += n->page[i].data != NULL;
    return used + LENGTH / PAGE_SIZE + 2 < PAGES;
}

// ---- names

// Entry k of a directory: some are long, so that directories grow.
static const char *name(int k) {
    static char names[NAMES][260];
    if (!names[0][0])
        for (int i = 0; i < NAMES; i++)
            snprintf(names[i], sizeof names[i], "%c%0*d", 'a' + i, i % 4 == 3 ? 230 : i % 4 * 20, i);
    return names[k];
}

static struct node *directory(uint8_t k) {
    struct node *d = NULL;
    for (int i = 0, left = k % 8; i < NODES; i++)
        if (S_ISDIR(nodes[i].kind)) {
            d = &nodes[i];
            if (left-- == 0)
                break;
        }
    return d;
}

static void add_path(const struct node *d, char *to) {
    if (d == root)
        return;
    add_path(d->parent, to);
    for (int k = 0; k < NAMES; k++)
        if (d->parent->entry[k] == d) {
            strcat(to, "/");
            strcat(to, name(k));
        }
}

static char *path(const struct node *d, int k) {
    static char text[2][UAPI_PATH_MAX * 4];
    static int turn;
    char *t = text[turn ^= 1];
    t[0] = '\0';
    add_path(d, t);
    strcat(t, "/");
    strcat(t, name(k));
    return path_copy(t);
}

// The longest path from d to something below it.
static size_t reach(const struct node *d) {
    size_t most = 0;
    for (int k = 0; k < NAMES; k++) {
        const struct node *n = d->entry[k];
        if (n)
            most = max(most, 1 + strlen(name(k)) + (S_ISDIR(n->kind) ? reach(n) : 0));
    }
    return most;
}

// Is there a path, with its NUL, for entry k of d; and, if n were that entry, for all below n? System calls
// refuse a longer one before the code that is tested here sees it, so the model never makes one.
static bool fits(const struct node *d, int k, const struct node *n) {
    char text[UAPI_PATH_MAX * 2] = "";
    add_path(d, text);
    return strlen(text) + 1 + strlen(name(k)) + (n && S_ISDIR(n->kind) ? reach(n) : 0) < UAPI_PATH_MAX;
}

static int depth(const struct node *d) { return d == root ? 0 : 1 + depth(d->parent); }
static bool is_empty(const struct node *d) {
    for (int k = 0; k < NAMES; k++)
        if (d->entry[k])
            return false;
    return true;
}

// ---- operations

static char buf[LENGTH], other[LENGTH];
static bool failing; // allocations may

// Did it fail for want of something, which may happen at any time?
static bool want(int64_t err) {
    must(err != -EIO && err != -EROFS);
    return err == -ENOSPC || ((err == -ENOMEM || err == -ENFILE) && failing);
}

static uint64_t position(const struct record *r) {
    uint64_t at = r->x % 70000;
    return r->c % 8 == 0   ? at + (11UL << 12)
           : r->c % 8 == 1 ? at + (1035UL << 12)
           : r->c % 8 == 2 ? at + (((1UL << 20) + 1035) << 12)
                           : at;
}

static void write_to(struct node *n, struct file *f, const struct record *r, uint64_t at) {
    size_t size = 1 + r->y % (LENGTH - 1);
    for (size_t i = 0; i < size; i++)
        buf[i] = (char)(r->x + i * 7 + i / 256);
    off_t pos = (off_t)at;
    ssize_t got = file_transfer(f, true, (uint64_t)buf, size, &pos);
    if (got < 0) {
        must(want(got));
        return;
    }
    must(got > 0 && (size_t)got <= size);
    model_write(n, at, buf, (size_t)got);
}

static void do_write(const struct record *r) {
    struct node *d = directory(r->a), **n = &d->entry[r->b % NAMES];
    struct file *f;
    int flags = O_RDWR | O_CREAT | (r->c & 64 ? O_TRUNC : 0);
    struct node *fresh = *n ? NULL : new_node(S_IFREG);
    if (!*n && !fresh)
        return;
    if ((*n && !S_ISREG((*n)->kind) && !S_ISDIR((*n)->kind)) || !fits(d, r->b % NAMES, NULL))
        return;
    int err = file_open(&me, path(d, r->b % NAMES), flags, 0644, &f);
    if (err) {
        must(want(err) || (*n && S_ISDIR((*n)->kind) && err == -EISDIR));
        if (fresh)
            fresh->kind = 0;
        if (*n && flags & O_TRUNC)
            (*n)->vague = true;
        return;
    }
    must(!*n || S_ISREG((*n)->kind));
    if (fresh) {
        *n = fresh;
        fresh->links = 1;
    } else if (flags & O_TRUNC) {
        model_truncate(*n, 0);
    }
    if (has_room(*n))
        write_to(*n, f, r, r->op % OPS == APPEND ? (*n)->size : position(r));
    file_put(f);
}

// Does f hold what n does, in these bytes?
static void compare_bytes(struct node *n, struct file *f, uint64_t at, size_t size) {
    memset(buf, 0, sizeof buf);
    off_t pos = (off_t)at;
    ssize_t got = file_transfer(f, false, (uint64_t)buf, size, &pos);
    if (want(got) || n->vague)
        return;
    size = at >= n->size ? 0 : min(size, n->size - at);
    if (!failing)
        must_equal(got, size);
    must(got >= 0 && (size_t)got <= size);
    memset(other, 0, sizeof other);
    for (size_t i = 0; i < size; i += PAGE_SIZE - (at + i) % PAGE_SIZE) {
        char *p = page_of(n, (at + i) / PAGE_SIZE, false);
        if (p)
            memcpy(other + i, p + (at + i) % PAGE_SIZE, min(size - i, PAGE_SIZE - (at + i) % PAGE_SIZE));
    }
    for (ssize_t i = 0; i < got && memcmp(buf, other, (size_t)got) != 0; i++)
        must_equal(buf[i], other[i]);
}

static struct node *regular(const struct record *r) {
    struct node *n = directory(r->a)->entry[r->b % NAMES];
    return n && S_ISREG(n->kind) ? n : NULL;
}

static void do_read(const struct record *r) {
    struct node *n = regular(r);
    struct file *f;
    if (!n)
        return;
    int err = file_open(&me, path(directory(r->a), r->b % NAMES), O_RDONLY, 0, &f);
    if (err) {
        must(want(err));
        return;
    }
    compare_bytes(n, f, position(r), 1 + r->y % (LENGTH - 1));
    file_put(f);
}

static void do_truncate(const struct record *r) {
    struct node *n = regular(r);
    struct inode *i;
    if (!n)
        return;
    int err = namei(&me, path(directory(r->a), r->b % NAMES), 0, &i);
    if (!err) {
        uint64_t size = r->c & 32 ? r->x % (n->size + 1) : position(r);
        err = inode_truncate(i, (int64_t)size);
        if (!err)
            model_truncate(n, size);
        else
            n->vague = true; // cut in part: nothing is freed for want of memory to read what to free
        inode_put(i);
    }
    must(!err || want(err));
}

// A new name for what birth says.
static void do_make(const struct record *r, mode_t kind) {
    struct node *d = directory(r->a), **n = &d->entry[r->b % NAMES];
    struct birth birth = {.mode = kind | 0755, .rdev = r->x & 0xfffff};
    char target[100];
    if ((S_ISDIR(kind) && depth(d) > 5) || !fits(d, r->b % NAMES, NULL))
        return;
    snprintf(target, sizeof target, "%0*d", (int)(1 + r->y % 90), 7);
    if (S_ISLNK(kind))
        birth.target = target;
    struct node *fresh = new_node(kind);
    if (!fresh)
        return;
    fresh->kind = 0;
    int err = name_make(&me, path(d, r->b % NAMES), &birth);
    if (err) {
        must(want(err) || (*n && err == -EEXIST));
        return;
    }
    must(!*n);
    *fresh = (struct node){.kind = kind, .links = 1, .parent = d};
    if (S_ISLNK(kind))
        strcpy(fresh->target, target);
    *n = fresh;
}

static void do_hard(const struct record *r) {
    struct node *d = directory(r->a), *d2 = directory(r->c), *n = d->entry[r->b % NAMES];
    struct node **to = &d2->entry[r->x % NAMES];
    struct inode *i;
    if (!n || S_ISDIR(n->kind) || !fits(d2, (int)(r->x % NAMES), NULL))
        return;
    int err = namei(&me, path(d, r->b % NAMES), 0, &i);
    if (!err) {
        err = name_make(&me, path(d2, (int)(r->x % NAMES)), &(struct birth){.child = i});
        inode_put(i);
    }
    if (err) {
        must(want(err) || (*to && err == -EEXIST));
        return;
    }
    must(!*to);
    *to = n;
    n->links++;
}

static void lose_name(struct node **n) {
    struct node *gone = *n;
    *n = NULL;
    if (gone) {
        gone->links--;
        settle(gone);
    }
}

static void do_remove(const struct record *r) {
    struct node *d = directory(r->a), **n = &d->entry[r->b % NAMES];
    bool is_dir = r->c & 1;
    if (!fits(d, r->b % NAMES, NULL))
        return;
    int err = name_remove(&me, path(d, r->b % NAMES), is_dir), right = 0;
    if (!*n)
        right = -ENOENT;
    else if (S_ISDIR((*n)->kind) != is_dir)
        right = is_dir ? -ENOTDIR : -EISDIR;
    else if (is_dir && !is_empty(*n))
        right = -ENOTEMPTY;
    must(want(err) || err == right);
    if (!err)
        lose_name(n);
}

static bool below(const struct node *d, const struct node *top) {
    while (d != top && d != root)
        d = d->parent;
    return d == top;
}

static void do_rename(const struct record *r) {
    struct node *d = directory(r->a), **n = &d->entry[r->b % NAMES];
    struct node *d2 = directory(r->c), **to = &d2->entry[r->x % NAMES];
    if (*n && S_ISDIR((*n)->kind) && depth(d2) > 5)
        return;
    if (!fits(d, r->b % NAMES, NULL) || !fits(d2, (int)(r->x % NAMES), *n))
        return;
    char *from = path(d, r->b % NAMES);
    int err = name_rename(&me, from, path(d2, (int)(r->x % NAMES)));
    if (want(err))
        return;
    bool right = *n;
    if (*n && S_ISDIR((*n)->kind) && below(d2, *n))
        right = false;
    if (*n && *to && S_ISDIR((*n)->kind) != S_ISDIR((*to)->kind))
        right = false;
    if (*n && *to && *to != *n && S_ISDIR((*to)->kind) && !is_empty(*to))
        right = false;
    must_equal(err == 0, right);
    if (err || *to == *n)
        return;
    struct node *moves = *n;
    lose_name(to);
    *to = moves;
    *n = NULL;
    if (S_ISDIR(moves->kind))
        moves->parent = d2;
}

static void drop(int k) {
    file_put(file[k]);
    file[k] = NULL;
    if (held[k]) {
        held[k]->held--;
        settle(held[k]);
    }
    held[k] = NULL;
}

// Open it and keep it; or, if one is kept, use it.
static void do_hold(const struct record *r) {
    const int k = r->c % HELD;
    struct node *n = regular(r);
    if (file[k] && r->c & 64)
        compare_bytes(held[k], file[k], position(r), 1 + r->y % (LENGTH - 1));
    else if (file[k] && has_room(held[k]))
        write_to(held[k], file[k], r, position(r));
    else if (!file[k] && n && file_open(&me, path(directory(r->a), r->b % NAMES), O_RDWR, 0, &file[k]) == 0) {
        held[k] = n;
        n->held++;
    }
}

// ---- all of it

static void compare_directory(struct node *d) {
    static char records[1024];
    static char text[UAPI_PATH_MAX * 4];
    struct file *f;
    bool seen[NAMES] = {0};
    ssize_t got;
    text[0] = '\0';
    add_path(d, text);
    must_equal(file_open(&me, path_copy(text[0] ? text : "/"), O_RDONLY, 0, &f), 0);
    while ((got = file_getdents(f, (uint64_t)records, sizeof records)) > 0)
        for (ssize_t at = 0; at < got; at += ((struct uapi_dirent *)(records + at))->reclen) {
            const struct uapi_dirent *e = (struct uapi_dirent *)(records + at);
            int k = e->name[0] - 'a';
            if (k >= 0 && k < NAMES && strcmp(e->name, name(k)) == 0) {
                must(d->entry[k] && !seen[k]);
                seen[k] = true;
            } else {
                must(e->name[0] == '.' || d == root); // the image had some
            }
        }
    must_equal(got, 0);
    for (int k = 0; k < NAMES; k++)
        must_equal(seen[k], d->entry[k] != NULL);
    file_put(f);
}

static void compare_file(struct node *d, int k) {
    struct node *n = d->entry[k];
    struct inode *i;
    struct uapi_stat st;
    struct file *f;
    must_equal(namei(&me, path(d, k), 0, &i), 0);
    inode_stat(i, &st);
    must_equal(st.mode & S_IFMT, n->kind);
    int links = n->links;
    for (int e = 0; S_ISDIR(n->kind) && e < NAMES; e++)
        links += n->entry[e] && S_ISDIR(n->entry[e]->kind);
    must_equal(st.nlink, links + S_ISDIR(n->kind));
    if (S_ISLNK(n->kind)) {
        ssize_t got = i->fs->ops->readlink(i, buf, sizeof buf);
        must(got == (ssize_t)strlen(n->target) && memcmp(buf, n->target, (size_t)got) == 0);
    }
    inode_put(i);
    if (!S_ISREG(n->kind) || n->vague)
        return;
    must_equal(st.size, n->size);
    must_equal(file_open(&me, path(d, k), O_RDONLY, 0, &f), 0);
    for (int p = 0; p < PAGES; p++)
        if (n->page[p].data)
            compare_bytes(n, f, n->page[p].index * PAGE_SIZE, PAGE_SIZE);
    compare_bytes(n, f, 0, LENGTH);
    if (n->size > LENGTH)
        compare_bytes(n, f, n->size - LENGTH, LENGTH);
    file_put(f);
}

static void compare_all(void) {
    for (int i = 0; i < NODES; i++) {
        if (!S_ISDIR(nodes[i].kind))
            continue;
        compare_directory(&nodes[i]);
        for (int k = 0; k < NAMES; k++)
            if (nodes[i].entry[k])
                compare_file(&nodes[i], k);
    }
}

static bool always; // e2fsck looks at each disk
static bool tell;   // print each operation

static void unmount(const uint8_t *data, size_t size) {
    for (int k = 0; k < HELD; k++)
        drop(k);
    must_equal(world_end(true), 0);
    const char *wrong = check_disk(NULL);
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 16777619u;
    if (wrong || always || hash % 1024 == 0)
        must_equal(check_disk_e2fsck(), 0);
    if (wrong)
        fprintf(stderr, "e2fsck finds nothing, but %s\n", wrong);
    must(!wrong);
}

static void operate(const struct record *r) {
    static const mode_t kinds[] = {S_IFCHR, S_IFBLK, S_IFIFO};
    struct node *d = directory(r->a), *n = d->entry[r->b % NAMES];
    if (tell)
        fprintf(stderr, "%s: node %zd in %zd at %c, to %zd at %c; %u %u %u; size %lu, at %lu\n",
                op_names[r->op % OPS], n ? n - nodes : -1, d - nodes, 'a' + r->b % NAMES,
                directory(r->c) - nodes, 'a' + (int)(r->x % NAMES), r->c, r->x, r->y, n ? n->size : 0,
                position(r));
    switch (r->op % OPS) {
    case WRITE:
    case APPEND: do_write(r); break;
    case READ: do_read(r); break;
    case TRUNCATE: do_truncate(r); break;
    case MAKE_DIR: do_make(r, S_IFDIR); break;
    case MAKE_LINK: do_make(r, S_IFLNK); break;
    case MAKE_NODE: do_make(r, kinds[r->c % 3]); break;
    case HARD: do_hard(r); break;
    case REMOVE: do_remove(r); break;
    case RENAME: do_rename(r); break;
    case HOLD: do_hold(r); break;
    case DROP: drop(r->c % HELD); break;
    case SYNC: must(vfs_sync() == 0); break;
    case SHRINK:
        cache_shrink(1 + r->x % 10000, PAGE_NOFS);
        inode_shrink(1 + r->y % 1000, PAGE_NOFS);
        break;
    default: break;
    }
    must(!root_fs->read_only);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct record r;
    if (size < 1 + RECORD)
        return -1;
    disk_open(data[0] % BASES);
    must(!world_mount());
    root->kind = S_IFDIR;
    for (size_t at = 1; at + RECORD <= size && at < 1 + MAX_RECORDS * RECORD; at += RECORD) {
        memcpy(&r, data + at, RECORD);
        if (r.op % OPS == REMOUNT) {
            host_fail_after = -1, failing = false;
            unmount(data, at);
            must(!world_mount());
        } else if (r.op % OPS == FAIL && !(data[0] & MAY_FAIL)) {
            // not in this input
        } else if (r.op % OPS == FAIL) {
            failing = true, host_fail_after = r.x % 200, host_fail_times = 1 + r.y % 5;
        } else {
            operate(&r);
        }
    }
    host_fail_after = -1, failing = false;
    for (int round = 0; round < 2; round++) {
        compare_all();
        unmount(data, size);
        must(round > 0 || !world_mount());
    }
    for (int i = 0; i < NODES; i++)
        free_pages(&nodes[i], 0);
    memset(nodes, 0, sizeof nodes);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    always = getenv("FUZZ_E2FSCK") != NULL;
    tell = getenv("FUZZ_TRACE") != NULL;
    world_start();
    return 0;
}

// ---- the mutator: whole records come, go and change

static uint64_t seed;
static uint32_t rnd(uint32_t n) { return (uint32_t)(fuzz_random(&seed) % n); }

static struct record fresh(void) {
    static const uint8_t often[] = {WRITE,  WRITE,  WRITE,  APPEND, TRUNCATE, TRUNCATE, MAKE_DIR, MAKE_DIR,
                                    REMOVE, RENAME, RENAME, HOLD,   HOLD,     SYNC,     HARD};
    uint8_t op = rnd(3) ? often[rnd(ARRAY_SIZE(often))] : (uint8_t)rnd(OPS);
    if (op == FAIL && rnd(4))
        op = REMOVE;
    return (struct record){op,          (uint8_t)rnd(8), (uint8_t)rnd(NAMES), (uint8_t)rnd(256),
                           rnd(200000), rnd(40000)};
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int s) {
    seed = s;
    if (size < 1 || rnd(20) == 0)
        data[0] = (uint8_t)(rnd(BASES) | (rnd(3) ? 0 : MAY_FAIL));
    size_t n = size < 1 ? 0 : (size - 1) / RECORD, room = min((max - 1) / RECORD, (size_t)MAX_RECORDS);
    struct record *records = malloc((room + 1) * RECORD);
    n = min(n, room);
    memcpy(records, data + 1, n * RECORD);
    for (uint32_t first = n ? 0 : rnd((uint32_t)room + 1); n < first; n++)
        records[n] = fresh();
    for (uint32_t changes = 1 + rnd(5); changes > 0; changes--) {
        uint32_t at = n ? rnd((uint32_t)n) : 0, to = n ? rnd((uint32_t)n) : 0;
        struct record f = fresh(), *r = &records[at];
        switch (n == 0 ? 0 : rnd(10)) {
        case 0:
        case 1:
        case 2:
        case 3:
            if (n == room)
                break;
            at = rnd((uint32_t)n + 1);
            memmove(&records[at + 1], &records[at], (n - at) * RECORD);
            records[at] = f;
            n++;
            break;
        case 4:
            memmove(r, r + 1, (n - at - 1) * RECORD);
            n--;
            break;
        case 5: *r = f; break;
        case 6: *r = records[to]; break;
        case 7: r->a = f.a, r->b = f.b; break;
        case 8: r->x = f.x, r->y = f.y; break;
        default: r->op = f.op, r->c = f.c; break;
        }
    }
    memcpy(data + 1, records, n * RECORD);
    free(records);
    return 1 + n * RECORD;
}

FUZZ_MEASURED
