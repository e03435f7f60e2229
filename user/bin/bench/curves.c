// curves.c: what operations cost as there is ever more of something: the price must not depend on how many
// there are.
#include "bench.h"

#include <drupe/syscalls.h>
#include <uapi/info.h>

// Have `more` further processes asleep, which end when the write end of gate is closed. Returns how many
// there are.
static int put_to_sleep(int more, const int gate[2]) {
    for (int i = 0; i < more; i++) {
        pid_t child = fork();
        if (child < 0) {
            cmd_warn("fork, after %d", i);
            return i;
        }
        if (child == 0) {
            char byte;
            close(gate[1]);
            read(gate[0], &byte, 1);
            _exit(0);
        }
    }
    return more;
}

// A point of a curve: of one that should be flat (kind curve), or that is a constant and so much for each
// (line).
static void point(const char *kind, const char *name, long at, uint64_t took, int n) {
    printf("%s %s %ld %jd\n", kind, name, at, (intmax_t)instructions(took, n));
    fflush(stdout);
}

// What a fork, and a round trip through pipes, cost with others asleep, each on a pipe of all.
static void curves_of_processes(int multiplier) {
    static const int steps[] = {1, 10, 100, 1000, 4000};
    int gate[2], asleep = 0, n = repetitions(100, multiplier);
    need(pipe(gate) == 0, "pipe");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && (multiplier || steps[i] <= 100); i++) {
        asleep += put_to_sleep(steps[i] - asleep, gate);
        fork_exit_wait(n); // also lets those just made go to sleep
        point("curve", "fork_by_processes", asleep, fork_exit_wait(n), n);
        pipe_round_trip(n);
        point("curve", "wakeup_by_sleepers", asleep, pipe_round_trip(n), n);
    }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < asleep; i++)
        wait(NULL);
}

// What it costs to open, make and look in vain for a file in a directory of so many, each an inode of its
// own.
static void names_point(int names, int n) {
    char path[64];
    uint64_t made = 0, missed = 0;
    snprintf(path, sizeof path, "%s/name-%d", scratch, names - 1); // the farthest from the start
    open_times(path, n / 10 + 1);
    point("curve", "open_by_names", names, open_times(path, n), n);
    snprintf(path, sizeof path, "%s/new", scratch);
    for (int k = 0; k < n; k++) {
        uint64_t start = begin();
        make_file(path);
        unlink(path);
        made += end() - start;
    }
    point("curve", "create_by_names", names, made, n);
    for (int k = 0; k < n; k++) { // once each, so the name cache has no part in it
        snprintf(path, sizeof path, "%s/none-%d-%d", scratch, names, k);
        uint64_t start = begin();
        access(path, F_OK);
        missed += end() - start;
    }
    point("curve", "miss_by_names", names, missed, n);
}

static void curves_of_names(int multiplier) {
    static const int steps[] = {10, 100, 1000, 10000, 100000};
    int names = 0, n = repetitions(500, multiplier);
    char path[64];
    need(mkdir(scratch, 0777) == 0, scratch);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && (multiplier || steps[i] <= 1000); i++) {
        for (; names < steps[i]; names++) {
            snprintf(path, sizeof path, "%s/name-%d", scratch, names);
            make_file(path);
        }
        names_point(names, n);
    }
    while (names-- > 0) {
        snprintf(path, sizeof path, "%s/name-%d", scratch, names);
        unlink(path);
    }
    need(rmdir(scratch) == 0, scratch);
}

// What this process has used of a hart so far, in ticks: without what the kernel's own threads and the disk
// did.
static uint64_t own_ticks(void) {
    struct proc_info self;
    need(proclist(getpid() - 1, &self, 1) == 1, "proclist");
    return (self.utime + self.stime) / NS_PER_TICK;
}

// What it takes to write, or read, so many pages from the file's start on.
static uint64_t each_page(int fd, int pages, bool write_it, uint64_t (*clock)(void)) {
    uint64_t looking = clock(), start = clock();
    looking = start - looking;
    lseek(fd, 0, SEEK_SET);
    begin();
    start = clock();
    for (int k = 0; k < pages; k++)
        need((write_it ? write(fd, page, PAGE) : read(fd, page, PAGE)) == PAGE, scratch);
    uint64_t took = clock() - start - looking;
    end();
    return took;
}

// Files of so many pages are written, and read when all is in memory: small ones several times.
static void file_point(const char *write_name, const char *read_name, int pages, uint64_t (*clock)(void)) {
    uint64_t written = 0, been_read = 0;
    int done = 0;
    for (; done < pages || done < 64; done += pages) {
        int fd = open(scratch, O_RDWR | O_CREAT | O_TRUNC, 0666);
        need(fd >= 0, scratch);
        written += each_page(fd, pages, true, clock);
        been_read += each_page(fd, pages, false, clock);
        close(fd);
        unlink(scratch);
    }
    point("curve", write_name, pages, written, done);
    point("curve", read_name, pages, been_read, done);
}

