// path.h: for the system calls that take a path.
#ifndef SYS_PATH_H
#define SYS_PATH_H

#include "fs/namei.h"

// The current process's view of the tree.
struct walk walk_as_current(void);

#endif
