// runq.c: the mechanism of scheduling: queues, the choice, the switch, idling.
#include "sched/runq.h"

#include "mm/pagetable.h"
#include "sched/policy.h"

struct runq {
    struct spinlock lock;
    // guarded by lock
    struct policy_queue queue;
    struct thread *running;          // as chosen by schedule
    uint64_t idle_ticks, idle_since; // of the timebase; 0: it is not idle
    uint64_t slices;                 // time slices used up: ticks that led to a switch
    // written by this hart only
    uint64_t tick_at;      // when the policy is asked next; UINT64_MAX: nobody else is ready
    uint64_t charged_from; // the running thread has been charged up to then
} __attribute__((aligned(64)));

enum { LOOKS_PER_SECOND = 10000 }; // an idle hart looks for work that long before it sleeps

static struct runq runqs[MAX_HARTS];
// atomic; bits by hart index: is in runq_idle, and no thread is meant for it; and only an interrupt ends that
static uint64_t idle_mask, asleep_mask;
static const struct sched_policy *const policies[] = {&policy_rr, &policy_mlfq};
static const struct sched_policy *policy = &policy_rr;
static uint64_t tick_length;
static uint64_t random_state; // seed=: draws the length of each tick

void runq_init(void) {
    tick_length = timebase / TICKS_PER_SECOND;
    for (int i = 0; i < MAX_HARTS; i++) {
        struct runq *rq = &runqs[i];
        spin_init(&rq->lock, RANK_RUNQ, "runq");
        rq->tick_at = UINT64_MAX;
        for (int l = 0; l < POLICY_LEVELS; l++)
            list_init(&rq->queue.level[l]);
    }
}

int runq_set_policy(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
        if (strcmp(policies[i]->name, name) == 0) {
            policy = policies[i];
            return 0;
        }
    return -ENOENT;
}

void runq_set_seed(uint64_t seed) { random_state = hash_word(seed + 1) | 1; }

// Ticks until the running thread is charged: 10 ms, or with seed= something from 5 us to that, often short.
static uint64_t next_tick_length(void) {
    if (random_state == 0)
        return tick_length;
    uint64_t x = racy(random_state); // two harts may draw the same number: no harm
    x ^= x << 13;                    // xorshift64
    x ^= x >> 7;
    x ^= x << 17;
    racy(random_state) = x;
    return tick_length / 2000 + ((x % tick_length) >> (x >> 60));
}

static void wake_hart(uint32_t index) { sbi_send_ipi(1UL << harts[index].id); }

static bool is_idle(uint32_t hart) { return __atomic_load_n(&idle_mask, __ATOMIC_RELAXED) >> hart & 1; }

// Threads on the queue, for those who do not hold its lock.
static uint32_t queued(const struct runq *rq) { return __atomic_load_n(&rq->queue.count, __ATOMIC_RELAXED); }

// The hart to queue t on: where it ran last if that is idle, or about to be (t itself may just be leaving
// it), or nobody is; else one that is idle, rather one that looks for work than one that sleeps.
static uint32_t choose_hart(const struct thread *t) {
    uint32_t last = t->vcpu.hart->index;
    uint64_t idle = __atomic_load_n(&idle_mask, __ATOMIC_SEQ_CST);
    const struct thread *running = racy(runqs[last].running); // a guess, as all this
    bool leaving = running == t || (const struct vcpu *)running == harts[last].idle;
    if (idle == 0 || idle >> last & 1 || (leaving && queued(&runqs[last]) == 0))
        return last;
    uint64_t awake = idle & ~__atomic_load_n(&asleep_mask, __ATOMIC_RELAXED);
    return bit_lowest(awake ? awake : idle);
}

static void enqueue(struct runq *rq, struct thread *t, enum policy_why why) {
    assert(list_empty(&t->queue_link));
    __atomic_store_n(&rq->queue.count, rq->queue.count + 1, __ATOMIC_RELAXED);
    policy->enqueue(&rq->queue, t, why);
}

static struct thread *dequeue(struct runq *rq) {
    struct thread *t = rq->queue.count ? policy->pick(&rq->queue) : NULL;
    if (t)
        __atomic_store_n(&rq->queue.count, rq->queue.count - 1, __ATOMIC_RELAXED);
    return t;
}

