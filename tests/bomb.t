#!/usr/bin/expect -f
# A fork bomb and a memory hog, with a person at the console: ps and kill still work.
source [file join [file dirname $argv0] lib drupe.exp]

# The pid of the process of that name (the first).
proc pid_of {name table} {
    if {![regexp -line "^ *(\[0-9\]+) .* $name\$" $table - pid]} { return 0 }
    return $pid
}

# Start a job in the background and wait for what it says, which comes before the prompt or after it. The match.
proc await_job {command pattern} {
    global expect_out
    type "$command &\r"
    await -re $pattern
    set said [list $expect_out(0,string) [expr {[info exists expect_out(1,string)] ? $expect_out(1,string) : ""}]]
    type "jobs\r"
    await "Running"
    await_prompt
    return $said
}

foreach {cpus mem} {1 64M 4 128M} {
    boot CPUS=$cpus MEM=$mem
    set where "CPUS=$cpus MEM=$mem"

    # processes that stay
    set said [await_job "forkbomb -k" {forkbomb: ([0-9]+) processes, then: [^\n]*\n}]
    ok [expr {[lindex $said 1] > 100}] "$where: a fork bomb makes many processes" $said
    set table [run "ps"]
    ok [expr {[regexp -all {forkbomb\n} $table] > 100}] "$where: ps lists them" [string range $table 0 2000]
    is [run_status "kill -9 [pid_of forkbomb $table]"] 0 "$where: kill works"
    run "wait"
    run ""
    # the children see the end of their pipe
    set left 1
    for {set i 0} {$i < 50 && $left} {incr i} { set left [regexp -all {forkbomb\n} [run "ps; sleep 0.1"]] }
    is $left 0 "$where: all of them are gone"

    # a real bomb: every child forks too
    set line [run "forkbomb -x &"]
    regexp {\[[0-9]+\] ([0-9]+)} $line - bomb
    set table [run "sleep 2; ps"]
    ok [expr {[regexp -all {forkbomb\n} $table] > 50}] "$where: ps works while it explodes" [string range $table 0 2000]
    set left 1
    for {set i 0} {$i < 50 && $left} {incr i} {
        run "kill -9 -$bomb"
        set left [regexp -all {forkbomb\n} [run "sleep 0.2; ps"]]
    }
    is $left 0 "$where: killing its group ends it"
    is [run "seq 1 3 | wc -l | tr -d ' '"] "3\n" "$where: life goes on"

    # all memory: whether there is enough left to fork ps or not, the shell lives, and its own kill works
    await_job "memhog -k" {memhog: [^\n]*\n}
    set hog [lindex [regexp -all -inline {\[[0-9]+\] ([0-9]+)\n} $transcript] end]
    like [run "ps"] {memhog\n|Not enough space} "$where: ps works when all memory is taken, or says why not"
    is [run_status "kill -9 $hog"] 0 "$where: kill works"
    run "wait"
    is [run_status "memhog -u 20"] 0 "$where: the memory is free again"
    power_off $where
}
finish
