#!/bin/sh
# Files on the disk: holes, sizes to the format's limit, names, links, rename, unlink of open files, full disks, large
# directories; after each machine e2fsck finds nothing.
. "$(dirname "$0")/lib/tap.sh"

long=$(printf '%0255d' 0 | tr 0 n)
deep=$(i=0; while [ $i -lt 60 ]; do printf 'dir%d/' $i; i=$((i + 1)); done)

# ---- sizes
t 'a hole reads as zeros and takes no blocks' 'sparse f 0 1M' 'f: size 1048597, blocks 24'
t 'a sparse file of 1 GiB' 'sparse -t 1G f 0 12M 500M; stat -c %s f; rm f; echo $?' 'f: size 1073741824, blocks 48
1073741824
0'
t 'double and triple indirect blocks' 'sparse f 4k 1M 100M 5G 900G; sparse -c f 4k 1M 100M 5G 900G; rm f' 'f: size 966367641621, blocks 104
f: size 966367641621, blocks 104'
m 'beyond the format: File too large' 'sparse f 20T; test $? -gt 0 && ls' '*too large*'
t 'shorter and longer again: zeros behind' 'sparse f 100; sparse -t 50 f; sparse -t 200 f; tail -c +51 f | tr -d "\000" | wc -c | tr -d " "' 'f: size 121, blocks 8
f: size 50, blocks 8
f: size 200, blocks 8
0'
t 'a large file goes back as a whole' 'seq 9 > a; cp a b; cp a c; cp a d; sync; df -i / > a; df / > b; head -c 30000000 /dev/zero > f; rm f; sync; df -i / > c; df / > d; cmp a c; cmp b d; echo $?' '0'
t 'append' 'echo a > f; (echo b; echo c) >> f; cat f' 'a
b
c'
t 'many small writes' 'yes 0123456789 | head -n 50000 > f; wc -c f; uniq f' '550000 f
0123456789'

# ---- names
t 'a name of 255 bytes' "touch $long; ls | wc -c | tr -d ' '; rm $long; ls" '256'
m 'a name of 256 bytes' "touch x$long" '*too long*' 1
t 'a deep path' "mkdir -p $deep; echo x > ${deep}f; cat ${deep}f; rm -r dir0; ls" 'x'
m 'a path that is too long' "x=0123456789/0123456789/0123456789/0123456789/0123456789/; x=\$x\$x\$x\$x\$x; x=\$x\$x\$x\$x; cat \$x\$x\$x\$x\$x" '*too long*' 1
m 'a file is no directory' 'touch f; cat f/x' '*ot a directory*' 1
t 'dots' 'mkdir d; echo x > d/f; cat d/../d/./f d//f ././d/f; cd /..; pwd' 'x
x
x
/'
m 'a trailing slash wants a directory' 'touch f; cat f/; mkdir d; ls d/; echo end' '*ot a directory*end'

# ---- links
m 'a loop of symbolic links' 'ln -s b a; ln -s a b; cat a' '*any*links*' 1
t 'symbolic links, relative and absolute, to directories, long' "mkdir d; echo x > d/f; ln -s d l; ln -s /init i; cat l/f; cmp i /init; ln -s $long s; stat -c %s s" 'x
255'
t 'a hard link is the same file' 'echo a > f; ln f g; stat -c %i f > 1; stat -c %i g > 2; cmp 1 2; rm f; cat g; stat -c %h g' 'a
1'
m 'no hard link to a directory' 'mkdir d; ln d e' 'ln:*' 1

# ---- rename and unlink
t 'rename replaces atomically, counts stay right' 'echo a > f; echo b > g; mv f g; stat -c %h g; mkdir d e; mv d e; stat -c %h e .' '1
3
3'
t 'rename moves a directory, .. with it' 'mkdir -p a/b c; mv a/b c; cd c/b; cd ..; pwd | tail -c 3; stat -c %h ../a ../c' '/c
2
3'
m 'no rename of a directory into itself' 'mkdir -p a/b; mv a a/b/c' 'mv:*' 1
t 'a removed open file lives until it is closed' 'echo still > f; (rm f; ls; cat) < f; ls' 'still'
t 'a removed open file can grow' '(rm f; head -c 100000 /dev/zero; echo x >&2) > f; ls' 'x'
m 'a directory that is in use' 'mkdir d; cd d; rmdir ../d; pwd; ls; touch x' '*' -
t 'after that' 'echo fine' 'fine'
t 'device nodes' 'mknod z c 1 5; head -c 3 z | hexdump; rm z; head -c 5 /dev/random | wc -c | tr -d " "; echo x > /dev/null; cat /dev/null' '0000000 0000 0000
0000003
5'
run_cases CPUS=2
fsck_clean 'after small cases: e2fsck -fn finds nothing'

# ---- 10,000 files in one directory
guest CPUS=2 'manyfiles 10000 /many; echo $?; manyfiles -k 300 /few; ls /few | wc -l | tr -d " "'
like "$out" '*
0*
300' '10,000 files in one directory'
fsck_clean 'after many files: e2fsck -fn finds nothing'

# ---- a disk full to the last block, then to the last inode; and again
image -s 16 -i 256
guest CPUS=2 'fill -d /f; fill -d /f; echo hi > /small && cat /small; fill /f; echo x > /g; rm /g /f; fill -d /f'
bytes=$(echo "$out" | sed -n 's/^fill: \([0-9]*\) bytes.*o space.*/\1/p')
is "$(echo "$bytes" | wc -l)" 4 'the disk fills up, and says: no space'
# the third fill found a file of one block
is "$(echo "$bytes" | sed -n 2p)" "$(echo "$bytes" | sed -n 1p)" 'as much fits after it was emptied'
like "$out" '*
hi
*' 'an emptied disk takes files'
[ "$failures" = 0 ] || note "$out" >&2
free=$(debugfs -R stats "$IMG" 2> /dev/null | sed -n 's/^Free blocks: *//p')
is "$status" 0 'a full disk stops nothing'
fsck_clean 'after full disks: e2fsck -fn finds nothing'
guest 'fill /f'
is "$(debugfs -R stats "$IMG" 2> /dev/null | sed -n 's/^Free blocks: *//p')" 0 "the last block of $free is used"
fsck_clean 'a disk that is full to the last block is sound'
guest 'rm /f; fill -i -d /d; fill -i -d /d; fill -i /d; echo x > /no; rm -r /d; echo y > /yes; cat /yes'
counts=$(echo "$out" | sed -n 's/^fill: \([0-9]*\) files.*o space.*/\1/p')
is "$(echo "$counts" | sort -u | wc -l):$(echo "$counts" | wc -l)" 1:3 'inodes run out after the same number of files, each time'
[ "$(echo "$counts" | sort -u | wc -l)" = 1 ] || note "$out" >&2
like "$out" '*
y' 'inodes come back'
fsck_clean 'after full inodes: e2fsck -fn finds nothing'

# ---- random work, checked
image -s 48
for cpus in 1 4; do
    guest CPUS=$cpus 'fswork -s 3 -n 3000 -e 1000 /w && fswork -c /w && rm -r /w'
    is "$status" 0 "CPUS=$cpus: 3,000 random steps of file work"
    [ "$status" = 0 ] || note "$out" >&2
    fsck_clean "CPUS=$cpus: after them e2fsck -fn finds nothing"
done
finish
