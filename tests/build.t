#!/bin/bash
# The build and the tools round it, in a copy of the tree.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
unset IMG
mk() { make -s "$@" < /dev/null > "$T/make.out" 2>&1; }

# ---- what is missing is told
mkdir "$T/bin"
ln -s /bin/* /usr/bin/* /usr/sbin/* "$T/bin/" 2> /dev/null
rm -f "$T"/bin/riscv64-* "$T"/bin/qemu-* "$T"/bin/expect
PATH=$T/bin NO_INSTALL=1 make qemu < /dev/null > "$T/make.out" 2>&1
status=$?
if [ $status != 0 ]; then pass 'NO_INSTALL=1 without the tools: make fails'; else fail 'NO_INSTALL=1 without the tools: make fails'; fi
like "$(cat "$T/make.out")" '*gcc-riscv64-unknown-elf*qemu-system*' 'and lists what to install'
PATH=$T/bin NO_INSTALL=1 make -s print-gdbport > "$T/make.out" 2>&1
is $? 0 'print-gdbport wants no tools'
NO_INSTALL=1 tools/setup boot test > "$T/make.out" 2>&1
is "$?:$(cat "$T/make.out")" 0: 'when all is there, setup says nothing'

# ---- the build
mk || fail 'make builds' "$(cat "$T/make.out")"
make -n > "$T/make.out" 2>&1
make > "$T/make.out" 2>&1
is "$(grep -cE '^ +(CC|LD|AS|IMAGE|KERNEL)' "$T/make.out")" 0 'a second make has nothing to do'
touch user/bin/sh/sh.h
make > "$T/make.out" 2>&1
if grep -q 'CC.*/sh/parse.o' "$T/make.out" && ! grep -q 'CC.*/ls.o' "$T/make.out"; then
    pass 'a header that changed: what includes it is compiled again, and nothing else'
else
    fail 'a header that changed: what includes it is compiled again, and nothing else' "$(cat "$T/make.out")"
fi
for f in kernel/kernel kernel/kernel.sym kernel/kernel.asm fs.img build/"$config"/programs/sh.asm; do
    ok "there is $f" test -s "$f"
done
make -s CONFIG=nonsense > "$T/make.out" 2>&1
is "$(($? > 0)):$(grep -c 'nonsense is unknown' "$T/make.out")" 1:1 'an unknown CONFIG is refused'
printf '%s\n' '#include <stdio.h>' 'int main(void) { puts("a new program"); return 0; }' > user/bin/novel.c
mk || fail 'a new program builds' "$(cat "$T/make.out")"
SNAPSHOT=1 LIMIT=$LIMIT tools/run novel < /dev/null > "$T/run.out" 2>&1
is "$?:$(tail -n 1 "$T/run.out")" '0:a new program' 'a file dropped into user/bin is a command on the disk'
rm user/bin/novel.c

# ---- rows of the table of system calls that are no rows, and what a row may point to
table=kernel/trap/syscalls.def
for row in 'SYSCALL(900, int, novel, (void (*f)(int)), "EINVAL")' 'SYSCALL(900, int, novel, (int a), "EINVAL"' 'SYSCALL(1, int, novel, (int a), "")' \
    'SYSCALL(x, int, novel, (int a), "")' 'SYSCALL(900, int, novel, (int a, int b, int c, int d, int e, int f, int g), "")' 'nonsense'; do
    { cat $table; echo "$row"; } > "$T/rows.def"
    tools/gen-syscalls "$T/rows.def" "$T/gen" > "$T/gen.out" 2>&1
    like "$?:$(cat "$T/gen.out")" '1:*.def:*' "a row that is none stops the build: $row"
done
{ cat $table; echo 'SYSCALL(900, int, novel, (struct nobody *a, struct uapi_stat *b), "")'; } > "$T/rows.def"
mkdir "$T/trap" && mv "$T/rows.def" "$T/trap/rows.def" && cp -R kernel/uapi "$T/uapi" && tools/gen-syscalls "$T/trap/rows.def" "$T/gen"
like "$(grep novel "$T/gen/syscall_args.h")" '*a, NUMBER, 0)*b, OUT, sizeof(struct uapi_stat)*' 'traces look into the structures of uapi/, of others they show the address'

# ---- make run
mk run CMD='echo make run works; exit 3'
is "$?" 2 'make run fails unless the status is 0'
like "$(cat "$T/make.out")" '*make run works*status: 3*' 'and prints the status'
mk run CMD='echo "$HOME $?" | cat'
is "$?:$(grep -c '^/ 0$' "$T/make.out")" 0:1 'a command with quotes and dollars goes through make'

