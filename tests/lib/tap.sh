# tap.sh: report in TAP from a shell script, and run commands on machines of one's own (with tools/run).
#
#   . "$(dirname "$0")/lib/tap.sh"
#   guest 'ls / | wc -l'            boot, run, power off; sets $out and $status
#   is "$status" 0 'ls works'
#   finish
#
# $T is a directory of this test alone; it is removed at the end, however that comes. Only against hangs: LIMIT seconds
# a machine.

set -u
cd "$(dirname "$0")/.." || exit 2
[ -e Makefile ] || { cd .. && make -s all unit-tests >&2 || exit; } # tests/long
TOP=$PWD
PATH=$PATH:/usr/sbin:/sbin
T=$(mktemp -d) || exit 2
config=$(cut -d' ' -f1 build/config)
count=0 failures=0
machine=        # pid of a QEMU that this test started itself
IMG=$T/fs.img   # the disk: made by image, or by the first guest
export LIMIT=${LIMIT:-${DRUPE_TIMEOUT:-300}} IMG DISKCACHE=unsafe
unset CPUS MEM CPU APPEND RAM QEMUEXTRA SNAPSHOT ICOUNT CONSOLE KERNEL BLKDEBUG PIN MAKEFLAGS MAKELEVEL MFLAGS

cleanup() {
    [ -z "$machine" ] || kill -KILL "$machine" 2> /dev/null
    rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# ---- TAP

note() { printf '%s\n' "$*" | tr -c '\n\t -~' '?' | sed 's/^/# /'; }

# pass NAME, fail NAME [TEXT...]: the texts say why, on standard error, which prove shows without -v, too
pass() {
    count=$((count + 1))
    echo "ok $count - $(echo "$1" | tr -d '#')"
}
fail() {
    count=$((count + 1)) failures=$((failures + 1))
    echo "not ok $count - $(echo "$1" | tr -d '#')"
    why=$(note "${0##*/}: not ok $count - $1"; shift; for text; do note "$text"; done)
    printf '%s\n' "$why" >&2 # at once: other tests run beside this one
}

# ok NAME COMMAND...: passes if the command does
ok() {
    name=$1
    shift
    if "$@" > "$T/ok.out" 2>&1; then pass "$name"; else fail "$name" "failed: $*" "$(cat "$T/ok.out")"; fi
}
# is GOT WANT NAME
is() {
    if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "saw:" "$1" "want:" "$2"; fi
}
# like GOT PATTERN NAME: a pattern as in case, for the whole text
like() {
    # shellcheck disable=SC2254
    case $1 in
    $2) pass "$3" ;;
    *) fail "$3" "saw:" "$1" "want the pattern:" "$2" ;;
    esac
}
skip() { # skip NAME WHY
    count=$((count + 1))
    echo "ok $count # SKIP $1: $2"
}
skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}
finish() {
    echo "1..$count"
    [ "$failures" = 0 ]
    exit
}

# ---- machines

