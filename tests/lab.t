#!/bin/bash
# Students' trees: make lab, make lab-update, make lab-carry. Nothing is built here (tests/labs.t does that).
. "$(dirname "$0")/lib/tap.sh"
unset LAB DIR FROM
export HOME=$T GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES=$T NO_INSTALL=1
git config --global user.name student
git config --global user.email student@example.invalid
git config --global init.defaultBranch whatever
mk() { make -s "$@" < /dev/null > "$T/said" 2>&1; }
said() { cat "$T/said"; }
commit() { git add -A && git commit -q -m "$1"; }

# ---- an instructor's tree, with a second lab that begins from something else
mkdir "$T/team"
tar -c --exclude=./build --exclude=./build-labs --exclude=./.git --exclude=./fs.img . | tar -x -C "$T/team"
cd "$T/team" || exit 2
git init -q
cp -r labs/syscall labs/other
sed -i 's/lab syscall/lab other/' labs/other/grade.exp
cp kernel/sys/sys_mem.c "$T/kept"
sed -i 's,^// sys_mem.c: .*,// taken out,' kernel/sys/sys_mem.c
diff -u --label a/kernel/sys/sys_mem.c --label b/kernel/sys/sys_mem.c "$T/kept" kernel/sys/sys_mem.c > labs/other/start.patch
cp "$T/kept" kernel/sys/sys_mem.c
commit 'the course'

# ---- make lab
ok 'make lab makes a tree' mk lab LAB=syscall DIR="$T/mine"
like "$(said)" '*labs/syscall/README.md*make grade*' 'and says where to go on'
cd "$T/mine" || exit 2
is "$(git symbolic-ref --short HEAD) $(git rev-list --all --count) $(git rev-parse upstream | grep -c "$(git rev-parse main)")" \
    'main 1 1' 'it is a git repository on branch main, one commit, the same as upstream'
is "$(git status --porcelain)" '' 'with nothing uncommitted'
is "$(cat labs/current)" syscall 'it knows its lab'
is "$(git log --all --name-only --format= | grep -e solution -e wrong/ -e start.patch -e '^labs/other' -e labs-check)" '' \
    'no solution, planted mistake or other lab in it, nor ever'
objects=$(git cat-file --batch-all-objects --batch-check | awk '$2 == "blob" { print $1 }' | sort)
is "$(for f in "$T/team"/labs/syscall/{solution.patch,wrong/*.patch}; do echo "$objects" | grep "$(git hash-object "$f")"; done)" '' \
    'nor among the objects of git'
cd "$T/team" || exit 2
mk lab LAB=other DIR="$T/second"
is "$?:$(head -n 1 "$T/second/kernel/sys/sys_mem.c")" '0:// taken out' 'a start.patch is applied'
mk lab LAB=nosuch DIR="$T/third"
like "$?:$(said)" '2:*nosuch*' 'a lab that is not there is an error'
mk lab LAB=syscall DIR="$T/second"
like "$?:$(said)" '2:*not empty*' 'so is a folder that is not empty'
mk lab LAB=syscall DIR=here
like "$?:$(said)" '2:*not inside this tree*' 'and one inside the tree'

# ---- make lab-update
cd "$T/mine" || exit 2
ok 'lab-update without news' mk lab-update
like "$(said)" 'Nothing is new*' 'says so'
echo '// mine' >> kernel/sys/sys_file.c
echo 'int main(void) { return 0; }' > user/bin/mine.c
commit 'my work'
sed -i '1s/.*/\/\/ a fix/' "$T/team/kernel/sys/sys_proc.c"
echo more >> "$T/team/labs/syscall/README.md"
rm "$T/team/user/bin/yes.c"
echo '// not committed' >> kernel/sys/sys_file.c
mk lab-update
like "$?:$(said)" '[!0]*:*not committed*' 'with work that is not committed it merges nothing'
is "$(tail -n 1 kernel/sys/sys_file.c)" '// not committed' 'and touches nothing'
commit 'more of my work'
ok 'a fix is merged' mk lab-update
is "$(head -n 1 kernel/sys/sys_proc.c):$(tail -n 1 labs/syscall/README.md):$(ls user/bin/yes.c 2> /dev/null)" \
    '// a fix:more:' 'what the instructor changed, added and removed is there'
is "$(tail -n 1 kernel/sys/sys_file.c):$(ls user/bin/mine.c)" '// not committed:user/bin/mine.c' 'and so is the work'
is "$(git status --porcelain):$(git merge-base --is-ancestor upstream HEAD && echo merged)" :merged 'all of it is committed'
sed -i '1s/.*/\/\/ theirs/' "$T/team/kernel/sys/sys_file.c"
sed -i '1s/.*/\/\/ ours/' kernel/sys/sys_file.c
commit 'in the same line'
mk lab-update
like "$?:$(said)" '[!0]*:*kernel/sys/sys_file.c*<<<<<<<*git merge --abort*' 'a conflict is told, with what to do'
git merge --abort
is "$(head -n 1 kernel/sys/sys_file.c)" '// ours' 'and it can be called off'

# ---- a course whose hand-outs are on a server
cd "$T/team" || exit 2
sed -i '1s/.*/\/\/ as it was/' kernel/sys/sys_file.c
mk lab LAB=syscall DIR="$T/release"
git init -q --bare "$T/server.git"
git --git-dir="$T/server.git" symbolic-ref HEAD refs/heads/main
(cd "$T/release" && git remote add origin "$T/server.git" && git push -q origin main upstream)
git clone -q "$T/server.git" "$T/cloned"
sed -i '1s/.*/\/\/ a second fix/' kernel/sys/sys_time.c
ok 'make lab on a tree that is there releases a fix' mk lab LAB=syscall DIR="$T/release"
(cd "$T/release" && git push -q origin main upstream)
cd "$T/cloned" || exit 2
echo '// mine' >> kernel/sys/sys_file.c
commit 'my work'
ok 'a student who cloned gets it' mk lab-update
is "$(head -n 1 kernel/sys/sys_time.c):$(tail -n 1 kernel/sys/sys_file.c)" '// a second fix:// mine' 'merged into the work'

# ---- from one lab to the next
cd "$T/second" || exit 2
ok 'lab-carry' mk lab-carry FROM="$T/cloned"
is "$(tail -n 1 kernel/sys/sys_file.c):$(head -n 1 kernel/sys/sys_mem.c):$(cat labs/current)" '// mine:// taken out:other' \
    'brings the work, and only that'
is "$(git status --porcelain):$(git log -1 --format=%s)" ':Work from the lab syscall' 'as a commit'
cd "$T/cloned" || exit 2
sed -i '1s/.*/\/\/ mine too/' kernel/sys/sys_mem.c
commit 'where the other lab begins with something else'
cd "$T/team" || exit 2
mk lab LAB=other DIR="$T/third" FROM="$T/cloned"
like "$?:$(said)" '[!0]*:*kernel/sys/sys_mem.c*<<<<<<<*git reset --hard*' 'make lab FROM= does it too, and tells of a conflict'
is "$(cd "$T/third" && git diff --name-only --diff-filter=U)" kernel/sys/sys_mem.c 'that git knows of'
finish