// Tick only while somebody else is ready. This hart's queue, interrupts off.
static void start_tick(struct runq *rq) {
    if (rq->tick_at != UINT64_MAX || queued(rq) == 0 || rq->running == NULL || rq->running->idle)
        return;
    rq->charged_from = time_now();
    rq->tick_at = rq->charged_from + next_tick_length();
    timer_interrupt_by(rq->tick_at);
}

// The tick has come, or t leaves before it: t pays for what it has run in any case.
static void end_tick(struct runq *rq, struct thread *t) {
    if (rq->tick_at != UINT64_MAX)
        t->policy_used += time_now() - rq->charged_from;
    rq->tick_at = UINT64_MAX;
}

static void add_to(uint32_t target, struct thread *t, enum policy_why why) {
    interrupts_off();
    struct runq *rq = &runqs[target];
    spin_take(&rq->lock);
    enqueue(rq, t, why);
    bool busy = rq->running && !rq->running->idle, first = rq->queue.count == 1;
    bool preempt = busy && policy->preempts && policy->preempts(t, rq->running);
    if (preempt)
        __atomic_store_n(&rq->running->need_resched, true, __ATOMIC_RELEASE);
    spin_release(&rq->lock);
    if (target == this_hart()->index) {
        if (first)
            start_tick(rq);
    } else if (busy) { // it looks at need_resched on its way out of the interrupt
        if (preempt || first)
            wake_hart(target);
    } else {
        // It is counted as busy from now on, so that the next thread goes elsewhere. It says that it is
        // asleep and then looks at the queues and at its bit: one of us sees the other.
        __atomic_fetch_and(&idle_mask, ~(1UL << target), __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&asleep_mask, __ATOMIC_RELAXED) >> target & 1)
            wake_hart(target);
    }
    interrupts_restore();
}

void runq_add(struct thread *t) { add_to(choose_hart(t), t, POLICY_WOKEN); }
void runq_add_new(struct thread *t, const struct thread *parent) {
    if (policy->fork)
        policy->fork(parent, t);
    add_to(choose_hart(t), t, POLICY_NEW);
}

// Threads that want to run on a hart, the running one included.
static uint32_t load(uint32_t hart) { return queued(&runqs[hart]) + !is_idle(hart); }

// Give a thread that waits here to the hart with the least to do, if that makes the two more equal.
static void share(struct runq *rq) {
    uint32_t least = 0;
    for (uint32_t i = 1; i < hart_count; i++)
        if (load(i) < load(least))
            least = i;
    if (queued(rq) + 1 < load(least) + 2)
        return;
    spin_lock(&rq->lock);
    struct thread *t = dequeue(rq);
    spin_unlock(&rq->lock);
    if (t)
        add_to(least, t, POLICY_YIELDED);
}

// Work of another hart, for one that has none; its idle thread if there is none either. Waits until the
// thread's registers are saved: its hart has chosen and holds no lock, so that comes soon.
static NOINLINE struct thread *steal(uint32_t me) {
    for (uint32_t i = 1; i < hart_count; i++) {
        struct runq *rq = &runqs[(me + i) % hart_count];
        if (queued(rq) == 0)
            continue;
        spin_lock(&rq->lock);
        struct thread *t = dequeue(rq);
        spin_unlock(&rq->lock);
        if (t) {
            while (__atomic_load_n(&t->vcpu.on_hart, __ATOMIC_ACQUIRE))
                ;
            return t;
        }
    }
    return (struct thread *)harts[me].idle;
}

void schedule(void) {
    struct thread *prev = current();
    assert(!interrupts_enabled() && !prev->vcpu.held && prev->vcpu.off_depth == 1);
    struct hart *h = this_hart();
    struct runq *rq = &runqs[h->index];
    spin_take(&rq->lock);
    bool turn_over = prev->need_resched;
    prev->need_resched = false;
    end_tick(rq, prev);
    if (__atomic_load_n(&prev->state, __ATOMIC_ACQUIRE) == THREAD_RUNNING && !prev->idle) {
        __atomic_store_n(&prev->state, THREAD_READY, __ATOMIC_RELAXED);
        enqueue(rq, prev, turn_over ? POLICY_PREEMPTED : POLICY_YIELDED);
    }
    struct thread *next = dequeue(rq);
    if (next == NULL) {
        rq->running = (struct thread *)h->idle; // prev has left: who wakes now preempts nobody
        spin_release(&rq->lock);
        next = steal(h->index);
        spin_take(&rq->lock);
    }
    __atomic_store_n(&next->state, THREAD_RUNNING, __ATOMIC_RELEASE);
    rq->running = next;
    rq->slices += turn_over && next != prev;
    spin_release(&rq->lock);
    start_tick(rq);
    if (next != prev)
        thread_switch(prev, next);
}

