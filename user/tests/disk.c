// disk.c: a full disk, and one out of inodes: calls fail with ENOSPC, and nothing is lost.
#include "test.h"

#include <limits.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static struct statfs disk(void) {
    struct statfs s;
    ok(statfs(".", &s));
    return s;
}

// Write zeros at the end of the file until the disk is full.
static void fill(int fd) {
    char buf[256 * PAGE] = {0};
    for (size_t n = sizeof buf; n >= PAGE; n /= 4)
        while (write(fd, buf, n) > 0)
            ;
    is(errno, ENOSPC);
    is(disk().f_bavail, 0);
}

// Free n blocks at the end of the file that fills the disk.
static void give(int fd, off_t n) { ok(ftruncate(fd, lseek(fd, 0, SEEK_END) - n * PAGE)); }

static struct stat look(const char *path) {
    struct stat st;
    ok(lstat(path, &st));
    return st;
}

// A directory whose one block has no room for a name of 200 bytes.
static void make_tight(const char *dir) {
    char name[300];
    ok(mkdir(dir, 0755));
    for (int i = 0; i < 15; i++) {
        int at = sprintf(name, "%s/%02d", dir, i);
        memset(name + at, 'n', 248);
        name[at + 248] = '\0';
        ok(mknod(name, S_IFREG | 0644, 0));
    }
    is(look(dir).st_size, PAGE);
}

static char *wide_name(const char *dir) {
    static char name[300];
    int at = sprintf(name, "%s/", dir);
    memset(name + at, 'w', 200);
    name[at + 200] = '\0';
    return name;
}

// ---- no blocks

static char old[3 * PAGE];

static void bytes_that_need_no_block_are_written(void) {
    int fd = (int)ok(open("old", O_RDWR));
    is(pwrite(fd, old, PAGE + 10, 0), PAGE + 10);
    is(pwrite(fd, old + 2 * PAGE + 100, 50, 2 * PAGE + 100), 50); // its last page has room
    ok(close(fd));
    file_is("old", old, 2 * PAGE + 150);
    fd = (int)ok(open("old", O_WRONLY | O_APPEND));
    is(write(fd, old + 2 * PAGE + 150, PAGE), PAGE - 150); // up to its end, and there short
    fails(ENOSPC, write(fd, old, 1));
    ok(close(fd));
    file_is("old", old, sizeof old);
}

static void bytes_that_need_a_block_are_refused(void) {
    int fd = (int)ok(open("new", O_RDWR | O_CREAT, 0644)), hole = (int)ok(open("hole", O_RDWR));
    fails(ENOSPC, write(fd, "x", 1));
    fails(ENOSPC, pwrite(fd, "x", 1, 1000 * PAGE));
    is(lseek(fd, 0, SEEK_CUR), 0);
    is(look("new").st_size, 0);
    is(look("new").st_blocks, 0);
    fails(ENOSPC, pwrite(hole, "x", 1, 5 * PAGE));
    is(look("hole").st_size, 10 * PAGE);
    is(look("hole").st_blocks, 0);
    ok(ftruncate(hole, 20 * PAGE)); // but a hole may grow
    ok(ftruncate(hole, 10 * PAGE));
    ok(close(hole));
    ok(close(fd));
    ok(unlink("new"));
}

static void names_that_need_a_block_are_refused(void) {
    static char target[101];
    char *name = wide_name("tight");
    nlink_t links = look(".").st_nlink;
    memset(target, 't', 100);
    fails(ENOSPC, mkdir("d", 0755));
    fails(ENOSPC, symlink(target, "link"));
    check(!exists("d") && !exists("link"));
    is(look(".").st_nlink, links);
    fails(ENOSPC, open(name, O_RDWR | O_CREAT, 0644));
    fails(ENOSPC, mknod(name, S_IFCHR | 0644, makedev(1, 3)));
    fails(ENOSPC, link("old", name));
    fails(ENOSPC, rename("old", name));
    fails(ENOSPC, rename("empty", name));
    fails(ENOSPC, symlink("short", name));
    fails(ENOSPC, mkdir(name, 0755));
    check(!exists(name));
    is(look("old").st_nlink, 1);
    is(look("tight").st_nlink, 2);
    is(look("tight").st_size, PAGE);
    is(look("empty/..").st_ino, look(".").st_ino);
    file_is("old", old, sizeof old);
}

static void names_that_need_none_change(void) {
    char buf[16];
    ok(symlink("short", "link"));
    is(readlink("link", buf, sizeof buf), 5);
    ok(unlink("link"));
    ok(link("old", "other"));
    ok(rename("other", "another"));
    ok(unlink("another"));
    ok(mknod("node", S_IFREG | 0644, 0));
    ok(rename("node", "empty/node"));
    ok(unlink("empty/node"));
    ok(chmod("old", 0600));
}

