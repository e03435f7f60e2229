// The walk along paths and the operations on names, over a file system that lives in this file.
// Mutexes and transactions are checked as the kernel's checked build does: rank, nesting, what must be held.
#include "unit.h"

#include "lib/kernel.h" // brings the host's errno numbers, so it comes before the next line
#define __drupe_kernel__
#include "mm/page.h"
#define page_va(p) ((void *)(p)) // no direct map here
#include "../../kernel/fs/namecache.c"
#include "../../kernel/fs/namei.c"

#include "paths.h"

// ---- the machine below, as far as it is needed

static int locks_held, highest[32], txns;
static int unlocks_left; // at the last of these a file "x" in the root directory goes
static void unlink_x(void);

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {
    *m = (struct mutex){.rank = rank};
}
static void take(struct mutex *m, bool nested) {
    assert_int_equal(m->owner, 0);
    for (int r = m->rank + nested; r < 32; r++)
        assert_int_equal(highest[r], 0);
    m->owner = 1;
    highest[m->rank]++;
    locks_held++;
}
void mutex_lock(struct mutex *m) { take(m, false); }
void mutex_lock_nested(struct mutex *m) { take(m, true); }
void mutex_unlock(struct mutex *m) {
    assert_int_not_equal(m->owner, 0);
    m->owner = 0;
    highest[m->rank]--;
    locks_held--;
    if (unlocks_left > 0 && --unlocks_left == 0)
        unlink_x();
}
void spin_init(struct spinlock *l, enum lock_rank rank, const char *name) {}
void spin_lock(struct spinlock *l) { assert_int_equal(l->locked++, 0); }
void spin_unlock(struct spinlock *l) { l->locked--; }
void *kmalloc(size_t size, int how) { return malloc(size); }
void kfree(void *p) { free(p); }
void *slab_alloc(struct slab_cache *c, int how) { return malloc(c->size); }
void slab_free(struct slab_cache *c, void *p) { free(p); }
void page_stats(struct mem_info *info) { info->total = 256; } // a cache of 64 names
static char names_page[PAGE_SIZE];
struct page *page_alloc(int order, enum page_use use, int how) {
    return (void *)names_page;
}
uint32_t hash_bytes(const void *s, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t k = 0; k < n; k++)
        h = (h ^ ((const uint8_t *)s)[k]) * 16777619u;
    return h;
}
uint64_t clock_realtime(void) { return 1000000000; }

// ---- a file system

enum { NODES = 4096, ENTRIES = 64 };

struct node {
    struct inode i;
    bool alive;
    struct node *parent;
    struct {
        char name[256];
        struct node *child;
    } entry[ENTRIES];
    char target[UAPI_PATH_MAX];
};

static struct node *nodes[NODES];
static struct filesystem fs;
struct filesystem *root_fs = &fs;
static int again_left, lookups; // how often the next changes say -ENOSPC; how often the "disk" was asked

static struct node *node_of(struct inode *i) { return container_of(i, struct node, i); }

int txn_begin(struct filesystem *f, uint32_t blocks) {
    assert_int_equal(highest[MUTEX_DIR], 0);
    assert_int_equal(txns++, 0);
    return 0;
}
void txn_end(struct filesystem *f) { txns--; }
int txn_commit(struct filesystem *f) {
    assert_int_equal(txns, 0);
    return 0;
}

int inode_find(struct filesystem *f, uint64_t ino, struct inode **out) {
    if (!nodes[ino] || !nodes[ino]->alive)
        return -ENOENT;
    nodes[ino]->i.refs++;
    *out = &nodes[ino]->i;
    return 0;
}
void inode_get(struct inode *i) { i->refs++; }
void inode_put(struct inode *i) {
    assert_true(i->refs > 0);
    if (--i->refs == 0 && i->nlink == 0) {
        assert_int_equal(locks_held + txns, 0); // eviction opens a transaction of its own
        node_of(i)->alive = false;
    }
}
int inode_permission(struct inode *i, const struct cred *cred, int mask) { return 0; }

