// mkfs.c: make Drupe's disk image, or bring the programs on an existing one up to date.
//
// The image is ext2 revision 1 with 4 KiB blocks and 128-byte inodes, with filetype, sparse_super, large_file
// and nothing newer, plus a journal (unless -J). A new image gets the directories and devices that the system
// expects. An existing one keeps everything; only the files given on the command line get new content.
//
// The work is done on a copy, IMAGE.new, which is renamed over IMAGE at the end: an image is never half
// written, and an interrupted or failed run leaves the old one as it was. QEMU holds byte-range locks on an
// image it uses, and then we refuse.

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

enum {
    BLOCK_SIZE = 4096,
    INODE_SIZE = 128,
    JOURNAL_BLOCKS = 1024, // the smallest that ext3 takes
    QEMU_LOCKS = 100,      // QEMU's image locks are single bytes in [100, 300)
    QEMU_LOCKS_LENGTH = 200,
};

static char *scratch; // the unfinished copy, removed if we fail
static time_t now;

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("mkfs: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (scratch)
        unlink(scratch);
    exit(1);
}

// End the run if a libext2fs call failed at what it was doing.
static void check(errcode_t err, const char *what, const char *name) {
    if (err)
        die("%s %s: %s", what, name, error_message(err));
}

// True if a running QEMU (or anyone who locks as it does) has the image open.
static bool image_in_use(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = QEMU_LOCKS, .l_len = QEMU_LOCKS_LENGTH};
    bool used = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return used;
}

// Copy a sparse file: data where there is data, holes where there are holes.
static void copy_sparse(const char *from, const char *to) {
    static char buf[1 << 20];
    int in = open(from, O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0)
        die("cannot copy %s to %s: %s", from, to, strerror(errno));
    off_t size = lseek(in, 0, SEEK_END);
    for (off_t at = lseek(in, 0, SEEK_DATA); at >= 0 && at < size;) {
        off_t hole = lseek(in, at, SEEK_HOLE);
        while (at < hole) {
            size_t want = hole - at < (off_t)sizeof buf ? (size_t)(hole - at) : sizeof buf;
            ssize_t n = pread(in, buf, want, at);
            if (n <= 0 || pwrite(out, buf, n, at) != n)
                die("cannot copy %s to %s: %s", from, to, strerror(errno));
            at += n;
        }
        at = lseek(in, at, SEEK_DATA);
    }
    if (ftruncate(out, size) < 0 || close(out) < 0)
        die("cannot copy %s to %s: %s", from, to, strerror(errno));
    close(in);
}

// Link name to ino in dir, making the directory a block longer if it is full.
static void link_inode(ext2_filsys fs, ext2_ino_t dir, const char *name, ext2_ino_t ino, int type) {
    errcode_t err = ext2fs_link(fs, dir, name, ino, type);
    if (err == EXT2_ET_DIR_NO_SPACE) {
        check(ext2fs_expand_dir(fs, dir), "cannot extend the directory of", name);
        err = ext2fs_link(fs, dir, name, ino, type);
    }
    check(err, "cannot make", name);
}

// Make a new inode under dir/name. rdev is for device nodes only.
static ext2_ino_t make_node(ext2_filsys fs, ext2_ino_t dir, const char *name, int mode, int type,
                            dev_t rdev) {
    ext2_ino_t ino;
    check(ext2fs_new_inode(fs, dir, mode, NULL, &ino), "no inode for", name);
    struct ext2_inode inode = {.i_mode = mode, .i_links_count = 1};
    inode.i_atime = inode.i_ctime = inode.i_mtime = now;
    if (type == EXT2_FT_CHRDEV)
        inode.i_block[0] = major(rdev) << 8 | minor(rdev);
    check(ext2fs_write_new_inode(fs, ino, &inode), "cannot make", name);
    ext2fs_inode_alloc_stats2(fs, ino, 1, 0);
    link_inode(fs, dir, name, ino, type);
    return ino;
}

