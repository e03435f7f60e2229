// tty.h: the terminal: what stands between a serial line and readers and writers. /dev/tty and /dev/console
// are both this one (DEV_TTY, DEV_CONSOLE).
//
// Input comes from a serial driver in interrupt context (tty_input) and goes through the line discipline
// (ldisc.h), which knows what keys mean; keys that mean signals are reported to callbacks of upper floors,
// which boot registers. A writer hands its bytes to the line, and sleeps while the line takes none; an echo
// that the line does not take is dropped. Guarding: line state by a spinlock (RANK_TTY), which also guards
// the driver's transmitter; writers take turns.
#pragma once

#include "lib/kernel.h"

struct tty_hooks {
    void (*signal)(pid_t pgid, int sig); // ^C, ^\ : to the foreground group. Interrupt context, no lock held
    void (*status)(void);                // ^T: print the process table. Interrupt context, no lock held
    pid_t (*current_group)(void);        // process group of the caller, for reads by a background group
    bool (*group_exists)(pid_t pgid);
};
// hooks stays for good. Before device_probe_all.
void tty_init(const struct tty_hooks *hooks);

// For the serial driver below, at boot, after tty_init; before that, and without one, output is dropped.
// put: send a byte. False: busy, and tty_output_ready will follow. The tty's lock is held
void tty_attach(bool (*put)(char c));
void tty_input(char c);      // a byte came in. Interrupt context, no lock held
void tty_output_ready(void); // the line takes bytes again. Interrupt context, no lock held
