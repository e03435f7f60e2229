// disk.c: files on a disk, larger than memory and many. tools/bench-disk looks on from outside, through
// QEMU's trace: the lines "disk begin" and "disk end" tell it what belongs to what.
#include "bench.h"

enum { BIG = 256 << 20, CHUNK = 64 << 10, SMALL_FILES = 10000, SMALL = 1000 };

static const char dir[] = "/bench.disk", big[] = "/bench.disk/big";
static char chunk[CHUNK];

// Memory to memory: what the same bytes cost without a disk.
static long copy_memory(long n) {
    enum { BUFFER = 4 << 20 };
    char *from = malloc(BUFFER), *to = malloc(BUFFER);
    need(from && to, "malloc");
    for (long done = 0; done < n; done += BUFFER) {
        memcpy(to, from, BUFFER);
        __asm__ volatile("" ::"r"(to) : "memory");
    }
    free(from);
    free(to);
    return n;
}

static long write_big(long n) {
    int fd = open(big, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    need(fd >= 0, big);
    for (long done = 0; done < n; done += CHUNK)
        need(write(fd, chunk, CHUNK) == CHUNK, big);
    need(fsync(fd) == 0, big);
    close(fd);
    return n;
}

static long read_big(long n) {
    int fd = open(big, O_RDONLY);
    need(fd >= 0, big);
    for (long done = 0; done < n; done += CHUNK)
        need(read(fd, chunk, CHUNK) == CHUNK, big);
    close(fd);
    return n;
}

static const char *small_name(long i) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%ld", dir, i);
    return path;
}

static long create_small(long n) {
    for (long i = 0; i < n; i++) {
        int fd = open(small_name(i), O_WRONLY | O_CREAT | O_EXCL, 0666);
        need(fd >= 0 && write(fd, chunk, SMALL) == SMALL, small_name(i));
        close(fd);
    }
    sync();
    return n;
}

static long read_small(long n) {
    for (long i = 0; i < n; i++) {
        int fd = open(small_name(i), O_RDONLY);
        need(fd >= 0 && read(fd, chunk, CHUNK) == SMALL, small_name(i));
        close(fd);
    }
    return n;
}

static long remove_small(long n) {
    for (long i = 0; i < n; i++)
        need(unlink(small_name(i)) == 0, small_name(i));
    sync();
    return n;
}

static const struct {
    const char *name, *unit;
    long (*run)(long n);
    long n;
} phases[] = {
    {"copy", "bytes", copy_memory, BIG},
    {"write", "bytes", write_big, BIG},
    {"read", "bytes", read_big, BIG},
    {"create", "files", create_small, SMALL_FILES},
    {"readfiles", "files", read_small, SMALL_FILES},
    {"remove", "files", remove_small, SMALL_FILES},
};

void run_disk(char **names, bool quick) {
    if (mkdir(dir, 0777) != 0)
        need(errno == EEXIST, dir); // from the last time
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        if (!chosen(phases[i].name, names))
            continue;
        sync();
        printf("disk begin %s\n", phases[i].name);
        fflush(stdout);
        uint64_t start = ticks();
        long did = phases[i].run(quick ? phases[i].n / 64 : phases[i].n);
        uint64_t took = ticks() - start;
        printf("disk end %s %ld %s %ju us\n", phases[i].name, did, phases[i].unit, (uintmax_t)took / 10);
        fflush(stdout);
    }
}
