#!/bin/bash
# Classes of submissions of every sort, to each lab that there is: each gets the result that it should, and the same points in
# three runs, the last of them under load. LABS='fsck syscall', RUNS=3, JOBS=2.
. "$(dirname "$0")/../lib/tap.sh"
. tests/labs-class/check.sh
labs=${LABS:-$(cd labs && ls -d */wrong | cut -d/ -f1)}
runs=${RUNS:-3}
busy=
trap 'kill $busy 2> /dev/null; cleanup' EXIT

total=0
for lab in $labs; do
    tests/labs-class/make-class "$lab" "$T/$lab" || exit 2
    total=$((total + $(wc -l < "$T/$lab/expected")))
done
note "$total submissions"
for run in $(seq "$runs"); do
    if [ "$run" -gt 1 ] && [ "$run" = "$runs" ]; then # eight busy loops
        for _ in 1 2 3 4 5 6 7 8; do sh -c 'while :; do :; done' & busy="$busy $!"; done
        note "run $run: under load"
    fi
    for lab in $labs; do
        begin=$(date +%s)
        class_graded "$T/$lab" "$lab" "$T/$lab.$run" JOBS="${JOBS:-2}"
        check_class "$T/$lab" "$T/$lab.$run"
        note "$lab, run $run: $(wc -l < "$T/$lab/expected") submissions in $(($(date +%s) - begin)) s"
        # the points of each test; not the time, nor the numbers that a run chose
        columns=$(head -n 1 "$T/$lab.$run/csv" | awk -F, '{ print NF - 2 }')
        cut -d, -f"1-$columns" "$T/$lab.$run/csv" > "$T/$lab.$run.points"
        [ "$run" = 1 ] || is "$(cat "$T/$lab.$run.points")" "$(cat "$T/$lab.1.points")" "$lab: the same points in run $run as in run 1"
    done
done
finish
