// edit.c: line editing on a terminal.
//
// The terminal is raw only while a line is being typed; programs find it as they left it. It is read a byte
// at a time and its input never flushed, so what is typed ahead reaches the program that it is meant for. A
// character typed at the end of the line is sent as it is, and nothing else is; after an editing key what has
// changed is drawn again, never the prompt. Text is UTF-8, each character taken to be a column wide.
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "sh.h"

enum { HISTORY = 100, DEFAULT_WIDTH = 80 };
// An arrow or the like stands for the control character that does the same.
#define CONTROL(letter) ((letter) - 'A' + 1)
enum { HOME = CONTROL('A'), LEFT = CONTROL('B'), END = CONTROL('E'), RIGHT = CONTROL('F') };
enum { UP = CONTROL('P'), DOWN = CONTROL('N'), INTERRUPT = CONTROL('C'), END_OF_FILE = CONTROL('D') };
enum { COMPLETE = CONTROL('I'), CLEAR = CONTROL('L'), KILL_RIGHT = CONTROL('K'), KILL_LEFT = CONTROL('U') };
enum { KILL_WORD = CONTROL('W'), BACKSPACE = CONTROL('H'), ESCAPE = 27, DELETE = 127 };
enum { NONE = 256, DELETE_RIGHT, WORD_LEFT, WORD_RIGHT, HANG_UP }; // have no character

static const char *prompt;
static struct buf line;
static size_t at;     // the cursor stands before line.s[at]
static size_t column; // of the cursor, prompt included, as if the terminal were that wide
static size_t width;  // as it is
static bool wraps;    // its last column has just been filled: the cursor hangs there until more is written
static struct buf output; // is written before the next key is read
static char *history[HISTORY];
static int history_count, shown; // shown: how many lines back the user is
static char *own;                // what was typed before going back

// ---- the screen

static void put(const char *s, size_t n) { buf_add(&output, s, n); }
static void put_string(const char *s) { put(s, strlen(s)); }

static void put_move(size_t n, char direction) {
    char s[32];
    if (n > 0)
        put(s, snprintf(s, sizeof s, "\033[%u%c", (unsigned)n, direction));
}

static void flush(void) {
    ssize_t n = 1;
    for (size_t done = 0; done < output.len && n > 0; done += n)
        n = write(STDERR_FILENO, output.s + done, output.len - done);
    output.len = 0;
}

// Whether line.s[i] is in the middle of a character.
static bool inside(size_t i) { return i < line.len && (line.s[i] & 0xc0) == 0x80; }

// Makes a hanging cursor go to the next row.
static void settle(void) {
    if (wraps)
        put_string(" \r");
    wraps = false;
}

static void go_to(size_t i) {
    size_t from = column;
    settle();
    while (at < i)
        column += !inside(at++);
    while (at > i)
        column -= !inside(--at);
    size_t row = column / width, old_row = from / width;
    put_move(row < old_row ? old_row - row : 0, 'A');
    put_move(row > old_row ? row - old_row : 0, 'B');
    if (row == old_row && column >= from) {
        put_move(column - from, 'C');
    } else if (row == old_row && from - column <= 4) {
        put("\b\b\b\b", from - column);
    } else {
        put("\r", 1);
        put_move(column % width, 'C');
    }
}

// Writes the next n bytes of the line and goes behind them.
static void show(size_t n) {
    put(line.s + at, n);
    for (size_t i = 0; i < n; i++)
        column += !inside(at++);
    if (n > 0)
        wraps = column % width == 0;
}

// What stands behind the cursor has changed: writes it, and goes to i.
static void redraw(size_t i) {
    show(line.len - at);
    settle();
    put_string("\033[J");
    go_to(i);
}

// Writes prompt and line where the cursor is, at the left.
static void show_all(void) {
    size_t i = at;
    put_string(prompt);
    at = 0;
    column = strlen(prompt);
    wraps = false;
    show(line.len);
    if (i != at)
        go_to(i);
}

// ---- the text

static void insert(const char *s, size_t n) {
    size_t i = at;
    buf_add(&line, s, n);
    if (i + n == line.len) {
        show(n); // at the end: just as it is
        return;
    }
    memmove(line.s + i + n, line.s + i, line.len - n - i);
    memcpy(line.s + i, s, n);
    redraw(i + n);
}

static void erase(size_t from, size_t to) {
    if (from >= to)
        return;
    go_to(from);
    memmove(line.s + from, line.s + to, line.len - to + 1);
    line.len -= to - from;
    redraw(from);
}

static void replace(const char *s) {
    go_to(0);
    line.len = 0;
    buf_add(&line, s, strlen(s));
    redraw(line.len);
}

static size_t left(size_t i) {
    while (i > 0 && inside(--i))
        ;
    return i;
}

