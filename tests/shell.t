#!/bin/sh
# The shell's language, a case each.
. "$(dirname "$0")/lib/tap.sh"

# ---- words and quotes
t 'words are split at blanks' 'echo  a   b	c' 'a b c'
t 'double quotes keep blanks' 'echo "a   b"' 'a   b'
t 'single quotes keep everything' 'echo '\''$HOME "x" \n *'\' '$HOME "x" \n *'
t 'a backslash quotes one character' 'echo a\ \ b \$x \"' 'a  b $x "'
t 'quotes inside a word' 'echo a"b c"d'\''e f'\' 'ab cde f'
t 'double quotes: backslash only before $ " \' 'echo "\$x \" \\ \a"' '$x " \ \a'
t 'an empty word in quotes is a word' 'printf "[%s]" "" a '\'\''; echo' '[][a][]'
t 'a comment ends with the line' 'echo a # echo b
echo c' 'a
c'
t 'a # inside a word is no comment' 'echo a#b' 'a#b'
t 'a backslash before the newline joins lines' 'echo a\
b' 'ab'
t 'quotes may span lines' 'echo "a
b"' 'a
b'

# ---- variables
t 'assignment and expansion' 'x=5; echo $x ${x}y "$x"' '5 5y 5'
t 'an unset variable is empty' 'echo "[$nothing]" $nothing end' '[] end'
t 'an expansion is split at blanks unless quoted' 'x="a  b"; printf "[%s]" $x "$x"; echo' '[a][b][a  b]'
t 'single quotes do not expand' 'x=1; echo '\''$x'\' '$x'
t 'export hands a variable to programs' 'x=1; y=2; export y; sh -c '\''echo "[$x$y]"'\' '[2]'
t 'export with a value' 'export z=9; sh -c '\''echo $z'\' '9'
t 'an assignment before a command is for that command only' 'x=1 sh -c '\''echo $x'\''; echo "[$x]"' '1
[]'
t '$? is the last status' 'false; echo $?; true; echo $?; sh -c "exit 42"; echo $?' '1
0
42'
t '$$ is the process id' 'test $$ -gt 1 && echo yes' 'yes'
t '$! is the last background process' 'sleep 50 & kill -0 $! && echo there; kill $!' 'there'
t '$0 $1 $# $@' 'sh -c '\''echo $0 $1 $2 $# "$@"'\'' name one "two three"' 'name one two three 2 one two three'
t '"$@" keeps arguments apart' 'sh -c '\''printf "[%s]" "$@"; echo'\'' sh "a b" c' '[a b][c]'

# ---- lists
t 'semicolons' 'echo a; echo b;' 'a
b'
t '&& runs the right side on success' 'true && echo yes; false && echo no' 'yes' 1
t '|| runs the right side on failure' 'false || echo yes; true || echo no' 'yes'
t '&& and || from left to right' 'false && echo a || echo b; true || echo c && echo d' 'b
d'
t '! turns the status around' '! false && echo a; ! true || echo b' 'a
b'
t 'a list may go on behind && | ||' 'true &&
echo a |
cat ||
echo no' 'a'
t 'parentheses run in a child' 'x=1; (x=2; cd /; echo $x; pwd); echo $x; pwd | grep -c cases' '2
/
1
1'
t 'the status of parentheses' '(exit 7); echo $?' '7'
t 'redirection of parentheses' '(echo a; echo b) > f; cat f' 'a
b'
t 'parentheses in a pipeline' '(echo b; echo a) | sort' 'a
b'
t 'nested parentheses' '(echo a; (echo b; (echo c)))' 'a
b
c'

# ---- pipelines
t 'a pipeline' 'seq 1 10 | grep 1 | wc -l | tr -d " "' '2'
t 'the status of a pipeline is the last one' 'false | true; echo $?; true | false; echo $?' '0
1'
t 'a writer dies of a closed pipe' 'yes | head -n 2' 'y
y'
t 'a pipeline of ten' 'echo x | cat | cat | cat | cat | cat | cat | cat | cat | cat' 'x'
t 'much goes through a pipe' 'seq 1 20000 | cat | tail -n 1' '20000'

# ---- redirections
t '>' 'echo a > f; echo b > f; cat f' 'b'
t '>>' 'echo a > f; echo b >> f; cat f' 'a
b'
t '<' 'echo a > f; cat < f' 'a'
t '2>' 'ls /nothing 2> f; test -s f && echo error caught' 'error caught'
t '2>&1 behind >' 'ls /nothing / > f 2>&1; grep -c nothing f; grep -c init f' '1
1'
t '2>&1 before >' '(ls /nothing 2>&1 > f) | grep -c nothing' '1'
t '2>> appends' 'ls /no1 2> f; ls /no2 2>> f; grep -c "/no" f' '2'
t '>&2' '(echo hidden >&2) 2> f; cat f' 'hidden'
t 'a redirection may stand anywhere' '> f echo a b; < f cat' 'a b'
t 'a redirection alone makes a file' '> f; ls' 'f'
t 'a redirection of a builtin lasts for it only' 'cd /tmp > f; echo shown' 'shown'
m 'a redirection that fails' 'cat < nothing; echo "status $?"' '*nothing*o such file*status 1'
t 'several redirections' 'echo x > a > b; wc -c < a | tr -d " "; cat b' '0
x'

