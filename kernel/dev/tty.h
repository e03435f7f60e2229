// tty.h: the terminal: what stands between a serial line and readers and writers. /dev/tty and /dev/console
// are both this one (CHARDEV_CONSOLE, minors 0 and 1).
//
// Input comes from a serial driver in interrupt context (tty_input) and goes through the line discipline
// (ldisc.h), which knows what keys mean; keys that mean signals are reported to callbacks of upper floors,
// which boot registers. Output waits in a ring until the line takes it; echo uses the same ring, and is
// dropped rather than waited for when it is full. Guarding: line state by a spinlock (RANK_TTY), which also
// guards the driver's transmitter; writers take turns by one mutex, readers by another (MUTEX_TTY, never
// together).
#ifndef DEV_TTY_H
#define DEV_TTY_H

#include "lib/kernel.h"

struct tty_hooks {
    void (*signal)(pid_t pgid, int sig); // ^C, ^\ : to the foreground group. Interrupt context, no lock held
    void (*status)(void);                // ^T: print the process table. Interrupt context, no lock held
    pid_t (*current_group)(void); // process group of the caller, for reads by a background group; 0: none
    bool (*group_exists)(pid_t pgid);
};
// hooks stays for good. Before the first process runs.
void tty_set_hooks(const struct tty_hooks *hooks);

// The serial driver below. All three are called with the tty's lock held.
struct tty_line {
    bool (*put)(char c);          // send a byte; false: busy
    void (*want_output)(bool on); // call tty_output_ready when the line can take more
    bool (*sent)(void);           // has everything that put took left the machine?
};
// At boot, after tty_init. Before that, and without a line, output is dropped.
void tty_attach(const struct tty_line *line);
void tty_input(char c);      // a byte came in. Interrupt context, no lock held
void tty_output_ready(void); // the line takes bytes again. Interrupt context, no lock held
// Register the character device. Before device_probe_all.
void tty_init(void);
// Wait until all output is sent, 5 seconds at most. For power-off. May sleep.
void tty_drain(void);

#endif
