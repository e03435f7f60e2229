// <sys/ioctl.h>: requests are in kernel/uapi/termios.h.
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

#include <uapi/termios.h>

#ifdef __cplusplus
extern "C" {
#endif
int ioctl(int fd, unsigned long request, ...);
#ifdef __cplusplus
}
#endif

#endif
