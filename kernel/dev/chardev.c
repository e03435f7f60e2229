// chardev.c: the table of character devices. Filled at boot by one hart, then only read: no lock.
#include "dev/chardev.h"

#include "riscv/panic.h"

static const struct chardev_ops *table[CHARDEV_MAJORS];

void chardev_register(uint32_t major, const struct chardev_ops *ops) {
    assert(major < CHARDEV_MAJORS && !table[major]);
    table[major] = ops;
}

const struct chardev_ops *chardev_find(uint32_t major) {
    return major < CHARDEV_MAJORS ? table[major] : NULL;
}
