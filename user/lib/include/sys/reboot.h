// <sys/reboot.h>: RB_POWER_OFF, RB_RESTART; status is what tools/run exits with.
#ifndef _SYS_REBOOT_H
#define _SYS_REBOOT_H

#include <uapi/reboot.h>

#ifdef __cplusplus
extern "C" {
#endif
int reboot(int how, int status);
#ifdef __cplusplus
}
#endif

#endif
