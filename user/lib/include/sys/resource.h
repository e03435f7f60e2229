// <sys/resource.h>: CPU times of this process, or of the children it has waited for.
#ifndef _SYS_RESOURCE_H_
#define _SYS_RESOURCE_H_

#include <sys/time.h>

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN -1

struct rusage {
    struct timeval ru_utime, ru_stime;
};

#ifdef __cplusplus
extern "C" {
#endif
int getrusage(int who, struct rusage *usage);
#ifdef __cplusplus
}
#endif

#endif
