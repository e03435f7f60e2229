// cmd.h: what the commands in user/bin share: help text, complaints, numbers, modes, whole copies, directory
// lists.
//
// A command starts with cmd_start, which answers --help and sees to it that a write error on standard output
// (a full disk, say) is reported when the program ends, however it ends. Complaints go to standard error as
// "name: text". Uses the C library only; nothing here knows the kernel.
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CMD_COPY_BYTES = 64 * 1024 }; // what one read or write moves

// Exit status of cmd_die, cmd_diex and of a write error on standard output. 1 unless the command sets it.
extern int cmd_trouble;

// Must be the first call of main. help: the whole help text, its first line "usage: ...".
// With --help as the first argument, prints help and exits with status 0.
void cmd_start(char **argv, const char *help);

// The name the command was called by, without directories.
const char *cmd_name(void);

// Print the help text's first line on standard error and exit with status 2.
_Noreturn void cmd_usage(void);

// "name: text: meaning of errno", without the meaning for those in x. The ones named die exit with
// cmd_trouble.
void cmd_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cmd_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void cmd_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void cmd_diex(const char *format, ...) __attribute__((format(printf, 1, 2)));

// malloc, realloc and strdup that never return NULL: out of memory ends the command.
void *cmd_realloc(void *old, size_t size);
char *cmd_strdup(const char *s);

// The decimal number that is all of s. Anything else, or a value outside min..max, ends the command.
int64_t cmd_number(const char *s, int64_t min, int64_t max);

// A number of seconds with an optional fraction ("0.25"), as nanoseconds. Returns false if s is not one.
bool cmd_seconds(const char *s, int64_t *nanoseconds);

// Apply a chmod(1) mode, octal or symbolic ("u=rwx,go-w"), to the mode old. is_dir decides what X means.
// Returns false if text is not a mode.
bool cmd_mode(const char *text, mode_t old, bool is_dir, mode_t *mode);

// A mode as ls -l prints it: "drwxr-xr-x". out holds 11 bytes.
void cmd_mode_text(mode_t mode, char *out);

// The name of a user or group, for there is no file of them: "root", or the number. out holds 12 bytes.
void cmd_owner(unsigned id, char *out);

// A device number is major << 8 | minor.
static inline unsigned cmd_major(dev_t dev) { return (unsigned)dev >> 8; }
static inline unsigned cmd_minor(dev_t dev) { return dev & 0xff; }

// Write all n bytes. Returns 0, or -1 with errno set.
int cmd_write(int fd, const void *buf, size_t n);

// Copy from one descriptor to the other until end of file.
// Returns 0, or -1 after a complaint about the name whose read or write failed.
int cmd_copy(int from, const char *from_name, int to, const char *to_name);

// Open a file operand for reading; "-" is standard input. Returns a descriptor, or -1 after a complaint.
int cmd_open(const char *path);

// dir/name, without a double slash. The caller frees it.
char *cmd_join(const char *dir, const char *name);

// The last component of path, without trailing slashes ("/" stays "/"). The caller frees it.
char *cmd_base(const char *path);

bool cmd_is_dir(const char *path); // follows symbolic links; false if there is no such file

// The names in a directory, sorted, all read before the directory is closed again, so that the caller may
// change the directory and go as deep as it likes without running out of descriptors.
struct cmd_names {
    char **name;
    size_t count;
};

// Fill in list; "." and ".." are left out unless dots. Returns 0, or -1 with errno set and list empty.
int cmd_list(const char *dir, bool dots, struct cmd_names *list);
void cmd_list_free(struct cmd_names *list);

// Remove a file, or a directory with all that is in it; nothing is done if there is none. Ends the program
// when something cannot be removed.
void cmd_remove_tree(const char *path);

// Run a command and wait for its end. Returns what waitpid says of it; 126 and 127, after a complaint, are
// its exit statuses when it cannot be run or is not found.
int cmd_run(char **argv);

// Bytes as a short text with a unit: "512", "1.5K", "64M", "2.0G". out holds 8 bytes.
void cmd_human(uint64_t bytes, char *out);

#endif
