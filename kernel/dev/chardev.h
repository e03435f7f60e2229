// chardev.h: character devices: a table of functions a device number; fs/file.c makes files of them.
#pragma once

#include "lib/fdt.h"
#include "sched/thread.h"

// major << 8 | minor
enum { DEV_NULL = 0x103, DEV_ZERO = 0x105, DEV_RANDOM = 0x108, DEV_TTY = 0x500, DEV_CONSOLE = 0x501 };
enum { DEV_TRACE = 0xa00, DEV_FAIL = 0xa01, DEV_LOCKSTAT = 0xa02 };

struct chardev {
    dev_t number;
    // buf is a user address, copied with riscv/usercopy.h; flags: O_NONBLOCK. Bytes moved or -errno. May
    // sleep, interruptibly, for as long as it takes: no lock that another reader or writer of the device
    // needs.
    ssize_t (*read)(uint64_t buf, size_t n, int flags);
    ssize_t (*write)(uint64_t buf, size_t n, int flags);
    // arg: what the user passed, mostly a user address. NULL: -ENOTTY
    int (*ioctl)(uint64_t request, uint64_t arg);
};

// Place a device in the table that the linker collects (section chardevs).
#define CHARDEV(name_)                                                                                       \
    static const struct chardev name_ __attribute__((used, section("chardevs"), aligned(8)))

const struct chardev *chardev_find(dev_t number); // NULL: none

// mem.c: seed the generator of /dev/random from the tree's /chosen rng-seed, the time, and seed (the boot
// argument; 0: none). With those three equal, all bytes are equal. Once, at boot.
void mem_init(const struct fdt *fdt, uint64_t seed);