# image [OPTION of mkfs...]: a fresh disk with the programs, at $IMG
image() {
    rm -f "$IMG"
    build/host/mkfs "$@" "$IMG" build/"$config"/disk/* || exit 2
}

# guest [NAME=value...] COMMAND: run it on a machine with the disk $IMG. $out is what it printed (with standard error,
# without the firmware's words), $status its status, 124 after LIMIT seconds.
guest() {
    [ -e "$IMG" ] || image
    for last; do :; done
    set -- "$@" "echo @@@begin; $last"
    n=$#
    while [ $n -gt 0 ]; do      # all words but the last but one, which is the bare command
        word=$1
        shift
        [ $n = 2 ] || set -- "$@" "$word"
        n=$((n - 1))
    done
    tools/run "$@" < /dev/null > "$T/guest.out" 2>&1
    status=$?
    out=$(awk 'on; /^@@@begin$/ { on = 1 }' "$T/guest.out")
    # without a beginning there was no command: all of it tells more
    grep -q '^@@@begin$' "$T/guest.out" || out=$(cat "$T/guest.out")
}

# fsck_clean [NAME]: e2fsck finds nothing wrong with $IMG
fsck_clean() {
    if e2fsck -fn "$IMG" > "$T/fsck.out" 2>&1; then
        pass "${1:-e2fsck -fn finds nothing}"
    else
        fail "${1:-e2fsck -fn finds nothing}" "$(cat "$T/fsck.out")"
    fi
}

# in_image REQUEST: what debugfs answers to it
in_image() { debugfs -R "$1" "$IMG" 2> /dev/null; }

# scratch_tree DIR: a copy of the tree, built as far as this one is, for tests that change it
scratch_tree() {
    mkdir -p "$1"
    cp -a --sparse=always Makefile kernel.ld kernel user mkfs tools "$1"
    mkdir -p "$1/tests"
    cp -a tests/unit tests/bench "$1/tests"
    cp -a --sparse=always build "$1"
}

# wait_for FILE PATTERN: until a line of the file matches (grep), or fail after LIMIT seconds
wait_for() {
    tries=0
    until grep -q -e "$2" "$1" 2> /dev/null; do
        tries=$((tries + 1))
        [ $tries -lt $((LIMIT * 10)) ] || return 1
        sleep 0.1
    done
}

# ---- cases: many small scripts on one machine. Each runs as `sh file` in an empty directory of its own, with its
# standard error in its output, which is a file, and no input; what it prints and its status must be as said.

cases=$T/cases
mkdir -p "$cases"
case_count=0

# t NAME SCRIPT WANT [STATUS]: prints just this (blank lines at the end do not count)
t() { one_case is "$@"; }
# m NAME SCRIPT PATTERN [STATUS]: prints what matches the pattern of case. STATUS - : any
m() { one_case like "$@"; }

one_case() {
    case_count=$((case_count + 1))
    mkdir "$cases/$case_count"
    printf '%s' "$1" > "$cases/$case_count/kind"
    printf '%s' "$2" > "$cases/$case_count/name"
    printf '%s\n' "$3" > "$cases/$case_count/script"
    printf '%s' "$4" > "$cases/$case_count/want"
    printf '%s' "${5:-0}" > "$cases/$case_count/status"
}

# run_cases [NAME=value...]: all of them, on one machine
run_cases() {
    [ -e "$IMG" ] || image
    i=0
    mkdir "$T/cases.guest"
    while [ $i -lt $case_count ]; do
        i=$((i + 1))
        cp "$cases/$i/script" "$T/cases.guest/$i.sh"
        echo "echo '@@@case $i'; mkdir $i.d; cd $i.d; sh ../$i.sh < /dev/null > ../$i.out 2>&1"
        echo "s=\$?; cat ../$i.out; echo \"@@@status \$s\"; cd .."
    done > "$T/cases.guest/all"
    build/host/mkfs -a "$T/cases.guest:/cases" "$IMG" || exit 2
    tools/run "$@" 'cd /cases; sh all' < /dev/null > "$T/cases.out" 2>&1
    is $? 0 'the machine ran all cases'
    tr -d '\000' < "$T/cases.out" > "$T/cases.txt"
    i=0
    while [ $i -lt $case_count ]; do
        i=$((i + 1))
        name=$(cat "$cases/$i/name")
        awk -v i="$i" '/^@@@case / { on = ($2 == i); next } on' "$T/cases.txt" > "$T/case.txt"
        # the status stands on the last line, behind what the case printed last without a newline
        got_status=$(sed -n '$s/.*@@@status //p' "$T/case.txt")
        got=$(sed '$s/@@@status [0-9]*$//' "$T/case.txt")
        want=$(cat "$cases/$i/want") want_status=$(cat "$cases/$i/status")
        if [ -z "$got_status" ]; then
            fail "$name" "it did not end; the machine said last:" "$(tail -n 15 "$T/cases.txt")"
        elif [ "$want_status" != - ] && [ "$got_status" != "$want_status" ]; then
            fail "$name" "saw status $got_status, want $want_status; it printed:" "$got"
        else
            "$(cat "$cases/$i/kind")" "$got" "$want" "$name"
        fi
    done
}
