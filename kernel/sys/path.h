// path.h: for the system calls that take a path.
#pragma once

#include "fs/namei.h"

// The current process's view of the tree.
struct walk walk_as_current(void);
