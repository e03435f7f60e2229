# For tests of tools/grade-all: is what it found what tests/labs-class/make-class expects?

# class_graded CLASS LAB OUT [NAME=value...]: grade CLASS/submissions, one test
class_graded() {
    class=$1 lab=$2 out=$3
    shift 3
    rm -f /tmp/drupe-escaped-*
    if env TOTAL_DISK=700 "$@" tools/grade-all "$lab" "$class/submissions" "$out" > "$out.log" 2>&1 < /dev/null; then
        pass "$lab: every submission has a result"
    else
        fail "$lab: every submission has a result" "$(tail -n 40 "$out.log")"
    fi
    is "$(ls -d /tmp/drupe-escaped-* 2> /dev/null)" '' "$lab: none has left the sandbox"
    is "$(grep -l -r ESCAPED "$out/reports" | wc -l)" 0 "$lab: none has found a hole"
}

# check_class CLASS OUT: a test for each submission
check_class() {
    tr -d '\r' < "$2/grades.csv" > "$2/csv"
    is "$(tail -n +2 "$2/csv" | wc -l)" "$(wc -l < "$1/expected")" 'grades.csv has a row for each'
    while IFS='|' read -r name result score tests words; do
        report=$2/reports/$name
        row=$(awk -F, -v n="$name" '$1 == n { print $4 "|" $2 }' "$2/csv")
        failed=$(sed -n 's/^not ok [0-9]* - \([^ ]*\) .*/\1/p' "$report/tap.txt" | paste -sd' ')
        want="${result/#-/${row%|*}}|${score/#-/${row#*|}}"
        [ "$tests" != - ] && [ "$score" != - ] || tests=$failed
        if [ "$row" != "$want" ] || [ "$failed" != "$tests" ]; then
            fail "$name" "saw:  $row, failed: $failed" "want: $want, failed: $tests" "$(head -n 40 "$report/report.txt" "$report/error.txt" 2> /dev/null)"
        elif [ "$score" = - ] && [ "${row#*|}" -ge 50 ]; then
            fail "$name" "it has talked itself into ${row#*|} points"
        elif ! grep -qF -e "$words" "$report/report.txt"; then
            fail "$name" "its report does not say: $words" "$(head -n 40 "$report/report.txt")"
        elif ! xmllint --noout --schema tests/lib/junit.xsd "$report/junit.xml" > "$T/xmllint" 2>&1; then
            fail "$name" "junit.xml: $(cat "$T/xmllint")"
        elif ! perl -MJSON::PP -e 'local $/; my $j = decode_json(<STDIN>); my $sum = 0; $sum += $_->{score} for @{$j->{tests}};
                exit !($sum == $j->{score} && $j->{score} == $ARGV[0])' "${row#*|}" < "$report/gradescope.json"; then
            fail "$name" 'the points in gradescope.json do not sum up to the score'
        else
            pass "$name"
        fi
    done < "$1/expected"
}
