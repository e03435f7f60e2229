#!/bin/sh
# The commands: what they do, --help, and how they fail.
. "$(dirname "$0")/lib/tap.sh"

commands='ls cat echo cp mv rm ln mkdir rmdir head tail wc grep sort hexdump cmp sleep kill ps free df stat date env
true false seq yes uptime sync poweroff reboot dmesg sh'

# ---- --help of each, and of each an option that it does not know
for c in $commands; do
    case $c in
    true | false | echo | kill) ;; # POSIX: true and false have no options; kill is built into the shell
    *) m "$c --help" "/bin/$c --help" 'usage:*' ;;
    esac
done
t 'true and false' 'true; echo $?; false; echo $?' '0
1'
for c in ls cat cp mv rm ln mkdir rmdir head tail wc grep sort hexdump cmp ps free df stat date env uptime; do
    m "$c refuses an unknown option, on standard error" "/bin/$c -@ 2>&1 > /dev/null; test \$? -gt 0 && echo failed" "*failed"
done
for c in cat cp mv rm rmdir head tail wc sort hexdump stat ls; do
    args='/nothing/x'
    case $c in cp | mv) args='/nothing/x /tmp/y' ;; esac
    m "$c names the file that is not there" "$c $args 2>&1 > /dev/null; test \$? -gt 0 && echo failed" "$c: */nothing/x*o such file*failed"
done
for c in cp mv ln mkdir rmdir rm cmp grep stat sleep; do
    m "$c without operands fails" "/bin/$c < /dev/null 2>&1; test \$? -gt 0 && echo failed" '*failed'
done

# ---- each
t 'cat joins files' 'echo a > f; echo b > g; cat f g f' 'a
b
a'
t 'cat - is standard input' 'echo a > f; echo in | cat f -' 'a
in'
t 'cmp with standard input' 'echo a > f; echo a | cmp - f && echo a | cmp f - && echo same' 'same'
t 'an option may stand behind operands, but not behind --' 'seq 1 3 > f; cp f ./-n; head f -n 1; head -n 1 -- -n' '1
1'
m 'an option without its argument' 'head -n' 'head:*-n
usage:*' 2
t 'test is also called [' '[ a = a ] && echo yes; [ a = b ]; echo $?; [ a = a; echo $?' 'yes
1
[: the ] is missing
2'
m 'cat goes on behind a missing file' 'echo a > f; cat nothing f' '*nothing*
a' 1
t 'cat of a directory fails' 'cat / 2> e; echo $?; test -s e && echo said so' '1
said so'
t 'echo' 'echo a b; echo; echo -n c; echo d' 'a b

