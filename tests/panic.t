#!/bin/bash
# A panic says why, where and who, with names; a machine that hangs ends at a limit with each hart's pc by symbol.
. "$(dirname "$0")/lib/tap.sh"
image

# tools/qemu itself, as tools/run has its own init
APPEND='panic=poweroff init=/true' timeout -s KILL "$LIMIT" tools/qemu -no-reboot < /dev/null > "$T/said" 2>&1
status=$?
tr -d '\r' < "$T/said" | sed -n '/^panic:/,$p' > "$T/panic"
said=$(cat "$T/panic")
if [ $status != 0 ] && [ $status != 137 ]; then
    pass 'a panic ends QEMU with a failing status under panic=poweroff'
else
    fail 'a panic ends QEMU with a failing status under panic=poweroff' "status $status" "$(tail -n 20 "$T/said")"
fi
like "$said" 'panic: init has ended*' 'it says why'
like "$said" '*process true?1?*hart [0-9]*' 'it says on which hart and in which process'
if grep -Eq '^ +[0-9a-f]{16} proc_exit\+0x[0-9a-f]+$' "$T/panic"; then
    pass 'the backtrace has names and offsets'
else
    fail 'the backtrace has names and offsets' "$said"
fi
if [ "$(grep -Ec '^ +[0-9a-f]{16} [a-z_0-9]+\+0x' "$T/panic")" -ge 3 ]; then
    pass 'and goes up to the system call'
else
    fail 'and goes up to the system call' "$said"
fi

guest LIMIT=8 CPUS=2 'spin'
is "$status" 124 'a machine that does not end is ended at LIMIT, with status 124'
if [ "$(grep -Ec '^hart [01]: pc [0-9a-f]+ ([a-z_0-9]+\+0x[0-9a-f]+|\(user\))' "$T/guest.out")" = 2 ]; then
    pass "each hart's pc is told by symbol"
else
    fail "each hart's pc is told by symbol" "$(tail -n 8 "$T/guest.out")"
fi

# A call that never returns may be the last instruction of its function: then ra is the next one's first address.
set -- $("${TOOLPREFIX:-riscv64-unknown-elf-}nm" -n "build/$config/kernel.elf" |
    awk '$2 ~ /^[tT]$/ && $3 ~ /^[a-z]/ { if ($3 == "sys_open") { print before, $1; exit } before = $3 }')
said=$(printf 'CPU#0\n pc %s\n satp 8000000000080fff\n x0/zero 0 x1/ra %s\n' "$2" "$2" | tools/hart-pcs "build/$config/kernel.elf")
like "$said" "hart 0: pc $2 sys_open+0x0, from $2 $1+0x*" 'a return address is told by the function with the call'

# without panic=poweroff it stays, for somebody to look at it
APPEND='init=/true' tools/qemu -no-reboot < /dev/null > "$T/said" 2>&1 &
machine=$!
ok 'without panic=poweroff it says: halted' wait_for "$T/said" '^halted'
ok 'and stays' kill -0 $machine
kill -KILL $machine
wait $machine 2> /dev/null
machine=

# init cannot be killed, and takes no harm
guest 'kill -9 1; kill -15 1; /kill -KILL 1; sleep 0.1; echo still here'
like "$out" '*still here' 'signals do not end init'
finish
