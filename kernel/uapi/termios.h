// termios.h: terminal attributes and ioctl(2) requests of a tty.
#pragma once

#include <stdint.h>

enum { NCCS = 20 };
typedef unsigned char cc_t;
typedef unsigned int speed_t;
typedef unsigned int tcflag_t;

struct termios {
    tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
    cc_t c_cc[NCCS];
    speed_t c_ispeed, c_ospeed;
};

struct winsize {
    unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel;
};

// What can be changed. The rest of POSIX's flags is 0 in <termios.h>.
#define ICRNL   0x0001 // c_iflag: CR is read as LF
#define ISIG    0x0001 // c_lflag
#define ICANON  0x0002
#define ECHO    0x0008
// c_cc
#define VINTR   0
#define VQUIT   1
#define VERASE  2
#define VKILL   3
#define VEOF    4
#define VMIN    6
#define VSTATUS 9 // ^T: print the process table

#define TCGETS     0x5401
#define TCSETS     0x5402 // TCSANOW
#define TCSETSW    0x5403 // TCSADRAIN
#define TCSETSF    0x5404 // TCSAFLUSH
#define TIOCGPGRP  0x540f
#define TIOCSPGRP  0x5410
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