static ext2_ino_t make_directory(ext2_filsys fs, ext2_ino_t dir, const char *name, int mode) {
    ext2_ino_t ino;
    if (ext2fs_lookup(fs, dir, name, strlen(name), NULL, &ino) == 0)
        return ino;
    errcode_t err = ext2fs_mkdir(fs, dir, 0, name);
    if (err == EXT2_ET_DIR_NO_SPACE) {
        check(ext2fs_expand_dir(fs, dir), "cannot extend the directory of", name);
        err = ext2fs_mkdir(fs, dir, 0, name);
    }
    check(err, "cannot make directory", name);
    check(ext2fs_lookup(fs, dir, name, strlen(name), NULL, &ino), "cannot find", name);
    struct ext2_inode inode;
    check(ext2fs_read_inode(fs, ino, &inode), "cannot read the inode of", name);
    inode.i_mode = LINUX_S_IFDIR | mode;
    inode.i_atime = inode.i_ctime = inode.i_mtime = now;
    check(ext2fs_write_inode(fs, ino, &inode), "cannot write the inode of", name);
    return ino;
}

static void make_symlink(ext2_filsys fs, ext2_ino_t dir, const char *name, const char *target) {
    errcode_t err = ext2fs_symlink(fs, dir, 0, name, target);
    if (err == EXT2_ET_DIR_NO_SPACE) {
        check(ext2fs_expand_dir(fs, dir), "cannot extend the directory of", name);
        err = ext2fs_symlink(fs, dir, 0, name, target);
    }
    check(err, "cannot make link", name);
}

// Give dir/name the content of the host's file: in place if it is there, so that its other links see it too.
static void put_file(ext2_filsys fs, ext2_ino_t dir, const char *name, const char *host, int mode) {
    static char buf[1 << 16];
    FILE *in = fopen(host, "rb");
    if (!in)
        die("cannot read %s: %s", host, strerror(errno));

    ext2_ino_t ino;
    if (ext2fs_lookup(fs, dir, name, strlen(name), NULL, &ino) != 0)
        ino = make_node(fs, dir, name, LINUX_S_IFREG | mode, EXT2_FT_REG_FILE, 0);
    struct ext2_inode inode;
    check(ext2fs_read_inode(fs, ino, &inode), "cannot read the inode of", name);
    if (!LINUX_S_ISREG(inode.i_mode))
        die("%s on the image is not a regular file; move it away first", name);

    ext2_file_t out;
    check(ext2fs_file_open(fs, ino, EXT2_FILE_WRITE, &out), "cannot open", name);
    check(ext2fs_file_set_size2(out, 0), "cannot truncate", name);
    size_t n;
    while ((n = fread(buf, 1, sizeof buf, in)) > 0) {
        unsigned int done;
        check(ext2fs_file_write(out, buf, n, &done), "cannot write", name);
        if (done != n)
            die("the image is full at %s; make a larger one with -s", name);
    }
    if (ferror(in))
        die("cannot read %s: %s", host, strerror(errno));
    check(ext2fs_file_close(out), "cannot write", name);
    fclose(in);

    check(ext2fs_read_inode(fs, ino, &inode), "cannot read the inode of", name);
    inode.i_mode = LINUX_S_IFREG | mode;
    inode.i_ctime = inode.i_mtime = now;
    check(ext2fs_write_inode(fs, ino, &inode), "cannot write the inode of", name);
}

// Copy a host file, directory (with all that it holds) or symbolic link to dir/name.
static void put_tree(ext2_filsys fs, ext2_ino_t dir, const char *name, const char *host) {
    struct stat st;
    if (lstat(host, &st) < 0)
        die("cannot read %s: %s", host, strerror(errno));
    if (S_ISREG(st.st_mode)) {
        put_file(fs, dir, name, host, st.st_mode & 07777);
    } else if (S_ISLNK(st.st_mode)) {
        char target[PATH_MAX];
        ssize_t n = readlink(host, target, sizeof target - 1);
        if (n < 0)
            die("cannot read %s: %s", host, strerror(errno));
        target[n] = '\0';
        make_symlink(fs, dir, name, target);
    } else if (S_ISDIR(st.st_mode)) {
        ext2_ino_t sub = make_directory(fs, dir, name, st.st_mode & 07777);
        DIR *list = opendir(host);
        if (!list)
            die("cannot read %s: %s", host, strerror(errno));
        for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
            char path[PATH_MAX];
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            snprintf(path, sizeof path, "%s/%s", host, entry->d_name);
            put_tree(fs, sub, entry->d_name, path);
        }
        closedir(list);
    } else {
        die("%s is neither a file, a directory nor a symbolic link", host);
    }
}

