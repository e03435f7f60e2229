#!/bin/sh
# The most links that a file may have. Making them takes long, so the host writes the count into a fresh disk.
# errno-test: link EMLINK    errno-test: mkdir EMLINK    errno-test: rename EMLINK
. "$(dirname "$0")/lib/tap.sh"
image
guest 'mkdir /full /almost /there; echo text > /file; echo text > /last; mkdir /there/child'
is "$status" 0 'a disk with files'
for name in full file; do debugfs -w -R "set_inode_field /$name links_count 65000" "$IMG" 2> /dev/null; done
for name in almost last; do debugfs -w -R "set_inode_field /$name links_count 64999" "$IMG" 2> /dev/null; done
guest 'ln /file /more; echo "ln $?"; mkdir /full/sub; echo "mkdir $?"; mv /there/child /full/child; echo "mv $?"
    ls /full /there; cat /file; touch /full/a_file_has_no_dots; echo "touch $?"
    ln /last /more; echo "one more $?"; ln /last /and_more; echo "and more $?"
    mkdir /almost/sub; echo "one more $?"; mkdir /almost/sub2; echo "and more $?"; stat /last /almost | grep -c 65000'
is "$out" 'ln: /more to /file: Too many links
ln 1
mkdir: /full/sub: Too many links
mkdir 1
mv: /there/child to /full/child: Too many links
mv 1
/full:

/there:
child
text
touch 0
one more 0
ln: /and_more to /last: Too many links
and more 1
one more 0
mkdir: /almost/sub2: Too many links
and more 1
2' '65,000 links are the most; a directory has one more for each below it'
finish
