// host.h: what the file system code needs of the lower floors, for one thread of a host program. Included
// before everything else in each file (see the `uses` line of fs_test.c).
#ifndef HOST_H
#define HOST_H

#include "lib/kernel.h" // brings the host's errno numbers, so it comes before the next line
#define __drupe_kernel__
#include "mm/page.h"
#include "sched/thread.h"

void *host_page(const struct page *p);
struct thread *host_thread(void);
#define page_va(p)           host_page(p)
#define current()            host_thread()
#define thread_interrupted() host_thread()->interrupted
#define time_now()           0UL

#endif
