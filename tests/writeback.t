#!/usr/bin/expect -f
# Dirty data reaches the disk by itself, within a second of quiet; sync and fsync bring it there at once.
source [file join [file dirname $argv0] lib drupe.exp]

boot CPUS=2
is [run "echo on its w''ay > /quiet"] "" "a file is written"
# A second of the machine's time; the limit here is only against a loaded host.
set tries 0
while {[set saw [debugfs "cat /quiet"]] ne "on its way\n" && [incr tries] < 200} { after 100 }
is $saw "on its way\n" "it is on the disk soon, without sync"
note "seen after [expr {$tries / 10.0}] s"

run "mkdir /d; seq 1 20000 > /d/numbers; sync"
is [debugfs "cat /d/numbers"] [exec -keepnewline seq 1 20000] "after sync a large file is on the disk at once"
run "rm -r /d /quiet; sync"
like [debugfs "stat /quiet"] "not found" "after sync a removed file is gone from the disk"

# the machine dies: nothing that was synced is lost
run "echo kept > /kept; sync"
kill_machine
lassign [host e2fsck -p $image] status output
ok [expr {$status <= 1}] "e2fsck -p repairs the disk of a killed machine" "status $status" $output
boot
is [run "cat /kept"] "kept\n" "what was synced is there"
kill_machine
boot
like $transcript "was not shut down cleanly" "tools/qemu repairs it by itself, and says so"
is [run "cat /kept"] "kept\n" "and it is still there"
power_off
finish
