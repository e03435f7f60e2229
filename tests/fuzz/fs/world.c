// world.c: images, disks, mounting and the end of it.
#include "world.h"

#include <stdarg.h>
#include <unistd.h>

#include "mm/slab.h"

FUZZ_UNMEASURED

struct base bases[BASES];
uint32_t disk_blocks;

static const struct cred root_cred;
struct walk me = {.cred = &root_cred};

char *path_copy(const char *path) {
    static char copy[4][UAPI_PATH_MAX];
    static int k;
    must(strlen(path) < UAPI_PATH_MAX); // else it would name something else
    k = (k + 1) % 4;
    memset(copy[k], 0x5a, sizeof copy[k]);
    snprintf(copy[k], sizeof copy[k], "%s", path);
    return copy[k];
}

// ---- the disk: what has been written lies over the image

static const struct base *image;
static char *written[MAX_BLOCKS], *spare[MAX_BLOCKS]; // spare: memory for the next one's
static uint32_t touched[MAX_BLOCKS], touched_count;
static uint32_t fail_in, fail_left, fail_from;

// The block, to be changed.
static char *block_for_writing(uint32_t block) {
    if (!written[block]) {
        if (!spare[block])
            spare[block] = malloc(PAGE_SIZE);
        written[block] = memcpy(spare[block], image->data + (size_t)block * PAGE_SIZE, PAGE_SIZE);
        touched[touched_count++] = block;
    }
    return written[block];
}

char *disk_block(uint32_t block) {
    return written[block] ? written[block] : image->data + (size_t)block * PAGE_SIZE;
}

void disk_poke(uint64_t at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++, at++, value >>= 8)
        if (at < (uint64_t)disk_blocks * PAGE_SIZE)
            block_for_writing((uint32_t)(at / PAGE_SIZE))[at % PAGE_SIZE] = (char)value;
}

void disk_fail(uint32_t n, uint32_t times, uint32_t block) {
    fail_in = n;
    fail_left = times;
    fail_from = block;
}

static bool request_fails(const struct block_request *req) {
    if (fail_left == 0 || (req->op != BLOCK_FLUSH && req->sector / 8 < fail_from))
        return false;
    if (fail_in > 0) {
        fail_in--;
        return false;
    }
    fail_left--;
    return true;
}

static void submit(struct block_device *dev, struct block_request *req) {
    if (request_fails(req))
        req->error = -EIO;
    for (uint32_t i = 0; i < req->page_count && !req->error; i++) {
        uint32_t block = (uint32_t)(req->sector / 8 + i);
        if (req->op == BLOCK_READ)
            memcpy(page_va(req->pages[i]), disk_block(block), PAGE_SIZE);
        else
            memcpy(block_for_writing(block), page_va(req->pages[i]), PAGE_SIZE);
    }
    req->done(req);
}

static struct block_device device = {.name = "fuzz", .number = 0xfe00, .has_flush = true, .submit = submit};

static void disk_set(const struct base *b) {
    while (touched_count > 0)
        written[touched[--touched_count]] = NULL;
    image = b;
    disk_blocks = b->blocks;
    device.sectors = (uint64_t)b->blocks * (PAGE_SIZE / SECTOR_SIZE);
    disk_fail(0, 0, 0);
    host_fail_after = -1;
}

void disk_open(int base) { disk_set(&bases[base]); }

// ---- mounting, and the end

const char *world_mount(void) {
    const char *why = ext2_mount(&device, &root_fs);
    me.cwd = why ? NULL : root_fs->root;
    return why;
}

int world_end(bool mounted) {
    int err = 0;
    if (!root_fs)
        return 0;
    if (mounted) {
        inode_note_doomed(root_fs);
        vfs_sync();
        err = root_fs->ops->unmount(root_fs);
    }
    struct ext2 *e = ext2_of(root_fs);
    host_fail_after = -1;
    txn_reset(root_fs, mounted && !err);
    inode_reset(root_fs, mounted);
    for (uint32_t i = 0; e->group && i < e->groups; i++) {
        kfree(e->group[i].map[EXT2_BLOCK].held_bits);
        kfree(e->group[i].map[EXT2_INODE].held_bits);
        if (e->group[i].page)
            page_put(e->group[i].page);
    }
    if (e->super_page)
        page_put(e->super_page);
    cache_reset();
    kfree(e->group);
    kfree(e);
    root_fs = NULL;
    must_equal(host_frames_used, 0);
    return err;
}

// ---- the images

static char temporary[200];

