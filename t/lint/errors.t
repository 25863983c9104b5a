#!/bin/sh
# errors.t - every row of err.def is raised somewhere, and stands in t/vectors/errors.tsv with a test that meets it.
. "${srcdir:-.}/t/lib/tap.sh"
cd "$srcdir" || exit 1
table=t/vectors/errors.tsv
# Those without a test of their own: the list may only become shorter.
untested_max=17
rows=$(sed -n 's/^ERR_ROW(\(ERR_[A-Z0-9_]*\),.*/\1/p' src/base/err.def)

# what is wrong with the row of $1, or nothing
judge() {
    grep -rqw --include='*.c' "$1" src || echo "$1: nothing raises it"
    tests=$(awk -F '\t' -v id="$1" '$1 == id { print $6 }' "$table")
    case $tests in
    '') echo "$1: no test is named in $table" ;;
    '- '?*) ;;
    *) printf '%s\n' "$tests" | sed 's/; /\n/g' | while IFS=: read -r file text; do
        [ -f "$file" ] || echo "$1: there is no $file"
        if [ -n "$text" ]; then
            grep -qF -- "$text" "$file" || echo "$1: $file has no \"$text\""
        else
            grep -qwE -- "$1|${1#ERR_}" "$file" || echo "$1: $file does not name it"
        fi
    done ;;
    esac
}
wrong=$(for id in $rows; do judge "$id"; done)
is "each row is raised, and a test that meets it is named" "$wrong" ""
untested=$(awk -F '\t' '$6 ~ /^- / { print $1 }' "$table" | wc -l)
ok "not more than $untested_max without ($untested)" [ "$untested" -le "$untested_max" ]
is "no row of the table is of an error that is gone" "$(grep -v '^#' "$table" | cut -f1 | while read -r id; do echo "$rows" | grep -qx "$id" || echo "$id"; done)" ""
done_testing
