// sh.h: the shell, in the order in which a command line travels through it.
//
//   main.c    reads lines, keeps memory              edit.c     line editing on a terminal
//   parse.c   a line -> a tree of nodes              expand.c   $x, quotes, * and ~ in a word; the variables
//   run.c     a tree -> processes: start here        builtin.c  commands that must run in the shell itself
#ifndef SH_H
#define SH_H

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct buf { // a string that grows; once something was added, s[len] is 0
    char *s;
    size_t len, cap;
};

struct list { // strings; once something was added, v[n] is NULL
    char **v;
    int n;
};

struct redir { // fd<target  fd>target  fd>&target ...
    struct redir *next;
    int fd;
    char *op, *target;
};

// Redirections name descriptors below FDS; the shell keeps its own above. SIGNALLED is added to the signal in
// the status of a process that was killed.
enum { FDS = 10, SIGNALLED = 128 };

enum kind { COMMAND, SUBSHELL, PIPELINE, NOT, AND, OR, SEQUENCE, BACKGROUND };

struct node {
    enum kind kind;
    struct node *a, *b;   // AND, OR, SEQUENCE: a and b; the others: a
    struct node *next;    // the next member of a PIPELINE
    struct list words;    // COMMAND: assignments, name and arguments, as typed
    struct list args;     // COMMAND: name and arguments, expanded by run.c
    int assignments;      // COMMAND: so many of words
    struct redir *redirs; // COMMAND, SUBSHELL: from left to right
    char *text;           // BACKGROUND: as it was typed
};

struct job { // a pipeline that runs
    struct job *next;
    char *text;        // as it was typed; NULL: in the foreground
    int id, status;    // status: of the last process, once all have been reaped
    int count, reaped; // the first `reaped` of `count` processes have been waited for
    pid_t pids[];      // the first is also the id of their process group
};

extern int last_status;                  // $?
extern pid_t last_background, shell_pid; // $! $$
extern struct list params;               // $0 $1 ...
extern struct job *jobs;                 // oldest first
extern bool interactive; // a person types: prompts, process groups, the terminal goes to the foreground job
extern bool interrupted; // ^C: forget the rest of the line

// main.c. The memory of mem_alloc, buf_add and list_add lives until the line has run.
void *must(void *memory);  // not NULL: without memory the shell ends
void *mem_alloc(size_t n); // zeroed
char *mem_string(const char *s, size_t n);
void list_add(struct list *l, char *s);
void buf_add(struct buf *b, const char *s, size_t n);
bool read_line(struct buf *line); // adds the next line of the input; false at its end and at ^C

// edit.c
bool edit_line(const char *prompt, struct buf *line); // the same, for a person

// parse.c
bool parse_line(struct node **tree); // false at the end; *tree is NULL if there is nothing to run

// expand.c
size_t name_length(const char *s);                   // of the variable's name that s begins with, else 0
void expand_word(const char *raw, struct list *out); // one word to any number of arguments
char *expand_string(const char *raw);                // to exactly one
void vars_hide(void);                                // before exec: leaves the exported ones only
void var_set(const char *name, const char *value, bool exported); // value NULL: as it is. A = ends the name

// run.c
void job_control_start(void);
int run(struct node *n);     // returns $?
int job_wait(struct job *j); // in the foreground; frees j and returns its status
void jobs_report(bool all);  // to a person those that have ended, and forgets them; or all

// builtin.c
typedef int builtin(int argc, char **argv);
builtin *builtin_find(const char *name);

#endif
