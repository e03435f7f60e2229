#!/bin/sh
# Failures on purpose: the N-th page allocation, slab allocation or block request fails, for N = 1, 2, ... through single
# system calls (failwalk in the machine) and through whole boots (fail_page= and such). Every step gives an errno or a
# message; nothing panics, hangs or leaks; the disk is whole, or e2fsck -p makes it so.
# FAULT_LONG=1: every step of every walk, and STORMS=n machines under random failures (an hour).
. "$(dirname "$0")/lib/tap.sh"
long=${FAULT_LONG:-}
[ "$config" != release ] || skip_all "a release build has no failures on purpose"

# walk NAME [OPTION...]: run failwalk with these words on a fresh disk; each of its walks is a test
walk() {
    walk_name=$1
    shift
    image
    guest CPUS="${CPUS_WANTED:-2}" LIMIT="${DRUPE_TIMEOUT:-300}" "failwalk ${long:+-e }$*"
    printf '%s\n' "$out" > "$T/walks"
    walks=$(grep -c '^walk ' "$T/walks")
    wrong=$(grep -v -e '^walk .*: ok' -e '(no memory)' -e 'Bus error' -e '^ALL WALKS PASSED' "$T/walks")
    case $status,$out in
    0,*"ALL WALKS PASSED") pass "$walk_name ($walks walks, $(sum_of_steps) steps)" ;;
    *) fail "$walk_name" "status $status, and these lines:" "${wrong:-$(tail -n 5 "$T/walks")}" ;;
    esac
    fsck_clean "$walk_name: e2fsck -fn finds nothing"
}
sum_of_steps() { sed -n 's/^walk .*: ok, \([0-9]*\) steps$/\1/p' "$T/walks" | awk '{ n += $1 } END { print n }'; }

walk 'no system call breaks when the N-th page or slab allocation fails'
cold='create read write-deep truncate rename-dir mkdir unlink symlink-long readdir fsync'
# shellcheck disable=SC2086
walk 'the same with nothing in the page cache' -c $([ -n "$long" ] || echo $cold)
walk 'all allocations from the N-th on fail' -a
walk 'the N-th block that is read cannot be read' -c -k blk \
    $([ -n "$long" ] || echo exec create read write-deep truncate rename-away mkdir readdir getcwd)
walk 'what a failed call leaves is no case for e2fsck' -s -c create-many write-deep truncate rename-dir mkdir
if [ -n "$long" ]; then
    CPUS_WANTED=1 walk 'on one hart'
    CPUS_WANTED=4 walk 'on four harts'
    CPUS_WANTED=4 walk 'on four harts, cold' -c
fi

# Who frees what has no name any more can tell nobody: the file system goes read-only.
image
guest CPUS=2 'failwalk -c -k blk unlink'
like "$out" '*cannot free the space of inode*read-only from now on*Read-only file system*' \
    'a file that cannot be freed makes the file system read-only, with a line that says so'
e2fsck -p "$IMG" > "$T/fsck.out" 2>&1
ok 'e2fsck -p repairs that' [ $? -lt 4 ]
fsck_clean 'e2fsck -fn then finds nothing'

# ---- boots

script='mkdir d; echo hi > d/f; sync; mv d/f d/g; sync; cat d/g; rm -r d; sync; echo end'
image
cp --sparse=always "$IMG" "$T/base.img"

# boots KIND N...: boot with fail_KIND=N for each N, until one is so large that nothing fails
boots() {
    kind=$1
    shift
    bad= steps=0
    for nth; do
        cp --sparse=always "$T/base.img" "$IMG"
        guest CPUS=2 VERBOSE=1 APPEND="fail_$kind=$nth" "$script"
        e2fsck -p "$IMG" > "$T/fsck.out" 2>&1
        repaired=$?
        e2fsck -fn "$IMG" >> "$T/fsck.out" 2>&1
        whole=$?
        fired=$(grep -c '^fail: ' "$T/guest.out")
        case $status,$(cat "$T/guest.out") in
        124,* | *panic:*) bad="$bad
