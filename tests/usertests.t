#!/bin/sh
# The suite that users run, on machines of several sizes; and what its runner says of tests that fail.
. "$(dirname "$0")/lib/tap.sh"
suite() { # suite NAME COMMAND [NAME=value...]
    name=$1 command=$2
    shift 2
    image
    # the log apart from what the kernel says of those that die
    guest "$@" "$command > /log; s=\$?; grep -v ': OK ' /log; exit \$s"
    case $status$(printf '%s\n' "$out" | tail -n 1) in
    0'ALL TESTS PASSED') pass "$name" ;;
    *) fail "$name" "status $status" "$out" ;;
    esac
    fsck_clean "$name: e2fsck -fn finds nothing afterwards"
}
suite 'one after the other, two harts' usertests CPUS=2
suite 'four at a time, four harts, shuffled' 'usertests -q -j 4 -s 7' CPUS=4
suite 'one hart, 64 MiB, multilevel feedback' 'usertests -q' CPUS=1 MEM=64M APPEND=sched=mlfq

# Tests that must fail, planted in a copy of the tree.
scratch_tree "$T/tree"
cd "$T/tree" || exit 2
cat > user/tests/planted.c << 'END'
#include "test.h"
TEST(planted, one_is_two, "") { is(1, 2); }
TEST(planted, a_call_that_works_fails, "") { fails(EBADF, close(0)); }
TEST(planted, null_is_written, "") { *(int *volatile)8 = 1; }
TEST(planted, a_child_is_left, "") {
    if (fork_ok() == 0)
        for (;;)
            sleep(1);
}
TEST(planted, a_file_is_left_elsewhere, "") {
    static int n;
    char name[32];
    snprintf(name, sizeof name, "/left%d", n + getpid());
    make_file(name, "x", 1);
}
TEST(planted, a_kernel_object_is_lost, "") { umask(umask(0)); } // see below
TEST(planted, too_much_is_taken, "") {
    for (;;)
        *(volatile char *)ok(sbrk(PAGE)) = 1;
}
TEST(planted, all_is_well, "") { ok(close(0)); }
END
sed -i 's/\*(int \*volatile)8 = 1;/static int *volatile p = (int *)8; *p = 1;/' user/tests/planted.c
sed -i 's/mode_t old = p->umask;/&\n    if (mask == 0)\n        kmalloc(100, PAGE_WAIT);/; 1i #include "mm/slab.h"' kernel/sys/sys_proc.c
ok 'planted tests are found by being there' make -s all
image
guest CPUS=2 MEM=512M 'usertests planted; echo "status $?"' # too_much_is_taken does not come to the end of it
for want in '*test one_is_two: FAILED*planted.c:2: 1: saw 1, want 2*' \
    '*test a_call_that_works_fails: FAILED*planted.c:3: close(0): saw success (0), want: Bad file number*' \
    '*test null_is_written: FAILED*killed by signal 11*' '*test a_child_is_left: FAILED*left processes behind*' \
    '*test a_file_is_left_elsewhere: FAILED*each time it runs: * disk blocks lost, * inodes lost*' \
    '*test a_kernel_object_is_lost: FAILED*each time it runs: *kernel objects lost*' \
    '*test too_much_is_taken: FAILED*took too much memory*' '*test all_is_well: OK*' '*7 TESTS FAILED*status 1'; do
    like "$out" "$want" "usertests says: $(echo "$want" | tr -d '*')"
done
guest CPUS=2 'usertests --tap planted/all* planted/one*'
like "$out" '1..2*not ok 1 - planted/one_is_two*# planted.c:2:*ok 2 - planted/all_is_well' 'and in TAP'
finish
