#!/bin/sh
# refuse.t - X.400 to SMTP with a server that refuses: 5xx and 4xx for recipients, 554 at the dot, no DSN extension, a
# message that kills its workers; and `relayed` for a peer without reports.  Each sender is told exactly once.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-refuse.XXXXXX)
trap 'for n in mixgated sink smtpd source; do house_kill $n; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
HOUSE_PEER="reports = false;"
{
    echo 'O$closed.PRMD$WIDGET.ADMD$ACME.C$GB : reject 5.7.1 closed for good'
    echo 'O$moving.PRMD$WIDGET.ADMD$ACME.C$GB : reject 4.3.2 moves house'
} >>"$HOUSE/tables/routes"
house_conf >"$HOUSE/mixgate.conf"
server() { # [nodsn]
    house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured" "$@"
    house_wait "$PF_REINJECT_PORT"
}
: >"$HOUSE/captured"
run_ok "a server that refuses" server
run_ok "the sink" house_sink
run_ok "mixgated" house_mixgated

p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$@" 127.0.0.1:"$P1_PORT"; }
to() { echo "/DD.RFC-822=$1(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; }
captured() { sort "$HOUSE/captured" | tr '\n' ';'; }
clear() { : >"$HOUSE/captured"; }

run_ok "a message for somebody who is known" p1 -t "$(to alice)" -S good
is "is accepted" "$(captured)" "good;"
clear
run_ok "a message for nobody is confirmed" p1 -t "$(to nobody)" -S unknown
is "and reported, once" "$(captured)" "DSN failed;"
clear
run_ok "a message for 250 people" p1 -r 250 -t "$(to alice | sed 's:^/:/S=x/:')" -S crowd
is "goes in transactions that every server takes" "$(captured)" "crowd;crowd;crowd;"
clear
run_ok "a message for 150 who are not there" p1 -r 150 -t "$(to nobody | sed 's:^/:/S=x/:')" -S crowd
is "is reported, each of them once" "$(captured | grep -o failed | wc -l)" 150
clear
out=$(p1 -t "$(to later)" -S notnow 2>&1)
ok "a recipient for later: the peer keeps the message" [ $? -ne 0 ]
is "and nothing is said" "$(captured)" ""
out=$(p1 -k -t "$(to later)" -S notnow2 2>&1)
like "the third time it is confirmed" "$out" "^1 confirmed, 2 "
is "and reported" "$(captured)" "DSN failed;"
clear
run_ok "a message that is refused at the dot is confirmed" p1 -t "$(to alice)" -S never
is "and reported" "$(captured)" "DSN failed;"
clear
run_ok "a message without a report request for nobody" p1 -R 0 -t "$(to nobody)" -S quiet
like "makes at most the report that its MTA asked for" "$(captured)" "^(DSN failed;)?$"
clear

# ---- a message over which workers die ----
house_spawn source "$house_bin/mixgate-source" -k --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ \
    -t "$(to alice)" -S hang 127.0.0.1:"$P1_PORT"
for round in 1 2; do
    sleep 2
    # all workers: one of them waits for the server's answer
    for pid in $(perl "$srcdir/t/lib/mta.pl" children "$(cat "$HOUSE/mixgated.pid")"); do
        [ "$(cat "/proc/$pid/comm")" = mixgate-worker ] && kill -ABRT "$pid"
    done
done
wait "$(cat "$HOUSE/source.pid")"
is "two workers died over it: it is confirmed (round $round)" $? 0
rm -f "$HOUSE/source.pid"
is "kept for a person" "$(find "$HOUSE/archive/bad" -type f | wc -l)" 1
like "and reported" "$(captured)" "DSN failed;"
ok "with an alarm" grep -q "bad-apdu.*alarm" "$HOUSE/mixgated.log"
clear

# ---- a content of type 22 that is none ----
perl -e 'local $/; my $hex = <STDIN>; $hex =~ s/\s//g; print pack "H*", $hex' >"$HOUSE/badcontent" <<'HEX'
a081d13181c5641e63166104130247426206130441434d4513065749444745541604626164636021301f6104130247426206130441434d
45a2081306574944474554a5058003626f62460116692e302c63166104130247426206130441434d4513065749444745543112800d3236
313132333230353530305a820100a24d314b6042301d6104130247426206130441434d45a20913074d495847415445830267773021301f
13075246432d3832321314616c6963652861296d61696c2e6578616d706c65800101810202b00407a0053103616263
HEX
run_ok "a message with unreadable content is confirmed" "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ 127.0.0.1:"$P1_PORT" "$HOUSE/badcontent"
is "and reported" "$(captured)" "DSN failed;"
ok "as what it is" grep -q "not-delivered.*ERR_P1_CONTENT" "$HOUSE/mixgated.log"
clear

# ---- the routes table's reject ----
mail() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to "$1"; }
like "RCPT: the table's status and text" "$(mail bob@closed.x400.example)" "^550 5\.7\.1 .*closed for good"
like "RCPT: 4xx when the table says so" "$(mail bob@moving.x400.example)" "^450 4\.3\.2 .*moves house"
run_ok "P1: a message that the table refuses is confirmed" p1 -t /S=x/O=closed/PRMD=WIDGET/ADMD=ACME/C=GB/ -S closed
is "and reported" "$(captured)" "DSN failed;"
ok "with the table's status" grep -q "closed for good" "$HOUSE/mixgated.log"
clear
out=$(p1 -t /S=x/O=moving/PRMD=WIDGET/ADMD=ACME/C=GB/ -S moving 2>&1)
ok "P1: 4xx: the peer keeps the message" [ $? -ne 0 ]
is "and nothing is said" "$(captured)" ""

# ---- reports that we owe ----
run_ok "mail for a peer without reports, SUCCESS wanted" perl "$srcdir/t/lib/send.pl" --quiet --port "$LMTP_PORT" --lmtp \
    --from alice@mail.example --to bob@x400.example --notify SUCCESS
is "is reported as relayed" "$(captured)" "DSN relayed;"
clear
run_ok "without that wish" perl "$srcdir/t/lib/send.pl" --quiet --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example --notify FAILURE
is "it is not" "$(captured)" ""
house_kill smtpd
run_ok "a server without DSN" server nodsn
sleep 6
run_ok "a message that wants a delivery report" p1 -k -R 2 -t "$(to alice)" -S nodsn
is "is accepted and reported as relayed" "$(captured)" "DSN relayed;nodsn;"
done_testing