fail_$kind=$nth: status $status
$(tail -n 20 "$T/guest.out")" ;;
        esac
        [ $repaired -lt 4 ] && [ $whole = 0 ] || bad="$bad
fail_$kind=$nth: e2fsck -p gave $repaired, e2fsck -fn $whole
$(cat "$T/fsck.out")"
        [ "$fired" -gt 0 ] || break
        steps=$((steps + 1))
    done
    if [ -z "$bad" ]; then
        pass "boots with fail_$kind=N ($steps of them, the last with N = $nth): no panic, no hang, e2fsck -p repairs"
    else
        fail "boots with fail_$kind=N: no panic, no hang, e2fsck -p repairs" "$bad"
    fi
}
if [ -n "$long" ]; then
    # shellcheck disable=SC2046
    { boots page $(seq 1 1000); boots slab $(seq 1 1000); boots blk $(seq 1 200); }
else
    boots page 1 40 90 150
    boots slab 1 30 70
    boots blk 2 14 16 18 22
fi

# Writing fails at random, mostly the journal's: what e2fsck -p then makes of the disk holds no byte that was not written.
round=0
rounds=2
[ -z "$long" ] || rounds=${STORMS:-12}
while [ $round -lt $rounds ]; do
    round=$((round + 1))
    what="writes fail at random ($round)"
    image
    # All programs are in memory first.
    guest CPUS=$((1 << round % 3)) APPEND="seed=$round" "mkdir /w; sync; cat /bin/* > /dev/null
        echo blk 1/$((40 + round % 2 * 160)) all > /dev/fail
        fswork -s $round -n 600 /w & stress -t 3 -s $round; wait; sync
        echo off > /dev/fail; fswork -c -z /w; echo the end"
    case $status,$out in
    124,* | *panic:*) fail "$what: no panic, no hang" "status $status" "$(tail -n 30 "$T/guest.out")" ;;
    *', 0 files wrong'*'the end'*) pass "$what: no panic, no hang, and in memory no file is wrong" ;;
    *) fail "$what: no panic, no hang, and in memory no file is wrong" "$out" ;;
    esac
    e2fsck -p "$IMG" > "$T/fsck.out" 2>&1
    ok "$what: e2fsck -p repairs the disk" [ $? -lt 4 ]
    fsck_clean "$what: then e2fsck -fn finds nothing"
    guest CPUS=2 'fswork -c -z /w'
    like "$status $out" '0 *, 0 files wrong*' "$what: no file holds what was not written"
done

# Whole programs meet failures at random. They may say what they like; the kernel goes on, and the disk is whole.
storm=0
while [ -n "$long" ] && [ $storm -lt "${STORMS:-12}" ]; do
    storm=$((storm + 1))
    set -- 'fail_page=1/150' 'fail_slab=1/150' 'fail_page=1/1000 fail_slab=1/1000'
    shift $((storm % 3))
    command="stress -t 5 -s $storm"
    for area in file path pipe process memory exec signal races fileraces disk limits; do
        command="$command; usertests -q $area"
    done
    image
    guest CPUS=$((1 << storm % 3)) LIMIT=900 APPEND="$1 seed=$storm" "$command; echo off > /dev/fail; sync"
    what="storm $storm ($1)"
    case $status,$(cat "$T/guest.out") in
    124,* | *panic:*) fail "$what: no panic, no hang" "status $status" "$(tail -n 30 "$T/guest.out")" ;;
    *) pass "$what: no panic, no hang" ;;
    esac
    e2fsck -p "$IMG" > "$T/fsck.out" 2>&1
    fsck_clean "$what: e2fsck -p repairs the disk"
done

guest CPUS=2 VERBOSE=1 APPEND='seed=3 fail_slab=1/50' "$script"
like "$(cat "$T/guest.out")" '*fail: slab allocation*' 'fail_slab=1/50 lets some fail, at random'
guest CPUS=1 VERBOSE=1 APPEND='fail_page=x' true
like "$out" '*panic: boot argument fail_page=x: write a number, or 1/1000*' 'a boot argument that makes no sense is refused'
finish
