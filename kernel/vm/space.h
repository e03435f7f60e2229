// space.h: an address space: an ordered set of regions over a page table (DESIGN.md section 7).
//
// Regions and PTEs are guarded by a mutex (MUTEX_SPACE), because a fault may sleep while it fills a page.
// Private memory and page tables are promised (mm/page.h) when a region is made, grown or copied by fork, and
// given back when it goes. May call: fs (page cache of mapped files), sched, mm, riscv.
#pragma once

#include "mm/pagetable.h"
#include "riscv/usercopy.h"
#include "sched/mutex.h"
#include "sched/thread.h"

struct inode;

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

struct region {
    uint64_t start, end; // page aligned, end exclusive
    uint8_t prot;        // PROT_*
    // file backed if inode: page at va holds the file from offset + (va - start), as far as file_bytes from
    // start; the rest is zero. Private: a write makes a copy.
    struct inode *inode; // holds a reference
    uint64_t offset;     // page aligned
    uint64_t file_bytes;
    struct list link; // in space->regions, by address
};

struct space {
    struct mutex lock;
    // guarded by lock
    struct list regions;
    struct pagetable pt;
    struct region *heap;  // up to brk rounded up to pages; empty at first
    struct region *stack; // the highest
    uint64_t brk;
    uint64_t stack_limit; // lowest address that the stack may grow to
    uint64_t promised;    // frames promised for this space: what regions may need, and tables
    uint64_t heap_top;    // how far the heap has ever reached: its page tables stay to the end
    // also read without the lock, for ps
    uint64_t size;     // bytes in regions
    uint64_t resident; // frames mapped
};

// Empty space. 0 or -ENOMEM.
int space_create(struct space **out);
// Copy for fork: every private page shared copy-on-write. 0 or -ENOMEM, then nothing has changed.
int space_fork(struct space *from, struct space **out);
// Unmap all, give back frames, promises and inodes. No hart has it loaded. May sleep.
void space_destroy(struct space *s);

// For exec, while nobody else knows the space: no lock is taken.
// Add a region like *like, behind those there are; takes a reference to its inode. 0, -ENOMEM, or -ENOEXEC:
// it begins before the last one ends.
int space_map(struct space *s, const struct region *like);
// Add a heap that begins at heap, and a stack at the top of user space that grows on demand to stack_bytes.
int space_map_heap_and_stack(struct space *s, uint64_t heap, uint64_t stack_bytes);
// Copy in. 0 or -errno as vm_fault.
int space_poke(struct space *s, uint64_t va, const void *data, size_t n);

// Move the break. The old break, or -ENOMEM. Shrinking unmaps at once.
int64_t space_sbrk(struct space *s, int64_t increment);

// For fault.c; s->lock held. The region that holds va, to which the stack may grow. 0, -EFAULT: there is
// none, -ENOMEM: the stack must not grow.
int space_find(struct space *s, uint64_t va, struct region **out);

// leaves.c: loops over the leaf PTEs of a range, a table of 512 at a time: what fork, exit and sbrk cost. The
// space's lock is held. A leaf holds a reference to its frame, and pins it if it is a page-cache page.
// Copy what is mapped in [start, end) from one table to the other, both sides read-only from then on. Returns
// the pages shared. The caller flushes from.
uint64_t leaves_share(struct pagetable *from, struct pagetable *to, uint64_t start, uint64_t end);
// Unmap [start, end): clear, flush if it is loaded anywhere, let go of the frames. cache_only: only pages of
// the page cache. Returns the pages.
uint64_t leaves_unmap(struct pagetable *pt, uint64_t start, uint64_t end, bool cache_only);

enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };
// Make the page at va usable, or say why not: 0, -EFAULT (no region, or forbidden), -ENOMEM (page or stack
// growth refused), -EIO (file page unreadable). May sleep; no spinlock held, interrupts on.
int vm_fault(struct space *s, uint64_t va, enum fault_access access);
