// check.h: what the test programs here share. A line for each check: "ok - what holds", or "not ok - ...".

static int failures;

static void check(int holds, const char *what) {
    printf("%sok - %s\n", holds ? "" : "not ", what);
    if (!holds)
        failures++;
}

// The same, for a number.
static void is(long saw, long want, const char *what) {
    check(saw == want, what);
    if (saw != want)
        printf("# saw %ld, want %ld\n", saw, want);
}

// What wait says of a child that runs f.
static inline int child(void (*f)(void)) {
    int value = 12345, pid = fork();
    if (pid == 0) {
        f();
        exit(0);
    }
    if (pid < 0 || wait(&value) != pid)
        return -12345;
    return value;
}

static inline void make_file(const char *path, int open_flags, const char *text) {
    int fd = open(path, O_CREATE | O_WRONLY | open_flags);
    write(fd, text, strlen(text));
    close(fd);
}
