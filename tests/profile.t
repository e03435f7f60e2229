#!/bin/bash
# tools/profile counts every instruction, by function and by stack: its sum is what the machine's own clock says.
. "$(dirname "$0")/lib/tap.sh"
make -s build/host/profile.so > "$T/made" 2>&1 || skip_all "no plugin: $(tail -n 1 "$T/made")"

ok 'a profile of bench null' tools/profile -o "$T/null" CONFIG="$config" 'bench null'
each=$(sed -n 's/^bench null \([0-9]*\) .*/\1/p' "$T/ok.out")
total=$(awk '{ n += $2 } END { printf "%d", n }' "$T/null.stacks")
# 100,000 calls, each with two instructions of the loop, and a few of the clock's interrupts
is "$((total / 100000))" "$((each + 2))" 'an instruction for each that the clock shows'
is "$(grep -c '^trap_entry;trap_user;syscall;.*sys_getpid ' "$T/null.stacks")" 1 'sys_getpid was called by syscall, and so on'
like "$(tail -n 20 "$T/null.svg")" '*sys_getpid*</svg>' 'the flame graph shows it'

# Two threads whose stacks interleave: none is below another's.
ok 'a profile of a pipe between two processes' tools/profile -o "$T/pipe" CONFIG="$config" 'bench pipe1'
is "$(grep -c 'pipe_read.*pipe_write\|pipe_write.*pipe_read' "$T/pipe.stacks")" 0 'reader and writer keep stacks of their own'
ok 'of a command, with functions of the program' tools/profile -o "$T/ls" CONFIG="$config" PROGRAM=ls 'ls /'
is "$(grep -c '^user;main ' "$T/ls.stacks")" 1 'main of ls is there'
finish