static int shell(const char *fmt, ...) {
    char command[1000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    return system(command);
}

int check_disk_e2fsck(void) {
    FILE *f = fopen(temporary, "wb");
    for (uint32_t b = 0; b < disk_blocks; b++)
        must_equal(fwrite(disk_block(b), 1, PAGE_SIZE, f), PAGE_SIZE);
    fclose(f);
    int status = shell("PATH=$PATH:/sbin:/usr/sbin; e2fsck -fn %s >%s.out 2>&1", temporary, temporary);
    if (status != 0)
        shell("cat %s.out >&2", temporary);
    shell("rm -f %s %s.out", temporary, temporary);
    return status;
}

static void put(const char *path, size_t n, off_t at) {
    static char buf[100 * PAGE_SIZE];
    struct file *f;
    for (size_t i = 0; i < n; i++)
        buf[i] = (char)(i / 7 + (size_t)at);
    must_equal(file_open(&me, path_copy(path), O_RDWR | O_CREAT, 0644, &f), 0);
    must_equal(file_transfer(f, true, (uint64_t)buf, n, &at), n);
    file_put(f);
}

static void make(const char *path, struct birth *birth) {
    must_equal(name_make(&me, path_copy(path), birth), 0);
}

// What the fuzzers find there. The names are also in the tables of ext2.c.
static void populate(void) {
    struct birth directory = {.mode = S_IFDIR | 0755};
    char name[300];
    make("/a", &directory);
    make("/a/b", &directory);
    make("/a/b/c", &directory);
    make("/many", &directory);
    put("/small", 10, 0);
    put("/a/big", 20 * PAGE_SIZE, 0); // an indirect block
    put("/a/sparse", 5000, 3 * PAGE_SIZE);
    put("/a/sparse", 100, 1100L * PAGE_SIZE);          // two levels
    put("/a/sparse", 100, (1L << 20) * PAGE_SIZE * 2); // three
    make("/link", &(struct birth){.mode = S_IFLNK | 0777, .target = "a/b/../big"});
    make("/a/long", &(struct birth){.mode = S_IFLNK | 0777,
                                    .target = "/a/b/c/../../../a/b/c/../../../a/b/c/../../../small"
                                              "/../a/b/c/../../../a/b/c"});
    make("/a/loop", &(struct birth){.mode = S_IFLNK | 0777, .target = "loop"});
    make("/dev", &(struct birth){.mode = S_IFCHR | 0600, .rdev = 0x500});
    make("/fifo", &(struct birth){.mode = S_IFIFO | 0600});
    struct inode *small;
    must_equal(namei(&me, path_copy("/small"), 0, &small), 0);
    make("/a/b/hard", &(struct birth){.child = small});
    inode_put(small);
    for (int i = 0; i < 24; i++) {
        snprintf(name, sizeof name, "/many/%d%.*s", i, i % 4 * 80,
                 "-----------------------------------------------------------------------------------"
                 "-----------------------------------------------------------------------------------"
                 "-----------------------------------------------------------------------------------");
        put(name, 1 + (size_t)i * 10, 0);
    }
}

void world_start(void) {
    static const char *const options[BASES] = {
        "-O none,filetype,sparse_super,large_file,has_journal -J size=4 -N 64 -I 128 %s 2304",
        "-O none,filetype,sparse_super,large_file,has_journal -J size=4 -N 160 -I 256 -g 512 %s 2304",
        "-O none,filetype,sparse_super,large_file -N 64 -I 128 %s 400",
        "-O none,sparse_super -N 64 -I 128 -g 256 %s 512"};
    const char *tmp = getenv("TMPDIR");
    char command[400];
    snprintf(temporary, sizeof temporary, "%s/drupe-fuzz.%d", tmp ? tmp : "/tmp", (int)getpid());
    host_quiet = true;
    page_init(0, 0, NULL);
    cache_init();
    namecache_init();
    for (int b = 0; b < BASES; b++) {
        snprintf(command, sizeof command, options[b], temporary);
        must_equal(
            shell("rm -f %s; PATH=$PATH:/sbin:/usr/sbin E2FSPROGS_FAKE_TIME=1600000000 mke2fs -q -F -b 4096 "
                  "-U 01020304-0506-0708-090a-0b0c0d0e0f00 %s >/dev/null 2>&1",
                  temporary, command),
            0);
        FILE *f = fopen(temporary, "rb");
        must(f && fseek(f, 0, SEEK_END) == 0);
        bases[b].blocks = (uint32_t)(ftell(f) / PAGE_SIZE);
        must(bases[b].blocks <= MAX_BLOCKS);
        bases[b].data = malloc((size_t)bases[b].blocks * PAGE_SIZE);
        rewind(f);
        must_equal(fread(bases[b].data, PAGE_SIZE, bases[b].blocks, f), bases[b].blocks);
        fclose(f);
        disk_open(b);
        must(!world_mount());
        populate();
        must_equal(world_end(true), 0);
        const char *wrong = check_disk(bases[b].role);
        if (wrong)
            fprintf(stderr, "base %d: %s\n", b, wrong);
        must(check_disk_e2fsck() == 0 && !wrong);
        for (uint32_t k = 0; k < disk_blocks; k++)
            memcpy(bases[b].data + (size_t)k * PAGE_SIZE, disk_block(k), PAGE_SIZE);
    }
}

FUZZ_MEASURED
