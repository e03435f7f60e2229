// info.h: the process list (ps) and memory figures (free).
#pragma once

#include <stdint.h>

// As a thread's states in the kernel.
enum ps_state { PS_READY, PS_RUNNING, PS_BLOCKED, PS_STOPPED, PS_ZOMBIE };

struct proc_info {
    int32_t pid, ppid, pgid;
    uint8_t state; // enum ps_state of the first thread
    uint8_t hart;  // where it runs or ran last
    uint16_t threads;
    uint32_t priority;     // as the scheduling policy sees it; 0 is best
    uint64_t utime, stime; // CPU time in user and kernel mode, nanoseconds
    uint64_t size;         // bytes of address space in use
    uint64_t resident;     // bytes of it that are in memory
    uint64_t switches;     // times it was switched in
    char wait[16];         // what it waits for, when blocked
    char name[32];         // last component of the program's path
};

struct mem_info {
    uint64_t page_size;
    // in pages
    uint64_t total; // managed by the kernel
    uint64_t free;
    uint64_t cached; // page cache
    uint64_t dirty;  // of it: not yet on disk
    uint64_t anon;   // private memory of processes
    uint64_t slab;
    uint64_t promised;  // sum of all memory promised to processes
    uint64_t available; // that could still be promised
    // in units
    uint64_t processes;
    uint64_t objects; // kernel objects in slabs: processes, inodes, open files, buffers
    uint64_t uptime;  // nanoseconds since boot
    uint64_t idle;    // nanoseconds that harts were idle, summed
    uint64_t slices;  // time slices that threads used up, summed over harts
    uint64_t harts;
};