cd'
t 'cp copies' 'seq 1 1000 > f; cp f g; cmp f g && echo same' 'same'
t 'cp into a directory' 'mkdir d; echo a > f; echo b > g; cp f g d; cat d/f d/g' 'a
b'
t 'cp replaces' 'echo long line > g; echo a > f; cp f g; cat g' 'a'
t 'cp -r' 'mkdir -p d/e; echo x > d/e/f; ln -s e d/l; cp -r d c; cat c/e/f c/l/f; stat -c %F c/l' 'x
x
symbolic link'
m 'cp of a directory without -r fails' 'mkdir d; cp d e' '*d*' 1
m 'cp onto itself fails' 'echo a > f; cp f f; cat f' 'cp:*
a'
t 'cp keeps the mode' 'echo a > f; chmod 755 f; cp f g; stat -c %a g' '755'
t 'mv renames' 'echo a > f; mv f g; cat g; ls' 'a
g'
t 'mv replaces' 'echo a > f; echo b > g; mv f g; cat g; ls' 'a
g'
t 'mv into a directory' 'mkdir d; touch a b; mv a b d; ls d' 'a
b'
t 'mv of a directory' 'mkdir d; touch d/x; mv d e; ls e' 'x'
m 'mv of a directory into itself fails' 'mkdir d; mv d d/e; test $? -gt 0 && ls' '*
d'
t 'rm' 'touch a b c; rm a b; ls' 'c'
m 'rm of a directory fails' 'mkdir d; rm d; ls' 'rm:*
d'
t 'rm -r' 'mkdir -p d/e/f; touch d/1 d/e/2 d/e/f/3; rm -r d; ls' ''
t 'rm -f is silent about what is not there' 'rm -f nothing; echo $?' '0'
t 'rm -r does not follow links' 'mkdir d e; touch e/keep; ln -s ../e d/l; rm -r d; ls e' 'keep'
t 'ln' 'echo a > f; ln f g; echo b >> g; cat f; stat -c %h f' 'a
b
2'
t 'ln -s' 'echo a > f; ln -s f l; cat l; rm f; cat l 2> /dev/null; echo $?' 'a
1'
m 'ln of what is not there fails' 'ln nothing x' '*nothing*' 1
t 'ln -f replaces' 'echo a > f; echo b > g; ln -f f g; cat g' 'a'
m 'ln onto a name that exists fails' 'touch a b; ln a b' 'ln:*' 1
t 'mkdir and rmdir' 'mkdir d; ls; rmdir d; ls' 'd'
t 'mkdir -p' 'mkdir -p a/b/c; mkdir -p a/b/c; echo $?; ls a/b' '0
c'
m 'mkdir of what exists fails' 'mkdir d; mkdir d' 'mkdir:*d*xists*' 1
m 'mkdir without parents fails' 'mkdir a/b' 'mkdir:*a/b*' 1
m 'rmdir of a directory that is not empty fails' 'mkdir d; touch d/x; rmdir d' 'rmdir:*d*mpty*' 1
m 'rmdir of a file fails' 'touch f; rmdir f' 'rmdir:*f*' 1
t 'head' 'seq 1 20 | head | tail -n 1; seq 1 9 | head -n 2; seq 1 9 | head -1; seq 1 9 | head -c 3' '10
1
2
1
1
2'
t 'tail' 'seq 1 20 | tail | head -n 1; seq 1 9 | tail -n 2; seq 1 9 | tail -n +8; seq 1 9 | tail -c 2' '11
8
9
8
9
9'
t 'tail of a large file' 'seq 1 30000 > f; tail -n 2 f; tail -n +29999 f' '29999
30000
29999
30000'
t 'wc' 'printf "a b\nc\n" > f; wc -l < f | tr -d " "; wc -w < f | tr -d " "; wc -c < f | tr -d " "; wc f f | tail -n 1 | tr -s " " , | tr -d "\n" | tail -c 12' '2
3
6
4,6,12,total'
t 'grep' 'printf "one\ntwo\nthree\n" > f; grep o f; grep -v o f; grep -c e f; grep -n two f; grep -i TWO f' 'one
two
three
2
2:two
two'
t 'grep: expressions' 'printf "abc\nabbc\nac\n" > f; grep "ab*c" f | wc -l | tr -d " "; grep "^ac\$" f; grep -E "b{2}|^ac" f; grep "a.c" f' '3
ac
abbc
ac
abc'
t 'grep: statuses' 'echo a | grep -q a; echo $?; echo a | grep -q b; echo $?; grep a nothing 2> /dev/null; echo $?' '0
1
2'
t 'grep names the file when there are several' 'echo x > a; echo x > b; grep x a b; grep -l x a b; grep -h x a b' 'a:x
b:x
a
b
x
x'
t 'grep -F and -e' 'printf "a.c\nabc\n" > f; grep -F a.c f; grep -e a.c -e zzz f | wc -l | tr -d " "' 'a.c
2'
t 'sort' 'printf "b\na\nc\n" | sort; printf "10\n9\n" | sort; printf "10\n9\n" | sort -n; printf "a\nb\n" | sort -r' 'a
b
c
10
9
9
10
b
a'
t 'sort -u -k -t' 'printf "x:2\ny:1\nx:2\n" | sort -u -t : -k 2' 'y:1
x:2'
t 'sort of many lines' 'seq 1 5000 | sort -r | sort -n > f; seq 1 5000 > g; cmp f g && echo same' 'same'
t 'sort -o onto its input' 'printf "b\na\n" > f; sort -o f f; cat f' 'a
b'
t 'hexdump' 'printf "AB\n" | hexdump; printf "AB\n" | hexdump -C' '0000000 4241 000a
0000003
00000000  41 42 0a                                          |AB.|
00000003'
t 'hexdump folds repeated lines' 'head -c 64 /dev/zero | hexdump -C' '00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000040'
t 'cmp' 'echo a > f; cp f g; echo b > h; cmp f g; echo $?; cmp f h; echo $?; cmp -s f nothing 2> /dev/null; echo $?' '0
f h differ: char 1, line 1
1
2'
m 'cmp of a prefix' 'printf ab > f; printf abc > g; cmp f g' '*EOF*f*' 1
t 'sleep takes a fraction' 'sleep 0.01; echo $?' '0'
m 'sleep refuses what is no number' 'sleep soon' '*soon*' 1
t 'kill by name and number' 'sleep 99 & /kill -KILL $!; wait $!; echo $?; sleep 99 & /kill -2 $!; /kill -s TERM $!; wait $!; echo $?' '137
143'
m 'kill -l' '/kill -l' 'HUP INT QUIT*KILL*SEGV*'
m 'kill of nobody' '/kill 99999' 'kill:*99999*o such process*' 1
t 'kill -0 asks' 'sleep 99 & /kill -0 $! && echo there; /kill $!' 'there'
m 'ps' 'ps | head -n 1; ps | grep -c init' '*PID*NAME*
1'
m 'ps -p of nobody' 'ps -p 99999' '*' 1
m 'free' 'free | head -n 1; free -m | grep -c available' 'total *
1'
m 'df' 'df; df -i / | wc -l | tr -d " "' '*Avail*
*%*/*
2'
t 'stat -c' 'printf abc > f; chmod 640 f; ln f g; stat -c "%n %s %h %a %F" f; stat -c %F . /dev/null' 'f 3 2 640 regular file
directory
character special file'
m 'stat' 'stat /init' '*File: /init*Size:*Inode:*Access:*'
m 'ls -l' 'printf abc > f; chmod 751 f; ls -l f' '-rwxr-x--x* 1 root*root* 3 *f'
t 'ls' 'touch b a .c; mkdir d; ls; ls -a' 'a
b
d
.
..
.c
a
b
d'
m 'ls -l of links and devices' 'ln -s to l; ls -l l; ls -l /dev/null' 'l*l -> to
c*1, *3*/dev/null'
t 'ls of files and directories' 'mkdir d; touch d/x f; ls f d' 'f

