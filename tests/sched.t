#!/usr/bin/expect -f
# How long the shell waits behind four spinning processes, counted in time slices by the scheduler itself: gdb reads
# runqs[0].slices when the newline of `echo hi` comes in, and when echo has written.
source [file dirname $argv0]/lib/drupe.exp
if {[catch {exec which gdb-multiarch}]} { skip_all "gdb-multiarch is not installed" }

# Slices used up between the newline and the first byte of output.
proc slices_until_output {policy} {
    global top work
    set port [expr {20000 + [pid] % 20000}]
    boot CPUS=1 ICOUNT=3 RAM=1 APPEND=sched=$policy "QEMUEXTRA=-gdb tcp:127.0.0.1:$port"
    foreach i {1 2 3 4} { run "spin &" }
    run "sleep 2"
    type "echo hi"
    await "echo hi"
    set f [open $work/gdb w]
    # Two stops only, each hit once: QEMU 7.2 loses timers when gdb steps over a breakpoint under -icount, and a thread
    # that was stopped loses the rest of its slice. echo writes and ends in one go, so its proc_exit, which nobody else
    # calls meanwhile, is the first stop that surely comes after its first byte: the count is an upper bound.
    puts $f "set pagination off
set remotetimeout 30
target remote 127.0.0.1:$port
tbreak tty_input
shell echo ready
continue
set \$before = runqs\[0\].slices
tbreak proc_exit
continue
printf \"slices: %ld\\n\", runqs\[0\].slices - \$before
detach"
    close $f
    set gdb [open "|timeout -k 1 60 gdb-multiarch -nx -batch -x $work/gdb $top/build/[config]/kernel.elf 2>@1" r]
    set log ""
    while {[gets $gdb line] >= 0 && $line ne "ready"} { append log $line\n }
    type "\r"
    set slices -1
    while {[gets $gdb line] >= 0} {
        append log $line\n
        if {[regexp {slices: (\d+)} $line - slices]} break
    }
    catch {close $gdb}
    await "hi\n"
    await_prompt
    kill_machine
    if {$slices < 0} { note $log }
    return $slices
}

foreach {policy limit} {mlfq 2 rr 12} {
    set slices [slices_until_output $policy]
    note "$policy: $slices slices"
    ok [expr {$slices >= 0 && $slices <= $limit}] "$policy: at most $limit slices go by before echo writes" $slices
}
finish
