#!/bin/sh
# Nothing a program does stops the kernel: bad memory, bad instructions, bad pointers, bad ELF files, all memory.
. "$(dirname "$0")/lib/tap.sh"
image

# ---- what programs must not do: an end by a signal, and one clear line with program, pid, cause, address and pc
c() { # c NAME SIGNAL
    m "crash $1" "crash $1; echo \"status \$?\"" "*status $((128 + $2))"
}
SEGV=11 ILL=4 TRAP=5 ABRT=6 BUS=10
for name in null null-read wild noncanonical kernel kernel-write jump jump-null jump-stack text rodata stack stack-kernel; do
    c $name $SEGV
done
for name in priv priv-write sret wfi illegal; do c $name $ILL; done
c misaligned $BUS
c break $TRAP
c abort $ABRT
t 'crash div' 'crash div; echo $?' '1 / 0 = -1, 1 % 0 = 1: RISC-V does not trap
0'
m 'a fault prints program, pid, cause, address and pc' 'crash wild' 'crash?*[0-9]?:*write*2345678000*pc*1[0-9a-f]*' -
m 'a fault in a pipeline ends only its member' 'crash null | echo alive' '*alive*'
t 'the machine lives' 'seq 1 3 | wc -l | tr -d " "' '3'

# ---- files that are almost programs
mkdir "$T/elf"
true=build/$config/disk/true
size=$(stat -c %s "$true")
variant() { # variant NAME OFFSET BYTES(printf format): a copy of /true with other bytes at an offset
    cp "$true" "$T/elf/$1"
    # shellcheck disable=SC2059
    printf "$3" | dd of="$T/elf/$1" bs=1 seek="$2" conv=notrunc status=none
}
: > "$T/elf/empty"
for n in 1 4 16 63 64 65 119 120 200 4095 4096 4097 $((size / 2)) $((size - 1)); do
    head -c "$n" "$true" > "$T/elf/cut-$n"
done
head -c 3000 /dev/zero > "$T/elf/zeros"
yes | head -c 5000 > "$T/elf/text"
ones='\377\377\377\377\377\377\377\377'
variant magic 0 '\177ELG'
variant class32 4 '\1'
variant big-endian 5 '\2'
variant version 6 '\11'
variant dynamic 16 '\3'
variant machine 18 '\076'
variant entry-kernel 24 '\0\0\040\200\300\377\377\377'
variant entry-null 24 '\0\0\0\0\0\0\0\0'
variant entry-ones 24 "$ones"
variant entry-odd 24 '\1'
variant phoff-beyond 32 '\0\0\0\1\0\0\0\0'
variant phoff-ones 32 "$ones"
variant phoff-odd 32 '\101'
variant phentsize 54 '\1\0'
variant phnum-0 56 '\0\0'
variant phnum-many 56 '\377\377'
ph=64 # the first program header: type 0, flags 4, offset 8, vaddr 16, paddr 24, filesz 32, memsz 40, align 48
variant ph-offset-ones $((ph + 8)) "$ones"
variant ph-offset-odd $((ph + 8)) '\1'
variant ph-vaddr-kernel $((ph + 16)) '\0\0\040\200\300\377\377\377'
variant ph-vaddr-null $((ph + 16)) '\0\0\0\0\0\0\0\0'
variant ph-vaddr-end $((ph + 16)) '\0\360\377\377\76\0\0\0'
variant ph-vaddr-ones $((ph + 16)) "$ones"
variant ph-filesz-ones $((ph + 32)) "$ones"
variant ph-filesz-huge $((ph + 32)) '\0\0\0\0\1\0\0\0'
variant ph-memsz-ones $((ph + 40)) "$ones"
variant ph-memsz-huge $((ph + 40)) '\0\0\0\0\20\0\0\0'
variant ph-memsz-below-filesz $((ph + 40)) '\1\0\0\0\0\0\0\0'
variant ph-flags-none $((ph + 4)) '\0'
variant ph-flags-wx $((ph + 4)) '\7'
variant ph2-overlaps $((ph + 56 + 16)) '\0\0\1\0\0\0\0\0'
variant ph-interp "$ph" '\3'
# and some at random, the same each time
seed=1
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    variant "random-$i" $((seed / 65536 % 400)) "\\$(printf %o $((seed / 256 % 256)))"
done
chmod 755 "$T"/elf/*
for f in "$T"/elf/*; do
    f=${f##*/}
    echo "/elf/$f > /dev/null; echo \"$f: \$?\""
done > "$T/elf.sh"
build/host/mkfs -a "$T/elf:/elf" -a "$T/elf.sh:/elf.sh" "$IMG" || exit 2
guest CPUS=2 'sh /elf.sh; echo done'
want=$(find "$T/elf" -type f | wc -l)
is "$(echo "$out" | grep -c '^[a-z0-9-]*: [0-9]*$')" "$want" "$want corrupted ELF files: each exec ends with some status"
is "$(echo "$out" | tail -n 1)" 'done' 'and the shell goes on'
[ "$(echo "$out" | tail -n 1)" = 'done' ] || note "$out" >&2
# (what holds no zero byte is a script to execvp, as POSIX wants it)
for f in cut-16 cut-63 cut-4095 magic class32 machine zeros phnum-0 phoff-ones; do
    is "$(echo "$out" | grep "^$f: ")" "$f: 126" "$f: cannot be run"
done
refused=$(echo "$out" | grep -c ': 126$')
if [ "$refused" -ge 25 ]; then pass 'most are refused by exec'; else fail 'most are refused by exec' "$refused of $want" "$out"; fi

# ---- bad pointers to every system call
# errno-test: open EFAULT    errno-test: read EFAULT    errno-test: write EFAULT
guest CPUS=2 LIMIT=300 badptr
is "$status" 0 'badptr: every system call survives every bad pointer'
[ "$status" = 0 ] || note "$out" >&2
like "$out" '*badptr: *calls*tries, 0 wrong' 'badptr tells what it did'

# ---- all memory
for mem in 64M 128M; do
    guest MEM=$mem CPUS=2 'memhog; echo $?; memhog -u; echo $?; free | head -n 1'
    like "$out" '*memhog: * MiB*ot enough*
0
memhog:*
0
total*' "MEM=$mem: memory runs out with an error, twice, and comes back"
done
guest MEM=256M CPUS=2 'sparse -t 400M f; wc -c < f'
like "$out" '*
419430400' 'a file larger than memory is read to its end, though every page in memory has just been used'
guest MEM=64M 'forkbomb; echo $?; forkbomb 200; echo $?'
like "$out" 'forkbomb: *processes*
0
forkbomb: 200 processes*
0' 'fork fails in the end, and processes come back'

run_cases CPUS=2
fsck_clean
finish
