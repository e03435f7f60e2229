// termios.h: terminal attributes and ioctl(2) requests of a tty.
#ifndef UAPI_TERMIOS_H
#define UAPI_TERMIOS_H

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

// c_iflag
#define ICRNL   0x0001
#define INLCR   0x0002
#define IGNCR   0x0004
#define IXON    0x0008
#define BRKINT  0x0010
#define INPCK   0x0020
#define ISTRIP  0x0040
#define IGNBRK  0x0080
#define PARMRK  0x0100
// c_oflag
#define OPOST   0x0001
#define ONLCR   0x0002
// c_cflag
#define CSIZE   0x0030
#define CS8     0x0030
#define CREAD   0x0080
#define CLOCAL  0x0800
#define PARENB  0x0100
#define HUPCL   0x0400
// c_lflag
#define ISIG    0x0001
#define ICANON  0x0002
#define ECHO    0x0008
#define ECHOE   0x0010
#define ECHOK   0x0020
#define ECHONL  0x0040
#define NOFLSH  0x0080
#define TOSTOP  0x0100
#define IEXTEN  0x8000
// c_cc
#define VINTR   0
#define VQUIT   1
#define VERASE  2
#define VKILL   3
#define VEOF    4
#define VTIME   5
#define VMIN    6
#define VSUSP   7
#define VEOL    8
#define VSTATUS 9 // ^T: print the process table

#define TCGETS     0x5401
#define TCSETS     0x5402 // TCSANOW
#define TCSETSW    0x5403 // TCSADRAIN
#define TCSETSF    0x5404 // TCSAFLUSH
#define TIOCGPGRP  0x540f
#define TIOCSPGRP  0x5410
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define FIONREAD   0x541b

#endif
