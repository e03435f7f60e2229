// ls: list files and directories.

#include <cmd.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: ls [-1aACdFilrRStx] [file...]\n"
    "List files, and what is in directories; . if none is named.\n"
    "  -a  names that start with a dot too       -A  the same without . and ..\n"
    "  -l  mode, links, owner, group, size, time of change, name\n"
    "  -i  inode numbers                         -d  directories as files\n"
    "  -F  mark directories /, programs *, links @, pipes |\n"
    "  -R  directories below directories         -r  in reverse order\n"
    "  -t  newest first                          -S  largest first\n"
    "  -1  one a line                            -C  in columns (if a terminal, the default)\n";

struct file {
    char *name; // as it is shown
    char *path;
    struct stat st;
};

struct files {
    struct file *file;
    size_t count, room;
};

enum sort { BY_NAME, BY_TIME, BY_SIZE };

static bool all, almost_all, as_files, marks, inodes, long_form, reverse, recurse, columns, on_terminal;
static enum sort order;
static int status;
static bool something_printed;

static int compare(const void *a, const void *b) {
    const struct file *x = a, *y = b;
    int result = 0;
    if (order == BY_TIME)
        result = (y->st.st_mtime > x->st.st_mtime) - (y->st.st_mtime < x->st.st_mtime);
    else if (order == BY_SIZE)
        result = (y->st.st_size > x->st.st_size) - (y->st.st_size < x->st.st_size);
    if (result == 0)
        result = strcmp(x->name, y->name);
    return reverse ? -result : result;
}

// Takes over path. follow: a symbolic link stands for the file it names, if there is one.
static void add(struct files *files, const char *name, char *path, bool follow) {
    struct stat st;
    if ((!follow || stat(path, &st) < 0) && lstat(path, &st) < 0) {
        cmd_warn("%s", path);
        status = 1;
        free(path);
        return;
    }
    if (files->count == files->room) {
        files->room = files->room ? files->room * 2 : 64;
        files->file = cmd_realloc(files->file, files->room * sizeof files->file[0]);
    }
    files->file[files->count++] = (struct file){cmd_strdup(name), path, st};
}

static void clear(struct files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->file[i].name);
        free(files->file[i].path);
    }
    free(files->file);
    *files = (struct files){0};
}

static char mark(mode_t mode) {
    if (!marks)
        return 0;
    return S_ISDIR(mode) ? '/' : S_ISLNK(mode) ? '@' : S_ISFIFO(mode) ? '|' : mode & 0111 ? '*' : 0;
}

// Write the name as a person can read it. Returns the columns it takes, with nothing written if not show.
static int name_out(const struct file *f, int inode_width, bool show) {
    int width = inodes ? inode_width + 1 : 0;
    if (inodes && show)
        printf("%*ju ", inode_width, (uintmax_t)f->st.st_ino);
    for (const char *s = f->name; *s; s++) {
        width += ((unsigned char)*s & 0xc0) != 0x80; // bytes that continue a UTF-8 character take no column
        bool strange = on_terminal && ((unsigned char)*s < 0x20 || *s == 0x7f);
        if (show)
            putchar(strange ? '?' : *s);
    }
    char c = mark(f->st.st_mode);
    if (c && show && !(long_form && S_ISLNK(f->st.st_mode)))
        putchar(c);
    return width + (c != 0);
}

static int digits(uintmax_t n) {
    int count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

struct widths {
    int inode, links, owner, group, size;
};

static void widen(int *width, int to) {
    if (*width < to)
        *width = to;
}

static struct widths measure(const struct files *files) {
    struct widths w = {0};
    for (size_t i = 0; i < files->count; i++) {
        const struct stat *st = &files->file[i].st;
        char owner[12], group[12];
        cmd_owner(st->st_uid, owner);
        cmd_owner(st->st_gid, group);
        widen(&w.inode, digits(st->st_ino));
        widen(&w.links, digits(st->st_nlink));
        widen(&w.owner, strlen(owner));
        widen(&w.group, strlen(group));
        if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
            widen(&w.size, digits(cmd_major(st->st_rdev)) + 2 + digits(cmd_minor(st->st_rdev)));
        else
            widen(&w.size, digits(st->st_size));
    }
    return w;
}

static void print_long(const struct file *f, const struct widths *w, time_t now) {
    char mode[11], owner[12], group[12], size[32], when[32];
    const struct stat *st = &f->st;
    cmd_mode_text(st->st_mode, mode);
    cmd_owner(st->st_uid, owner);
    cmd_owner(st->st_gid, group);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        snprintf(size, sizeof size, "%u, %u", cmd_major(st->st_rdev), cmd_minor(st->st_rdev));
    else
        snprintf(size, sizeof size, "%ju", (uintmax_t)st->st_size);
    time_t time = st->st_mtime;
    bool recent = time <= now && now - time < 182 * 86400L;
    strftime(when, sizeof when, recent ? "%b %e %H:%M" : "%b %e  %Y", localtime(&time));
    if (inodes)
        printf("%*ju ", w->inode, (uintmax_t)st->st_ino);
    printf("%s %*ju %-*s %-*s %*s %s ", mode, w->links, (uintmax_t)st->st_nlink, w->owner, owner, w->group,
           group, w->size, size, when);
    bool had_inodes = inodes; // it stands in front of the line, not of the name
    inodes = false;
    name_out(f, 0, true);
    inodes = had_inodes;
    if (S_ISLNK(st->st_mode)) {
        char target[PATH_MAX];
        ssize_t n = readlink(f->path, target, sizeof target - 1);
        printf(" -> %.*s", n < 0 ? 0 : (int)n, target);
    }
    putchar('\n');
}

static int screen_width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns_text = getenv("COLUMNS");
    int n = columns_text ? atoi(columns_text) : 0;
    return n > 0 ? n : 80;
}

