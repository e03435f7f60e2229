// hooks.c: upward events, and boot arguments.
#include "boot/boot.h"
#include "debug/debug.h"
#include "dev/chardev.h"
#include "dev/device.h"
#include "dev/tty.h"
#include "proc/proc.h"
#include "sched/runq.h"
#include "trap/trap.h"

static NORETURN void end_after_panic(void) {
    const char *how = args_get("panic");
    if (how && strcmp(how, "poweroff") == 0)
        machine_end(false, 1);
    kalert("halted\n");
    for (;;)
        __asm__ volatile("wfi");
}

static void report(void) {
    const struct proc *p = current_proc();
    if (p)
        kalert("process %s[%d]\n", p->name, p->pid);
    debug_report();
}

static pid_t group_of_caller(void) { return racy(current_proc()->pgid); }

// mm may not sleep by itself.
static void wait_for_memory(int milliseconds) {
    cache_flush_in(0);
    thread_sleep_until(time_now() + milliseconds * timebase / 1000, false);
}

static void enter_user(void *unused) {
    csr_clear(sstatus, SSTATUS_SIE); // not interrupts_off: there is no way back to here
    this_vcpu()->off_depth++;
    trap_way_out(thread_frame(current())); // a signal may have come before it ran at all
    trap_return_user();
}

#ifndef NDEBUG
static int pid_of(const struct thread *t) { return t->owner ? ((const struct proc *)t->owner)->pid : 0; }

CHARDEV(trace_device) = {.number = DEV_TRACE, .read = trace_read, .write = trace_write};
CHARDEV(fail_device) = {.number = DEV_FAIL, .read = debug_fail_read, .write = debug_fail_write};

void start_trace(void) { trace_init(pid_of, args_get("trace")); }
void start_failures(void) { debug_fail_init(args_get, args_number("seed")); }
#else
void start_trace(void) {}
void start_failures(void) {}
#endif
#if CONFIG_LOCKDEP
CHARDEV(lockstat_device) = {.number = DEV_LOCKSTAT, .read = lockstat_read, .write = lockstat_write};
#endif

void hooks_register(void) {
    static const struct tty_hooks tty_hooks = {
        .signal = signal_post_group,
        .status = proc_print_table,
        .current_group = group_of_caller,
        .group_exists = proc_group_exists,
    };
    panic_report = report;
    panic_end = end_after_panic;
    tty_init(&tty_hooks);
    thread_enter_user = enter_user;
    page_shrinkers[0] = cache_shrink;
    page_shrinkers[1] = inode_shrink;
    page_wait = wait_for_memory;
}

const char *choose_policy(void) {
    const char *name = args_get("sched");
    if (name && runq_set_policy(name))
        panic("boot argument sched=%s: there is no such policy; use rr or mlfq", name);
    if (args_number("seed"))
        runq_set_seed(args_number("seed"));
    return name ? name : "rr";
}

void mount_root(void) {
    const char *name = args_get("root");
    struct block_device *dev = block_find(name);
    if (!block_find(NULL))
        panic("no disk: start QEMU with a virtio-blk disk (make qemu does) or a RAM disk (-initrd fs.img)");
    if (!dev)
        panic("no disk named %s: boot with root=vda (a virtio-blk disk) or root=ram (a RAM disk)", name);
    const char *why = ext2_mount(dev, &root_fs);
    if (why)
        panic("cannot mount %s as the root file system: %s; make a fresh image with: rm fs.img; make fs.img",
              dev->name, why);
    kprintf("root: ext2 on %s, %lu MiB\n", dev->name, dev->sectors >> 11);
}

void start_init(void) {
    const char *init = args_get("init"), *run = args_get("run");
    char path[UAPI_PATH_MAX];
    strlcpy(path, init && *init ? init : "/init", sizeof(path));
    const char *argv[] = {"init", run ? "-c" : NULL, run, NULL};
    static const char *const envp[] = {NULL};
    int err = proc_start_init(path, argv, envp);
    if (err)
        panic("cannot run %s: %s (error %d); rebuild the image (make fs.img), or boot with init=/path", path,
              err == -ENOENT ? "there is no such file" : "it is no program", -err);
}
