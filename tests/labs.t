#!/bin/bash
# Labs: every lab's patches fit this tree; grade-submission takes just what a lab allows; and the labs that a change may
# affect are checked (tools/labs-check): two at most, those first whose own files changed. A change is what differs from
# LABS_BASE (default: where this branch left origin/HEAD, or else the last commit). LABS=all: all labs, whole.
. "$(dirname "$0")/lib/tap.sh"
unset LAB DIR
rm -f /tmp/hacked
labs=$(for g in labs/*/files; do basename "$(dirname "$g")"; done)

# ---- patches
for lab in $labs; do
    why=
    tools/lab-tree "$lab" "$T/$lab" > "$T/said" 2>&1 || why="start: $(cat "$T/said")"
    [ -n "$why" ] || patch -s -p1 -F0 -d "$T/$lab" < "labs/$lab/solution.patch" > "$T/said" 2>&1 || why="solution: $(cat "$T/said")"
    for mistake in labs/"$lab"/wrong/*.patch; do
        [ -n "$why" ] || patch --dry-run -s -p1 -F0 -d "$T/$lab" < "$mistake" > "$T/said" 2>&1 || why="$mistake: $(cat "$T/said")"
    done
    if [ -z "$why" ]; then pass "$lab: its patches apply"; else fail "$lab: its patches apply" "$why"; fi
    sed -n 's,^+++ b/\([^\t]*\).*,\1,p' "labs/$lab"/*.patch "labs/$lab"/wrong/*.patch | sort -u > "$T/$lab.touched"
    rm -rf "${T:?}/$lab"
done

# ---- a submission
tools/lab-tree syscall "$T/sub"
cat > "$T/sub/Makefile" << 'END'
$(shell touch hacked /tmp/hacked)
grade:
	echo Score: 100/100
END
echo '#!/bin/sh' > "$T/sub/tools/grade"
sed -i 's/^long sys_read(.*/long sys_read(int fd, void *buf, size_t n) { kalert("Score: 100\/100\\n"); return transfer(fd, false, buf, n, NULL); }/' \
    "$T/sub/kernel/sys/sys_file.c"
ln -s /etc/passwd "$T/sub/user/bin/link.c"
echo 'int main(void) { return 0; }' > "$T/sub/user/bin/"'$(shell touch hacked).c'
head -c 2000000 /dev/zero > "$T/sub/user/bin/large.c"
rm "$T/sub/user/bin/yes.c" "$T/sub/README.md"
echo '// a shell of one'\''s own' >> "$T/sub/user/bin/init.c"
echo 'int main(void) { return 0; }' | tee "$T/sub/user/bin/new.c" > "$T/sub/user/bin/readcount.c"
tools/grade-submission syscall "$T/sub" "$T/out" > "$T/said" 2>&1
is "$?" 1 'a submission without the calls has less than full marks'
like "$(cat "$T/out/report.txt" "$T/said")" '*used:
    kernel/sys/sys_file.c
    user/bin/new.c
    user/bin/readcount.c
*ours were used:
    Makefile
    tools/grade
    user/bin/init.c
    README.md (removed)
    user/bin/yes.c (removed)
Not looked at:
    user/bin/link.c: a symbolic link
    user/bin/large.c: over 1 MiB
    user/bin/$(shell touch hacked).c: a name with strange characters

FAIL*getreadcount() is missing*
Score: 0/100*' 'the report names what was taken, what was not, and what is missing'
like "$(cat "$T/out/results.json")" '*"status": "graded"*"complete": true, "score": 0, "max_score": 100*' 'results.json has it for machines'
is "$(find "$T/sub" "$T/out" -name hacked)$(ls /tmp/hacked 2> /dev/null)" '' 'nothing of the submission was run on the host'
mkdir -p "$T/part/kernel/sys"
{ cat kernel/sys/sys_mem.c; echo 'long sys_wrong(void) { return missing; }'; } > "$T/part/kernel/sys/sys_mem.c"
tools/grade-submission syscall "$T/part" "$T/out" > "$T/said" 2>&1
like "$?:$(cat "$T/out/results.json")" '1:*"status": "build-failed"*"expected": "the submission builds"*sys_mem.c*missing*"score": 0*' \
    'one that does not build, and holds only what was changed, is told where'
is "$(grep -c '^FAIL' "$T/out/report.txt"):$(tail -n 1 "$T/out/report.txt")" \
    "$(grep -c '^test ' labs/syscall/grade.exp):Score: 0/100" 'all its tests have failed'

# ---- the labs that a change may affect
if [ "${LABS:-}" = all ]; then
    wanted=$labs
elif [ -d .git ] || [ -f .git ]; then
    from=${LABS_BASE:-$(git merge-base HEAD origin/HEAD 2> /dev/null)}
    [ "$from" != "$(git rev-parse HEAD)" ] || from=
    from=${from:-$(git rev-parse -q --verify HEAD~1)}
    { git diff --name-only "${from:-HEAD}"; git ls-files --others --exclude-standard; } | sort -u > "$T/changed"
    own=$(sed -n 's,^labs/\([^/]*\)/.*,\1,p' "$T/changed" | sort -u | grep -xF "$labs")
    touched=$(for lab in $labs; do [ -z "$(comm -12 "$T/changed" "$T/$lab.touched")" ] || echo "$lab"; done)
    # what serves all labs is tried on one
    grep -q -e ^labs/lib/ -e ^tools/lab -e ^tools/grade -e ^tools/run -e ^tests/lib/drupe.exp "$T/changed" && touched="$touched syscall"
    wanted=$(echo $own $touched | tr ' ' '\n' | awk 'NF && !seen[$1]++')
fi
chosen=$(echo "$wanted" | head -n 2 | xargs)
[ "${LABS:-}" = all ] && chosen=$(echo $wanted)
for lab in $wanted; do
    case " $chosen " in *" $lab "*) ;; *) skip "$lab" "make labs-check LAB=$lab" ;; esac
done
if [ -n "$chosen" ]; then
    # shellcheck disable=SC2086
    QUICK=$([ "${LABS:-}" = all ] || echo 1) tools/labs-check $chosen > "$T/checked"
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#ok * - }" ;;
        "not ok "*) fail "${line#not ok * - }" "$(awk -v l="$line" '$0 == l { on = 1; next } /^(not )?ok / { on = 0 } on' "$T/checked")" ;;
        esac
    done < "$T/checked"
fi
finish
