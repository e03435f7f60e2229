#!/bin/bash
# A whole class: a handful of submissions of every sort to one lab, each gets the result that it should, and harms no other.
# tests/long/labs-class.t has them all. LAB=name, and NAMES='right forks ...' choose others.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/labs-class/check.sh"
lab=${LAB:-fsck}
unset LAB
names=${NAMES:-right-tree wrong-symlink-text no-build own-rules links junk forks megabytes escapes}
[ "$(tools/sandbox --which 2> /dev/null)" ] || skip_all 'no sandbox works here'

# shellcheck disable=SC2086
tests/labs-class/make-class "$lab" "$T/class" $names || exit 2
class_graded "$T/class" "$lab" "$T/out"
check_class "$T/class" "$T/out"
finish