static size_t right(size_t i) {
    i += i < line.len;
    while (inside(i))
        i++;
    return i;
}

static size_t word_left(size_t i) {
    while (i > 0 && line.s[i - 1] == ' ')
        i--;
    while (i > 0 && line.s[i - 1] != ' ')
        i--;
    return i;
}

static size_t word_right(size_t i) {
    i += strspn(line.s + i, " ");
    return i + strcspn(line.s + i, " ");
}

// ---- completion

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Adds the names in dir that begin with prefix, a directory with a slash behind. programs: only what can be
// run.
static void find_names(const char *dir, const char *prefix, bool programs, struct list *found) {
    DIR *d = opendir(*dir ? dir : ".");
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        struct buf path = {0};
        if (strncmp(e->d_name, prefix, strlen(prefix)) != 0 || (e->d_name[0] == '.' && prefix[0] != '.'))
            continue;
        buf_add(&path, dir, strlen(dir));
        if (path.len > 0)
            buf_add(&path, "/", 1);
        buf_add(&path, e->d_name, strlen(e->d_name));
        bool is_dir = stat(path.s, &st) == 0 && S_ISDIR(st.st_mode);
        if (programs && (is_dir || access(path.s, X_OK) != 0))
            continue;
        char *name = mem_string(e->d_name, strlen(e->d_name) + 1); // room for the slash
        list_add(found, is_dir ? strcat(name, "/") : name);
    }
    if (d)
        closedir(d);
}

static void find_programs(const char *prefix, struct list *found) {
    const char *path = getenv("PATH");
    for (size_t n; path && *path; path += n + (path[n] == ':')) {
        n = strcspn(path, ":");
        find_names(mem_string(path, n), prefix, true, found);
    }
}

// The names in columns below the line, and the line again.
static void show_names(const struct list *names) {
    size_t longest = 0, i = at;
    for (int n = 0; n < names->n; n++)
        longest = strlen(names->v[n]) > longest ? strlen(names->v[n]) : longest;
    size_t columns = width / (longest + 2) ? width / (longest + 2) : 1;
    go_to(line.len);
    for (int n = 0; n < names->n; n++) {
        char cell[longest + 3];
        snprintf(cell, sizeof cell, "%-*s", (int)longest + 2, names->v[n]);
        put_string(n % columns == 0 ? "\n" : "");
        put_string(n % columns == columns - 1 || n + 1 == names->n ? names->v[n] : cell);
    }
    put("\n", 1);
    at = i;
    show_all();
}

// Completes the word before the cursor as far as all candidates agree; shows them if that is not further.
static void complete(void) {
    static const char ends[] = " |&;<>()\"'=", specials[] = " \t|&;<>()\"'\\$*?[]#~!{}`";
    size_t start = at, before;
    while (start > 0 && (!strchr(ends, line.s[start - 1]) || (start > 1 && line.s[start - 2] == '\\')))
        start--;
    for (before = start; before > 0 && line.s[before - 1] == ' ';)
        before--;
    char *word = mem_string("", 0), *name;
    struct buf typed = {0};
    for (size_t i = start; i < at; i++)
        if (line.s[i] != '\\')
            buf_add(&typed, line.s + i, 1);
    if (typed.len > 0)
        word = typed.s;
    name = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;

    bool quoted = start > 0 && strchr("\"'", line.s[start - 1]);
    struct list found = {0};
    if (name == word && (before == 0 || strchr("|&;(", line.s[before - 1])))
        find_programs(word, &found);
    else // the slash stays with the directory, so that "/" is itself
        find_names(mem_string(word, name - word), name, false, &found);
    if (found.n == 0)
        return;
    qsort(found.v, found.n, sizeof found.v[0], compare);
    int n = 1; // without those that are in more than one directory of PATH
    for (int i = 1; i < found.n; i++)
        if (strcmp(found.v[i], found.v[n - 1]) != 0)
            found.v[n++] = found.v[i];
    found.n = n;

    const char *first = found.v[0], *last = found.v[n - 1];
    size_t common = 0, had = strlen(name);
    while (first[common] && first[common] == last[common])
        common++;
    struct buf more = {0};
    for (size_t i = had; i < common; i++) {
        if (!quoted && strchr(specials, first[i]))
            buf_add(&more, "\\", 1);
        buf_add(&more, first + i, 1);
    }
    if (n == 1 && first[common - 1] != '/')
        buf_add(&more, " ", 1);
    if (more.len > 0)
        insert(more.s, more.len);
    else if (n > 1)
        show_names(&found);
}

// ---- the keyboard

static int read_byte(void) {
    unsigned char c;
    flush();
    return read(STDIN_FILENO, &c, 1) == 1 ? c : HANG_UP;
}

