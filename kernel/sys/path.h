// path.h: paths from user memory, for the system calls that take one.
#ifndef SYS_PATH_H
#define SYS_PATH_H

#include "fs/namei.h"

struct path {
    char *text;      // NUL terminated
    char small[128]; // where text stands, unless it is longer
};

// Copy a path in. 0, then path_put is due; or -EFAULT, -ENAMETOOLONG, -ENOMEM.
int path_get(struct path *p, const char *user);
void path_put(struct path *p);
// The current process's view of the tree.
struct walk walk_as_current(void);

#endif
