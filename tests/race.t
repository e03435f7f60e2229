#!/bin/bash
# CONFIG=race: a data race in the kernel is a panic that tells both accesses; the kernel as it is has none.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
export CONFIG=race
config=race
ok 'CONFIG=race builds' make -s all

# stack HEADING NAME: the functions of the stack whose heading begins like that, from the one named on, in a line
stack() {
    awk -v heading="$1" -v name="$2" '
        /, hart [0-9]*, thread .*:$/ { on = index($0, heading) == 1; found = 0; next }
        on && / / { sub(/\+.*/, "", $2); found = found || $2 == name; if (found) printf "%s ", $2 }' "$T/guest.out"
}
# provoke NAME PANIC then twice: HEADING FUNCTION ITS-CALLERS
provoke() {
    guest CPUS=2 APPEND="provoke=$1" true
    like "$out" "*panic: data race at $2*" "$1: the panic names the place"
    like "$(stack "$3" "$4")" "$4 $5*" "$1: the stack of one access"
    like "$(stack "$6" "$7")" "$7 $8*" "$1: the stack of the other"
    like "$(grep -o 'hart [01], thread [a-z]*' "$T/guest.out" | sort)" 'hart [01], thread *hart [01], thread *' \
        "$1: the hart and thread of both"
}
provoke race-counter 'counter+0x0: *' \
    '' count_up 'at_once race_counter debug_provoke' '' count_down other_main
provoke race-flag 'flag+0x0: *atomic write in raise_flag*' \
    'read of 4 bytes' look_at_flag 'at_once race_flag' 'atomic write of 4 bytes' raise_flag other_main
provoke race-copy 'pair+0x28: *' \
    'read of ' copy_pair 'at_once race_copy' 'write of 8 bytes' write_pair other_main

# Only a writer without a check may stay unknown. One that loops, as above, must be met, even if the first of its
# writes fell between its check and the watch.
guest CPUS=2 APPEND=provoke=race-unseen true
like "$out" '*panic: data race at counter+0x0: read in look_at_counter+*, write of unknown origin*it changed from *' \
    'race-unseen: a write by assembly is told, with what it changed'
like "$(stack 'read of 8 bytes' look_at_counter)" 'look_at_counter at_once race_unseen debug_provoke*' \
    'race-unseen: the stack of the access that waited'

guest CPUS=2 APPEND=provoke=race-none true
like "$out" '*panic: boot argument provoke=race-none: *did no harm*' 'a lock, atomics and racy() are no races'

guest CPUS=2 LIMIT=600 'usertests -q > /log; s=$?; grep -v ": OK" /log; exit $s'
like "$status$out" '0*ALL TESTS PASSED' 'usertests -q meets no race'
finish