static int slot(struct inode *dir, const char *name, int len) {
    struct node *d = node_of(dir);
    for (int k = 0; k < ENTRIES; k++)
        if (d->entry[k].child && (int)strlen(d->entry[k].name) == len &&
            memcmp(d->entry[k].name, name, len) == 0)
            return k;
    return -1;
}
static int fake_lookup(struct inode *dir, const char *name, int len, struct inode **out) {
    assert_non_null(dir->dir.owner);
    lookups++;
    struct node *child;
    if (len == 2 && memcmp(name, "..", 2) == 0)
        child = node_of(dir)->parent;
    else if (slot(dir, name, len) < 0)
        return -ENOENT;
    else
        child = node_of(dir)->entry[slot(dir, name, len)].child;
    child->i.refs++;
    *out = &child->i;
    return 0;
}
static void changing(struct inode *dir) {
    assert_non_null(dir->dir.owner);
    assert_int_equal(txns, 1);
}
static int insert_name(struct inode *dir, const char *name, int len, struct node *child) {
    changing(dir);
    assert_int_equal(slot(dir, name, len), -1);
    if (again_left > 0)
        return again_left--, -ENOSPC;
    for (int k = 0; k < ENTRIES; k++)
        if (!node_of(dir)->entry[k].child) {
            memcpy(node_of(dir)->entry[k].name, name, len);
            node_of(dir)->entry[k].name[len] = '\0';
            node_of(dir)->entry[k].child = child;
            if (S_ISDIR(child->i.mode))
                child->parent = node_of(dir);
            return 0;
        }
    return -ENOSPC;
}
static struct node *new_node(mode_t mode) {
    static uint64_t next;
    struct node *n = calloc(1, sizeof(*n));
    // An inode number that is free is used again at once: stale names would show.
    for (n->i.ino = 1; nodes[n->i.ino] && nodes[n->i.ino]->alive; n->i.ino++)
        ;
    free(nodes[n->i.ino]);
    nodes[n->i.ino] = n;
    n->alive = true;
    n->i.fs = &fs;
    n->i.mode = mode;
    n->i.nlink = 1;
    n->i.name_id = ++next;
    mutex_init(&n->i.dir, MUTEX_DIR, "");
    mutex_init(&n->i.lock, MUTEX_INODE, "");
    return n;
}
static int add_new(struct inode *dir, const char *name, int len, struct node *n, struct inode **out) {
    int err = insert_name(dir, name, len, n);
    if (err) {
        n->alive = false;
        return err;
    }
    n->i.refs = 1;
    *out = &n->i;
    return 0;
}
static int fake_make(struct inode *dir, const char *name, int len, const struct birth *b,
                     struct inode **out) {
    if (b->child) {
        int err = insert_name(dir, name, len, node_of(b->child));
        if (!err) {
            b->child->nlink++;
            inode_get(*out = b->child);
        }
        return err;
    }
    struct node *n = new_node(b->mode);
    if (b->target)
        snprintf(n->target, sizeof(n->target), "%s", b->target);
    return add_new(dir, name, len, n, out);
}
static void remove_name(struct inode *dir, const char *name, int len, struct inode *child) {
    changing(dir);
    assert_ptr_equal(node_of(dir)->entry[slot(dir, name, len)].child, child);
    node_of(dir)->entry[slot(dir, name, len)].child = NULL;
    child->nlink--;
}
// As another thread would do it.
static void unlink_x(void) {
    struct node *root = node_of(fs.root);
    int k = slot(fs.root, "x", 1);
    root->entry[k].child->i.nlink--;
    root->entry[k].child = NULL;
    namecache_enter(fs.root, "x", 1, 0);
}
static int is_empty(struct inode *dir) {
    for (int k = 0; k < ENTRIES; k++)
        if (node_of(dir)->entry[k].child)
            return 0;
    return 1;
}
static int fake_remove(struct inode *dir, const char *name, int len, struct inode *child) {
    if (S_ISDIR(child->mode)) {
        assert_non_null(child->dir.owner);
        if (!is_empty(child))
            return -ENOTEMPTY;
    }
    remove_name(dir, name, len, child);
    return 0;
}
static int fake_rename(struct inode *from, const char *name, int len, struct inode *child, struct inode *to,
                       const char *to_name, int to_len, struct inode *over) {
    changing(from);
    changing(to);
    if (over && S_ISDIR(over->mode)) {
        assert_non_null(over->dir.owner);
        if (!is_empty(over))
            return -ENOTEMPTY;
    }
    if (over)
        remove_name(to, to_name, to_len, over);
    node_of(from)->entry[slot(from, name, len)].child = NULL;
    return insert_name(to, to_name, to_len, node_of(child));
}
static ssize_t fake_readdir(struct inode *dir, uint64_t *pos, void *buf, size_t size) {
    while (*pos < ENTRIES && !node_of(dir)->entry[*pos].child)
        ++*pos;
    if (*pos == ENTRIES)
        return 0;
    struct uapi_dirent *d = buf; // one record at a time
    strcpy(d->name, node_of(dir)->entry[*pos].name);
    d->ino = node_of(dir)->entry[*pos].child->i.ino;
    d->reclen = 512;
    ++*pos;
    return d->reclen;
}
static ssize_t fake_readlink(struct inode *link, char *buf, size_t size) {
    size_t n = min(strlen(node_of(link)->target), size);
    memcpy(buf, node_of(link)->target, n);
    return n;
}
static int fake_update(struct inode *i) { return 0; }
static const struct filesystem_ops fake_ops = {.lookup = fake_lookup,
                                               .make = fake_make,
                                               .remove = fake_remove,
                                               .rename = fake_rename,
                                               .readdir = fake_readdir,
                                               .readlink = fake_readlink,
                                               .update = fake_update};

