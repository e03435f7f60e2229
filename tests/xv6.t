#!/bin/bash
# Programs of the other teaching kernel: what docs/xv6.md promises.
. "$(dirname "$0")/lib/tap.sh"

# errno-test: execve E2BIG

# ---- calls, library, address space: three programs of ours report "ok - ..." and "not ok - ..." lines; each is a test
{
    echo 'xv6files; echo "xv6files: $?"; xv6procs; echo "xv6procs: $?"'
    echo 'printf "first\nsecond\nthird" | xv6lib; echo "xv6lib: $?"'
    long=$(printf '%4000s' '' | tr ' ' x)
    echo "xv6procs $long; echo \"arguments: \$?\""
    echo "x=$long; export x; xv6procs; echo \"environment: \$?\""
} > "$T/programs.sh"
image -a "$T/programs.sh:/programs.sh"
guest 'sh /programs.sh'
while IFS= read -r line; do
    case $line in
    "ok - "*) pass "${line#ok - }" ;;
    "not ok - "*) fail "${line#not ok - }" "$(echo "$out" | grep -A1 -F "$line" | sed -n '2s/^# //p')" ;;
    esac
done <<< "$out"
is "$(echo "$out" | grep -E '^(xv6[a-z]*|arguments|environment): [0-9]')" 'xv6files: 0
xv6procs: 0
xv6lib: 0
arguments: 126
environment: 126' 'the three end with 0; what does not fit a page of stack cannot be started'
is "$(echo "$out" | grep -c 'Arg list too long')" 2 'and the shell says so'
fsck_clean

# ---- a folder of programs
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
unset IMG
mk() { make -s "$@" < /dev/null > "$T/make.out" 2>&1; }
built() { # built NAME [ARGUMENT of make...]: make does, and says nothing
    name=$1
    shift
    mk "$@"
    is "$?:$(cat "$T/make.out")" 0: "$name"
}
runs() { SNAPSHOT=1 tools/run "$1" < /dev/null > "$T/run.out" 2>&1; }

# what only -Wextra minds, a header of its own, every header of the project
cat > user/xv6/brought.h << 'EOF'
#define GREETING "brought along"
EOF
{
    for h in types param memlayout riscv spinlock sleeplock fs file stat fcntl syscall vm; do
        echo "#include \"kernel/$h.h\""
    done
    cat << 'EOF'
#include "user/user.h"
#include "brought.h"

char *strcat(char *to, char *from) { // a name that other libraries have
    strcpy(to + strlen(to), from);
    return to;
}

int main(int argc, char *argv[]) {
    char text[40] = "";
    uint n = 1;
    if (argc > -1 && n > argc - 1)
        printf("%s, %d\n", strcat(text, GREETING), SYS_fork + SBRK_LAZY + CONSOLE);
    exit(0);
}
EOF
} > user/xv6/brought.c
cat > user/xv6/entry1.c << 'EOF'
#include "kernel/types.h"
#include "user/user.h"
int start_count; // near a name of an entry
void main(void) { printf("void main\n"); exit(3); }
EOF
cat > user/xv6/entry2.c << 'EOF'
#include "kernel/types.h"
#include "user/user.h"
void start(int argc, char **argv) { printf("start %d %s\n", argc, argv[1]); exit(4); }
EOF
cat > user/xv6/entry3.c << 'EOF'
#include "kernel/types.h"
#include "user/user.h"
void _main(int argc, char **argv) { printf("_main %d %s\n", argc, argv[1]); exit(5); }
EOF
# a shell's way of walking its tree: a function that only ever calls itself or ends
cat > user/xv6/walker.c << 'EOF'
#include "kernel/types.h"
#include "user/user.h"
struct command { struct command *left, *right; int type; };
void walk(struct command *c) {
    if (c == 0)
        exit(1);
    switch (c->type) {
    case 0: exit(6);
    default:
        if (fork() == 0)
            walk(c->left);
        wait(0);
        walk(c->right);
    }
}
int main(void) {
    struct command leaf = {0, 0, 0}, top = {&leaf, &leaf, 1};
    walk(&top);
    exit(0);
}
EOF
# that project's library, which somebody copied with the programs
for f in ulib umalloc printf; do echo 'syntax error' > user/xv6/$f.c; done
touch user/xv6/user.h user/xv6/usys.pl user/xv6/user.ld
built 'a folder of programs builds, with -Wall -Werror and without -Wextra'
runs 'brought; entry1; echo $?; entry2 a; echo $?; entry3 b; echo $?; walker; echo $?; printf "%s\n" ours'
is "$(cat "$T/run.out")" 'brought along, 4
void main
3
start 2 a
4
_main 2 b
5
6
ours' 'they run, through main, start or _main; that project'\''s own library is passed over'
if make -n V=1 -W user/xv6/brought.c 2> /dev/null | grep 'xv6/brought.o' | grep -e '-Wall -Werror' | grep -qv -e -Wextra; then
    pass 'the flags are -Wall -Werror'
