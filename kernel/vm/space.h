// space.h: an address space: an ordered set of regions over a page table (DESIGN.md section 7).
//
// Regions and PTEs are guarded by a mutex (MUTEX_SPACE), because a fault may sleep while it fills a page.
// Private memory and page tables are promised (mm/page.h) when a region is made, grown or copied by fork, and
// given back when it goes. May call: fs (page cache of mapped files), sched, mm, riscv.
#ifndef VM_SPACE_H
#define VM_SPACE_H

#include "lib/list.h"
#include "mm/pagetable.h"
#include "sched/mutex.h"
#include "sched/thread.h"

struct inode;

enum region_kind { REGION_PROGRAM, REGION_HEAP, REGION_STACK };
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

struct region {
    uint64_t start, end; // page aligned, end exclusive
    uint8_t prot;        // PROT_*
    uint8_t kind;
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
    struct region *last; // where the last fault was: next one is likely there. NULL: nowhere yet
    struct region *heap; // [brk_start, brk) rounded up to pages; empty at first. NULL: none yet
    uint64_t brk_start, brk;
    uint64_t stack_limit; // lowest address that the stack may grow to; 0: no stack yet
    uint64_t promised;    // frames promised for this space: what regions may need, and tables
    uint64_t tables;      // of them for page tables: what was ever needed, since tables stay to the end
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

// Add a region; takes a reference to inode. 0, -ENOMEM, or -EINVAL: empty, overlaps, unaligned, outside user
// space.
int space_map(struct space *s, uint64_t start, uint64_t end, int prot, enum region_kind kind,
              struct inode *inode, uint64_t offset, uint64_t file_bytes);
// Heap right above the program; stack at the top of user space, growing to its limit on demand.
int space_set_heap(struct space *s, uint64_t start);
int space_set_stack(struct space *s, uint64_t limit_bytes, uint64_t *top);
// Move the break. The old break, or -ENOMEM. Shrinking unmaps at once.
int64_t space_sbrk(struct space *s, int64_t increment);

// Bytes of address space in use. No lock needed.
static inline uint64_t space_size(const struct space *s) {
    return __atomic_load_n(&s->size, __ATOMIC_RELAXED);
}

// For fault.c; s->lock held. The region that holds va, or NULL.
struct region *space_region(struct space *s, uint64_t va);
// Let the stack grow down to the page at va. 0, -EFAULT: too far, -ENOMEM: refused.
int space_grow_stack(struct space *s, uint64_t va);

enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };
// Make the page at va usable for access, or say why not: 0, -EFAULT (no region, or forbidden), -ENOMEM (stack
// growth refused), -EIO (file page unreadable). May sleep; no spinlock held, interrupts on.
int vm_fault(struct space *s, uint64_t va, enum fault_access access);
// Copy into a space that no hart has loaded yet (exec's new stack). 0 or -errno as vm_fault.
int space_poke(struct space *s, uint64_t va, const void *data, size_t n);

void space_init(void);

#endif
