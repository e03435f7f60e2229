// manyfiles: many files in one directory.

#include <cmd.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: manyfiles [-k] count directory\n"
    "Make so many files in directory (made for it), each with its number in it; open each by\n"
    "name and check it; see that readdir shows each once; remove half, look again; remove all.\n"
    "  -k  keep them: do not remove any\n";

static const char *dir;

static const char *name_of(int64_t i) {
    static char path[512];
    snprintf(path, sizeof path, "%s/file-%06jd", dir, (intmax_t)i);
    return path;
}

static void make(int64_t i) {
    const char *path = name_of(i);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0 || write(fd, &i, sizeof i) != sizeof i)
        cmd_die("%s: make", path);
    close(fd);
}

static void check(int64_t i, bool there) {
    const char *path = name_of(i);
    int fd = open(path, O_RDONLY);
    if (!there) {
        if (fd >= 0)
            cmd_diex("%s: still there", path);
        if (errno != ENOENT)
            cmd_die("%s: open", path);
        return;
    }
    int64_t got = -1;
    if (fd < 0 || read(fd, &got, sizeof got) < 0)
        cmd_die("%s: open and read", path);
    if (got != i)
        cmd_diex("%s: holds %jd", path, (intmax_t)got);
    close(fd);
}

// readdir must show each file with a number that is a multiple of step exactly once, and nothing else.
static void check_listing(int64_t count, int64_t step) {
    unsigned char *seen = calloc(count + 1, 1);
    DIR *d = opendir(dir);
    if (!d || !seen)
        cmd_die("%s", dir);
    int64_t shown = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char *end;
        int64_t i = strncmp(e->d_name, "file-", 5) == 0 ? strtoll(e->d_name + 5, &end, 10) : -1;
        if (i < 0 || i >= count || i % step != 0 || *end)
            cmd_diex("%s: readdir shows %s", dir, e->d_name);
        if (seen[i]++)
            cmd_diex("%s: readdir shows %s twice", dir, e->d_name);
        shown++;
    }
    closedir(d);
    free(seen);
    if (shown != (count + step - 1) / step)
        cmd_diex("%s: readdir shows %jd files", dir, (intmax_t)shown);
}

int main(int argc, char **argv) {
    bool keep = false;
    cmd_start(argv, help);
    for (int c; (c = getopt(argc, argv, "k")) != -1; keep = true)
        if (c != 'k')
            cmd_usage();
    if (argc - optind != 2)
        cmd_usage();
    int64_t count = cmd_number(argv[optind], 1, 1000000);
    dir = argv[optind + 1];
    if (mkdir(dir, 0777) < 0)
        cmd_die("%s", dir);
    for (int64_t i = 0; i < count; i++)
        make(i);
    for (int64_t i = 0; i < count; i++)
        check(i, true);
    check_listing(count, 1);
    if (!keep) {
        for (int64_t i = 1; i < count; i += 2)
            if (unlink(name_of(i)) < 0)
                cmd_die("%s: unlink", name_of(i));
        for (int64_t i = 0; i < count; i++)
            check(i, i % 2 == 0);
        check_listing(count, 2);
        for (int64_t i = 0; i < count; i += 2)
            if (unlink(name_of(i)) < 0)
                cmd_die("%s: unlink", name_of(i));
        if (rmdir(dir) < 0)
            cmd_die("%s", dir);
    }
    printf("manyfiles: %jd files: ok\n", (intmax_t)count);
    return 0;
}
