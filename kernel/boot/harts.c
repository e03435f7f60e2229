// harts.c: finding and starting harts (SBI HSM).
#include "boot/boot.h"

#include "dev/device.h"
#include "mm/pagetable.h"
#include "mm/slab.h"
#include "sched/runq.h"
#include "trap/trap.h"

// paging.S: where the firmware starts a hart, and what that puts into tp and satp.
void secondary_entry(void);
extern struct thread *secondary_thread;
extern uint64_t secondary_satp;

static uint64_t emergency_stacks[MAX_HARTS][512] __attribute__((aligned(16)));

// Does a hart with this "riscv,isa" have a timer of its own, which needs no firmware?
static bool has_sstc(const char *isa) {
    while (isa && *isa && strncmp(isa, "sstc", 4) != 0)
        isa++;
    return isa && *isa;
}

void harts_find(const struct fdt *fdt, uint64_t boot_hart_id) {
    timebase = fdt_number(fdt_path(fdt, "/cpus"), "timebase-frequency", 10000000);
    harts[0].id = boot_hart_id;
    harts[0].online = true;
    sbi_have_sstc = true;
    fdt_for_each(cpu, fdt) {
        if (!fdt_has(cpu, "device_type", "cpu") || !fdt_enabled(cpu))
            continue;
        if (!has_sstc(fdt_string(cpu, "riscv,isa")))
            sbi_have_sstc = false;
        uint64_t id = fdt_number(cpu, "reg", 0);
        if (id != boot_hart_id && hart_count < MAX_HARTS)
            harts[hart_count++].id = id;
    }
    for (uint32_t i = 0; i < hart_count; i++) {
        harts[i].index = i;
        harts[i].plic_context = -1;
        harts[i].emergency_top = (uint64_t)emergency_stacks[i + 1];
    }
}

// C entry of another hart, on its idle thread's stack.
static void secondary_main(void) {
    trap_init_hart();
    irq_init_hart();
    __atomic_store_n(&this_hart()->online, true, __ATOMIC_RELEASE);
    runq_idle();
}

void harts_start(void) {
    for (struct hart *h = &harts[1]; h < &harts[hart_count]; h++) {
        struct thread *t = kmalloc(sizeof(*t), PAGE_WAIT | PAGE_ZERO);
        char *stack = kstack_alloc();
        thread_adopt_idle(t, h, (uint64_t)stack, (uint64_t)stack + KSTACK_SIZE);
        t->vcpu.context.ra = (uint64_t)secondary_main;
        t->vcpu.context.sp = t->vcpu.kstack_top;
        secondary_thread = t;
        secondary_satp = kernel_satp();
        __atomic_thread_fence(__ATOMIC_SEQ_CST); // the other hart sees them
        long err = sbi_hart_start(h->id, pa_of((void *)secondary_entry), 0);
        if (err)
            panic("the firmware does not start hart %lu: SBI error %ld", h->id, err);
        while (!__atomic_load_n(&h->online, __ATOMIC_ACQUIRE))
            ;
    }
}