// What a truncation, rmdir or rename frees can be used at once.
static void one_block_goes_around(int full) {
    make_file("a", "", 0);
    make_file("b", "", 0);
    make_file("c", "", 0);
    int c = (int)ok(open("c", O_RDWR));
    give(full, 2);
    make_file("a", old, PAGE);
    make_file("b", old, PAGE);
    fill(full); // should an indirect block have come free too
    for (int i = 0; i < 5; i++) {
        ok(truncate("a", 0));
        is(write(c, old, PAGE), PAGE);
        ok(ftruncate(c, 0));
        ok(mkdir("d", 0755));
        fails(ENOSPC, pwrite(c, old, 1, 0));
        ok(rmdir("d"));
        make_file("a", old, PAGE);
        fails(ENOSPC, mkdir("d", 0755));
        ok(lseek(c, 0, SEEK_SET));
    }
    ok(rename("a", "b")); // b's block
    until(disk().f_bavail == 1);
    is(write(c, old, PAGE), PAGE);
    ok(close(c));
    file_is("b", old, PAGE);
    file_is("c", old, PAGE);
}

// All that was refused, once there is room.
static void everything_works_again(void) {
    char *name = wide_name("tight");
    int fd = (int)ok(open("new", O_RDWR | O_CREAT, 0644));
    write_all(fd, old, PAGE);
    ok(close(fd));
    ok(mkdir("d", 0755));
    ok(rename("empty", name));
    is(look("tight").st_size, 2 * PAGE);
    ok(rename(name, "empty"));
    file_is("new", old, PAGE);
    ok(rmdir("d"));
    ok(unlink("new"));
}

TEST(disk, a_full_disk_refuses_what_needs_a_block_and_loses_nothing, "alone slow") {
    fill_pattern(old, sizeof old, 1);
    make_file("old", old, 2 * PAGE + 100);
    make_file("hole", "", 0);
    ok(truncate("hole", 10 * PAGE));
    ok(mkdir("empty", 0755));
    make_tight("tight");
    int fd = (int)ok(open("full", O_RDWR | O_CREAT, 0644));
    fill(fd);
    struct statfs before = disk();
    bytes_that_need_no_block_are_written();
    bytes_that_need_a_block_are_refused();
    names_that_need_a_block_are_refused();
    names_that_need_none_change();
    is(disk().f_bfree, before.f_bfree);
    is(disk().f_ffree, before.f_ffree);
    one_block_goes_around(fd);
    give(fd, 3); // for a file, a directory, and a block more of another
    everything_works_again();
    fill(fd);
    ok(unlink("full"));
    fails(ENOSPC, mkdir("d", 0755)); // it is still open
    ok(close(fd));
    until(disk().f_bavail > 10); // the flusher may have it in hand
    everything_works_again();
}

// Each child appends pieces to its file until there is no room, and tells how far it came.
static off_t write_until_full(int me, int ready) {
    char buf[8 * PAGE] = {0}, piece[5000] = {0};
    char name[8], c;
    sprintf(name, "%d", me);
    fill_pattern(buf, sizeof buf, (unsigned)me);
    int fd = (int)ok(open(name, O_WRONLY | O_CREAT, 0644));
    off_t size = 0;
    is(read(ready, &c, 1), 0);
    for (ssize_t n;; size += n) {
        size_t at = (size_t)size % sizeof buf;
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = buf[(at + i) % sizeof buf];
        n = write(fd, piece, sizeof piece);
        if (n < 0)
            break;
    }
    is(errno, ENOSPC);
    return size;
}

TEST(disk, writers_that_fill_a_disk_together_lose_no_byte, "alone slow") {
    enum { WRITERS = 3, LEFT = 200 };
    char buf[8 * PAGE] = {0};
    int ready[2], sizes[2];
    off_t size[WRITERS], blocks = 0;
    uint64_t given_back = 0;
    int full = (int)ok(open("full", O_RDWR | O_CREAT, 0644));
    for (int i = 0; i < WRITERS; i++) {
        sprintf(buf, "%d", i);
        make_file(buf, "", 0);
    }
    fill(full);
    give(full, LEFT);
    ok(pipe(ready));
    ok(pipe(sizes));
    for (int i = 0; i < WRITERS; i++)
        if (fork_ok() == 0) {
            ok(close(ready[1]));
            off_t told[2] = {i, write_until_full(i, ready[0])};
            write_all(sizes[1], told, sizeof told);
            _exit(0);
        }
    ok(close(ready[1]));
    for (int i = 0; i < WRITERS; i++) {
        off_t told[2];
        read_all(sizes[0], told, sizeof told);
        size[told[0]] = told[1];
        ok(wait(NULL));
    }
    for (int i = 0; i < WRITERS; i++) {
        char name[8];
        sprintf(name, "%d", i);
        int fd = (int)ok(open(name, O_RDONLY));
        is(look(name).st_size, size[i]);
        given_back += size[i] == 12 * PAGE;
        blocks += look(name).st_blocks / (PAGE / 512);
        for (off_t at = 0; at < size[i]; at += (off_t)sizeof buf) {
            size_t part = size[i] - at < (off_t)sizeof buf ? (size_t)(size[i] - at) : sizeof buf;
            read_all(fd, buf, part);
            check(has_pattern(buf, part, (unsigned)i));
        }
    }
    // With indirect blocks, theirs and the one of `full`. Who stopped where its first one is due may have had
    // it, without the block behind it, and given it back when the others had been refused.
    check(blocks >= LEFT - 1 - (off_t)given_back && blocks <= LEFT + 2);
    check(disk().f_bavail <= given_back);
}

