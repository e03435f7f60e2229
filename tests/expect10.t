#!/usr/bin/expect -f
# A grader that knows only `make CPUS=1 qemu-nox`, `init: starting sh`, `$ ` and Ctrl-a x runs a command, ten times out
# of ten. On purpose it uses nothing of lib/drupe.exp but its report and a copy of the tree.
source [file join [file dirname $argv0] lib drupe.exp]

exec sh -c "cd $top && mkdir $work/tree $work/tree/tests && cp -a --sparse=always Makefile kernel.ld kernel user mkfs tools build $work/tree && cp -a tests/unit $work/tree/tests"
cd $work/tree
foreach name {MAKEFLAGS MAKELEVEL MFLAGS IMG CPUS} { unset -nocomplain env($name) }
exec make -s all >& make.out
unset -nocomplain stty_init

set good 0
for {set i 1} {$i <= 10} {incr i} {
    set step "make"
    spawn make CPUS=1 qemu-nox
    set result [catch {
        expect {
            "init: starting sh" {}
            timeout { error "no init" }
            eof { error "make ended" }
        }
        expect {
            "\\$ " {}
            timeout { error "no prompt" }
        }
        send "echo simple: o''k $i\n"
        expect {
            "simple: ok $i" {}
            timeout { error "no output" }
        }
        expect {
            "\\$ " {}
            timeout { error "no prompt after the command" }
        }
        send "\001x"
        expect {
            eof {}
            timeout { error "it does not end" }
        }
    } why]
    if {$result} {
        puts stderr [comment "run $i: $why"]
        puts stderr [comment $expect_out(buffer)]
        catch { send_signal -TERM [exp_pid] }
        catch { close }
    } else {
        incr good
    }
    wait
}
is $good 10 "ten runs out of ten"

# Through a pipe: no terminal anywhere, the lines are as the program wrote them.
exec mkfifo keys
set keys [open keys r+]
set pid [exec make CPUS=1 qemu-nox < keys > console 2>@1 &]
set machine [lindex $pid 0]
proc console_has {pattern} {
    for {set i 0} {$i < 1200} {incr i} {
        set f [open console r]
        fconfigure $f -translation binary
        set text [read $f]
        close $f
        if {[regexp -line $pattern $text]} { return 1 }
        after 100
    }
    puts stderr [comment $text]
    return 0
}
ok [console_has {^\$ $}] "the prompt comes through a pipe"
puts $keys "echo simple: o''k"
flush $keys
ok [console_has {^simple: ok$}] "a line \"simple: ok\" matches ^simple: ok\$ in what make printed"
puts $keys "poweroff"
flush $keys
for {set i 0} {$i < 1200 && ![catch {send_signal -0 $machine}]} {incr i} { after 100 }
ok [catch {send_signal -0 $machine}] "poweroff ends make"
if {[catch {send_signal -0 $machine}]} { set machine 0 }
finish