void runq_tick(void) {
    struct runq *rq = &runqs[this_hart()->index];
    struct thread *t = current();
    if (time_now() >= rq->tick_at) {
        end_tick(rq, t);
        spin_take(&rq->lock);
        if (queued(rq) > 0 && policy->tick(t))
            __atomic_store_n(&t->need_resched, true, __ATOMIC_RELAXED);
        spin_release(&rq->lock);
        share(rq);
    }
    if (!racy(t->need_resched)) // else schedule starts the next one's
        start_tick(rq);
    timer_interrupt_by(rq->tick_at); // also if this one was for something else
}

static bool any_ready(void) {
    for (uint32_t i = 0; i < hart_count; i++)
        if (queued(&runqs[i]) > 0)
            return true;
    return false;
}

// Look for work a moment before this hart sleeps: threads that answer each other are back sooner than a hart
// that sleeps can be woken. Alone it need not: only its own interrupts bring work. The idle bit is set, also
// again if a waker has taken it and another hart the thread. Others' queues are looked at once: who wakes
// prefers ours, and what passes through theirs for a moment is not for us.
static bool ready_soon(uint32_t me) {
    const uint64_t until = time_now() + (hart_count > 1 ? timebase / LOOKS_PER_SECOND : 0);
    bool ready = any_ready();
    do {
        if (!is_idle(me))
            __atomic_fetch_or(&idle_mask, 1UL << me, __ATOMIC_SEQ_CST);
        ready |= queued(&runqs[me]) > 0;
    } while (!ready && time_now() < until && !(csr_read(sip) & csr_read(sie)));
    return ready;
}

// This hart begins to be idle, or ends. Under the lock, so that its time is never counted twice, or not at
// all.
static void count_idle(struct runq *rq, bool begins) {
    spin_take(&rq->lock);
    uint64_t now = time_now();
    if (!begins)
        rq->idle_ticks += now - rq->idle_since;
    rq->idle_since = begins ? now : 0;
    spin_release(&rq->lock);
}

void runq_idle(void) {
    struct hart *h = this_hart();
    struct runq *rq = &runqs[h->index];
    for (;;) {
        lockdep_clean("idle", 1);
        count_idle(rq, true);
        while (!ready_soon(h->index)) {
            // A waker that finds us asleep sends an IPI; one that does not has queued its thread before. If
            // our bit has gone, and the thread, too, the bit is set once more.
            __atomic_fetch_or(&asleep_mask, 1UL << h->index, __ATOMIC_RELAXED);
            __atomic_thread_fence(__ATOMIC_SEQ_CST);
            if (is_idle(h->index) && !any_ready())
                __asm__ volatile("wfi"); // returns when an interrupt is pending, though they are off
            __atomic_fetch_and(&asleep_mask, ~(1UL << h->index), __ATOMIC_RELAXED);
            csr_set(sstatus, SSTATUS_SIE); // let it in
            csr_clear(sstatus, SSTATUS_SIE);
        }
        __atomic_fetch_and(&idle_mask, ~(1UL << h->index), __ATOMIC_SEQ_CST);
        count_idle(rq, false);
        schedule();
    }
}

void runq_stats(struct mem_info *info) {
    uint64_t idle = 0;
    info->slices = 0;
    for (uint32_t i = 0; i < hart_count; i++) { // each is right at its moment
        struct runq *rq = &runqs[i];
        spin_lock(&rq->lock);
        idle += rq->idle_ticks + (rq->idle_since ? time_now() - rq->idle_since : 0);
        info->slices += rq->slices;
        spin_unlock(&rq->lock);
    }
    info->idle = ticks_to_ns(idle);
}
