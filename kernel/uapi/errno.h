// errno.h: error numbers as user programs see them. System calls return them negated.
// The values are those of picolibc's <errno.h>, so that user space needs no translation.
#pragma once

#ifdef __drupe_kernel__
enum { EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9 };
enum { ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17 };
enum { EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24 };
enum { ENOTTY = 25, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28, ESPIPE = 29, EROFS = 30, EMLINK = 31 };
enum { EPIPE = 32, ERANGE = 34, ENOSYS = 88, ENOTEMPTY = 90, ENAMETOOLONG = 91, ELOOP = 92 };
enum { ETIMEDOUT = 116, ENOTSUP = 134 };
#endif