static void print_columns(const struct files *files, int inode_width) {
    int widest = 0;
    for (size_t i = 0; i < files->count; i++)
        widen(&widest, name_out(&files->file[i], inode_width, false));
    widest += 2;
    size_t across = (screen_width() + 1) / widest;
    if (across < 1)
        across = 1;
    size_t down = (files->count + across - 1) / across;
    for (size_t row = 0; row < down; row++) {
        for (size_t i = row; i < files->count; i += down) {
            int used = name_out(&files->file[i], inode_width, true);
            if (i + down < files->count)
                printf("%*s", widest - used, "");
        }
        putchar('\n');
    }
}

static void print_files(struct files *files) {
    if (files->count == 0)
        return;
    something_printed = true;
    qsort(files->file, files->count, sizeof files->file[0], compare);
    struct widths w = measure(files);
    time_t now = time(NULL);
    if (columns) {
        print_columns(files, w.inode);
        return;
    }
    for (size_t i = 0; i < files->count; i++) {
        if (long_form) {
            print_long(&files->file[i], &w, now);
        } else {
            name_out(&files->file[i], w.inode, true);
            putchar('\n');
        }
    }
}

static void list_dir(const char *path, bool header) {
    struct cmd_names names;
    if (cmd_list(path, all, &names) < 0) {
        cmd_warn("%s", path);
        status = 1;
        return;
    }
    struct files files = {0};
    uintmax_t blocks = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (names.name[i][0] == '.' && !all && !almost_all)
            continue;
        add(&files, names.name[i], cmd_join(path, names.name[i]), false);
    }
    cmd_list_free(&names);
    for (size_t i = 0; i < files.count; i++)
        blocks += files.file[i].st.st_blocks;
    if (header)
        printf("%s%s:\n", something_printed ? "\n" : "", path);
    something_printed = true;
    if (long_form)
        printf("total %ju\n", blocks);
    print_files(&files);
    for (size_t i = 0; recurse && i < files.count; i++) {
        const struct file *f = &files.file[i];
        if (S_ISDIR(f->st.st_mode) && strcmp(f->name, ".") != 0 && strcmp(f->name, "..") != 0)
            list_dir(f->path, true);
    }
    clear(&files);
}

static void options(int argc, char **argv) {
    on_terminal = isatty(STDOUT_FILENO);
    columns = on_terminal;
    for (int c; (c = getopt(argc, argv, "1aACdFilrRStx")) != -1;) {
        switch (c) {
        case '1': columns = false; break;
        case 'a': all = true; break;
        case 'A': almost_all = true; break;
        case 'C':
        case 'x':
            columns = true;
            long_form = false;
            break;
        case 'd': as_files = true; break;
        case 'F': marks = true; break;
        case 'i': inodes = true; break;
        case 'l': long_form = true; break;
        case 'r': reverse = true; break;
        case 'R': recurse = true; break;
        case 'S': order = BY_SIZE; break;
        case 't': order = BY_TIME; break;
        default: cmd_usage();
        }
    }
    if (long_form)
        columns = false;
}

int main(int argc, char **argv) {
    cmd_start(argv, help);
    options(argc, argv);
    static char *here[] = {".", NULL};
    char **operand = optind < argc ? argv + optind : here;
    struct files files = {0}, dirs = {0};
    for (char **p = operand; *p; p++) {
        // a link to a directory is listed as that directory, unless the form shows links
        bool follow = !as_files && !((long_form || marks) && (*p)[strlen(*p) - (**p != '\0')] != '/');
        struct stat st;
        bool is_dir = !as_files && (follow ? stat(*p, &st) : lstat(*p, &st)) == 0 && S_ISDIR(st.st_mode);
        add(is_dir ? &dirs : &files, *p, cmd_strdup(*p), follow);
    }
    print_files(&files);
    if (dirs.count > 0)
        qsort(dirs.file, dirs.count, sizeof dirs.file[0], compare);
    bool header = recurse || operand[1] != NULL;
    for (size_t i = 0; i < dirs.count; i++)
        list_dir(dirs.file[i].path, header);
    clear(&files);
    clear(&dirs);
    return status;
}
