#!/bin/sh
# A damaged disk, by hand (debugfs): never a panic and no hang, but EIO, a message, a file system that is read-only from
# then on, or a mount that is refused with a sentence; e2fsck then repairs what there is. ROUNDS=200 SEED=7: so many disks
# with bytes changed at random (default 3).
. "$(dirname "$0")/lib/tap.sh"

tree='mkdir /t /t/d /t/d/e; seq 1 20000 > /t/f; seq 1 300 > /t/g; ln /t/g /t/g2; ln -s /t/f /t/s; seq 1 9 > /t/d/e/h
    cd /t/d; seq 1000000000 1000000040 | xargs touch; sync'

# Not all of each file: one whose size was changed may be 4 TiB of holes.
look='ls -lR /t > /dev/null; head -c 4000000 /t/f /t/g /t/s > /dev/null; head -c 4000000 /t/d/e/h; stat /t/d/e'
work='mkdir /t/new; seq 1 3000 > /t/new/n; mv /t/g /t/new/m; echo more >> /t/g2; rm /t/f; rm -r /t/d; sync; df / > /dev/null'

image
guest CPUS=2 "$tree"
is "$status" 0 'a disk with some files'
cp --sparse=always "$IMG" "$T/base.img"

# goes_on NAME: the machine came to the end of its command and powered off
goes_on() {
    case $status,$(cat "$T/guest.out") in
    124,* | *panic:* | *hart*backtrace*) fail "$1: no panic, no hang" "status $status" "$(tail -n 30 "$T/guest.out")" ;;
    *"the end"*) pass "$1: no panic, no hang" ;;
    *) fail "$1: no panic, no hang" "no end of the command" "$(tail -n 30 "$T/guest.out")" ;;
    esac
}
# mends NAME: e2fsck makes it good (-y: damage by hand is more than -p decides)
mends() {
    e2fsck -fy "$IMG" > "$T/fsck.out" 2>&1
    e2fsck -fn "$IMG" > "$T/fsck2.out" 2>&1
    ok "$1: e2fsck mends it" [ $? = 0 ]
}
# debugfs_does REQUEST...: on a fresh disk
debugfs_does() {
    cp --sparse=always "$T/base.img" "$IMG"
    for request; do echo "$request"; done > "$T/requests"
    debugfs -w -f "$T/requests" "$IMG" > "$T/debugfs.out" 2>&1
    cmp -s "$T/base.img" "$IMG" && fail "$name: debugfs changes the disk" "$(cat "$T/debugfs.out")"
}
# damage NAME PATTERN REQUEST...: with these of debugfs's requests carried out, look and work give this
damage() {
    name=$1 pattern=$2
    shift 2
    debugfs_does "$@"
    guest CPUS=2 "($look; $work; ls -R /t > /dev/null; echo back) 2>&1; sync; echo the end"
    goes_on "$name"
    like "$out" "$pattern" "$name: what it says"
    mends "$name"
}
# refused NAME PATTERN REQUEST...: with these, there is no mount but a sentence
refused() {
    name=$1 pattern=$2
    shift 2
    debugfs_does "$@"
    guest CPUS=2 true
    like "$(cat "$T/guest.out")" "$pattern" "$name: the mount is refused with a sentence"
}
block() { in_image "bmap $1 $2"; }
IMG=$T/base.img
f_indirect=$(in_image 'stat /t/f' | grep -o '(IND):[0-9]*' | cut -d: -f2)
d_block=$(block /t/d 0) group0=$(in_image 'stats' | sed -n 's/.*block bitmap at \([0-9]*\).*/\1/p' | head -n 1)
table=$(in_image 'stats' | sed -n 's/.*inode table at \([0-9]*\).*/\1/p' | head -n 1)
blocks=$(in_image 'stats' | sed -n 's/^Block count: *//p')
IMG=$T/fs.img

damaged='*vda: damaged file system: *read-only from now on*Read-only file system*back*'
damage 'a pointer behind the end of the disk' "$damaged" "sif /t/f block[3] $((blocks + 5))"
damage 'a pointer to a bitmap' "$damaged" "sif /t/f block[0] $group0"
damage 'a pointer to the descriptors of the groups' "$damaged" 'sif /t/f block[0] 1'
damage 'an indirect block full of nonsense' "$damaged" "zap_block -p 0xee $f_indirect"
damage 'a pointer of indirect blocks to the superblock' "$damaged" 'sif /t/f block[IND] 0' 'sif /t/f block[DIND] 1'
damage 'two files with one block' "*damaged file system: freed twice*back*" \
    "sif /t/g block[0] $(block /t/d/e/h 0)" "sif /t/f block[1] $(block /t/d/e/h 0)"
