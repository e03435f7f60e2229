// <sys/_wait.h>: what a status word means. Newer picolibcs include a file of this name from <stdlib.h>; this
// is ours.
#ifndef _SYS__WAIT_H
#define _SYS__WAIT_H

#define WNOHANG   1
#define WUNTRACED 2

#define WIFEXITED(status)   (((status)&0x7f) == 0)
#define WEXITSTATUS(status) (((status) >> 8) & 0xff)
#define WIFSIGNALED(status) (((status)&0x7f) != 0 && ((status)&0x7f) != 0x7f)
#define WTERMSIG(status)    ((status)&0x7f)
#define WIFSTOPPED(status)  (((status)&0xff) == 0x7f)
#define WSTOPSIG(status)    WEXITSTATUS(status)

#endif
