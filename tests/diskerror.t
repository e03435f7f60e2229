#!/bin/sh
# A disk that fails (QEMU's blkdebug): what cannot be read is EIO; data that cannot be written is told by fsync; when
# metadata or the journal cannot be written, the file system goes read-only and says so. No panic; the machine goes on
# and powers off, and e2fsck -p repairs the disk.
. "$(dirname "$0")/lib/tap.sh"
unset DISKCACHE # flushes matter here
conf=$T/blkdebug

# rule read|write|flush [SECTOR] [OPTION...]: blkdebug fails such requests
rule() {
    case $1 in read) event=read_aio ;; write) event=write_aio ;; flush) event=flush_to_disk ;; esac
    printf '[inject-error]\nevent = "%s"\niotype = "%s"\nerrno = "5"\n' "$event" "$1"
    [ -z "${2:-}" ] || printf 'sector = "%s"\n' "$2"
    shift $(($# < 2 ? $# : 2))
    for option; do printf '%s\n' "$option"; done
}
# sector_of PATH N: where the N-th block of the file begins
sector_of() { echo $(($(in_image "bmap $1 $2") * 8)); }
inode_sector() { # of the file's inode
    echo $(($(in_image "imap $1" | sed -n 's/.*located at block \([0-9]*\),.*/\1/p') * 8))
}
# repaired NAME: e2fsck -p makes the disk good, and then -fn finds nothing
repaired() {
    e2fsck -p "$IMG" > "$T/fsck.out" 2>&1
    repair=$?
    if [ $repair -lt 4 ]; then pass "$1: e2fsck -p repairs the disk"; else
        fail "$1: e2fsck -p repairs the disk" "status $repair" "$(cat "$T/fsck.out")"; fi
    fsck_clean "$1: then e2fsck -fn finds nothing"
}
lines() { printf '%s\n' "$out" | grep "$@"; }

image
guest CPUS=2 'mkdir /dir /dir/d; seq 1 100 > /dir/f; seq 1 5000 > /data; seq 1 5000 > /other; seq 1 9 > /small; sync'
is "$status" 0 'a disk with some files'
cp --sparse=always "$IMG" "$T/base.img"
fresh() { cp --sparse=always "$T/base.img" "$IMG"; }

# ---- reading
# errno-test: open EIO
# errno-test: stat EIO
# errno-test: lstat EIO
# errno-test: statfs EIO
# errno-test: chmod EIO
# errno-test: link EIO
# errno-test: rename EIO
# errno-test: unlink EIO
# errno-test: mkdir EIO
# errno-test: rmdir EIO
# errno-test: mknod EIO
# errno-test: symlink EIO
# errno-test: readlink EIO
# errno-test: truncate EIO
# errno-test: execve EIO
# errno-test: getdents EIO
# errno-test: chdir EIO
# errno-test: pread EIO
# errno-test: write EIO
# errno-test: pwrite EIO
# errno-test: ftruncate EIO
{ rule read "$(sector_of /dir 0)"; rule read "$(sector_of /small 0)"; rule read "$(sector_of /data 3)"; } > "$conf"
guest CPUS=2 BLKDEBUG="$conf" 'diskerr /dir; diskerr -f /small; wc -c < /data; head -c 12288 /data | tail -n 1
    cmp /other /other && mkdir /new && echo new > /new/f && sync && cat /new/f; true'
is "$status" 0 'the machine with blocks that cannot be read goes on, and powers off'
is "$(lines -v ' EIO$' | grep -E '^[a-z]+ (ok|E[A-Z]+)$')" "$(printf 'fsync ok\nfsync ok\nfsync ok\nclose ok')" \
    'each system call that needs such a block says EIO'
is "$(lines -c ' EIO$')" 23 'all of them'
like "$out" '*wc: *I/O error*' 'a program that reads such a file is told'
like "$out" '*vda: read failed, sector*' 'and the console, with the place'
like "$out" '*new' 'other files are read and written'
fsck_clean 'e2fsck -fn finds nothing'

# ---- data that cannot be written
# errno-test: fsync EIO
fresh
rule write "$(sector_of /small 0)" > "$conf"
guest CPUS=2 BLKDEBUG="$conf" 'diskerr -f /small; echo more > /more; sync; cat /more'
like "$out" '*write ok
pwrite ok
*fsync EIO
fsync *
close ok
more' 'when data cannot be written, fsync says EIO, and the file system goes on'
like "$out" '*vda: write failed, sector*' 'the console names the place'
repaired 'data that could not be written'

# ---- metadata that cannot be written
# errno-test: open EROFS
# errno-test: chmod EROFS
# errno-test: link EROFS
# errno-test: rename EROFS
# errno-test: unlink EROFS
# errno-test: mkdir EROFS
# errno-test: rmdir EROFS
# errno-test: mknod EROFS
# errno-test: symlink EROFS
# errno-test: truncate EROFS
read_only_check() { # NAME: what holds whenever the file system goes read-only
    like "$out" '*vda: writing metadata failed; the file system is read-only from now on*' \
        "$1: the file system goes read-only, and says so"
    is "$(lines -E '^(creat|chmod|link|rename|unlink|mkdir|rmdir|mknod|symlink|truncate) EROFS$' | wc -l)" 10 \
        "$1: each call that would change it says EROFS"
    is "$(lines -E '^(open|stat|lstat|statfs|getdents|chdir) ok$' | wc -l)" 6 "$1: what only reads works"
    is "$(lines '^fsync ' | sort -u)" 'fsync EIO' "$1: fsync does not say that it is safe"
    case $status,$out in
    124,* | *panic:*) fail "$1: no panic, and the machine powers off" "status $status" "$out" ;;
    *) pass "$1: no panic, and the machine powers off" ;;
    esac
    repaired "$1"
    guest CPUS=2 'seq 1 5000 | cmp - /other && seq 1 100 | cmp - /dir/f && echo whole'
    like "$out" '*whole' "$1: the files of before are whole"
}
provoke='mkdir /dir/sub; echo x > /dir/sub/x; sync; diskerr /dir; cmp /other /other'

fresh
rule write "$(inode_sector /dir)" > "$conf"
guest CPUS=2 BLKDEBUG="$conf" "$provoke"
read_only_check 'an inode cannot be written'

fresh
rule write "$(sector_of '<8>' 1)" > "$conf"
guest CPUS=2 BLKDEBUG="$conf" "$provoke"
read_only_check 'the journal cannot be written'

# The first flush is of the mount.
fresh
printf '[set-state]\nevent = "flush_to_disk"\nstate = "1"\nnew_state = "2"\n' > "$conf"
rule flush '' 'state = "2"' >> "$conf"
guest CPUS=2 BLKDEBUG="$conf" "$provoke"
read_only_check 'the disk does not flush'
finish
