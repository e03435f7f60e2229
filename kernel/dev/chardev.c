// chardev.c: the table of character devices.
#include "dev/chardev.h"

extern const struct chardev __start_chardevs[], __stop_chardevs[]; // kernel.ld

const struct chardev *chardev_find(dev_t number) {
    for (const struct chardev *c = __start_chardevs; c < __stop_chardevs; c++)
        if (c->number == number)
            return c;
    return NULL;
}
