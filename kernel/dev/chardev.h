// chardev.h: character devices: a table of functions a major number; fs/devfile.c makes files of them.
//
// The table is filled while one hart boots and only read afterwards: no lock.
#ifndef DEV_CHARDEV_H
#define DEV_CHARDEV_H

#include "lib/kernel.h"
#include "sched/thread.h"

enum { CHARDEV_MEM = 1, CHARDEV_CONSOLE = 5, CHARDEV_MAJORS = 16 };

struct chardev_ops {
    const char *name;
    int (*open)(uint32_t minor); // 0 or -ENXIO: no such minor. NULL: always works
    // buf is a user address, copied with riscv/usercopy.h; flags: O_NONBLOCK. Bytes moved or -errno. May
    // sleep, interruptibly, for as long as it takes: no lock that another reader or writer of the device
    // needs.
    ssize_t (*read)(uint32_t minor, uint64_t buf, size_t n, int flags);
    ssize_t (*write)(uint32_t minor, uint64_t buf, size_t n, int flags);
    // arg: what the user passed, mostly a user address. NULL: -ENOTTY
    int (*ioctl)(uint32_t minor, uint64_t request, uint64_t arg);
};

void chardev_register(uint32_t major, const struct chardev_ops *ops);
const struct chardev_ops *chardev_find(uint32_t major); // NULL: none

// Does a signal wait for the current thread? A long transfer that has moved some bytes then ends early.
static inline bool chardev_interrupted(void) {
    return __atomic_load_n(&current()->interrupted, __ATOMIC_ACQUIRE);
}

#endif
