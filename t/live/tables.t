#!/bin/sh
# tables.t - a running gateway takes new tables on SIGHUP: a large set while mail passes in both directions, and no wrong one
# (reliability case REL-102).  TABLES_RULES: how many rules (check: 20,000, check-long: 1,000,000).
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix
PATH=$PATH:/usr/sbin
. "$srcdir/t/lib/house.sh"
rules=${TABLES_RULES:-20000}
seconds=${TABLES_WAIT:-60}
dir=$(mktemp -d /tmp/mixgate-tables.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
house_start "$dir"
is "Postfix, mixgated, milter and sink stand" $? 0
m1=$HOUSE/tables/mapping1 m2=$HOUSE/tables/mapping2

count() { grep -c -- "$1" "$HOUSE/mixgated.log"; }
more() { [ "$(count "$1")" -gt "$2" ]; }
hup() { kill -HUP "$(cat "$HOUSE/mixgated.pid")"; }
# reload PATTERN: SIGHUP, and wait until the log says PATTERN once more
reload() {
    was=$(count "$1")
    hup
    wait_for "$seconds" more "$1" "$was"
}
send() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example "$@"; }
good() {
    {
        echo 'PRMD$WIDGET.ADMD$ACME.C$GB#x400.example#'
        awk -v n="$rules" -v g="$1" 'BEGIN { for (i = 0; i < n / 2; i++) printf "O$org%d-%s.PRMD$net%d.ADMD$ .C$XA#o%d-%s.n%d.example#\n", i, g, i % 1000, i, g, i % 1000 }'
    } >"$m1.new"
    awk -F'#' '{ print $2 "#" $1 "#" }' "$m1.new" >"$m2.new"
    mv "$m1.new" "$m1"
    mv "$m2.new" "$m2"
}

# ---- a large set under load ----
stream() {
    i=0
    while [ ! -e "$HOUSE/enough" ]; do
        i=$((i + 1))
        send --to "bob@x400.example" --subject "$1-$i" >>"$HOUSE/load-$1" 2>&1 || echo "FAILED" >>"$HOUSE/load-$1"
    done
    echo "$i" >"$HOUSE/count-$1"
}
back() {
    i=0
    while [ ! -e "$HOUSE/enough" ]; do
        i=$((i + 1))
        "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ \
            -t '/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/' -m 5 "127.0.0.1:$P1_PORT" >>"$HOUSE/load-back" 2>&1 || echo "FAILED" >>"$HOUSE/load-back"
    done
    echo "$i" >"$HOUSE/count-back"
}
stream a & a=$!
stream b & b=$!
back & c=$!
for g in one two three; do
    good $g
    ok "$rules rules ($g) are taken while mail passes" reload " reloaded "
    ok "and used" wait_for 20 send --to "bob@x400.example" --quiet
done
sleep 1
touch "$HOUSE/enough"
wait $a $b $c
is "no message by LMTP failed" "$(cat "$HOUSE/load-a" "$HOUSE/load-b" | grep -c -e FAILED -e '^4' -e '^5')" 0
is "none from X.400 either" "$(grep -c FAILED "$HOUSE/load-back")" 0
diag "$(cat "$HOUSE/count-a") and $(cat "$HOUSE/count-b") messages by LMTP, 5 x $(cat "$HOUSE/count-back") from X.400"
ok "the tables were compiled into a file" test -s "$HOUSE/tables.tbl"
mapped() { for pid in $(pgrep -P "$(cat "$HOUSE/mixgated.pid")"); do grep -q "r--s.*tables.tbl" "/proc/$pid/maps" || return 1; done; }
ok "that every process maps read-only" wait_for 20 mapped
ok "the milter maps it too" sh -c "grep -qs 'r--s.*\(tables.tbl\|mixgate-tables\)' /proc/\$(pgrep -P \$(cat '$HOUSE/milter.pid'))/maps"

# ---- a wrong one is not taken ----
cp "$m2" "$HOUSE/keep2"
printf 'good.example#O$x.PRMD$WIDGET.ADMD$ACME.C$GB# !oneway\nbad.example#PRMD$a_b.ADMD$ .C$XA#\n' >>"$m2"
line=$(wc -l <"$m2")
ok "a wrong line: the reload fails" reload "reload-failed"
ok "the log names file, line and column" grep -q "table at=mapping2:$line:19 " "$HOUSE/mixgated.log"
run_ok "mail flows by the last good set" send --to bob@x400.example
"$house_bin/mixgate" check --config "$HOUSE/mixgate.conf" >"$HOUSE/check" 2>&1
is "mixgate check says no" $? 1
like "with the finding" "$(cat "$HOUSE/check")" "mapping2:$line:19"

# REL-102: half written; removed; replaced by rename
head -c 1000 "$HOUSE/keep2" >"$m2"
ok "REL-102 a table that ends in the middle of a rule is not taken" reload "reload-failed"
rm "$m2"
ok "REL-102 neither is one that is gone" reload "reload-failed"
run_ok "REL-102 the old one stays in force" send --to bob@x400.example
mv "$HOUSE/keep2" "$m2"
echo 'y400.example#PRMD$WIDGET.ADMD$ACME.C$GB#' >"$m2.local"
ok "REL-102 put back by rename, with an overlay beside it, it is taken" reload " reloaded "
try() { send --quiet --to bob@y400.example; }
run_ok "REL-102 and used" wait_for 20 try

# ---- the compiled file is damaged: made again ----
printf 'XXXX' | dd of="$HOUSE/tables.tbl" bs=1 seek=3000 conv=notrunc 2>/dev/null
house_kill mixgated
ok "a daemon that finds a damaged compiled file starts" house_mixgated
run_ok "and maps by the texts" wait_for 20 try
done_testing
