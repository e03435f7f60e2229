// machine/_types.h: the types of <sys/types.h> as Drupe has them. picolibc's own are 16 bits wide for inodes,
// devices, users and link counts; this header goes ahead of its one in the include path. None of picolibc's
// functions that we link takes or returns one of the types changed here.
#ifndef _MACHINE__TYPES_H
#define _MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef __uint64_t __ino_t;
#define __machine_ino_t_defined
typedef __uint32_t __dev_t;
#define __machine_dev_t_defined
typedef __uint32_t __uid_t;
#define __machine_uid_t_defined
typedef __uint32_t __gid_t;
#define __machine_gid_t_defined
typedef __uint32_t __mode_t;
#define __machine_mode_t_defined
typedef __uint64_t __fsfilcnt_t;
#define __machine_fsfilcnt_t_defined

// picolibc fixes __nlink_t, so nlink_t is declared before <sys/types.h> would.
typedef __uint32_t nlink_t;
#define _NLINK_T_DECLARED

#endif
