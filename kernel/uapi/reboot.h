// reboot.h: first argument of reboot(2).
#ifndef UAPI_REBOOT_H
#define UAPI_REBOOT_H

enum { RB_POWER_OFF = 0, RB_RESTART = 1 };

#endif