// The first touch of a page, fork, and 4 KiB written and read, by how much there is.
static void curves_of_sizes(int multiplier) {
    static const int heaps[] = {1, 16, 256, 1024, 4096}, files[] = {1, 16, 256, 1024, 2048};
    for (size_t i = 0; i < sizeof heaps / sizeof heaps[0]; i++) {
        int n = repetitions(20, multiplier);
        ptrdiff_t size = (ptrdiff_t)heaps[i] * PAGE;
        char *heap = sbrk(size);
        need(heap != (void *)-1, "sbrk");
        uint64_t start = begin();
        for (ptrdiff_t at = 0; at < size; at += PAGE)
            heap[at] = 1;
        point("curve", "touch_by_pages", heaps[i], end() - start, heaps[i]);
        fork_exit_wait(n / 10 + 1);
        point("line", "fork_by_pages", heaps[i], fork_exit_wait(n), n);
        sbrk(-size);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        file_point("write4k_by_pages", "read4k_by_pages", files[i], ticks);
}

// The same to 1 GiB: on a disk, as no RAM disk is so large. What the flusher does meanwhile is not counted.
static void curves_of_files(int multiplier) {
    static const int files[] = {1, 16, 256, 4096, 65536, 262144};
    for (size_t i = 0; i < sizeof files / sizeof files[0] && (multiplier || files[i] <= 256); i++)
        file_point("write4k_to_1g", "read4k_to_1g", files[i], own_ticks);
}

// A write of so many bytes to a pipe; another process reads, as much at a time as there is.
static void curves_of_pipes(int multiplier) {
    static const int sizes[] = {1, 16, 64, 256, 1024, 4096, 16384, 65536};
    static char buffer[65536];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int data[2], n = repetitions(sizes[i] < 4096 ? 10000 : 2000, multiplier);
        need(pipe(data) == 0, "pipe");
        pid_t child = fork();
        need(child >= 0, "fork");
        if (child == 0) {
            close(data[1]);
            while (read(data[0], buffer, sizeof buffer) > 0)
                ;
            _exit(0);
        }
        close(data[0]);
        uint64_t start = begin();
        for (int k = 0; k < n; k++)
            need(write(data[1], buffer, sizes[i]) == sizes[i], "pipe");
        close(data[1]);
        waitpid(child, NULL, 0); // it has read all
        point("line", "pipe_by_bytes", sizes[i], end() - start, n);
    }
}

// ---- regions

// A process gets its regions from its program's file (and has a heap and a stack): at most 16, says exec. So
// this program is copied with more segments in its header, which hold nothing but zeros.
enum { REGION_PAGES = 64, SEGMENTS_MAX = 16 };
struct elf_start { // what of an ELF file's start is changed
    uint8_t header[56];
    uint16_t segments, of_sections[3];
    struct {
        uint32_t type, flags;
        uint64_t offset, vaddr, paddr, filesz, memsz, align;
    } segment[SEGMENTS_MAX];
};

// Write the copy, with `more` regions from address `at` on.
static void make_program(int more, uint64_t at) {
    char rest[PAGE];
    struct elf_start elf;
    int from = open("/bench", O_RDONLY), to = open(scratch, O_WRONLY | O_CREAT | O_TRUNC, 0777);
    need(from >= 0 && to >= 0 && read(from, &elf, sizeof elf) == sizeof elf, "/bench");
    for (int i = 0; i < more; i++, at += 2 * REGION_PAGES * PAGE) {
        memset(&elf.segment[elf.segments], 0, sizeof elf.segment[0]);
        elf.segment[elf.segments].type = 1;  // PT_LOAD
        elf.segment[elf.segments].flags = 6; // read, write
        elf.segment[elf.segments].vaddr = at;
        elf.segment[elf.segments++].memsz = REGION_PAGES * PAGE;
    }
    need(write(to, &elf, sizeof elf) == sizeof elf, scratch);
    for (ssize_t n; (n = read(from, rest, sizeof rest)) > 0;)
        need(write(to, rest, n) == n, scratch);
    close(from);
    close(to);
}

// In the copy: what the first touch of a page costs in the region that is searched last.
void touch_region(int regions, char *region) {
    uint64_t start = begin();
    for (int i = 0; i < REGION_PAGES; i++)
        region[i * PAGE] = 1;
    point("curve", "touch_by_regions", regions, end() - start, REGION_PAGES);
}

static void curves_of_regions(int multiplier) {
    static const int steps[] = {1, 2, 4, 8, 11};
    const uint64_t at = 0x10000000; // far above this program, far below the stack
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char regions[16], address[32], path[32];
        make_program(steps[i], at);
        snprintf(regions, sizeof regions, "%d", steps[i] + 5); // text, rodata, data, heap, stack
        snprintf(address, sizeof address, "%ju", (uintmax_t)at);
        snprintf(path, sizeof path, "./%s", scratch);
        need(cmd_run((char *[]){path, "-g", address, regions, NULL}) == 0, path);
        unlink(scratch);
    }
}

static const struct {
    const char *name;
    void (*run)(int multiplier);
} curves[] = {
    {"processes", curves_of_processes}, {"names", curves_of_names},     {"sizes", curves_of_sizes},
    {"pipes", curves_of_pipes},         {"regions", curves_of_regions}, {"files", curves_of_files},
};

void run_curves(char **names, int multiplier) {
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (chosen(curves[i].name, names) && (*names || curves[i].run != curves_of_files))
            curves[i].run(multiplier);
}