static int read_key(void) {
    static const struct {
        char last, digit; // of ESC [ digit last, ESC O last, ESC last; 0: any. Ctrl is 5, Alt is 3
        int key;
    } keys[] = {
        {'C', '5', WORD_RIGHT}, {'C', '3', WORD_RIGHT}, {'D', '5', WORD_LEFT},    {'D', '3', WORD_LEFT},
        {'A', 0, UP},           {'B', 0, DOWN},         {'C', 0, RIGHT},          {'D', 0, LEFT},
        {'H', 0, HOME},         {'F', 0, END},          {'~', '1', HOME},         {'~', '7', HOME},
        {'~', '4', END},        {'~', '8', END},        {'~', '3', DELETE_RIGHT}, {'b', 0, WORD_LEFT},
        {'f', 0, WORD_RIGHT},   {'\r', 0, '\r'},        {'\n', 0, '\n'}};
    int c = read_byte(), digit = 0;
    if (c != ESCAPE)
        return c;
    if ((c = read_byte()) == '[' || c == 'O')
        while ((c = read_byte()) == ';' || (c >= '0' && c <= '9'))
            digit = c;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].last == c && (keys[i].digit == 0 || keys[i].digit == digit))
            return keys[i].key;
    return c == HANG_UP ? c : NONE;
}

static void recall(int step) {
    if (shown + step < 0 || shown + step > history_count)
        return;
    if (shown == 0)
        own = mem_string(line.s, line.len);
    shown += step;
    replace(shown == 0 ? own : history[history_count - shown]);
}

static void insert_key(int key) {
    char s[4] = {key};
    size_t n = 1, rest = key >= 0xf0 ? 3 : key >= 0xe0 ? 2 : key >= 0xc0;
    while (at < line.len && n <= rest) // in the middle, a terminal needs the bytes of a character together
        s[n++] = read_byte();
    insert(s, n);
}

static void edit(int key) {
    switch (key) {
    case HOME: go_to(0); break;
    case END: go_to(line.len); break;
    case LEFT: go_to(left(at)); break;
    case RIGHT: go_to(right(at)); break;
    case WORD_LEFT: go_to(word_left(at)); break;
    case WORD_RIGHT: go_to(word_right(at)); break;
    case BACKSPACE:
    case DELETE: erase(left(at), at); break;
    case END_OF_FILE:
    case DELETE_RIGHT: erase(at, right(at)); break;
    case KILL_RIGHT: erase(at, line.len); break;
    case KILL_LEFT: erase(0, at); break;
    case KILL_WORD: erase(word_left(at), at); break;
    case UP: recall(1); break;
    case DOWN: recall(-1); break;
    case COMPLETE: complete(); break;
    case CLEAR: put_string("\033[H\033[2J"), show_all(); break;
    default:
        if (key >= ' ' && key < NONE)
            insert_key(key);
    }
}

static void remember(void) {
    if (line.len == 0 || (history_count > 0 && strcmp(line.s, history[history_count - 1]) == 0))
        return;
    if (history_count == HISTORY) {
        free(history[0]);
        memmove(history, history + 1, --history_count * sizeof history[0]);
    }
    history[history_count++] = must(strdup(line.s));
}

static bool edit_raw(struct buf *out) {
    int key;
    at = shown = 0;
    line = output = (struct buf){0};
    buf_add(&line, "", 0);
    show_all();
    while ((key = read_key()) != '\r' && key != '\n' && key != INTERRUPT && key != HANG_UP &&
           (key != END_OF_FILE || line.len > 0))
        edit(key);
    if (at != line.len)
        go_to(line.len);
    put_string(key == INTERRUPT ? "^C\n" : "\n");
    flush();
    interrupted = key == INTERRUPT;
    if (key != '\r' && key != '\n')
        return false;
    remember();
    buf_add(out, line.s, line.len);
    buf_add(out, "\n", 1);
    return true;
}

// Where the line cannot be edited here, as the terminal itself edits it.
static bool edit_plain(struct buf *out) {
    size_t before = out->len;
    (void)!write(STDERR_FILENO, prompt, strlen(prompt));
    for (char c = 0; c != '\n' && read(STDIN_FILENO, &c, 1) == 1;)
        if (c != 0)
            buf_add(out, &c, 1);
    return out->len > before;
}

bool edit_line(const char *the_prompt, struct buf *out) {
    struct termios found, raw;
    struct winsize size = {0};
    const char *term = getenv("TERM");
    prompt = the_prompt;
    if ((term && strcmp(term, "dumb") == 0) || tcgetattr(STDIN_FILENO, &found) < 0)
        return edit_plain(out);
    ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    width = size.ws_col > 4 ? size.ws_col : DEFAULT_WIDTH;
    raw = found;
    raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    bool got = edit_raw(out);
    tcsetattr(STDIN_FILENO, TCSANOW, &found);
    return got;
}
