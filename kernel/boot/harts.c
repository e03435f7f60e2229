// harts.c: finding and starting harts (SBI HSM).
#include "boot/harts.h"

#include "dev/device.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/slab.h"
#include "riscv/hart.h"
#include "riscv/panic.h"
#include "riscv/sbi.h"
#include "sched/runq.h"
#include "trap/trap.h"

struct hart_start { // read by secondary_entry with paging off
    struct thread *thread;
    uint64_t stack_top;
    uint64_t satp;
    void (*main)(void);
};

void secondary_entry(void);

static uint64_t emergency_stacks[MAX_HARTS][512] __attribute__((aligned(16)));

void harts_find(const struct fdt *fdt, uint64_t boot_hart_id) {
    int cpus = fdt_path(fdt, "/cpus");
    timebase = fdt_number(fdt, cpus, "timebase-frequency", 10000000);
    hart_count = 1;
    harts[0].id = boot_hart_id;
    bool sstc = true;
    for (int cpu = fdt_child(fdt, cpus); cpu >= 0; cpu = fdt_sibling(fdt, cpu)) {
        const char *type = fdt_string(fdt, cpu, "device_type");
        if (!type || strcmp(type, "cpu") != 0 || !fdt_enabled(fdt, cpu))
            continue;
        const char *isa = fdt_string(fdt, cpu, "riscv,isa");
        sstc = sstc && isa && strstr(isa, "sstc");
        uint64_t id = fdt_number(fdt, cpu, "reg", 0);
        if (id != boot_hart_id && hart_count < MAX_HARTS)
            harts[hart_count++].id = id;
    }
    for (uint32_t i = 0; i < hart_count; i++) {
        harts[i].index = i;
        harts[i].plic_context = -1;
        harts[i].emergency_top = (uint64_t)emergency_stacks[i + 1];
    }
    harts[0].online = true;
    sbi_use_sstc(sstc);
}

// C entry of another hart, on its idle thread's stack.
static void secondary_main(void) {
    trap_init_hart();
    irq_init_hart();
    __atomic_store_n(&this_hart()->online, true, __ATOMIC_RELEASE);
    runq_idle();
}

// Physical address of the hart_start of the hart that is being started, for one that comes in by the wrong
// door (entry.S).
uint64_t hart_starting;

// Start hart h; firmware may still be parking it, so ask for a while. False: it does not come.
static bool start(struct hart *h, uint64_t arg) {
    long err;
    uint64_t limit = time_now() + 5 * timebase;
    __atomic_store_n(&hart_starting, arg, __ATOMIC_SEQ_CST);
    do
        err = sbi_hart_start(h->id, pa_of((void *)secondary_entry), arg);
    while (err && time_now() < limit);
    while (!err && !__atomic_load_n(&h->online, __ATOMIC_ACQUIRE) && time_now() < limit)
        ;
    if (!h->online)
        kalert("hart %lu does not start (SBI error %ld); going on without it\n", h->id, err);
    return h->online;
}

void harts_start(void) {
    for (uint32_t i = 1; i < hart_count; i++) {
        struct thread *t = kmalloc(sizeof(*t), PAGE_WAIT | PAGE_ZERO);
        char *stack = kstack_alloc(PAGE_WAIT);
        struct hart_start *args = kmalloc(sizeof(*args), PAGE_WAIT);
        if (!t || !stack || !args)
            panic("no memory to start hart %lu", harts[i].id);
        thread_adopt_idle(t, &harts[i], (uint64_t)stack, (uint64_t)stack + KSTACK_SIZE);
        *args = (struct hart_start){t, (uint64_t)stack + KSTACK_SIZE, kernel_satp(), secondary_main};
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (start(&harts[i], pa_of(args)))
            kfree(args); // else it may still read them one day
    }
}
