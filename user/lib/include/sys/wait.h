// <sys/wait.h>: waiting for children. A status word is as kernel/uapi/wait.h describes; the whole exit value,
// of which it holds the low 8 bits, is in the si_status of waitid.
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <signal.h>
#include <sys/_wait.h>
#include <sys/types.h>

typedef enum { P_ALL, P_PID, P_PGID } idtype_t;
#define WEXITED 4 // for waitid, together with WNOHANG or alone

#ifdef __cplusplus
extern "C" {
#endif
pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);
// Only options WEXITED and WEXITED | WNOHANG; EINVAL for others.
int waitid(idtype_t which, id_t id, siginfo_t *info, int options);
#ifdef __cplusplus
}
#endif

#endif