else
    fail 'the flags are -Wall -Werror' "$(make -n V=1 -W user/xv6/brought.c | grep brought.o)"
fi
printf '%s\n' '#include "kernel/types.h"' '#include "user/user.h"' 'int main(void) { int n; exit(0); }' > user/xv6/warned.c
mk
is "$(($? > 0)):$(grep -c 'unused variable' "$T/make.out")" 1:1 'a warning of -Wall is an error'
printf '%s\n' '#include "kernel/types.h"' '#include "user/user.h"' 'int first(void) { exit(0); }' > user/xv6/warned.c
mk
is "$(($? > 0)):$(grep -c 'a program needs main, start or _main' "$T/make.out")" 1:1 'a program without an entry is told so'
rm user/xv6/warned.c

# ---- whose name wins
runs 'echo hi; grep --help > /dev/null && echo ours'
is "$(cat "$T/run.out")" 'hi
ours' 'without a program of the name, ours is on the disk'
cat > user/xv6/echo.c << 'EOF'
#include "kernel/types.h"
#include "user/user.h"
int main(int argc, char **argv) { printf("theirs: %s\n", argv[1]); exit(0); }
EOF
cp user/xv6/echo.c user/xv6/usertests.c
built 'programs with names of ours build'
tools/run 'echo hi; /bin/echo hi; usertests all; ls / | wc -l' < /dev/null > "$T/run.out" 2>&1
like "$(cat "$T/run.out")" 'theirs: hi
theirs: hi
theirs: all
*' 'then theirs are'
rm user/xv6/echo.c user/xv6/usertests.c
built 'they are taken away again'
runs '/echo hi'
is "$(cat "$T/run.out")" hi 'and ours are back'

# ---- UPROGS: names added to the list in a copy of the Makefile
mv user/xv6/entry1.c user/test_1.c
mv user/xv6/entry2.c test_2.c
mkdir away
mv user/xv6/entry3.c user/xv6/walker.c away
awk '$1 == "_mkdir\\" { printf "\t_test_1\\\n\t$U/_test_2\\\n\tbrought\\\n" } { print }' Makefile > Makefile.test
built 'make -f Makefile.test fs.img' -f Makefile.test fs.img
mkfifo "$T/keys"
make -f Makefile.test CPUS=1 qemu-nox < "$T/keys" > "$T/console" 2>&1 &
machine=$!
exec 3> "$T/keys"
ok 'make -f Makefile.test qemu-nox boots' wait_for "$T/console" 'init: starting sh'
echo 'test_1; test_2 x; brought; poweroff' >&3
exec 3>&-
wait $machine
machine=
like "$(tr -d '\r' < "$T/console")" '*void main*start 2 x*brought along, 4*' 'and runs what was listed, from user/, from the top of the tree or from user/xv6'
is "$(make -f Makefile.test -n fs.img 2>&1 | grep -c test_1.c)" 0 'and nothing is left to do'
is "$(debugfs -R 'stat /test_1' fs.img 2> /dev/null | grep -c 'Type: regular')" 1 'it stands on the disk under its name'
sed -i 's/_test_1/_nowhere/' Makefile.test
mk -f Makefile.test fs.img
is "$(($? > 0)):$(grep -c 'UPROGS: there is no .*nowhere' "$T/make.out")" 1:1 'a name without a source is told'
finish