// ---- no inodes

static char *inode_name(char *buf, int i) {
    sprintf(buf, "d%d/%d", i / 400, i);
    return buf;
}

// Make files until there are no more inodes. How many.
static int use_all_inodes(void) {
    char name[32];
    for (int i = 0;; i++) {
        if (i % 400 == 0) {
            sprintf(name, "d%d", i / 400);
            if (mkdir(name, 0755) < 0)
                return i;
        }
        if (mknod(inode_name(name, i), S_IFREG | 0644, 0) < 0)
            return i;
    }
}

// Take all the memory there is, and use it.
static void take_all_memory(void) {
    enum { AT_ONCE = 64 };
    for (size_t step = AT_ONCE; step > 0; step = step == AT_ONCE) {
        char *p;
        while ((p = sbrk((ptrdiff_t)(step * PAGE))) != (char *)-1)
            for (size_t i = 0; i < step; i++)
                p[i * PAGE] = 1;
    }
}

// An inode in use keeps its page of the disk's table in memory: that is not to be promised to anybody.
TEST(disk, memory_that_is_promised_is_there_beside_open_files_all_over_the_disk, "alone slow") {
    enum { INODES_OF_A_PAGE = 16, MOST_OPEN = 1000 };
    char name[32];
    int n = use_all_inodes(), fd = 0;
    for (int i = 0; i < n && fd >= 0 && fd < MOST_OPEN; i += INODES_OF_A_PAGE)
        fd = open(inode_name(name, i), O_RDONLY);
    check(fd >= 100 || (fd < 0 && errno == ENOMEM));
    take_all_memory();
}

// Where the pages of a large file go stands in a block that may have left memory: it must be possible to read
// it.
TEST(disk, what_is_dirty_is_written_when_there_is_no_memory, "alone slow") {
    enum { PAGES = 1024, SMALL = 60 };
    static char page[PAGE];
    char name[32], c;
    bool written[PAGES] = {false};
    char *start = sbrk(0);
    int fd = (int)ok(open("large", O_RDWR | O_CREAT, 0644)), small[SMALL];
    for (int i = 0; i < PAGES; i++)
        write_all(fd, page, PAGE);
    for (int i = 0; i < SMALL; i++) {
        sprintf(name, "small%d", i);
        small[i] = (int)ok(open(name, O_RDWR | O_CREAT, 0644));
        write_all(small[i], page, PAGE);
    }
    sync();
    take_all_memory();
    memset(page, 'x', PAGE);
    for (int i = 0; i < PAGES; i++)
        if (!(written[i] = pwrite(fd, page, PAGE, i * PAGE) == PAGE))
            is(errno, ENOMEM);
    for (int i = 0; i < 10 * SMALL; i++)
        if (pwrite(small[i % SMALL], page, PAGE, 0) < 0)
            is(errno, ENOMEM);
    ok(fsync(fd));
    ok(sbrk(start - (char *)sbrk(0)));
    for (int i = 0; i < PAGES; i++) {
        is(pread(fd, &c, 1, i * PAGE), 1);
        is(c, written[i] ? 'x' : '\0');
    }
}

TEST(disk, without_inodes_nothing_new_is_made_and_all_else_works, "alone slow") {
    char name[32];
    make_file("f", "content", 7);
    uint64_t files = disk().f_ffree;
    int n = use_all_inodes();
    is(errno, ENOSPC);
    is(disk().f_ffree, 0);
    check((uint64_t)n < files && (uint64_t)n + (uint64_t)n / 400 + 1 >= files);
    uint64_t blocks = disk().f_bfree;
    fails(ENOSPC, open("new", O_RDWR | O_CREAT, 0644));
    fails(ENOSPC, mkdir("new", 0755));
    fails(ENOSPC, mknod("new", S_IFREG | 0644, 0));
    fails(ENOSPC, symlink("short", "new"));
    check(!exists("new"));
    is(disk().f_bfree, blocks);
    ok(link("f", "g")); // a name needs none
    ok(rename("g", "h"));
    make_file("h", "other", 5);
    file_is("f", "other", 5);
    ok(unlink(inode_name(name, 0)));
    ok(mkdir("new", 0755)); // the one that has come free
    fails(ENOSPC, mkdir("more", 0755));
    ok(rmdir("new"));
    int fd = (int)ok(open(inode_name(name, 1), O_RDWR));
    ok(unlink(name));
    ok(symlink("short", "new"));
    fails(ENOSPC, mknod("more", S_IFREG | 0644, 0)); // the unlinked file is still open
    ok(close(fd));
    ok(mknod("more", S_IFREG | 0644, 0));
}
