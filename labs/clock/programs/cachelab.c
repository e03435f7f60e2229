// cachelab: what the page cache keeps, for the grader of this lab.
//
//   cachelab trace NAME PAGES     read pages of a file in a fixed order, with a cache of so many: hits
//   cachelab dirty PAGES          write more pages than the cache holds, and read them again
//   cachelab harts PAGES          several processes write, read, cut and remove files

#include <errno.h>
#include <fcntl.h>
#include <lab.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PAGE = 4096, FILE_PAGES = 512, LENGTH = 6000, FIRST = 64 };

// Of the start of this lab.
int lab_cachectl(long limit, uint64_t *counts) __asm__("cachectl") __attribute__((weak));

static void control(long limit, uint64_t *counts) {
    if (lab_cachectl(limit, counts) != 0)
        lab_trouble("cachectl fails: %s", strerror(errno));
}

static uint64_t state;
static unsigned draw(unsigned n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
}

// What page i of the file named `kind` holds, in its n-th version.
static void fill(char *page, char kind, int i, int version) {
    memset(page, '.', PAGE);
    page[snprintf(page, PAGE, "%c %d %d", kind, i, version)] = ' ';
    page[PAGE - 1] = '\n';
}

static bool good(int fd, char kind, int i, int version) {
    static char want[PAGE], got[PAGE];
    fill(want, kind, i, version);
    return pread(fd, got, PAGE, (off_t)i * PAGE) == PAGE && memcmp(want, got, PAGE) == 0;
}

static void put(int fd, char kind, int i, int version) {
    static char page[PAGE];
    fill(page, kind, i, version);
    if (pwrite(fd, page, PAGE, (off_t)i * PAGE) != PAGE)
        lab_trouble("pwrite fails: %s", strerror(errno));
}

static int open_new(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        lab_trouble("open %s fails: %s", path, strerror(errno));
    return fd;
}

// ---- traces

static uint16_t trace[LENGTH + 400];
static int length;

static void hot(int move_after) {
    state = 42;
    for (int i = 0, base = 0; i < LENGTH; i++) {
        if (move_after && i % move_after == 0)
            base = i / move_after * 40;
        trace[length++] = draw(100) < 75 ? base + draw(32) : draw(FILE_PAGES);
    }
}

static int scan_at = FIRST;
static int next_of_scan(void) { return scan_at = scan_at < FILE_PAGES - 1 ? scan_at + 1 : FIRST; }

// 40 pages again and again; a slow scan beside them first, then fast ones in between.
static void scan(void) {
    state = 7;
    while (length < 1500) {
        trace[length++] = draw(40);
        if (draw(2))
            trace[length++] = next_of_scan();
    }
    while (length < LENGTH) {
        for (int i = 0; i < 150; i++)
            trace[length++] = next_of_scan();
        for (int i = 0; i < 300 && length < LENGTH; i++)
            trace[length++] = draw(40);
    }
    length = LENGTH;
}

// Read the first n pages of the trace with so many pages of cache.
static void play(int fd, long pages, int n, uint64_t *counts, uint64_t *most) {
    char text[32], want[32];
    control(pages, NULL);
    *most = 0;
    for (int i = 0; i < n; i++) {
        int length_wanted = snprintf(want, sizeof(want), "t %d 0 ", trace[i]);
        if (pread(fd, text, sizeof(text), (off_t)trace[i] * PAGE) != sizeof(text) ||
            memcmp(text, want, length_wanted) != 0) {
            lab_result("wrong", "page %d of the file is not what was written there", trace[i]);
            exit(1);
        }
        if (i % 100 == 99) {
            control(-1, counts);
            *most = counts[2] > *most ? counts[2] : *most;
        }
    }
    control(-1, counts);
}