// -a HOST:GUEST. Directories on the way to GUEST are made.
static void add_path(ext2_filsys fs, char *arg) {
    char *guest = strrchr(arg, ':');
    if (!guest || guest[1] == '\0')
        die("-a wants HOST:GUEST, not %s", arg);
    *guest++ = '\0';
    ext2_ino_t dir = EXT2_ROOT_INO;
    char *name = strtok(guest, "/");
    if (!name)
        die("-a cannot replace the root directory");
    for (char *next; (next = strtok(NULL, "/")) != NULL; name = next)
        dir = make_directory(fs, dir, name, 0755);
    put_tree(fs, dir, name, arg);
}

// The devices. An image that exists gets the ones that it does not have: newer kernels have more.
static void make_devices(ext2_filsys fs) {
    static const struct {
        const char *name;
        int major, minor, mode;
    } devices[] = {
        {"console", 5, 1, 0600}, {"tty", 5, 0, 0666},    {"null", 1, 3, 0666},  {"zero", 1, 5, 0666},
        {"random", 1, 8, 0666},  {"trace", 10, 0, 0600}, {"fail", 10, 1, 0600}, {"lockstat", 10, 2, 0600},
    };
    ext2_ino_t found, dev = make_directory(fs, EXT2_ROOT_INO, "dev", 0755);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (ext2fs_lookup(fs, dev, devices[i].name, strlen(devices[i].name), NULL, &found) != 0)
            make_node(fs, dev, devices[i].name, LINUX_S_IFCHR | devices[i].mode, EXT2_FT_CHRDEV,
                      makedev(devices[i].major, devices[i].minor));
}

// What a new image holds before any program is put on it.
static void populate(ext2_filsys fs) {
    ext2_ino_t root = EXT2_ROOT_INO;
    ext2_ino_t lost = make_directory(fs, root, "lost+found", 0700);
    for (int i = 1; i < 4; i++) // room beforehand: e2fsck adds names here when there may be no free block
        check(ext2fs_expand_dir(fs, lost), "cannot extend", "lost+found");
    make_directory(fs, root, "tmp", 01777);
    make_directory(fs, root, "home", 0755);
    make_directory(fs, root, "etc", 0755);
    make_symlink(fs, root, "bin", "/");
}

// A new, empty file system in the file at path.
static ext2_filsys create(const char *path, uint64_t size, unsigned inodes, bool journal) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || ftruncate(fd, size) < 0)
        die("cannot create %s: %s", path, strerror(errno));
    close(fd);

    struct ext2_super_block param = {.s_rev_level = EXT2_DYNAMIC_REV, .s_inode_size = INODE_SIZE};
    param.s_log_block_size = param.s_log_cluster_size = 2; // 1024 << 2
    param.s_inodes_count = inodes;
    param.s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE;
    param.s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
    ext2fs_blocks_count_set(&param, size / BLOCK_SIZE);

    ext2_filsys fs;
    check(ext2fs_initialize(path, EXT2_FLAG_EXCLUSIVE, &param, unix_io_manager, &fs), "cannot make", path);
    check(ext2fs_allocate_tables(fs), "cannot make", path);
    for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
        check(ext2fs_zero_blocks2(fs, ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group, NULL,
                                  NULL),
              "cannot clear the inode table of", path);
    }
    for (ext2_ino_t ino = EXT2_BAD_INO; ino < EXT2_FIRST_INODE(fs->super); ino++)
        if (ino != EXT2_ROOT_INO) // mkdir below counts the root itself
            ext2fs_inode_alloc_stats2(fs, ino, 1, 0);

    FILE *random = fopen("/dev/urandom", "rb");
    if (!random || fread(fs->super->s_uuid, sizeof fs->super->s_uuid, 1, random) != 1)
        die("cannot read /dev/urandom");
    fclose(random);
    memcpy(fs->super->s_volume_name, "drupe", 5);
    fs->super->s_errors = EXT2_ERRORS_CONTINUE;
    fs->super->s_max_mnt_count = -1; // no check merely because of its age
    fs->super->s_checkinterval = 0;
    fs->super->s_wtime = fs->super->s_mkfs_time = now;

    check(ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL), "cannot make", "the root directory");
    populate(fs);
    if (journal)
        check(ext2fs_add_journal_inode(fs, JOURNAL_BLOCKS, EXT2_MKJOURNAL_NO_MNT_CHECK), "cannot make",
              "the journal");
    return fs;
}