# ---- globbing
t '* matches names in order' 'touch b a c .hidden; echo *' 'a b c'
t '? and [ ]' 'touch a1 a2 b1; echo a? ?1 [ab]1 [!a]1' 'a1 a2 a1 b1 a1 b1 b1'
t 'no match: the pattern stays' 'echo *.none' '*.none'
t 'quoted: no pattern' 'touch a; echo "*" \* '\''*'\' '* * *'
t 'a pattern in a directory' 'mkdir d; touch d/x d/y; echo d/* */x' 'd/x d/y d/x'
t 'a leading dot must be given' 'touch .a; echo .a*' '.a'
t 'a pattern from a variable' 'touch a b; x="*"; echo $x "$x"' 'a b *'

# ---- programs
m 'no such command: 127 and a message' 'no-such-thing; echo "status $?"' '*no-such-thing*not found*status 127'
m 'README, in a directory of PATH, is not a program' 'README; echo "status $?"' '*README: Permission denied*status 126'
m 'not a program: 126' 'echo hi > f; ./f; echo "status $?"' '*f*status 126'
t 'a path runs' '/echo a; /bin/echo b; ../../bin/echo c' 'a
b
c'
t 'PATH is searched' 'mkdir d; cp /echo d/mine; PATH=d:$PATH; mine hi' 'hi'
t 'killed by a signal: 128 and the signal' 'sh -c "kill -9 \$\$"; echo $?; sh -c "kill -15 \$\$"; echo $?' '137
143'
t 'a long command line' "x='$(seq -s ' ' 1 800)'; echo \$x" "$(seq -s ' ' 1 800)"

# ---- builtins
t 'cd and pwd' 'mkdir d; cd d && pwd | tail -c 3; cd ..; cd /dev; pwd' '/d
/dev'
m 'cd to nowhere' 'cd /nowhere; echo "status $?"' '*/nowhere*status 1'
t 'exit ends with its status' 'echo a; exit 9; echo b' 'a' 9
t 'exit alone takes the last status' 'false; exit' '' 1
t 'kill is built in' 'sleep 100 & kill $!; wait $!; echo $?' '143'
m 'kill with a signal that is none' 'kill -FOO 1; echo "status $?"' '*FOO: no such signal*status 1'
m 'kill of nobody' 'kill 99999; echo "status $?"' '*99999*status 1'
t 'wait waits' '(sleep 0.2; echo a) & wait; echo b' 'a
b'
t 'wait gives the status' 'sh -c "exit 5" & wait $!; echo $?' '5'
t 'jobs lists the oldest first' 'sleep 100 & sleep 101 & jobs 2>&1; kill %1 %2' '[1] Running sleep 100
[2] Running sleep 101'
t 'unset' 'x=1; unset x; echo "[$x]"' '[]'

# ---- background
t 'a background job runs beside' 'sleep 0.3 > f & echo at once; wait' 'at once'
t 'background jobs in numbers' 'sleep 0.1 & sleep 0.1 & sleep 0.1 & wait; echo all' 'all'
t 'a background list' '(false || echo in) & wait' 'in'

# ---- sh itself
t 'sh file' 'echo "echo from file \$1" > s; sh s arg' 'from file arg'
t 'sh -c' 'sh -c "echo a; echo b"' 'a
b'
t 'a script on standard input' 'echo "echo piped" | sh' 'piped'
t 'the status of a script is its last' 'sh -c "true; false"; echo $?' '1'
m 'a loop is an error, and its body does not run' 'echo "for i in 1 2
do
echo body
done" > s; sh s; echo "status $?"' "sh: syntax error near 'for'*status 2"
m 'so is if' 'sh -c "if true; then echo body; fi"; echo "status $?"' "sh: syntax error near 'if'*status 2"
t 'such a word elsewhere is a word' 'echo if for done {' 'if for done {'
m 'no command substitution: an error' 'sh -c "echo \"\$(date)\""; echo "status $?"' "sh: syntax error near '\$('*status 2"
m 'nor with backquotes' 'sh -c "echo \`date\`"; echo "status $?"' "sh: syntax error near '\`'*status 2"
t 'in single quotes or behind a backslash they are text' 'echo '\''$(x) `x` ${x:-y}'\'' "\$(x) \`x\`"' '$(x) `x` ${x:-y} $(x) `x`'
t '${name} of each kind' 'sh -c '\''echo ${1} ${#} ${@} ${?} ${0}'\'' me a b' 'a 2 a b 0 me'
m 'no such script' 'sh nothing; echo "status $?"' '*nothing*status 127'
m 'a syntax error has a message and a status' 'sh -c "echo a | | b"; test $? -ne 0 && echo failed' '*yntax*failed'
m 'an open quote is an error' 'sh -c "echo \"abc"; test $? -ne 0 && echo failed' '*failed'
m 'an open parenthesis is an error' 'sh -c "(echo a"; test $? -ne 0 && echo failed' '*failed'
t 'commands read what the script has left' 'sh -c "cat" < ../all | head -n 1 | head -c 4' 'echo'
t 'deep recursion of shells' 'sh -c "sh -c \"sh -c \\\"echo deep\\\"\""' 'deep'

run_cases CPUS=2
fsck_clean
finish
