// sys_mem.c: system calls on memory.
#include "mm/slab.h"
#include "proc/proc.h"
#include "sched/runq.h"
#include "syscall_protos.h"

long sys_sbrk(long increment) { return space_sbrk(current_proc()->space, increment); }

long sys_meminfo(struct mem_info *buf) {
    struct mem_info info = {
        .page_size = PAGE_SIZE,
        .dirty = cache_dirty_count(),
        .processes = proc_count(),
        .objects = slab_objects(),
        .uptime = clock_monotonic(),
        .harts = hart_count,
    };
    page_stats(&info);
    runq_stats(&info);
    return copy_to_user((uint64_t)buf, &info, sizeof(info));
}
