#!/usr/bin/expect -f
# Power off and restart from the shell; what was written is there afterwards.
source [file join [file dirname $argv0] lib drupe.exp]

boot CPUS=2
like $transcript "Drupe is booting" "the boot log names the system"
is [regexp -all {init: starting sh} $transcript] 1 "init: starting sh stands there once"
run "echo before > /before"
type "reboot\r"
set before [string length $transcript]
await "Drupe is booting"
is [regexp -all {starting sh|\$ } [string range $transcript $before end]] 0 "reboot: no shell is started again while the machine ends"
await "init: starting sh\n"
await_prompt
ok 1 "reboot starts the machine anew"
is [run "cat /before"] "before\n" "what was written before is there after"
run "echo last > /last"
power_off
is [debugfs "cat /last"] "last\n" "the host reads what was written last"

boot CPUS=4
is [run "cat /before /last"] "before\nlast\n" "and so does the next boot"
run "yes > /dev/null & yes | cat > /dev/null & sleep 100 &"
set before [string length $transcript]
type "sh -c 'rm /gone; seq 100000 >&3; poweroff 7' 3> /gone\r"
is [await_end] 7 "poweroff 7 makes QEMU end with 7, also while it has a file open that has no name any more"
is [regexp -all {starting sh} [string range $transcript $before end]] 0 "poweroff: no shell is started again"
fsck_clean
finish
