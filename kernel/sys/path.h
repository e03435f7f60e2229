// path.h: path names from user memory, for all system calls that take one.
#ifndef SYS_PATH_H
#define SYS_PATH_H

#include "lib/kernel.h"

struct path_buf {
    char *text;       // the path, NUL terminated
    char small[256];  // most fit here; longer ones are in a page of their own
};

// Copy the path at user address path. 0, -EFAULT, -ENAMETOOLONG, -ENOMEM, or -ENOENT: it is empty. After 0: path_done.
int path_from_user(struct path_buf *b, const char *path);
void path_done(struct path_buf *b);

#endif
