#!/bin/sh
# kill.t - kill -9 of random children of mixgated under load, in both directions: nothing is lost, copies are counted.
# KILL_COUNT (10 a direction) and KILL_MESSAGES (600) make it longer.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
kills=${KILL_COUNT:-10} messages=${KILL_MESSAGES:-600}
pl="$srcdir/t/lib/mta.pl"
HOUSE=$(mktemp -d /tmp/mixgate-kill.XXXXXX)
stop_all() {
    for name in source sender mixgated sink smtpd; do house_kill $name; done
    rm -rf "$HOUSE"
}
trap stop_all EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
HOUSE_WORKERS=6
house_conf | sed 's/listen = {/listen = { max_assoc = 200;/; s/level = "info"/level = "warn"/' >"$HOUSE/mixgate.conf"
: >"$HOUSE/captured"
house_spawn smtpd perl "$pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
ok "the capture server stands" house_wait "$PF_REINJECT_PORT"
ok "the sink stands" house_sink
ok "mixgated stands" house_mixgated
parent=$(cat "$HOUSE/mixgated.pid")

# kill_some NAME: kills random children until enough are dead or NAME has done its work
kill_some() {
    killed=0
    while [ $killed -lt "$kills" ] && kill -0 "$(cat "$HOUSE/$1.pid")" 2>/dev/null; do
        victim=$(perl "$pl" children "$parent" | shuf -n 1)
        [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null && killed=$((killed + 1))
        sleep "0.$(shuf -i 10-40 -n 1)"
    done
    wait "$(cat "$HOUSE/$1.pid")"
    rm -f "$HOUSE/$1.pid"
}

# distinct and doubled marks of a file with a mark a line
distinct() { sort -u "$1" | grep -c '^mark-\|^src-'; }
doubled() { echo $(($(grep -c '^mark-\|^src-' "$1") - $(distinct "$1"))); }

house_spawn sender perl "$pl" lmtp "$LMTP_PORT" "$messages" 5 alice@mail.example bob@x400.example
kill_some sender
# the sink's files: the subject stands in the clear in IA5 or general text
find "$HOUSE/sink" -name '*.p1' -exec grep -a -o -m 1 'This is message mark-[0-9]*' {} \; | sed 's/This is message //' >"$HOUSE/arrived"
is "SMTP to X.400: every message that had its 250 arrived, $killed kills" "$(distinct "$HOUSE/arrived")" "$messages"
diag "copies: $(doubled "$HOUSE/arrived") of $messages"
ok "copies are fewer than kills (one message a killed process)" [ "$(doubled "$HOUSE/arrived")" -le "$killed" ]
ok "the parent lives" kill -0 "$parent"

: >"$HOUSE/captured"
house_spawn source "$house_bin/mixgate-source" -k --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -m "$messages" -s 4 \
    -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t '/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/' 127.0.0.1:"$P1_PORT"
kill_some source
diag "$(cat "$HOUSE/source.log")"
is "X.400 to SMTP: every message that was confirmed arrived, $killed kills" "$(distinct "$HOUSE/captured")" "$messages"
diag "copies: $(doubled "$HOUSE/captured") of $messages"
ok "copies are fewer than kills" [ "$(doubled "$HOUSE/captured")" -le "$killed" ]
is "no report was made" "$(grep -c DSN "$HOUSE/captured")" 0
ok "nothing went to archive/bad" [ -z "$(find "$HOUSE/archive" -type f)" ]
ok "the parent lives" kill -0 "$parent"
ok "no temporary file is left behind" [ -z "$(find "$HOUSE/spool" -type f)" ]
done_testing
