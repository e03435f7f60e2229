// hooks.h: what boot does for the floors that may not call up, and the choices the boot arguments make.
#ifndef BOOT_HOOKS_H
#define BOOT_HOOKS_H

#include "lib/kernel.h"

void hooks_early(void);    // panic report and end
void hooks_register(void); // the rest, once the floors are initialized; the terminal

const char *choose_policy(void); // sched=, seed=; the policy's name
void mount_root(void);           // root=; panics with a sentence that says what to do
void start_init(void);           // init=, run=

#endif
