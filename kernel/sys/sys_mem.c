// sys_mem.c: system calls on memory.
#include "mm/slab.h"
#include "proc/proc.h"
#include "sched/runq.h"
#include "sched/timer.h"
#include "syscall_protos.h"

long sys_sbrk(long increment) { return space_sbrk(current_proc()->space, increment); }

long sys_meminfo(struct mem_info *buf) {
    struct page_stats pages;
    struct runq_stats sched;
    page_stats(&pages);
    runq_stats(&sched);
    struct mem_info info = {
        .page_size = PAGE_SIZE,
        .total = pages.total,
        .free = pages.free,
        .cached = pages.cache,
        .dirty = cache_dirty_count(),
        .anon = pages.anon,
        .slab = pages.slab,
        .promised = pages.promised,
        .available = pages.available,
        .processes = proc_count(),
        .objects = slab_objects(),
        .uptime = clock_monotonic(),
        .idle = ticks_to_ns(sched.idle_ticks),
        .slices = sched.slices,
        .harts = hart_count,
    };
    return copy_to_user((uint64_t)buf, &info, sizeof(info));
}