// Open the copy of an image that exists. It has to be clean: tools/fsck-image sees to that beforehand.
static ext2_filsys update(const char *image, const char *copy) {
    copy_sparse(image, copy);
    ext2_filsys fs;
    errcode_t err = ext2fs_open(copy, EXT2_FLAG_RW | EXT2_FLAG_EXCLUSIVE, 0, 0, unix_io_manager, &fs);
    if (err)
        die("%s is not an ext2 image (%s); remove it to get a fresh one", image, error_message(err));
    if (!(fs->super->s_state & EXT2_VALID_FS) || ext2fs_has_feature_journal_needs_recovery(fs->super))
        die("%s was not shut down cleanly; run e2fsck -p %s first", image, image);
    check(ext2fs_read_bitmaps(fs), "cannot read the bitmaps of", image);
    return fs;
}

static const char usage[] =
    "usage: mkfs [-J] [-s MiB] [-i inodes] [-a host:guest]... IMAGE [program...]\n"
    "       mkfs -l IMAGE\n"
    "Make an ext2 image, or update the programs on one that exists; each program goes to /.\n"
    "  -s MiB         size of a new image (128)\n"
    "  -i inodes      its number of inodes (12288)\n"
    "  -J             no journal\n"
    "  -a host:guest  also copy a host's file or directory to the path guest\n"
    "  -l             only tell by the status whether a running QEMU uses IMAGE: 1 if so\n";

int main(int argc, char **argv) {
    uint64_t size = 128;
    unsigned inodes = 12288;
    bool journal = true, ask_lock = false;
    char **extra = calloc(argc, sizeof *extra);
    int extras = 0;

    for (int c; (c = getopt(argc, argv, "s:i:a:Jlh")) != -1;) {
        switch (c) {
        case 's': size = strtoul(optarg, NULL, 0); break;
        case 'i': inodes = strtoul(optarg, NULL, 0); break;
        case 'a': extra[extras++] = optarg; break;
        case 'J': journal = false; break;
        case 'l': ask_lock = true; break;
        default: fputs(usage, c == 'h' ? stdout : stderr); return c == 'h' ? 0 : 2;
        }
    }
    if (optind == argc || size == 0 || inodes == 0) {
        fputs(usage, stderr);
        return 2;
    }
    const char *image = argv[optind++];
    if (ask_lock)
        return image_in_use(image);
    if (image_in_use(image))
        die("%s is in use by a running QEMU; leave that one first (Ctrl-a x)", image);

    initialize_ext2_error_table();
    now = time(NULL);
    char *copy;
    if (asprintf(&copy, "%s.new", image) < 0)
        die("no memory");
    scratch = copy;
    ext2_filsys fs =
        access(image, F_OK) == 0 ? update(image, copy) : create(copy, size << 20, inodes, journal);
    make_devices(fs);
    for (struct stat st; optind < argc; optind++) {
        bool program = stat(argv[optind], &st) < 0 || (st.st_mode & S_IXUSR); // the other is README
        put_file(fs, EXT2_ROOT_INO, basename(argv[optind]), argv[optind], program ? 0755 : 0644);
    }
    ext2_ino_t bracket; // the other name of test
    if (ext2fs_lookup(fs, EXT2_ROOT_INO, "[", 1, NULL, &bracket) != 0)
        make_symlink(fs, EXT2_ROOT_INO, "[", "test");
    for (int i = 0; i < extras; i++)
        add_path(fs, extra[i]);
    check(ext2fs_close(fs), "cannot write", image);
    if (rename(copy, image) < 0)
        die("cannot rename %s to %s: %s", copy, image, strerror(errno));
    free(copy);
    free(extra);
    return 0;
}
