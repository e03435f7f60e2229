// path.c: path lookup (namei) against a resolver of its own, written from POSIX 4.16, on a tree with
// everything that a path may meet: links to links, in circles, to nothing, with slashes behind them, long
// ones; files where a directory is wanted; directories that are closed to some.
//
// The input: a byte that chooses who asks and from where, then bytes that stand for pieces of paths (tokens)
// and, from LITERAL on, for capital letters; END ends a path and says how it is looked up, SHRINK has the
// caches let go.
//
// uses: -DFUZZ -DHOST_FRAMES=(1<<14) -include tests/unit/fs/host.h
// uses: tests/unit/fs/host.c kernel/lib/printf.c kernel/dev/block.c
// uses: tests/fuzz/fs/world.c tests/fuzz/fs/check.c
// uses: tests/fuzz/fs/cache.c tests/fuzz/fs/txn.c tests/fuzz/fs/inode.c
// uses: kernel/fs/cache_policy.c kernel/fs/ext2_mount.c kernel/fs/ext2_policy.c kernel/fs/ext2_alloc.c
// uses: kernel/fs/ext2_map.c kernel/fs/ext2_inode.c kernel/fs/ext2_dir.c kernel/fs/ext2.c
// uses: kernel/fs/namei.c kernel/fs/namecache.c kernel/fs/file.c kernel/fs/regfile.c
// fuzz: -max_len=400
#include "fs/world.h"

FUZZ_UNMEASURED

#define X16(s) s s s s s s s s s s s s s s s s
#define N255   X16("nnnnnnnnnnnnnnn") "nnnnnnnnnnnnnnn"

// The tree. A name stands behind its directory; [0] is the root.
static const struct node {
    const char *name;
    int parent;
    mode_t mode;
    const char *target;
} nodes[] = {
    {"", 0, S_IFDIR | 0755, NULL},
    {"d", 0, S_IFDIR | 0755, NULL},
    {"e", 1, S_IFDIR | 0755, NULL},
    {"f", 1, S_IFREG | 0644, NULL},
    {"up", 1, S_IFLNK | 0777, ".."},
    {"here", 1, S_IFLNK | 0777, "."},
    {"abs", 1, S_IFLNK | 0777, "/d/e"},
    {"file", 2, S_IFLNK | 0777, "../f"},
    {"fileslash", 2, S_IFLNK | 0777, "../f/"},
    {"dirslash", 1, S_IFLNK | 0777, "e//"},
    {"nothing", 1, S_IFLNK | 0777, "e/missing"},
    {"through", 1, S_IFLNK | 0777, "f/x"},
    {"self", 0, S_IFLNK | 0777, "self"},
    {"x", 0, S_IFLNK | 0777, "d/e/y"},
    {"y", 2, S_IFLNK | 0777, "/x/z"},
    {"s1", 0, S_IFLNK | 0777, "d"},
    {"s2", 0, S_IFLNK | 0777, "s1/../s1"},
    {"s3", 0, S_IFLNK | 0777, "s2/../s2"},
    {"s4", 0, S_IFLNK | 0777, "s3/../s3/"},
    {"s5", 0, S_IFLNK | 0777, "/s4/../s4"},
    {"s6", 0, S_IFLNK | 0777, "s5/../s5"},
    {"s7", 0, S_IFLNK | 0777, "./s6/.././s6"},
    {"long", 0, S_IFLNK | 0777, X16("./././././././././././././././././././") "d/" X16(".//../d/./././././")},
    {"closed", 0, S_IFDIR | 0700, NULL},
    {"in", 23, S_IFREG | 0644, NULL},
    {"inner", 23, S_IFDIR | 0755, NULL},
    {"into", 0, S_IFLNK | 0777, "closed/in"},
    {"half", 0, S_IFDIR | 0744, NULL}, // others may list it, no more
    {"in", 27, S_IFREG | 0644, NULL},
    {N255, 0, S_IFDIR | 0755, NULL},
    {N255, 29, S_IFLNK | 0777, "../" N255},
};
enum { NODES = ARRAY_SIZE(nodes), CLOSED = 23, BASE = 1 };

static const char *const tokens[] = {
    "/",         "/",
    "/",         "/",
    "/",         "//",
    ".",         "..",
    "./",        "../",
    "d",         "e",
    "f",         "up",
    "x",         "here",
    "abs",       "file",
    "fileslash", "nothing",
    "dirslash",  "self",
    "y",         "s1",
    "s2",        "s3",
    "s4",        "s5",
    "s6",        "s7",
    "long",      "closed",
    "in",        "inner",
    "into",      "half",
    "/d/e",      "/../",
    "...",       "missing",
    N255,        N255 "n",
    "through",   "/closed/inner/../in",
    "s7/s7/",    "up/here/up/d/",
};
enum { LITERAL = 128, SHRINK = 250, END = 251 }; // END + 0..3: NAMEI_ flags

static uint64_t inos[NODES];
static const struct cred somebody = {.uid = 1000, .gid = 1000};
static int starts[] = {0, 2, CLOSED, 25};

// ---- the resolver

