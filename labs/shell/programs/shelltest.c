// shelltest: lines for lsh, and what came of them.
//
//   shelltest [-t seconds] line...
//
// Runs lsh on a file with these lines, in an empty folder, with nothing on its standard input. Reports how it
// ended (end), its standard output and its complaints (output, errors), with \n for each end of a line. When
// it does not end within the time (5 s), what there still is of it is reported (waiting), and it is ended.
// Half the time is in the environment as PATIENCE, for commands that wait for something themselves.

#include <dirent.h>
#include <drupe/syscalls.h>
#include <err.h>
#include <fcntl.h>
#include <lab.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <uapi/info.h>
#include <unistd.h>

enum { SHOWN = 300, PATIENCE = 5 };

static const char script[] = "/shelltest.script", output[] = "/shelltest.output",
                  errors[] = "/shelltest.errors", folder[] = "/shelltest.folder";

static void write_script(char **lines) {
    FILE *f = fopen(script, "w");
    if (!f)
        err(1, "%s", script);
    for (; *lines; lines++)
        fprintf(f, "%s\n", *lines);
    if (fclose(f) != 0)
        err(1, "%s", script);
}

static void empty_folder(void) {
    mkdir(folder, 0755);
    if (chdir(folder) < 0)
        err(1, "%s", folder);
    DIR *d = opendir(".");
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(e->d_name);
    if (d)
        closedir(d);
}

static void open_as(int fd, const char *path, int flags) {
    int opened = open(path, flags, 0644);
    if (opened < 0)
        err(126, "%s", path);
    dup2(opened, fd);
    close(opened);
}

static pid_t start_lsh(void) {
    unlink(output);
    unlink(errors);
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid > 0) {
        setpgid(pid, pid);
        return pid;
    }
    setpgid(0, 0);
    open_as(STDIN_FILENO, "/dev/null", O_RDONLY);
    open_as(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND);
    open_as(STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_APPEND);
    execl("/lsh", "lsh", script, (char *)NULL);
    err(126, "/lsh");
}

// The first bytes of a file as one line of text.
static void report_file(const char *key, const char *path) {
    char text[SHOWN * 4 + 8], *to = text;
    FILE *f = fopen(path, "r");
    int c = EOF;
    for (int n = 0; f && n < SHOWN && (c = getc(f)) != EOF; n++) {
        if (c == '\n')
            to += sprintf(to, "\\n");
        else if (c < ' ' || c > '~' || c == '\\')
            to += sprintf(to, "\\x%02x", (unsigned)c);
        else
            *to++ = (char)c;
    }
    strcpy(to, c == EOF ? "" : "...");
    if (f)
        fclose(f);
    lab_result(key, "%s", text);
}

// Which processes of the group there are, and what they wait for.
static void report_waiting(pid_t group) {
    static struct proc_info list[64];
    char text[400] = "";
    size_t used = 0;
    for (int after = 0, count; (count = proclist(after, list, 64)) > 0; after = list[count - 1].pid)
        for (int i = 0; i < count; i++)
            if (list[i].pgid == group && used < sizeof text - 80)
                used += (size_t)sprintf(text + used, "%s%.32s[%d] (%.16s)", used ? ", " : "", list[i].name,
                                        (int)list[i].pid,
                                        list[i].state == PS_ZOMBIE    ? "ended"
                                        : list[i].state != PS_BLOCKED ? "running"
                                                                      : list[i].wait);
    lab_result("waiting", "%s", text);
}

int main(int argc, char **argv) {
    int patience = PATIENCE;
    lab_start(&argc, &argv);
    if (argc > 2 && strcmp(argv[1], "-t") == 0) {
        patience = atoi(argv[2]);
        argv += 2;
    }
    char half[16];
    snprintf(half, sizeof half, "%d", patience / 2);
    setenv("PATIENCE", half, 1);
    write_script(argv + 1);
    empty_folder();
    pid_t pid = start_lsh(), ended;
    int status;
    // So many looks: on a machine that is slow to run lsh they take longer, too.
    for (int looks = patience * 1000; (ended = waitpid(pid, &status, WNOHANG)) == 0 && looks > 0; looks--)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (ended == 0) {
        lab_result("end", "none");
        report_waiting(pid);
    } else if (WIFSIGNALED(status)) {
        lab_result("end", "%s", strsignal(WTERMSIG(status)));
    } else {
        lab_result("end", "status %d", WEXITSTATUS(status));
    }
    kill(-pid, SIGKILL);
    report_file("output", output);
    report_file("errors", errors);
    return 0;
}