d:
x'
t 'ls -R -F -r -S' 'mkdir d; touch d/x; printf aa > b; printf a > a; ls -F; ls -r; ls -S a b; ls -R d' 'a
b
d/
d
b
a
b
a
d:
x'
t 'date of a moment' 'date -u -d @86400 "+%Y-%m-%d %H:%M:%S"' '1970-01-02 00:00:00'
m 'date is not in 1970' 'date +%Y' '20[2-9]*'
t 'env' 'env -i A=1 B=2 env | sort; env C=3 sh -c '\''echo $C'\' 'A=1
B=2
3'
t 'env -u' 'export A=1; env -u A sh -c '\''echo "[$A]"'\' '[]'
t 'env: statuses' 'env nothing-such 2> /dev/null; echo $?; env sh -c "exit 4"; echo $?' '127
4'
t 'seq' 'seq 3; seq 2 4; seq 10 -5 0; seq -s , 1 3; seq -w 9 10' '1
2
3
2
3
4
10
5
0
1,2,3
09
10'
t 'yes' 'yes | head -n 1; yes a b | head -n 1' 'y
a b'
m 'uptime' 'uptime' '*up*'
m 'lockstat' 'lockstat' '*does not count*' 1
t 'sync' 'sync; echo $?' '0'
m 'dmesg' 'dmesg | grep -c "Drupe is booting"' '1'
t 'uniq tr cut tee' 'printf "a\na\nb\n" | uniq -c | tr -d " "; echo a:b | cut -d : -f 2; echo x | tee f; cat f' '2a
1b
b
x
x'
t 'test' 'test 1 -lt 2 && test -d / && test a = a && test ! -e /nothing && echo yes' 'yes'
t 'xargs' 'seq 1 3 | xargs echo; seq 1 3 | xargs -n 1 echo' '1 2 3
1
2
3'
t 'chmod' 'touch f; chmod 600 f; stat -c %a f; chmod u+x,go+r f; stat -c %a f' '600
744'
t 'umask and modes of new files' 'touch f; mkdir d; stat -c %a f d' '644
755'
t 'mknod' 'mknod n c 1 3; echo gone > n; cat n; stat -c %F n' 'character special file'
m 'uname' 'uname -a' '*rupe*riscv64*'
t 'basename, dirname' 'basename /a/b.c .c; dirname /a/b.c' 'b
/a'
t 'touch -c' 'touch -c nothing; ls' ''
m 'time' 'time true' '*real*user*sys*'
t 'du' 'head -c 100000 /dev/zero > f; du -k f | cut -f 1' '104'
m 'a full output is no success' 'mknod full c 1 7; echo a > full; test $? -gt 0 && echo failed' '*failed'
t 'standard output closed early' 'yes | head -n 1 > /dev/null; echo $?' '0'

run_cases CPUS=2
fsck_clean
finish
