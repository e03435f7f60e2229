// builtin.c: the commands that must run in the shell itself, because they change or ask its own state.
#include "sh.h"

// The job that "%number" or the id of its last process names, or NULL.
static struct job *job_find(const char *name) {
    int number = atoi(name + (*name == '%'));
    struct job *j = jobs;
    while (j && (*name == '%' ? j->id : j->pids[j->count - 1]) != number)
        j = j->next;
    return j;
}

static int do_cd(int argc, char **argv) {
    const char *dir = argc > 1 ? argv[1] : getenv("HOME");
    return dir && chdir(dir) < 0 ? warn("cd: %s", dir), 1 : 0;
}

static int do_exit(int argc, char **argv) { exit(argc > 1 ? atoi(argv[1]) : last_status); }

static int do_export(int argc, char **argv) {
    for (char *equals; *++argv; var_set(*argv, equals ? equals + 1 : NULL, true))
        equals = strchr(*argv, '=');
    return 0;
}

static int do_jobs(int argc, char **argv) { return jobs_report(true), 0; }

static pid_t kill_target(const char *s) {
    struct job *j = *s == '%' ? job_find(s) : NULL;
    errno = ESRCH;
    return !j ? atoi(s) : interactive ? -j->pids[0] : j->pids[j->count - 1];
}

// kill [-signal | -s signal] pid|%job...
static int do_kill(int argc, char **argv) {
    int sig = SIGTERM, status = 0, i = 1;
    if (argc > 1 && argv[1][0] == '-') {
        char *name = strcmp(argv[i++], "-s") == 0 && argc > 2 ? argv[i++] : argv[1] + 1;
        sig = atoi(name);
        if (!isdigit((unsigned char)*name) && str2sig(name + 3 * (strncmp(name, "SIG", 3) == 0), &sig) < 0)
            return warnx("kill: %s: no such signal", name), 1;
    }
    if (i == argc)
        return warnx("usage: kill [-signal] pid|%%job..."), 2;
    for (pid_t pid; i < argc; i++)
        if ((pid = kill_target(argv[i])) == 0 || kill(pid, sig) < 0)
            warn("kill: %s", argv[i]), status = 1;
    return status;
}

static int do_unset(int argc, char **argv) {
    while (*++argv)
        unsetenv(*argv);
    return 0;
}

// wait [pid|%job...]: each becomes the foreground job, so ^C reaches it.
static int do_wait(int argc, char **argv) {
    int status = 0;
    while (argc == 1 && jobs)
        job_wait(jobs);
    for (struct job *j; *++argv;)
        status = (j = job_find(*argv)) ? job_wait(j) : 127;
    return status;
}

builtin *builtin_find(const char *name) {
    static const struct {
        const char *name;
        builtin *run;
    } all[] = {{"cd", do_cd},     {"exit", do_exit},   {"export", do_export}, {"jobs", do_jobs},
               {"kill", do_kill}, {"unset", do_unset}, {"wait", do_wait}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(name, all[i].name) == 0)
            return all[i].run;
    return NULL;
}