// ---- shorthand

static const struct cred root_cred;
static struct walk me = {.cred = &root_cred};

static int set_up(void **state) {
    for (int k = 0; k < NODES; k++) {
        free(nodes[k]);
        nodes[k] = NULL;
    }
    memset(names_page, 0, sizeof(names_page));
    namecache_init();
    fs.ops = &fake_ops;
    mutex_init(&fs.rename, MUTEX_RENAME, "");
    struct node *root = new_node(S_IFDIR | 0755);
    root->parent = root;
    root->i.refs = 1;
    fs.root = me.cwd = &root->i;
    again_left = 0;
    return 0;
}

// Every test leaves no lock, no transaction and no reference behind.
static int tear_down(void **state) {
    assert_int_equal(locks_held + txns, 0);
    for (int k = 0; k < NODES; k++)
        if (nodes[k])
            assert_int_equal(nodes[k]->i.refs, &nodes[k]->i == fs.root);
    return 0;
}

// Inode number at path, or -errno.
static int64_t ino_at(const char *path, int flags) {
    struct inode *i;
    int err = namei(&me, path, flags, &i);
    if (err)
        return err;
    int64_t ino = i->ino;
    inode_put(i);
    return ino;
}
static int open_at(const char *path, int flags) {
    struct inode *i;
    int err = namei_open(&me, path, flags, 0644, &i);
    if (!err)
        inode_put(i);
    return err;
}
static int make_file(const char *path) { return open_at(path, O_CREAT | O_EXCL | O_WRONLY); }
static int make_dir(const char *path) { return name_mkdir(&me, path, 0755); }
static struct inode *enter_dir(const char *path) {
    assert_int_equal(namei(&me, path, NAMEI_DIRECTORY, &me.cwd), 0);
    return me.cwd;
}
static void leave_dir(void) {
    inode_put(me.cwd);
    me.cwd = fs.root;
}
#define says(call, want) assert_int_equal(call, want)

// ---- tests

static void paths_are_walked(void **state) {
    says(make_dir("/a"), 0);
    says(make_dir("a/b"), 0);
    says(make_file("/a/b/f"), 0);
    assert_true(ino_at("//a///b/./../b/f", 0) > 0);
    says(ino_at("/", 0), (int)fs.root->ino);
    says(ino_at("/..", 0), (int)fs.root->ino);
    says(ino_at("", 0), -ENOENT);
    says(ino_at("/a/x", 0), -ENOENT);
    says(ino_at("/a/x/y", 0), -ENOENT);
    says(ino_at("/a/b/f/y", 0), -ENOTDIR);
    says(ino_at("/a/b/f/", 0), -ENOTDIR);
    says(ino_at("/a/b/f/.", 0), -ENOTDIR);
    says(ino_at("/a/b/f", NAMEI_DIRECTORY), -ENOTDIR);
    char name[300];
    memset(name, 'n', sizeof(name));
    name[255] = '\0';
    says(make_file(name), 0);
    assert_true(ino_at(name, 0) > 0);
    name[255] = 'n', name[256] = '\0';
    says(ino_at(name, 0), -ENAMETOOLONG);
}

