#!/bin/bash
# strace: calls with their arguments and results, of one process and of its children, and what comes of it all when
# somebody is killed.
. "$(dirname "$0")/lib/tap.sh"

m 'strings, flags, an error' 'strace cat /nothing 2>&1 > /dev/null' '*execve("/bin/cat", [[]"cat", "/nothing"], 0x*) = 0
*open("/nothing", O_RDONLY) = -1 ENOENT (No such file or directory)
*exit(1) = [?]
+++ exited with 1 +++*' 1
t 'what is read, cut and escaped' "printf 'a\"b\\\\\\t\\0011%80s' x > f; strace -e read cat f 2>&1 > /dev/null | grep 'read(3.*87'" \
    'read(3, "a\"b\\\t\0011                                                         "..., 65536) = 87'
t 'flags of open, mode, what is not said' 'strace -e open touch new 2>&1 | grep -v exited; strace -e open tee -a o < /dev/null 2>&1 | grep -v exited' \
    'open("new", O_WRONLY|O_CREAT, 0666) = 3
open("o", O_WRONLY|O_CREAT|O_APPEND, 0666) = 3'
m 'struct stat' 'echo hello > f; strace -e stat,lstat ls -l f /dev/null 2>&1' \
    '*("f", {st_mode=S_IFREG|0644, st_size=6, ...}) = 0*("/dev/null", {st_mode=S_IFCHR|0666, st_rdev=1:3, ...}) = 0*'
m 'signals, times, wait status, pipes' 'strace -f -o o sh -c "sleep 100 & kill -9 %1; wait; true | sleep 0.01"; cat o' \
    '*kill([0-9]*, SIGKILL) = 0*WIFSIGNALED && WTERMSIG == SIGKILL*pipe([[]3, 4]) = 0*'
m 'a process that is killed' 'strace -f -o o sh -c "sleep 100 & kill -9 %1; wait"; cat o' '*+++ killed by SIGKILL +++*'
m 'a process that crashes' 'strace -o o crash null; cat o' '*execve(*) = 0
*+++ killed by SIGSEGV +++'
t 'status and output of the command' 'strace -o o sh -c "echo out; exit 3"' 'out' 3
m 'without -f only the command' 'strace -o o sh -c "ls / > /dev/null"; grep -c execve o; grep -c "+++" o' '1
1*'
m 'with -f its children and theirs' 'strace -f -o o sh -c "sh -c \"echo deep | cat\" | cat"; cut -d " " -f 1 o | sort -u | wc -l; grep -c "+++ exited with 0" o' \
    'deep
5
5*'
t 'what the children do comes under their numbers' 'strace -f -o o sh -c "ls / > /dev/null; wc -l < /dev/null"; grep "execve(./bin/[lw]" o | cut -d " " -f 2-4' \
    '0
execve("/bin/ls", ["ls", "/"],
execve("/bin/wc", ["wc", "-l"],'
t '-c counts calls and errors' 'strace -c -e stat,execve,lstat -o o ls /nothing /dev/null; tr -s " " < o > p; grep -c " 1 0 execve" p; grep -c " 4 2 stat" p; grep -c " 1 1 lstat" p; grep -c "^ 6 3 total" p' 'ls: /nothing: No such file or directory
/dev/null
1
1
1
1'
ten='true | true | true | true | true | true | true | true | true | true'
t 'a pipeline of ten commands: ten forks and execs (and that of the shell), a pipe for each two, and no failing call' \
    "strace -f -c -o o sh -c '$ten'; tr -s ' ' < o > p; grep -c ' 10 0 fork' p; grep -c ' 11 0 execve' p; grep -c ' 9 0 pipe' p; grep -c ' 0 total' p" '1
1
1
1'
t 'into a pipe or a file, one write a buffer' \
    'strace -e write -o o seq 1 2000 | wc -c; strace -e write -o p ls -l /bin/ > q; cut -d = -f 2 o; grep -c 4096 p; grep -c "" p' '8893
 4096
 4096
 701
+++ exited with 0 +++
1
3'
t 'to a terminal, one write a line' 'printf "1\n2\n" > f; strace -e write -o o sort -r f > /dev/console; cut -d = -f 1 o' '2
1
write(1, "2\n", 2) 
write(1, "1\n", 2) 
+++ exited with 0 +++'
t 'unknown calls are refused' 'strace -e open,opne true' 'strace: -e opne: there is no such call' 1
t 'a command that is not there' 'strace nothing' 'strace: nothing: No such file or directory' 127
t 'one at a time' 'strace -o o strace true' 'strace: somebody else is tracing' 1
t 'no call is lost, however slow the reader: the process waits' \
    'strace -e open manyfiles 800 d 2>&1 | sh -c "sleep 0.5; grep -c O_CREAT"' '800'
t 'a strace that is killed: the process goes on' \
    'strace -o o -f sh -c "ps | grep strace | cut -c 1-5 | xargs kill -9; ls /dev/null; echo goes on" | cat' '/dev/null
goes on'
t 'also one that waits for room, and the next strace works' \
    'strace manyfiles 800 d 2>&1 | sleep 0.5; strace -e exit true 2>&1' 'exit(0) = ?
+++ exited with 0 +++'
m 'bad pointers' 'strace -f -o o badptr; grep -c "EFAULT (Bad address)" o' '*[1-9][0-9]*' -
t 'races among many processes end well under strace' 'strace -f -o o usertests -j 2 pipe/a_kill_races* 2>&1 | tail -n 1' 'ALL TESTS PASSED'

for cpus in ${CPUS_LIST:-1 2 4}; do
    rm -rf "$T/cases.guest" "$IMG"
    echo "# CPUS=$cpus"
    run_cases CPUS=$cpus
    fsck_clean
done
finish
