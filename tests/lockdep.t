#!/bin/bash
# CONFIG=lockdep: each mistake with locks and interrupts is reported with the functions that made it, also where the
# lock was taken, or interrupts were switched off, before; the kernel as it is makes none.
# All of usertests, and stress: tests/long/sanitizers.t.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
export CONFIG=lockdep
config=lockdep
ok 'CONFIG=lockdep builds' make -s all

# report NAME PATTERN SITE...: the last guest's panic matches the pattern, and behind it come the sites in this order. A
# site is TEXT:FUNCTION[:FUNCTION...]: under a line with the text stand calls, and these functions among them, innermost
# first.
report() {
    name=$1
    like "$out" "*panic: $2
*" "$name: the panic names it"
    shift 2
    if missing=$(awk -v sites="$*" '
        BEGIN { n = split(sites, site, " "); at = 1; split(site[1], want, ":"); next_one = 1 }
        at > n { next }
        next_one == 1 {
            text = want[1]; gsub(/_/, " ", text)
            if (index($0, text)) next_one = 2
            next
        }
        $0 !~ /^ +[0-9a-f]+ [a-z_0-9]+\+0x/ { if (next_one > 2) exit; if (!index($0, text)) next_one = 1; next }
        index($2, want[next_one] "+") == 1 {
            if (!(++next_one in want)) { at++; delete want; split(site[at], want, ":"); next_one = 1 }
        }
        END { if (at <= n) { print site[at]; exit 1 } }' "$T/guest.out"); then
        pass "$name: each site stands in the report: $*"
    else
        fail "$name: each site stands in the report: $*" "not found: $missing" "$out"
    fi
}
# provoke NAME PATTERN SITE...: the same for a planted mistake
provoke() {
    guest CPUS=2 LIMIT=60 APPEND="provoke=$1" 'memhog -u 1000'
    report "$@"
}

provoke lock-in-circle 'lock order: mutex one is taken while mutex two is held, and elsewhere it is the other way round' \
    1._with_mutex_one:one_then_two takes_mutex_two:one_then_two 2._with_mutex_two:two_then_one takes_mutex_one:two_then_one
provoke nest-mutexes 'mutex one of many: taken while another of its class is held, and no mutex held each time orders the two' \
    backtrace:nest_unguarded two_of_it:nest_guarded mutex_one_of_many,_since:nest_unguarded
provoke lock-out-of-rank 'spinlock low (rank *): taken after high (rank *)' \
    backtrace:lock_out_of_rank spinlock_high,_since:take_high:lock_out_of_rank
provoke mutex-with-lock 'taking mutex provoked: with spinlock low held' \
    backtrace:mutex_lock:mutex_with_lock spinlock_low,_since:take_low:mutex_with_lock
provoke block-with-lock 'blocking on never: with spinlock low held' \
    backtrace:waitq_wait:block_with_lock spinlock_high,_since:take_high:block_with_lock spinlock_low,_since:take_low:block_with_lock
provoke copy-with-lock 'copying user memory: with spinlock low held' \
    backtrace:copy_to_user:copy_with_lock spinlock_low,_since:take_low:copy_with_lock
provoke copy-with-mutex 'mutex address space (rank *): taken after mutex one (rank *)' \
    backtrace:copy_to_user:copy_with_mutex mutex_one,_since:mutex_lock:copy_with_mutex
provoke sleep-while-off 'blocking on sleep: with interrupts off' \
    backtrace:thread_sleep_until:sleep_while_off interrupts_off,_since:switch_off:sleep_while_off
provoke yield-while-off 'kernel/sched/runq.c:*: assertion failed: *off_depth == 1' \
    backtrace:schedule:thread_yield:yield_while_off interrupts_off,_since:switch_off:yield_while_off
provoke allocate-while-off 'allocating a page: with interrupts off' \
    backtrace:page_alloc:allocate_while_off interrupts_off,_since:switch_off:allocate_while_off
provoke off-after-handler 'end of an interrupt handler: interrupts switched off * times, not *' \
    interrupts_off,_since:switch_off:handler_switches_off:timer_interrupt
provoke lock-after-handler 'end of an interrupt handler: spinlock low is still held' \
    spinlock_low,_since:take_low:handler_locks:timer_interrupt
provoke bare-in-handler 'spinlock bare: taken in an interrupt handler, and elsewhere with interrupts on' \
    backtrace:handler_takes_bare:timer_interrupt with_interrupts_on:thread_takes_bare
provoke off-at-idle 'idle: interrupts switched off 2 times, not 1' \
    interrupts_off,_since:switch_off:after_the_end:runq_idle
provoke mutex-at-end 'end of a thread: mutex one is still held' mutex_one,_since:mutex_lock:end_with_mutex
provoke off-in-user-mode 'return to user mode: interrupts switched off 2 times, not 1' \
    interrupts_off,_since:switch_off:enter_switched_off
provoke off-after-syscall 'sbrk: interrupts switched off 1 times, not 0' \
    interrupts_off,_since:switch_off:shrink_nothing_off:sys_sbrk
provoke lock-after-syscall 'sbrk: spinlock low is still held' spinlock_low,_since:take_low:shrink_nothing_locked:sys_sbrk

provoke read-user-memory 'bad read in the kernel: scause d, stval 0000003efffffff8*' backtrace:read_user:sys_sbrk

# A place in the order without a lock of its own: a transaction. In this tree a directory is locked before one is opened.
sed -i 's/  err = txn_begin(fs, TXN_NAME);/{ mutex_lock(\&from->dir);\n&\n  mutex_unlock(\&from->dir); }/' kernel/fs/namei.c
ok 'a wrong order of directory and transaction builds' make -s all
guest CPUS=2 'echo hello > file'
report 'a wrong order of directory and transaction' 'open transaction (rank *): taken after mutex directory (rank *)' \
    backtrace:txn_begin:attempt mutex_directory,_since:mutex_lock:attempt
cp "$TOP/kernel/fs/namei.c" kernel/fs/namei.c
ok 'the right one builds again' make -s all

# lockstat: of a class, what its row says in a column
guest CPUS=2 'touch a; lockstat -z; touch b c d e; lockstat; echo ==; stress -n 300 -s 1 > log; lockstat -c'
few=$(echo "$out" | awk '/^==/ { exit } /^mutex directory / { print $3 }')
if [ "${few:-0}" -ge 4 ] && [ "$few" -lt 100 ]; then
    pass 'lockstat counts from -z on how often a directory was locked'
else
    fail 'lockstat counts from -z on how often a directory was locked' "$out"
fi
fair=$(echo "$out" | awk '/^==/ { on = 1 } on && /^(mutex|spinlock|open) / { n++; bad += $(NF - 2) < 1 || $NF == 0 }
                          END { print (n > 0 && !bad) }')
is "$fair" 1 'lockstat -c shows what was waited for, and how long that was held'
[ "$fair" = 1 ] || note "$out" >&2
guest CPUS=2 'usertests -q'
is "$status" 0 'usertests -q gives no report'
case $out in *'ALL TESTS PASSED') ;; *) note "$out" >&2 ;; esac
finish