static void the_second_lookup_asks_no_disk(void **state) {
    says(make_file("/f"), 0);
    says(ino_at("/none", 0), -ENOENT);
    lookups = 0;
    assert_true(ino_at("/f", 0) > 0);
    says(ino_at("/none", 0), -ENOENT);
    says(lookups, 0);
    says(name_unlink(&me, "/f"), 0);
    says(ino_at("/f", 0), -ENOENT);
    says(lookups, 0);
}

static void symbolic_links_are_followed(void **state) {
    says(make_dir("/d"), 0);
    says(make_file("/d/f"), 0);
    says(name_symlink(&me, "d", "/rel"), 0);
    says(name_symlink(&me, "/d/f", "/abs"), 0);
    says(name_symlink(&me, "../abs", "/d/up"), 0);
    says(name_symlink(&me, "loop", "/loop"), 0);
    says(name_symlink(&me, "nowhere", "/dangling"), 0);
    int64_t f = ino_at("/d/f", 0);
    says(ino_at("/rel/f", 0), f);
    says(ino_at("/abs", NAMEI_FOLLOW), f);
    says(ino_at("/rel/up", NAMEI_FOLLOW), f);
    assert_true(ino_at("/abs", 0) != f);
    says(ino_at("/rel/", 0), ino_at("/d", 0));
    says(ino_at("/abs/", 0), -ENOTDIR);
    says(ino_at("/loop", NAMEI_FOLLOW), -ELOOP);
    says(ino_at("/dangling", NAMEI_FOLLOW), -ENOENT);
    says(open_at("/dangling", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
    says(open_at("/dangling", O_CREAT | O_WRONLY), 0);
    assert_true(ino_at("/nowhere", 0) > 0);
    says(make_dir("/abs"), -EEXIST);
}

static void a_chain_of_links_has_a_limit(void **state) {
    char from[16], to[16];
    says(make_file("/l0"), 0);
    for (int k = 1; k <= 17; k++) {
        snprintf(from, sizeof(from), "l%d", k - 1);
        snprintf(to, sizeof(to), "/l%d", k);
        says(name_symlink(&me, from, to), 0);
    }
    assert_true(ino_at("/l16", NAMEI_FOLLOW) > 0);
    says(ino_at("/l17", NAMEI_FOLLOW), -ELOOP);
}

static void a_link_that_makes_the_path_too_long_is_refused(void **state) {
    char target[UAPI_PATH_MAX] = "";
    while (strlen(target) < UAPI_PATH_MAX - 100)
        strcat(target, "d/");
    says(make_dir("/d"), 0);
    says(name_symlink(&me, target, "/long"), 0);
    char path[300] = "/long/";
    memset(path + 6, 'x', 200);
    path[206] = '\0';
    says(ino_at(path, 0), -ENAMETOOLONG);
}

static void open_checks_kinds(void **state) {
    says(make_dir("/d"), 0);
    says(make_file("/f"), 0);
    says(open_at("/d", O_RDONLY | O_DIRECTORY), 0);
    says(open_at("/d", O_WRONLY), -EISDIR);
    says(open_at("/d", O_RDONLY | O_CREAT), -EISDIR);
    says(open_at("/", O_RDWR), -EISDIR);
    says(open_at("/f", O_DIRECTORY), -ENOTDIR);
    says(open_at("/f/", O_RDONLY), -ENOTDIR);
    says(open_at("/new/", O_CREAT | O_WRONLY), -EISDIR);
    says(open_at("/f", O_CREAT | O_WRONLY), 0);
    says(open_at("/f", O_CREAT | O_EXCL), -EEXIST);
    says(open_at("/", O_CREAT | O_EXCL), -EEXIST);
}

static void names_come_and_go(void **state) {
    says(make_dir("/d"), 0);
    says(make_dir("/d/"), -EEXIST);
    says(make_dir("/"), -EEXIST);
    says(make_dir("/d/."), -EEXIST);
    says(make_dir("/e/"), 0);
    says(make_file("/f"), 0);
    says(name_mknod(&me, "/n/", S_IFCHR | 0600, 5), -ENOENT);
    says(name_link(&me, "/f", "/d/g"), 0);
    says(name_link(&me, "/f", "/d/g"), -EEXIST);
    says(name_link(&me, "/d", "/h"), -EPERM);
    says(ino_at("/d/g", 0), ino_at("/f", 0));
    says(name_unlink(&me, "/d"), -EISDIR);
    says(name_unlink(&me, "/"), -EISDIR);
    says(name_unlink(&me, "/f/"), -ENOTDIR);
    says(name_unlink(&me, "/none"), -ENOENT);
    says(name_unlink(&me, "/f"), 0);
    assert_true(ino_at("/d/g", 0) > 0);
    says(name_rmdir(&me, "/d"), -ENOTEMPTY);
    says(name_rmdir(&me, "/d/g"), -ENOTDIR);
    says(name_rmdir(&me, "/"), -EBUSY);
    says(name_rmdir(&me, "/d/."), -EINVAL);
    says(name_rmdir(&me, "/d/.."), -EINVAL);
    says(name_unlink(&me, "/d/g"), 0);
    says(name_rmdir(&me, "/d/"), 0);
    says(ino_at("/d", 0), -ENOENT);
}

static void a_removed_working_directory_is_empty_for_ever(void **state) {
    says(make_dir("/d"), 0);
    enter_dir("/d");
    says(name_rmdir(&me, "/d"), 0);
    char buf[64];
    says(ino_at("x", 0), -ENOENT);
    says(ino_at("..", 0), -ENOENT);
    says(make_file("x"), -ENOENT);
    says(make_dir("x"), -ENOENT);
    says(name_of_directory(me.cwd, buf, sizeof(buf)), -ENOENT);
    leave_dir();
}

static void stale_names_do_not_outlive_their_directory(void **state) {
    for (int k = 0; k < 5; k++) { // the inode number comes back each time
        says(make_dir("/d"), 0);
        says(ino_at("/d/x", 0), -ENOENT);
        says(make_file("/d/x"), 0);
        assert_true(ino_at("/d/x", 0) > 0);
        says(name_unlink(&me, "/d/x"), 0);
        says(name_rmdir(&me, "/d"), 0);
    }
}

static void rename_follows_posix(void **state) {
    says(make_dir("/a"), 0);
    says(make_dir("/a/b"), 0);
    says(make_dir("/a/b/c"), 0);
    says(make_dir("/z"), 0);
    says(make_file("/f"), 0);
    says(make_file("/g"), 0);
    int64_t f = ino_at("/f", 0);
    says(name_rename(&me, "/f", "/g"), 0);
    says(ino_at("/g", 0), f);
    says(ino_at("/f", 0), -ENOENT);
    says(name_rename(&me, "/none", "/g"), -ENOENT);
    says(name_rename(&me, "/g", "/a/b/c/f"), 0);
    says(name_rename(&me, "/a/b/c/f", "/g"), 0);
    says(name_link(&me, "/g", "/h"), 0);
    says(name_rename(&me, "/g", "/h"), 0);
    says(ino_at("/g", 0), f);
    says(name_rename(&me, "/g", "/a"), -EISDIR);
    says(name_rename(&me, "/a", "/g"), -ENOTDIR);
    says(name_rename(&me, "/g", "/x/"), -ENOTDIR);
    says(name_rename(&me, "/g", "/x/y"), -ENOENT);
    says(name_rename(&me, "/a", "/a/b/x"), -EINVAL);
    says(name_rename(&me, "/a", "/a/x"), -EINVAL);
    says(name_rename(&me, "/a", "/a"), 0);
    says(name_rename(&me, "/a/b/c", "/a"), -ENOTEMPTY);
    says(name_rename(&me, "/a/b", "/a"), -ENOTEMPTY);
    says(name_rename(&me, "/z", "/a"), -ENOTEMPTY);
    says(name_rename(&me, "/", "/x"), -EBUSY);
    says(name_rename(&me, "/a", "/"), -EBUSY);
    says(name_rename(&me, "/a/.", "/x"), -EINVAL);
    says(name_rename(&me, "/a", "/z/"), 0);
    assert_true(ino_at("/z/b/c", 0) > 0);
    says(name_rename(&me, "/z/b/c", "/c"), 0);
    says(ino_at("/c/..", 0), (int)fs.root->ino);
    says(name_rename(&me, "/c", "/z/b"), 0);
}

static void a_directory_knows_its_path(void **state) {
    char buf[64];
    says(name_of_directory(fs.root, buf, sizeof(buf)), 2);
    assert_string_equal(buf, "/");
    says(make_dir("/usr"), 0);
    says(make_dir("/usr/local"), 0);
    struct inode *dir = enter_dir("/usr/local");
    says(name_of_directory(dir, buf, sizeof(buf)), 11);
    assert_string_equal(buf, "/usr/local");
    says(name_of_directory(dir, buf, 11), 11);
    says(name_of_directory(dir, buf, 10), -ERANGE);
    says(name_of_directory(fs.root, buf, 1), -ERANGE);
    leave_dir();
}

static void space_that_a_commit_gives_back_is_waited_for_once(void **state) {
    again_left = 1;
    says(make_file("/f"), 0);
    again_left = 2;
    says(make_dir("/d"), -ENOSPC);
    again_left = 0;
    says(ino_at("/d", 0), -ENOENT);
}

// Random operations: the tree must agree with itself after each, with the cache (64 names) and without.
static void many_random_operations_agree_with_the_disk(void **state) {
    uint64_t seed = 7;
    char p[2][64];
    for (int step = 0; step < 20000; step++) {
        for (int k = 0; k < 2; k++) {
            size_t at = 0;
            for (int depth = unit_random(&seed) % 3; depth >= 0; depth--)
                at += snprintf(p[k] + at, sizeof(p[k]) - at, "/%c", (int)('a' + unit_random(&seed) % 5));
        }
        switch (unit_random(&seed) % 7) {
        case 0: make_file(p[0]); break;
        case 1: make_dir(p[0]); break;
        case 2: name_unlink(&me, p[0]); break;
        case 3: name_rmdir(&me, p[0]); break;
        case 4: name_link(&me, p[0], p[1]); break;
        case 5: name_symlink(&me, p[0], p[1]); break;
        case 6: name_rename(&me, p[0], p[1]); break;
        }
        int64_t cached = ino_at(p[1], NAMEI_FOLLOW);
        if (step % 16 == 0)
            memset(names_page, 0, sizeof(names_page));
        says(ino_at(p[1], NAMEI_FOLLOW), cached);
    }
}

static void a_file_may_go_while_it_is_renamed(void **state) {
    // At the lookups of the walk, or of the rename before it locks both directories.
    for (int n = 1; n <= 3; n++) {
        says(make_file("/x"), 0);
        unlocks_left = n;
        says(name_rename(&me, "/x", "/y"), -ENOENT);
        assert_int_equal(unlocks_left, 0);
    }
}

int main(void) {
#define T(name)                                                                                              \
    { #name, name, set_up, tear_down, NULL }
    const struct CMUnitTest tests[] = {T(paths_are_walked),
                                       T(the_second_lookup_asks_no_disk),
                                       T(symbolic_links_are_followed),
                                       T(a_chain_of_links_has_a_limit),
                                       T(a_link_that_makes_the_path_too_long_is_refused),
                                       T(open_checks_kinds),
                                       T(names_come_and_go),
                                       T(a_removed_working_directory_is_empty_for_ever),
                                       T(stale_names_do_not_outlive_their_directory),
                                       T(rename_follows_posix),
                                       T(a_file_may_go_while_it_is_renamed),
                                       T(a_directory_knows_its_path),
                                       T(space_that_a_commit_gives_back_is_waited_for_once),
                                       T(many_random_operations_agree_with_the_disk)};
    return cmocka_run_group_tests_name("namei", tests, NULL, NULL);
}
