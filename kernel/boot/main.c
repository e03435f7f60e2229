// main.c: boot, as one page of calls. The only file that names every floor, so it also registers the upward
// hooks.
#include "boot/boot.h"
#include "debug/debug.h"
#include "debug/race.h"
#include "dev/device.h"
#include "dev/chardev.h"
#include "mm/slab.h"
#include "proc/proc.h"
#include "sched/runq.h"
#include "trap/trap.h"

struct thread boot_thread = {.vcpu.hart = &harts[0]}; // becomes the boot hart's idle thread
char boot_stack[KSTACK_SIZE] __attribute__((aligned(16)));
static struct fdt fdt;

// Second half of boot, in a kernel thread, because disks make it sleep.
static void boot_thread_main(void *unused) {
    if (args_get("provoke"))
        debug_provoke(args_get("provoke"));
    namecache_init();
    mount_root();
    flusher_start();
    start_failures();
    start_init();
    thread_exit(thread_free);
}

// First C code, on the boot hart (entry.S).
void boot_main(uint64_t hart_id, uint64_t fdt_pa) {
    thread_adopt_idle(&boot_thread, &harts[0], (uint64_t)boot_stack, (uint64_t)boot_stack + KSTACK_SIZE);
    hooks_register();
    if (fdt_open(&fdt, va_of(fdt_pa), 2 << 20))
        panic("no device tree at %lx", fdt_pa);
    args_set(fdt_string(fdt_path(&fdt, "/chosen"), "bootargs"));
    console_set_quiet(args_get("quiet") != NULL);
    kprintf("\nDrupe is booting\n");
    harts_find(&fdt, hart_id);
    trap_init_hart();
    memory_find(&fdt, fdt_pa);
    slab_init();
    timer_init();
    runq_init();
    cache_init();
    proc_init();
    mem_init(&fdt, args_number("seed"));
    device_probe_all(&fdt);
    ramdisk_init(&fdt);
    start_trace();
    const char *policy = choose_policy();
    irq_init_hart();
    race_start(args_number("seed"));
    harts_start();
    kprintf("harts: %u, timebase %lu Hz, scheduler %s\n", hart_count, timebase, policy);
    struct thread *t = thread_create("boot", boot_thread_main, NULL, NULL);
    thread_start(t);
    runq_idle();
}
