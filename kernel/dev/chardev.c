// chardev.c: the table of character devices. Filled at boot by one hart, then only read: no lock.
#include "dev/chardev.h"

enum { MAX_DEVICES = 16 };

static struct {
    dev_t number;
    const struct chardev_ops *ops;
} table[MAX_DEVICES];
static int count;

void chardev_register(dev_t number, const struct chardev_ops *ops) {
    assert(count < MAX_DEVICES && !chardev_find(number));
    table[count].number = number;
    table[count++].ops = ops;
}

const struct chardev_ops *chardev_find(dev_t number) {
    for (int i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].ops;
    return NULL;
}