static void run_trace(const char *name, long pages) {
    uint64_t counts[3], most;
    if (strcmp(name, "hot") == 0)
        hot(0);
    else if (strcmp(name, "shift") == 0)
        hot(1000);
    else if (strcmp(name, "scan") == 0)
        scan();
    else
        lab_trouble("there is no trace '%s'", name);
    int fd = open_new("/trace.dat");
    for (int i = 0; i < FILE_PAGES; i++)
        put(fd, 't', i, 0);
    play(fd, pages, 200, counts, &most); // brings this program's own pages into memory
    play(fd, pages, LENGTH, counts, &most);
    lab_result("hits", "%llu", (unsigned long long)counts[0]);
    lab_result("lookups", "%llu", (unsigned long long)(counts[0] + counts[1]));
    lab_result("most", "%llu", (unsigned long long)most);
}

// ---- what is written must not be lost

static void dirty(long pages) {
    enum { PAGES = 200 };
    int bad = 0, first = -1, fd = open_new("/dirty.dat"), other = open_new("/other.dat");
    for (int i = 0; i < PAGES; i++)
        put(other, 'o', i, 0);
    control(pages, NULL); // which syncs
    for (int version = 0; version < 3; version++) {
        state = version;
        for (int i = 0; i < PAGES; i++) {
            put(fd, 'd', i, version);
            if (!good(other, 'o', draw(PAGES), 0))
                bad++;
        }
        for (int i = 0; i < PAGES; i++)
            if (!good(fd, 'd', i, version)) {
                bad++;
                first = first < 0 ? i : first;
            }
    }
    if (bad)
        lab_result("bad", "%d pages, the first is page %d of the file", bad, first);
    else
        lab_result("bad", "none");
}

static const char *work(int id, unsigned seed) {
    enum { PAGES = 60 };
    char path[32];
    int versions[PAGES], size = 0;
    state = seed;
    snprintf(path, sizeof(path), "/work%d", id);
    int fd = open_new(path);
    for (int step = 0; step < 400; step++) {
        unsigned what = draw(100);
        if (what < 45 || size == 0) { // write a page, perhaps one more than there were
            int i = draw(size < PAGES ? size + 1 : PAGES);
            versions[i] = step;
            put(fd, 'a' + id, i, step);
            size = i == size ? size + 1 : size;
        } else if (what < 93) {
            int i = draw(size);
            if (!good(fd, 'a' + id, i, versions[i]))
                return "a page is not what was written there";
        } else if (what < 97) {
            size = draw(size + 1);
            if (ftruncate(fd, (off_t)size * PAGE))
                return "ftruncate fails";
        } else {
            close(fd);
            if (unlink(path))
                return "unlink fails";
            fd = open_new(path);
            size = 0;
        }
    }
    for (int i = 0; i < size; i++)
        if (!good(fd, 'a' + id, i, versions[i]))
            return "a page is not what was written there";
    return NULL;
}

static void harts(long pages) {
    enum { CHILDREN = 6 };
    int status, bad = 0;
    control(pages, NULL);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = fork();
        if (pid < 0)
            lab_trouble("fork fails: %s", strerror(errno));
        if (pid == 0) {
            const char *why = work(i, i + 1);
            if (why)
                lab_result("why", "%s", why);
            exit(why ? 1 : 0);
        }
    }
    for (int i = 0; i < CHILDREN; i++)
        bad += wait(&status) < 0 || status != 0;
    lab_result("bad", "%d", bad);
}

int main(int argc, char **argv) {
    lab_start(&argc, &argv);
    if (!lab_cachectl)
        lab_missing("cachectl(), which is part of the start of this lab,");
    if (argc == 4 && strcmp(argv[1], "trace") == 0)
        run_trace(argv[2], atol(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "dirty") == 0)
        dirty(atol(argv[2]));
    else if (argc == 3 && strcmp(argv[1], "harts") == 0)
        harts(atol(argv[2]));
    else
        lab_trouble("usage: cachelab trace NAME PAGES | dirty PAGES | harts PAGES");
    return 0;
}
