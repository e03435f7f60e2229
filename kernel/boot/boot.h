// boot.h: the steps of main.c that have files of their own.
#pragma once

#include "lib/fdt.h"

// harts.c. Fill harts[] from /cpus, the boot hart first; timebase; timer extension. Before anything uses
// time.
void harts_find(const struct fdt *fdt, uint64_t boot_hart_id);
// Start all but the boot hart; each becomes the idle thread of itself. Returns when they are there.
void harts_start(void);

// memory.c. Hand all free RAM to mm/page.c and switch to the final kernel page table.
void memory_find(const struct fdt *fdt, uint64_t fdt_pa);

// hooks.c: what the floors may not call up for, and the choices that boot arguments make.
void hooks_register(void);
void start_trace(void);          // trace=
const char *choose_policy(void); // sched=, seed=; the policy's name
void mount_root(void);           // root=; panics with a sentence that says what to do
void start_failures(void);       // fail_page= and such; nothing in a release build
void start_init(void);           // init=, run=

// args.c: boot arguments (QEMU -append): words NAME or NAME=value; a value with blanks stands in double
// quotes, in which \" and \\ stand for themselves.
void args_set(const char *line); // copied; NULL: none
// Value of the first NAME=..., "" for a bare NAME, NULL: not there.
const char *args_get(const char *name);
// The same as a decimal number; 0: not there.
uint64_t args_number(const char *name);