# ---- the image
LIMIT=$LIMIT tools/run 'echo mine > /mine; mkdir /home/me; echo old > /true; rm /dev/zero' < /dev/null > "$T/run.out" 2>&1
is $? 0 'a user makes files'
touch user/bin/true.c
mk fs.img
is "$(debugfs -R 'cat /mine' fs.img 2> /dev/null)" mine 'rebuilding the image leaves files alone'
debugfs -R "dump /true $T/true" fs.img 2> /dev/null
ok 'and brings the programs up to date' cmp "$T/true" "build/$config/disk/true"
like "$(debugfs -R 'stat /dev/zero' fs.img 2> /dev/null)" '*character special*05*' 'and devices that are not there'
ok 'the image is sound' e2fsck -fn fs.img
sum=$(cksum < fs.img)
SNAPSHOT=1 LIMIT=$LIMIT tools/run 'echo more > /more; rm /mine; sync' < /dev/null > "$T/run.out" 2>&1
is "$?:$(cksum < fs.img)" "0:$sum" 'SNAPSHOT=1 leaves the image as it was'
rm fs.img
mk fs.img
is "$(debugfs -R 'cat /mine' fs.img 2> /dev/null)" '' 'rm fs.img; make fs.img gives a fresh one'

# ---- while QEMU runs on it
mkfifo "$T/keys"
tools/qemu < "$T/keys" > "$T/console" 2>&1 &
machine=$!
exec 3> "$T/keys"
ok 'a machine is up' wait_for "$T/console" 'init: starting sh'
touch user/bin/true.c
mk fs.img
status=$?
is "$(($status > 0)):$(grep -c 'in use by a running QEMU' "$T/make.out")" 1:1 'while QEMU runs, making the image is refused in a sentence'
echo poweroff >&3
exec 3>&-
wait $machine
machine=
mk fs.img
is $? 0 'and works again afterwards'

# ---- a shut-down that was none, after something was written
APPEND='run="sync; echo all is written; sleep 99"' tools/qemu < /dev/null > "$T/console" 2>&1 &
machine=$!
wait_for "$T/console" '^all is written'
kill -KILL $machine
wait $machine 2> /dev/null
machine=
touch user/bin/true.c
mk fs.img
like "$?:$(cat "$T/make.out")" '0:*not shut down cleanly*' 'after SIGKILL the next make repairs the image, and says so'

# ---- gdb
is "$(make -s print-gdbport)" "$(make -s print-gdbport)" 'print-gdbport prints the same port each time'
if [ "$(make -s print-gdbport)" != "$(make -s -C "$TOP" print-gdbport)" ]; then
    pass 'and another in another tree'
else
    fail 'and another in another tree'
fi
port=$(make -s print-gdbport)
make -s qemu-gdb < /dev/null > "$T/console" 2>&1 &
machine=$!
wait_for "$T/console" "$port"
is "$(wc -l < "$T/console")" 1 'make -s qemu-gdb prints one line before QEMU listens'
qemu=$(cat /proc/[0-9]*/stat 2> /dev/null | awk -v p=$machine '{ pid = $1; sub(/.*\) . /, ""); if ($1 == p) print pid }')
wait_for "/proc/$qemu/comm" '^qemu' # the line comes from the script that becomes QEMU
is "$(cut -c 1-4 "/proc/$qemu/comm")" qemu 'QEMU is a child of make'
if command -v gdb-multiarch > /dev/null; then
    symbol=$(grep -c ' boot_main$' kernel/kernel.sym)
    is "$symbol" 1 'kernel/kernel.sym has the symbols'
    timeout -s KILL "$LIMIT" gdb-multiarch -q -batch -nx -x .gdbinit -ex 'break boot_main' -ex continue -ex 'info registers pc' \
        -ex 'detach' > "$T/gdb.out" 2>&1
    like "$(cat "$T/gdb.out")" '*Breakpoint 1, boot_main*' 'gdb stops at a function of the kernel'
else
    skip 'gdb stops at a function of the kernel' 'no gdb-multiarch here'
fi
kill -KILL "$qemu"
wait $machine 2> /dev/null
machine=

make -s clean
is "$(ls -d build fs.img kernel/kernel .gdbinit 2> /dev/null)" '' 'make clean leaves nothing'
finish