static bool may_search(int dir, bool user) { return !user || (nodes[dir].mode & 1); }

static int child(int dir, const char *name, size_t len) {
    if (len == 1 && name[0] == '.')
        return dir;
    if (len == 2 && memcmp(name, "..", 2) == 0)
        return nodes[dir].parent;
    for (int i = 1; i < NODES; i++)
        if (nodes[i].parent == dir && strlen(nodes[i].name) == len && memcmp(nodes[i].name, name, len) == 0)
            return i;
    return -ENOENT;
}

// The node, or an error. depth: links met so far, in the whole path.
static int resolve(const char *path, int dir, bool follow, bool want_dir, bool user, int depth) {
    if (*path == '\0')
        return -ENOENT;
    if (*path == '/')
        dir = 0;
    for (;;) {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        const char *rest = path + len;
        bool last = rest[strspn(rest, "/")] == '\0', slash = *rest == '/';
        if (len > UAPI_NAME_MAX)
            return -ENAMETOOLONG;
        if (!S_ISDIR(nodes[dir].mode))
            return -ENOTDIR;
        if (!may_search(dir, user))
            return -EACCES;
        int n = len == 0 ? dir : child(dir, path, len);
        if (n < 0)
            return n;
        if (S_ISLNK(nodes[n].mode) && (!last || slash || follow)) {
            char longer[2 * UAPI_PATH_MAX];
            if (depth == UAPI_SYMLOOP_MAX)
                return -ELOOP;
            // The kernel needs a byte more than the text and its end, to see that the target was not cut.
            if (snprintf(longer, sizeof longer, "%s%s", nodes[n].target, rest) + 1 >= UAPI_PATH_MAX)
                return -ENAMETOOLONG;
            return resolve(longer, dir, follow, want_dir, user, depth + 1);
        }
        if (last)
            return (slash || want_dir) && !S_ISDIR(nodes[n].mode) ? -ENOTDIR : n;
        dir = n;
        path = rest;
    }
}

// ---- both

static void compare(const char *path, int start, int flags, bool user) {
    struct inode *i = NULL, *cwd;
    const struct walk root = me;
    must_equal(inode_find(root_fs, inos[start], &cwd), 0);
    struct walk w = {.cred = user ? &somebody : root.cred, .cwd = cwd};
    int want = resolve(path, start, flags & NAMEI_FOLLOW, flags & NAMEI_DIRECTORY, user, 0);
    int err = namei(&w, path_copy(path), flags, &i);
    if (err != min(want, 0) || (!err && i->ino != inos[want]))
        fprintf(stderr, "%s (from %s, flags %d%s): error %d, wanted %d, %s\n", path, nodes[start].name, flags,
                user ? ", somebody" : "", err, want, want >= 0 ? nodes[want].name : "");
    must_equal(err, min(want, 0));
    if (!err) {
        must_equal(i->ino, inos[want]);
        inode_put(i);
    }
    inode_put(cwd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, data + size};
    char path[UAPI_PATH_MAX];
    size_t n = 0;
    uint8_t first = byte(&in);
    disk_open(BASE);
    must(!world_mount());
    while (left(&in) > 0) {
        uint8_t b = byte(&in);
        char letter[2] = {(char)('A' + (b - LITERAL) % 26), '\0'}; // no name has one
        const char *piece = b < LITERAL ? tokens[b % ARRAY_SIZE(tokens)] : letter;
        if (b == SHRINK) {
            inode_shrink(1000, PAGE_NOFS);
            cache_shrink(1000, PAGE_NOFS);
        } else if (b >= END) {
            path[n] = '\0';
            compare(path, starts[first & 3], (b - END) & 3, first & 4);
            n = 0;
        } else if (n + strlen(piece) < sizeof path) {
            memcpy(path + n, piece, strlen(piece));
            n += strlen(piece);
        }
    }
    path[n] = '\0';
    compare(path, starts[first & 3], NAMEI_FOLLOW, first & 4);
    must_equal(world_end(true), 0);
    return 0;
}

// ---- the tree, on the image that has inodes for it

static void path_of(int n, char *path) {
    if (n == 0) {
        path[0] = '\0';
        return;
    }
    path_of(nodes[n].parent, path);
    sprintf(path + strlen(path), "/%s", nodes[n].name);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static char path[UAPI_PATH_MAX];
    world_start();
    disk_open(BASE);
    must(!world_mount());
    for (int k = 0; k < NODES; k++) {
        struct birth birth = {.mode = nodes[k].mode, .target = nodes[k].target};
        struct inode *i;
        path_of(k, path);
        must(k == 0 || name_make(&me, path_copy(path), &birth) == 0);
        must_equal(namei(&me, path_copy(k ? path : "/"), 0, &i), 0);
        inos[k] = i->ino;
        inode_put(i);
    }
    must_equal(world_end(true), 0);
    for (uint32_t k = 0; k < disk_blocks; k++)
        memcpy(bases[BASE].data + (size_t)k * PAGE_SIZE, disk_block(k), PAGE_SIZE);
    return 0;
}

FUZZ_MEASURED
