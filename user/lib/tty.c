// tty.c: terminals, over ioctl.

#include <drupe/syscalls.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib.h"

int ioctl(int fd, unsigned long request, ...) {
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    return (int)__syscall_ret(__sys_ioctl(fd, request, arg));
}

int tcgetattr(int fd, struct termios *t) { return ioctl(fd, TCGETS, t); }

int tcsetattr(int fd, int when, const struct termios *t) {
    if (when < TCSANOW || when > TCSAFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return ioctl(fd, TCSETS + (unsigned long)when, t);
}

int isatty(int fd) {
    struct termios t;
    return tcgetattr(fd, &t) == 0;
}

// To set the attributes that are set, after the output is out or the input thrown away, does just that.
int tcdrain(int fd) {
    struct termios t;
    return tcgetattr(fd, &t) < 0 ? -1 : tcsetattr(fd, TCSADRAIN, &t);
}

int tcflush(int fd, int queue) {
    struct termios t;
    if (queue != TCIFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return tcgetattr(fd, &t) < 0 ? -1 : tcsetattr(fd, TCSAFLUSH, &t);
}

void cfmakeraw(struct termios *t) {
    t->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t->c_oflag &= ~OPOST;
    t->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t->c_cflag &= ~(CSIZE | PARENB);
    t->c_cflag |= CS8;
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
}

speed_t cfgetispeed(const struct termios *t) { return t->c_ispeed; }

speed_t cfgetospeed(const struct termios *t) { return t->c_ospeed; }

int cfsetispeed(struct termios *t, speed_t speed) {
    t->c_ispeed = speed;
    return 0;
}

int cfsetospeed(struct termios *t, speed_t speed) {
    t->c_ospeed = speed;
    return 0;
}

pid_t tcgetpgrp(int fd) {
    int pgid;
    return ioctl(fd, TIOCGPGRP, &pgid) < 0 ? -1 : pgid;
}

int tcsetpgrp(int fd, pid_t pgid) { return ioctl(fd, TIOCSPGRP, &pgid); }
