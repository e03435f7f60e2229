// report.c: what a panic prints.
#include "debug/debug.h"
#include "debug/race.h"

#include "riscv/frame.h"
#include "riscv/hart.h"
#include "riscv/panic.h"
#include "sched/thread.h"

static void print_pc(uint64_t pc) {
    uint64_t off;
    const char *name = symbol_of(pc, &off);
    if (name)
        kalert("  %016lx %s+0x%lx\n", pc, name, off);
    else
        kalert("  %016lx\n", pc);
}

static bool is_text(uint64_t pc) {
    uint64_t off;
    return symbol_of(pc, &off) != NULL;
}

// ra: where the function at pc returns to, in case it is a leaf, which keeps no return address in its frame
// record.
static void backtrace(uint64_t pc, uint64_t ra, uint64_t fp) {
    const struct vcpu *v = this_vcpu();
    kalert("backtrace:\n");
    if (pc)
        print_pc(pc);
    for (int depth = 0; depth < 32; depth++) {
        if (fp % 8 || fp < v->kstack_bottom + 16 || fp > v->kstack_top)
            return;
        // The psABI's frame record: return address at fp - 8, caller's frame pointer at fp - 16.
        const uint64_t *record = (const uint64_t *)fp;
        uint64_t next = record[-2], to = record[-1];
        if (depth == 0 && !is_text(to) && is_text(ra)) {
            next = to;
            to = ra;
        }
        if (to == 0)
            return;
        print_pc(to - 1); // in the call, not behind it
        if (next <= fp)
            return;
        fp = next;
    }
}

static void print_frame(const struct trap_frame *f) {
    static const char *const names[] = {"ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0", "a1",
                                        "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5", "s6",
                                        "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    const uint64_t *reg = &f->ra;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        kalert("%4s %016lx%s", names[i], reg[i], i % 4 == 3 || i + 1 == ARRAY_SIZE(names) ? "\n" : "");
}

void debug_report(void) {
    const struct thread *t = current();
    const struct hart *h = t->vcpu.hart;
    kalert("hart %lu (%u of %u), thread %s\n", h->id, h->index + 1, hart_count, t->name);
    if (race_report())
        return;
    if (panic_frame) {
        print_frame(panic_frame);
        backtrace(panic_frame->sepc, panic_frame->ra, panic_frame->s0);
    } else {
        backtrace(0, 0, (uint64_t)__builtin_frame_address(0));
    }
    lockdep_print();
}
