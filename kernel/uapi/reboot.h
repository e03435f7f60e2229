// reboot.h: first argument of reboot(2).
#pragma once

enum { RB_POWER_OFF = 0, RB_RESTART = 1 };
