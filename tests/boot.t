#!/bin/bash
# Boot: the log, the prompt, what it says when it cannot go on, power off and restart, run=, the RAM disk.
. "$(dirname "$0")/lib/tap.sh"

# machine IMAGE|none BOOT-ARGUMENTS: boot, nobody types; what it said is in $said, its status in $status. The firmware
# and a pty's carriage returns are left out.
machine() {
    tools/fsck-image "$1" 2> /dev/null # a panic leaves it as it was: in use
    disk=(-drive "file=$1,if=none,format=raw,id=x0" -device virtio-blk-device,drive=x0)
    [ "$1" != none ] || disk=()
    timeout -s KILL "$LIMIT" "${QEMU:-qemu-system-riscv64}" -machine virt -m 128M -smp 2 -nographic -no-reboot -bios default \
        -global virtio-mmio.force-legacy=false -kernel "build/$config/kernel.elf" -append "$2" "${disk[@]}" \
        < /dev/null > "$T/said" 2>&1
    status=$?
    tr -d '\r' < "$T/said" | sed -n '/Drupe is booting/,$p' > "$T/said.text"
    said=$(cat "$T/said.text")
}
image

# ---- a good boot
machine "$IMG" 'root=vda panic=poweroff run="echo I am up"'
is "$status" 0 'run= ends with the status of its command'
like "$said" '*I am up*' 'run= runs the command'
lines=$(sed '/I am up/,$d' "$T/said.text" | wc -l)
if [ "$lines" -le 15 ]; then pass 'the boot log is short'; else fail 'the boot log is short' "$lines lines:" "$said"; fi
like "$said" "*harts: ${SMP:-2}*" 'the log tells the number of harts'
machine "$IMG" 'root=vda panic=poweroff quiet run="true"'
is "$(grep -c 'Drupe is booting' "$T/said")" 0 'quiet: no log on the console'
fsck_clean

# ---- no way to go on: says what is wrong, and what to do; panic=poweroff ends QEMU with a failing status
cannot() { # NAME IMAGE ARGUMENTS PATTERN...
    name=$1
    machine "$2" "panic=poweroff $3"
    shift 3
    if [ "$status" = 0 ] || [ "$status" = 137 ]; then
        fail "$name: QEMU ends with a failing status" "status $status" "$said"
    else
        pass "$name: QEMU ends with a failing status"
    fi
    panic=$(sed -n '/^panic: /p' "$T/said.text")
    for pattern; do
        # shellcheck disable=SC2254
        case $panic in
        $pattern) pass "$name: the panic says ${pattern//\*/}" ;;
        *) fail "$name: the panic says ${pattern//\*/}" "$said" ;;
        esac
    done
}
cannot 'no disk' none '' '*no disk*' '*make qemu*'
cannot 'no disk of that name' "$IMG" root=vdz '*vdz*' '*root=*vda*'
yes 'this is no file system' | head -c 8M > "$T/noise.img"
cannot 'a disk without ext2' "$T/noise.img" '' '*vda*' '*ext2*' '*make fs.img*'
head -c 700 "$IMG" > "$T/tiny.img"
truncate -s 1024 "$T/tiny.img"
cannot 'a disk of one KiB' "$T/tiny.img" '' '*vda*' '*make fs.img*'
cp --sparse=always "$IMG" "$T/cut.img"
truncate -s 20M "$T/cut.img"
cannot 'a disk shorter than its file system' "$T/cut.img" '' '*vda*' '*make fs.img*'
cp --sparse=always "$IMG" "$T/feature.img"
debugfs -w -R 'feature extents' "$T/feature.img" > /dev/null 2>&1
cannot 'a feature that we do not know' "$T/feature.img" '' '*extent*' '*make fs.img*'
cp --sparse=always "$IMG" "$T/noinit.img"
debugfs -w -R 'rm /init' "$T/noinit.img" > /dev/null 2>&1
cannot 'no /init' "$T/noinit.img" '' '*/init*' '*make fs.img*'
cannot 'no such init' "$IMG" init=/nothing/here '*/nothing/here*' '*init=*'
cannot 'an init that is no program' "$IMG" init=/etc '*/etc*'
cannot 'no such scheduler' "$IMG" sched=coin '*sched=coin*' '*rr*mlfq*'

# ---- statuses
for want in 0 3 127 137 255; do
    case $want in
    127) command='no-such-command' ;;
    137) command='sh -c "kill -9 \$\$"' ;;
    *) command="exit $want" ;;
    esac
    guest "$command"
    is "$status" $want "tools/run exits with the command's status: $command"
done
guest 'echo "a  b" '\''c"d'\'' \\ | cat'
like "$out" 'a  b c"d \\' 'quotes and backslashes reach the command as they are'

guest RAM=1 'ls /init && echo on a RAM disk > /f && cat /f'
is "$out" '/init
on a RAM disk' 'the root file system can be a RAM disk'
is "$status" 0 'and its status comes through'

guest APPEND=sched=mlfq 'dmesg | grep -c mlfq'
is "$out" 1 'sched=mlfq chooses the other scheduler'
fsck_clean
finish
