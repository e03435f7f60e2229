// hooks.h: what boot does for the floors that may not call up, and the choices the boot arguments make.
#ifndef BOOT_HOOKS_H
#define BOOT_HOOKS_H

#include "lib/kernel.h"

void hooks_early(void);    // panic report and end
void hooks_register(void); // the rest, once the floors are initialized
void hook_thread_gone(void *thread);

void choose_policy(void); // sched=
const char *policy_argument(void);
uint64_t seed_argument(void); // seed=, 0: none
void mount_root(void);        // root=; panics with a sentence that says what to do
void start_init(void);        // init=, run=

#endif
