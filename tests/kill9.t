#!/usr/bin/expect -f
# The power goes at random moments of file work: e2fsck -p repairs the disk, the next boot reaches the prompt, what was
# synced is there, and what is there is right. KILLS=100 is the long run; SEED=n another course of events.
source [file join [file dirname $argv0] lib drupe.exp]

set kills [expr {[info exists env(KILLS)] ? $env(KILLS) : 8}]
set seed [expr {[info exists env(SEED)] ? $env(SEED) : int(rand() * 1000000)}]
note "KILLS=$kills SEED=$seed"
expr {srand($seed)}

new_image $image -s 48
for {set i 1} {$i <= $kills} {incr i} {
    set cpus [lindex {1 2 4} [expr {$i % 3}]]
    set work_seed [expr {int(rand() * 1000000)}]
    set moment [expr {int(rand() * rand() * 3000)}]
    set name "kill $i (CPUS=$cpus, fswork -s $work_seed, after $moment ms)"

    boot CPUS=$cpus
    if {$i > 1} {
        set status [run_status "cmp /seq /synced && fswork -c -z /w"]
        if {![is $status 0 "kill [expr {$i - 1}]: what was synced is there, and no file holds what was not written"]} {
            puts stderr [comment $output]
        }
    }
    run "mkdir -p /w; rm -f /synced; seq $i 20000 > /seq; cp /seq /synced; sync"
    type "fswork -s $work_seed -e 10 /w\r"
    await "step 10\n"
    # Let it go on for that long, and read on so that it does not wait for us.
    set end [expr {[clock milliseconds] + $moment}]
    while {[set left [expr {$end - [clock milliseconds]}]] > 0} {
        expect -timeout [expr {$left / 1000 + 1}] {
            -re {step [0-9]+\n} {}
            eof { hang "the next step" }
            -re {fswork: [^\n]*\n|panic: [^\n]*\n} { hang "the next step" }
        }
    }
    kill_machine

    lassign [host e2fsck -p $image] status output
    if {![ok [expr {$status < 4}] "$name: e2fsck -p repairs it" "status $status" $output]} {
        host e2fsck -y $image
    }
    lassign [host e2fsck -fn $image] status output
    ok [expr {$status == 0}] "$name: and nothing is left to repair" "status $status" $output
}
boot
set status [run_status "cmp /seq /synced && fswork -c -z /w"]
if {![is $status 0 "the last: what was synced is there, and no file holds what was not written"]} { puts stderr [comment $output] }
power_off
finish
