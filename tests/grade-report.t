#!/bin/bash
# What graders find, in the formats that other programs read (tools/grade-report). No machine is started.
. "$(dirname "$0")/lib/tap.sh"

report() { tools/grade-report "$1" "$T/results.json"; }
field() { # field EXPRESSION: of the JSON on standard input, as $j
    perl -MJSON::PP -e 'local $/; my $j = decode_json(<STDIN>); my @v = eval $ARGV[0]; die $@ if $@; print join(" ", map { ref ? encode_json($_) : $_ } @v)' "$1"
}

# A grading with a test that passed, one that failed, and words of a student's that look like each of the formats.
cat > "$T/results.json" << 'END'
{"status": "graded", "taken": ["kernel/sys/sys_file.c"], "removed": [], "ignored": ["Makefile", "<b>&\"'.c"],
 "refused": ["a.c: a symbolic link"], "seconds": {"prepare": 0.5, "build": 1.5, "grade": 3.0},
 "lab": "syscall", "complete": true, "score": 15, "max_score": 100,
 "tests": [
  {"test": "second", "title": "it # counts", "expected": "reads: 7", "got": "ok 3 - forged\nnot ok\n]]></failure><x>&amp;\n=1+1\n| a | b |\n@@@ \\\" é", "repeat": "make grade LAB=syscall TEST=second SEED=3", "points": 85, "score": 0, "seconds": 2.5, "order": 2},
  {"test": "first", "title": "it's there", "expected": "", "got": "", "repeat": "make grade LAB=syscall TEST=first", "points": 15, "score": 15, "seconds": 0.5, "order": 1}]}
END

# ---- TAP
report tap > "$T/tap"
is "$(grep -v '^#' "$T/tap")" "1..2
ok 1 - first 15/15: it's there
not ok 2 - second 0/85: it \\# counts" 'TAP: a line each, in order; nothing of a student is a line of its own'
ok 'it says what was expected, what came and how to repeat it' grep -qx '# repeat: make grade LAB=syscall TEST=second SEED=3' "$T/tap"
is "$(printf 'cat %s\n' "$T/tap" > "$T/tap.t"; prove --exec sh "$T/tap.t" 2> /dev/null | tail -n 1)" 'Result: FAIL' 'prove reads it'

# ---- JUnit
report junit > "$T/junit.xml"
ok 'JUnit: valid by its schema' xmllint --noout --schema tests/lib/junit.xsd "$T/junit.xml"
value() { xmllint --xpath "string($1)" "$T/junit.xml"; }
is "$(value 'count(//testcase)') $(value 'count(//failure)') $(value '/testsuites/testsuite/@tests') $(value '//testsuite/@failures')" \
    '2 1 2 1' 'it counts tests and failures'
is "$(value '//testcase[2]/failure' | sed -n 4p)" ']]></failure><x>&amp;' "a student's words are words"
like "$(value //system-out)" '*Makefile*<b>&"*a symbolic link*' 'files that were not used are named'
sed 's/<testcase classname="syscall"/<testcase/' "$T/junit.xml" > "$T/bad.xml"
ok 'the schema finds what is wrong' sh -c '! xmllint --noout --schema tests/lib/junit.xsd "$1"' - "$T/bad.xml"

# ---- Gradescope
report gradescope > "$T/gradescope.json"
is "$(field '$j->{score}, $j->{execution_time}, $j->{visibility}, scalar @{$j->{tests}}' < "$T/gradescope.json")" '15 5 visible 2' \
    'Gradescope: score, execution_time, visibility, tests'
is "$(field 'map { my $t = $_; map { $t->{$_} } qw(order score max_score status visibility) } @{$j->{tests}}' < "$T/gradescope.json")" \
    '1 15 15 passed visible 2 0 85 failed visible' 'each test has its order, score, max_score, status, visibility'
like "$(field '$j->{tests}[1]{output}' < "$T/gradescope.json")" 'expected: reads: 7*got: ok 3 - forged*repeat: make grade*' 'and output'
# each field has the type that Gradescope takes: numbers are no strings
is "$(grep -c -E '"(score|max_score|execution_time|order)" : "' "$T/gradescope.json")" 0 'numbers are numbers'
known='score max_score execution_time output output_format visibility stdout_visibility tests status name number order'
is "$(field 'grep { my $k = $_; !grep { $_ eq $k } qw('"$known"') } sort map { keys %$_ } $j, @{$j->{tests}}' < "$T/gradescope.json")" '' \
    'and no field is unknown'
is "$(VISIBILITY=after_published tools/grade-report gradescope "$T/results.json" | field '$j->{tests}[0]{visibility}')" after_published \
    'VISIBILITY= hides the tests'

# ---- the rest
like "$(report markdown)" '*syscall: 15/100*| first | 15/15 |*    got: ok 3 - forged*- not used*' 'markdown for a job summary'
is "$(report line)" ' 15/100 graded        failed: second; not used, as this lab does not let it be changed: Makefile (and 2 more)' 'a line'

# ---- a class
mkdir -p "$T/class/reports"/{=evil,ann,bob,cy,lost}
for who in =evil ann; do cp "$T/results.json" "$T/class/reports/$who/"; done
sed 's/"status": "graded"/"status": "build-failed"/; s/"score": 15/"score": 0/g' "$T/results.json" > "$T/class/reports/bob/results.json"
sed 's/"score": 15, "max/"score": 100, "max/; s/"score": 0/"score": 85/; s/"ignored.*/"ignored": [],/; s/^ "refused": \[[^]]*\]/ "refused": []/' \
    "$T/results.json" > "$T/class/reports/cy/results.json"
tools/grade-report class "$T/class" > "$T/summary" 2>&1
is $? 1 'a class with one that could not be graded: status 1'
tr -d '\r' < "$T/class/grades.csv" > "$T/csv"
is "$(sed -n '1p; /^ann/p; /^cy/p' "$T/csv" | cut -d, -f1-7)" 'student,score,max_score,result,first,second,seconds
ann,15,100,graded,15,0,5.0
cy,100,100,graded,15,85,5.0' 'grades.csv: a row for each, with each test'
is "$(grep -c "^'=evil" "$T/csv")" 1 'a name that a spreadsheet would run is text'
like "$(cat "$T/csv")" '*bob,0,100,build-failed,0,0*' 'a build that failed'
like "$(cat "$T/csv")" '*lost,,,ERROR*' 'one without results has no score'
like "$(cat "$T/class/summary.txt")" '*4 submissions. Mean 32.5, median 15, from 0 to 100*   10-19    2 ##*     100    1 #*   3  75%  second*build-failed: bob*COULD NOT BE GRADED*lost*' \
    'the summary: distribution, tests most often failed, who to look at'
finish
