// system_info.c: uname, sysconf and random bytes.

#include <drupe/syscalls.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <uapi/info.h>
#include <uapi/limits.h>
#include <uapi/time.h>
#include <unistd.h>

#include "lib.h"

int uname(struct utsname *name) { return (int)__syscall_ret(__sys_uname(name)); }

int gethostname(char *name, size_t n) {
    struct utsname u;
    if (uname(&u) < 0)
        return -1;
    size_t length = strlen(u.nodename);
    if (length >= n) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, u.nodename, length + 1);
    return 0;
}

int getpagesize(void) {
    return 4096; // Sv39's
}

long sysconf(int name) {
    struct mem_info mem;
    switch (name) {
    case _SC_ARG_MAX: return UAPI_ARG_MAX;
    case _SC_CHILD_MAX: return -1; // as many as memory holds
    case _SC_CLK_TCK: return UAPI_CLK_TCK;
    case _SC_OPEN_MAX: return UAPI_OPEN_MAX;
    case _SC_VERSION: return _POSIX_VERSION;
    case _SC_PAGESIZE: return getpagesize();
    case _SC_LINE_MAX: return 2048;
    case _SC_NGROUPS_MAX: return 0;
    case _SC_SYMLOOP_MAX: return UAPI_SYMLOOP_MAX;
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN: return meminfo(&mem) < 0 ? -1 : (long)mem.harts;
    case _SC_PHYS_PAGES: return meminfo(&mem) < 0 ? -1 : (long)mem.total;
    case _SC_AVPHYS_PAGES: return meminfo(&mem) < 0 ? -1 : (long)mem.available;
    default: errno = EINVAL; return -1;
    }
}

int getentropy(void *buf, size_t n) {
    if (n > 256) {
        errno = EIO;
        return -1;
    }
    int fd = open("/dev/random", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, buf, n);
    close(fd);
    if (got == (ssize_t)n)
        return 0;
    if (got >= 0)
        errno = EIO;
    return -1;
}
