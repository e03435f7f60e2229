// <termios.h>: terminal attributes. The structure, the flags that mean something and the
// special characters are kernel/uapi/termios.h's. The line has no speed of its own: cfsetispeed and
// cfsetospeed only store the number.
#ifndef _TERMIOS_H
#define _TERMIOS_H

#include <sys/types.h>
#include <uapi/termios.h>

// Flags that this terminal does not have: to set or clear them changes nothing.
#define BRKINT 0
#define IGNBRK 0
#define IGNCR  0
#define INLCR  0
#define INPCK  0
#define ISTRIP 0
#define IXANY  0
#define IXOFF  0
#define IXON   0
#define PARMRK 0
#define OPOST  0
#define ONLCR  0
#define CLOCAL 0
#define CREAD  0
#define CS8    0
#define CSIZE  0
#define CSTOPB 0
#define HUPCL  0
#define PARENB 0
#define ECHOE  0
#define ECHOK  0
#define ECHONL 0
#define IEXTEN 0
#define NOFLSH 0
#define TOSTOP 0
#define VTIME  5 // in c_cc: stored and ignored

#define TCSANOW   0
#define TCSADRAIN 1
#define TCSAFLUSH 2

#define TCIFLUSH 0 // the only queue that tcflush can empty; EINVAL for others

#define B0      0
#define B9600   9600
#define B19200  19200
#define B38400  38400
#define B57600  57600
#define B115200 115200

#ifdef __cplusplus
extern "C" {
#endif
int tcgetattr(int fd, struct termios *t);
int tcsetattr(int fd, int when, const struct termios *t);
int tcdrain(int fd);
int tcflush(int fd, int queue);
void cfmakeraw(struct termios *t);
speed_t cfgetispeed(const struct termios *t);
speed_t cfgetospeed(const struct termios *t);
int cfsetispeed(struct termios *t, speed_t speed);
int cfsetospeed(struct termios *t, speed_t speed);
#ifdef __cplusplus
}
#endif

#endif
