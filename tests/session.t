#!/usr/bin/expect -f
# A person at the shell: editing, completion, history, jobs, keys; then power off, and everything is there next time.
source [file join [file dirname $argv0] lib drupe.exp]

set left "\033\[D"
set right "\033\[C"
set up "\033\[A"
set down "\033\[B"

# Type keys and Enter; a line that matches pattern must come before the next prompt.
proc typed {keys pattern name} {
    global expect_out
    type "$keys\r"
    set line [expect_line $pattern]
    await_prompt
    ok 1 $name
}

boot

# ---- plain typing: nothing is redrawn, there are no carriage returns
set before [string length $transcript]
is [run "echo hello, world"] "hello, world\n" "a command runs, and its output stands between echo and prompt"
is [run "echo one; echo two"] "one\ntwo\n" "two commands in a line"
is [run ""] "" "an empty line only brings the prompt again"
is [run_status "false"] 1 "\$? tells the status"
set session [string range $transcript $before end]
ok [expr {[string first "\r" $session] < 0}] "the console sends no carriage return" [list $session]
ok [expr {[string first "\033" $session] < 0}] "plain typing makes no escape sequence" [list $session]

# ---- the keys that edit
typed "echo acd${left}${left}b" "abcd" "arrow left, insert in the middle"
typed "echo 12x45\033\[D\033\[D\177\033\[C" "1245" "backspace in the middle"
typed "cho start\001\001e" "start" "^A goes to the start" ;# QEMU takes a ^A for itself; two are one
typed "ech${left}${left}${left}\005o end" "end" "^E goes to the end"
typed "garbage\025echo clean" "clean" "^U empties the line"
typed "echo keep lost\027kept" "keep kept" "^W takes back a word"
typed "echo front back${left}${left}${left}${left}${left}\013" "front" "^K cuts the rest of the line"
typed "echo xy\b\bz" "z" "^H erases too"
typed "echo one three\033\[1;5Dtwo \033\[1;3D\033\[1;3C\033\[1;3C four" "one two three four" "with Ctrl or Alt, arrows go over words"
run "echo h''istory"
typed "$up" "history" "arrow up brings the last line"
typed "echo n''ewer\r$up$up" "history" "arrow up twice brings the one before"
typed "$up$up${down}" "history" "arrow down goes back down"

# ---- completion
run "echo completed > /a-long-name-for-a-file"
typed "cat /a-lo\t" "completed" "tab completes the name of a file"
typed "hexd\t--help" "usage: hexdump.*" "tab completes the name of a command"
run "mkdir -p /folder/inner"
typed "cd /fol\tin\t\recho at there\rpwd" "/folder/inner" "tab completes through directories"
run "cd /"

# ---- lines end in CR or LF; what is typed ahead waits
type "echo c''r\r"
expect_line cr
await_prompt
type "echo l''f\n"
expect_line lf
await_prompt
ok 1 "CR and LF both end a line"
type "sleep 1; echo f''irst\recho s''econd\recho t''hird\r"
expect_line first
expect_line second
expect_line third
await_prompt
ok 1 "what is typed ahead is not lost"
type "tr a-z A-Z\rfor tr\r\004"
expect_line "FOR TR"
await_prompt
ok 1 "a program reads what was typed ahead for it, ^D is its end of file"

# ---- jobs and signals
type "yes\r"
await "y\ny\ny\n"
type "\003"
await_prompt
is [run "echo alive"] "alive\n" "^C ends yes, the shell survives"
is [run_status "true"] 0 "\$? is fresh after it"
type "echo not th\003"
await_prompt
is [run "echo this"] "this\n" "^C gives up the line that is being typed"
type "(echo u''p; sleep 100) | cat\r"
expect_line up
type "\003"
await_prompt
ok 1 "^C ends all of a pipeline"

like [run "sleep 1000 &"] {^\[1\] [0-9]+\n$} "a background job is told by number"
like [run "jobs"] {\[1\].*Running.*sleep 1000} "jobs lists it"
set blocked {S [^\n]* sleep\n} ;# the prompt may come before it has become sleep, and blocks
for {set i 0} {$i < 1000 && ![regexp $blocked [set table [run "ps"]]]} {incr i} {}
like $table $blocked "ps shows it, blocked"
like $table {R [^\n]* ps\n} "ps shows itself, running"
run "kill %1"
like [run "wait; jobs; ps"] {NAME} "kill ends it"
ok [expr {![regexp {sleep\n} [run "ps"]]}] "and it is gone"
run "sleep 1000 &"
type "\003"
await_prompt
like [run "jobs"] {sleep 1000} "^C at the prompt leaves background jobs alone"
run "kill -9 %1"

set seen [run "sh -c 'exit 3' &"] ;# it may have ended before the next prompt already
# The prompt after its end tells.
for {set i 0} {$i < 1000 && ![string match "*sh -c*" $seen]} {incr i} { append seen [run "true"] }
like $seen {\[[0-9]\] Failed sh -c 'exit 3'\n} "the prompt tells that a background job has failed"

# ---- ^T at the prompt, and while a program runs
type "\024"
await -re {init[^\n]*\n(.*\n)*[^\n]*sh[^\n]*\n}
ok 1 "^T prints the process table"
type "\r"
await_prompt
type "sh -c 'echo u\"\"p; sleep 1000; true'\r"
expect_line up
set seen 0
for {set i 0} {$i < 100 && !$seen} {incr i} { # it takes the shell a moment to start sleep
    type "\024"
    expect -timeout 1 -re {blocked [^\n]* sleep\n} { set seen 1 }
}
type "\003"
await_prompt
ok $seen "^T works while a program runs"

# ---- ^D
type "\004"
await "init: starting sh\n"
await_prompt
ok 1 "^D ends the shell, and init starts another"
type "exit 3\r"
await "init: starting sh\n"
await_prompt
is [run "cd /dev; pwd"] "/dev\n" "so does exit"
run "cd /"

# ---- a pipeline to a file, and the next day
run "ls / | sort -r | head -n 5 > /list"
set list [run "cat /list"]
is [llength $list] 5 "a pipeline writes to a file"
run "mkdir /d; cp /list /d/copy; ln /list /d/link; ln -s ../list /d/symlink"
power_off
is [debugfs "cat /list"] $list "debugfs on the host prints the file"

boot CPUS=1
is [run "cat /list"] $list "after the next boot the file is there"
is [run "cat /d/copy /d/link /d/symlink"] "$list$list$list" "and copies and links of it"
power_off "second power off"
finish