damage 'a record of length 0 in a directory' "$damaged" "zap_block -o 4 -l 2 -p 0 $d_block"
damage 'a record that reaches behind its block' "$damaged" "zap_block -o 5 -l 1 -p 0x7f $d_block"
damage 'a directory full of ones' "$damaged" "zap_block -p 0xff $d_block"
damage 'a directory full of zeros' "$damaged" "zap_block -p 0 $d_block"
damage 'a directory with a hole' "$damaged" 'sif /t/d block[0] 0'
damage 'a directory of enormous size' "$damaged" 'sif /t/d size 0x40000000'
damage 'a directory in itself' '*back*' 'link /t/d /t/d/e/loop'
damage 'a name of an inode that is free' "$damaged" 'link <500> /t/free'
damage 'a name of an inode that cannot be' "$damaged" 'link <3> /t/three'
damage 'a name of the journal' '*back*' 'link <8> /t/journal'
damage 'a file without links' '*I/O error*back*' 'sif /t/g links_count 0'
damage 'a count of links that is too low' '*back*' 'sif /t/g links_count 1'
damage 'an inode of no kind' '*I/O error*back*' 'sif /t/g mode 0170644'
damage 'a symbolic link that is longer than a page' '*back*' 'sif /t/s size 9000'
damage 'a file of enormous size' '*back*' 'sif /t/g size 0x3ffffffffff'
damage 'a bitmap that says all is free' '*back*' "zap_block -p 0 $group0"
damage 'a bitmap that says nothing is' '*damaged file system: *bitmap*back*' "zap_block -p 0xff $group0"
damage 'an inode bitmap that says all is free' '*back*' "zap_block -p 0 $((group0 + 1))"
damage 'more free blocks than there are' '*back*' 'ssv free_blocks_count 4000000' 'ssv free_inodes_count 4000000'
damage 'no free blocks, says the superblock' '*back*' 'ssv free_blocks_count 0' 'ssv free_inodes_count 0'
damage 'a group with the bitmap of another place' '*back*' "set_bg 0 block_bitmap $table" 'set_bg 0 checksum 0'

refused 'a bitmap behind the end' '*panic: cannot mount vda*group descriptors make no sense*' 'set_bg 0 block_bitmap 4000000'
refused 'an inode table behind the end' '*panic: cannot mount vda*group descriptors make no sense*' \
    "set_bg 0 inode_table $((blocks - 1))"
refused 'more blocks than the disk has' '*panic: cannot mount vda*' "ssv blocks_count $((blocks * 4))"
refused 'no blocks in a group' '*panic: cannot mount vda*' 'ssv blocks_per_group 0'
refused 'a journal that is a directory' '*panic: cannot mount vda*journal*' 'ssv journal_inum 2'
refused 'a journal with a hole' '*panic: cannot mount vda*journal*' 'sif <8> block[5] 0'
refused 'a root directory that is a file' '*panic: cannot mount vda*root directory*' 'sif <2> mode 0100755'

# Bytes changed at random in the metadata: the first blocks, the directories, blocks of pointers.
seed=${SEED:-1}
note "SEED=$seed"
round=0
while [ $round -lt "${ROUNDS:-3}" ]; do
    round=$((round + 1))
    cp --sparse=always "$T/base.img" "$IMG"
    awk -v seed=$((seed + round)) -v last=$((table + 12)) -v extra="$d_block $f_indirect $(block /t 0) $(block /t/d/e 0)" '
        BEGIN {
            srand(seed); n = split(extra, more, " ")
            for (i = 0; i < 40; i++) {
                block = rand() < 0.4 ? more[1 + int(rand() * n)] : 2 + int(rand() * (last - 2))
                print block * 4096 + int(rand() * 4096), int(rand() * 256)
            }
        }' | while read -r offset byte; do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o "$byte")" | dd of="$IMG" bs=1 seek="$offset" conv=notrunc 2> /dev/null
    done
    guest CPUS=2 "($look; $work; ls -R /t > /dev/null; fswork -n 300 /w; echo back) 2>&1 | tail -n 20; sync; echo the end"
    # The programs of such a disk, init too, may be nonsense as well: then they end as programs do.
    name="damage at random ($((seed + round)))"
    case $status,$(cat "$T/guest.out") in
    124,*) fail "$name: no hang" "$(tail -n 30 "$T/guest.out")" ;;
    *"panic: cannot mount"* | *"panic: cannot run"* | *"panic: init has ended"*) pass "$name: the machine says why it ends" ;;
    *panic:* | *backtrace:*) fail "$name: no panic" "$(tail -n 30 "$T/guest.out")" ;;
    *) pass "$name: no panic, no hang" ;;
    esac
done
finish
