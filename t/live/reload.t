#!/bin/sh
# reload.t - a running gateway takes new tables a hundred times while four senders ask without pause (reliability case
# REL-103): each answer is that of the old set or of the new one, none is an error, and nothing is left behind: no descriptor,
# no mapping, no process.  RELOADS, RELOAD_RULES: how often, how many rules (check: 100, 2,000; check-long: 100, 1,000,000).
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix
PATH=$PATH:/usr/sbin
# one association, so that what stands after the load is what stood before it
HOUSE_PEER='max_assoc = 1;'
. "$srcdir/t/lib/house.sh"
reloads=${RELOADS:-100}
rules=${RELOAD_RULES:-2000}
seconds=${TABLES_WAIT:-60}
dir=$(mktemp -d /tmp/mixgate-reload.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
house_start "$dir"
is "Postfix, mixgated, milter and sink stand" $? 0

# Two sets that differ in what flip.example is; "tables" leads to one of them.
set_of() {
    mkdir "$HOUSE/set-$1"
    cp "$HOUSE/tables/routes" "$HOUSE/set-$1"
    {
        echo 'PRMD$WIDGET.ADMD$ACME.C$GB#x400.example#'
        echo "O\$$1.PRMD\$WIDGET.ADMD\$ACME.C\$GB#flip.example#"
        awk -v n="$rules" 'BEGIN { for (i = 0; i < n / 2; i++) printf "O$org%d.PRMD$net%d.ADMD$ .C$XA#o%d.n%d.example#\n", i, i % 1000, i, i % 1000 }'
    } >"$HOUSE/set-$1/mapping1"
    awk -F'#' '{ print $2 "#" $1 "#" }' "$HOUSE/set-$1/mapping1" >"$HOUSE/set-$1/mapping2"
}
use() {
    ln -s "set-$1" "$HOUSE/tables.new"
    mv -T "$HOUSE/tables.new" "$HOUSE/tables"
}
set_of one
set_of two
rm -r "$HOUSE/tables"
count() { grep -c -- "$1" "$HOUSE/mixgated.log"; }
more() { [ "$(count " reloaded ")" -gt "$1" ]; }
reload() {
    was=$(count " reloaded ")
    kill -HUP "$(cat "$HOUSE/mixgated.pid")"
    wait_for "$seconds" more "$was"
}
send() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example "$@"; }

# ---- what a process holds: descriptors, and mappings of tables ----
held() {
    find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
    grep -c 'tables' "/proc/$1/maps"
}
children() { pgrep -c -P "$(cat "$HOUSE/mixgated.pid")"; }
settled() { [ "$(held "$(cat "$HOUSE/mixgated.pid")") $(children)" = "$before" ]; }

use one
reload
use two
reload
run_ok "both sets are taken" send --quiet --to bob@flip.example
sleep 1
before="$(held "$(cat "$HOUSE/mixgated.pid")") $(children)"
diag "before: $(echo "$before" | tr '\n' ' ')(descriptors, mappings, children)"

# ---- a hundred reloads under four senders ----
stream() {
    i=0
    while [ ! -e "$HOUSE/enough" ]; do
        i=$((i + 1))
        # shellcheck disable=SC2046 # eight recipients
        send $(printf -- "--to bob$1${i}x%d@flip.example " 1 2 3 4 5 6 7 8) --subject "$1-$i" >>"$HOUSE/load-$1" 2>&1 || echo "FAILED $i" >>"$HOUSE/load-$1"
    done
    echo "$i" >"$HOUSE/count-$1"
}
pids=
for s in a b c d; do
    stream $s &
    pids="$pids $!"
done
i=0 late=0
while [ "$i" -lt "$reloads" ]; do
    i=$((i + 1))
    use "$([ $((i % 2)) = 0 ] && echo two || echo one)"
    reload || late=$((late + 1))
done
touch "$HOUSE/enough"
# shellcheck disable=SC2086 # a list
wait $pids
is "each of $reloads reloads of $rules rules was taken" "$late" 0
is "none failed" "$(count reload-failed)" 0
is "no message was refused or put off" "$(cat "$HOUSE"/load-? | grep -c -e FAILED -e '^[45]')" 0
sent=$(cat "$HOUSE"/count-? | awk '{ n += $1 } END { print n }')
sed -n 's/.* mapped .* as=recipient from=\(bob[a-d][0-9]*x[1-8]\)@flip.example to="\([^"]*\)".*/\1 \2/p' "$HOUSE/mixgated.log" | sort -u >"$HOUSE/answers"
is "each of $((sent * 8)) recipients was mapped, and each to one address alone" \
    "$(wc -l <"$HOUSE/answers") $(cut -d' ' -f1 "$HOUSE/answers" | sort -u | wc -l)" "$((sent * 8)) $((sent * 8))"
is "to that of the old set or of the new one" "$(sed 's/bob[a-d][0-9]*x[1-8]//g' "$HOUSE/answers" | sort -u)" ' /S=/O=one/PRMD=WIDGET/ADMD=ACME/C=GB/
 /S=/O=two/PRMD=WIDGET/ADMD=ACME/C=GB/'
all_there() { [ "$(house_sunk)" = "$((sent + 1))" ]; }
run_ok "each message has come to the peer, once" wait_for "$seconds" all_there
send --quiet --to last@flip.example
like "and the last set is in force" "$(grep 'from=last@flip.example' "$HOUSE/mixgated.log")" "/O=$([ $((reloads % 2)) = 0 ] && echo two || echo one)/"
run_ok "no descriptor, no mapping, no process is left behind" wait_for 30 settled
diag "after: $(held "$(cat "$HOUSE/mixgated.pid")" | tr '\n' ' ')$(children); $sent messages, answers:" $(sed 's/.*O=\([a-z]*\).*/\1/' "$HOUSE/answers" | sort | uniq -c)
grown() { find "/proc/$1/fd" -lname '*tables*' | wc -l; }
is "the parent keeps no table open, it has mapped them" "$(grown "$(cat "$HOUSE/mixgated.pid")")" 0
done_testing
