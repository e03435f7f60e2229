#!/bin/bash
# What the kernel says of its own mistakes (boot argument provoke=, kernel/debug/provoke.c): each ends in a panic that
# names the mistake, with the function that made it in the backtrace, and a failing status.
. "$(dirname "$0")/lib/tap.sh"
image

# provoke NAME FUNCTION PATTERN
provoke() {
    guest CPUS=2 LIMIT=30 APPEND="provoke=$1" true
    like "$out" "*panic: $3*" "$1: the panic names it"
    if [ "$status" != 0 ] && [ "$status" != 124 ]; then pass "$1: status"; else fail "$1: status" "$status"; fi
    if grep -Eq "^ +[0-9a-f]{16} $2\+0x" "$T/guest.out"; then
        pass "$1: the backtrace names $2"
    else
        fail "$1: the backtrace names $2" "$out"
    fi
}
provoke read-null read_null 'bad read in the kernel: scause d, stval 0000000000000008'
provoke write-text write_text 'bad write in the kernel'
provoke overflow-stack recurse 'kernel stack overflow'
provoke lock-twice lock_twice 'spinlock low: taken twice'
provoke lock-out-of-rank lock_out_of_rank 'spinlock low (rank *): taken after high'
provoke unlock-not-held unlock_not_held 'spinlock low: released by a thread that does not hold it'
provoke block-with-lock block_with_lock 'blocking on never: with spinlock low held'
provoke mutex-with-lock mutex_with_lock 'taking mutex provoked: with spinlock low held'

# Interrupts off and in a loop: only the limit from outside ends that, and it says where the hart was.
guest CPUS=2 CPULIMIT=5 APPEND=provoke=hang true
is "$status" 124 'a hart that hangs with interrupts off is ended at the limit'
like "$out" '*pc ???????????????? hang+0x*' 'and its pc is told by symbol'
finish
