// <sys/syslimits.h>: what <limits.h> includes; the values are those of kernel/uapi/limits.h, as macros.
#ifndef _SYS_SYSLIMITS_H_
#define _SYS_SYSLIMITS_H_

#define ARG_MAX     (128 * 1024)
#define IOV_MAX     16
#define LINE_MAX    2048
#define LINK_MAX    32000
#define MAX_CANON   4096
#define MAX_INPUT   4096
#define NAME_MAX    255
#define NGROUPS_MAX 16
#define OPEN_MAX    1024
#define PATH_MAX    1024
#define PIPE_BUF    4096
#define RE_DUP_MAX  255
#define SYMLOOP_MAX 16
#define SSIZE_MAX   __LONG_MAX__

#endif
