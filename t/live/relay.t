#!/bin/sh
# relay.t - mixgated between a real Postfix and a P1 sink: both directions with their reports, and what becomes of a message
# when it comes twice, when a neighbour is down, refuses, or sends what cannot be passed on (custody, ARCHITECTURE 3).
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix
PATH=$PATH:/usr/sbin
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-relay.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE_SINK="-v"
HOUSE_CONF='reports = { relayed = true; };'
house_start "$dir"
is "Postfix, mixgated, milter and sink stand" $? 0

send() { perl "$srcdir/t/lib/send.pl" "$@"; }
p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$@"; }
alice='/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/'
gateway="127.0.0.1:$P1_PORT"
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
mails() { [ "$(house_mails "$1")" -ge "$2" ]; }
logged() { grep -q -- "$1" "$HOUSE/mixgated.log"; }
restart_sink() {
    house_kill sink
    HOUSE_SINK=$* house_sink
}

# ---- SMTP to X.400 ----
send --quiet --port "$SUBMIT_PORT" --from alice@mail.example --to bob@x400.example --subject first
ok "a mail reaches the X.400 MTA" wait_for 20 sunk 1
like "with its originator" "$(cat "$HOUSE/sink.log")" "alice"
ok "and is logged with the ids of both sides" logged "transferred.*mts_id=.*message_id="
printf 'Received: by here; id 1\r\nFrom: <alice@mail.example>\r\nTo: <bob@x400.example>\r\nSubject: twice\r\nMessage-ID: <twice@mail.example>\r\n\r\nbody\r\n' >"$HOUSE/twice.eml"
run_ok "a message by LMTP" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example "$HOUSE/twice.eml"
run_ok "the same again, as after a lost reply" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example "$HOUSE/twice.eml"
is "is answered without a copy" "$(house_sunk)" 2
ok "which the log tells" logged duplicate
run_ok "the same octets for another recipient" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to carol@x400.example "$HOUSE/twice.eml"
is "are another message" "$(house_sunk)" 3
like "an address without a route is refused" "$(send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to '"/S=x/PRMD=NOWHERE/ADMD=Q/C=QQ/"@gw.example')" "^5"
run_ok "a dry run by the milter's socket" send --port "$SCREEN_PORT" --lmtp --from alice@mail.example --to bob@x400.example
is "hands nothing over" "$(house_sunk)" 3

# ---- the peer is down, refuses, comes back ----
house_kill sink
like "the peer is down: 4.4" "$(send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example)" "^4[0-9][0-9] 4\.4\."
restart_sink --refuse transfer
sleep 3
like "the peer refuses each transfer: 4.4" "$(send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to dora@x400.example)" "4[0-9][0-9] 4\.4\."
restart_sink -v --report delivery --report-to "$gateway"
try() { send --quiet --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example; }
run_ok "the peer is back: mail flows after the pause" wait_for 20 try

# ---- reports of the peer ----
send --quiet --port "$SUBMIT_PORT" --from alice@mail.example --to bob@x400.example --notify SUCCESS,FAILURE --subject asked
ok "a delivery report comes to the mailbox" wait_for 20 mails alice 1
like "as a DSN" "$(cat "$PF_MAIL"/alice/new/*)" "Action: delivered"
restart_sink -v --report nondelivery:1/0 --report-to "$gateway"
sleep 1
send --quiet --port "$SUBMIT_PORT" --from alice@mail.example --to nobody@x400.example --subject refused
ok "a non-delivery report too" wait_for 20 mails alice 2
like "as a DSN with its status" "$(cat "$PF_MAIL"/alice/new/*)" "Action: failed"
restart_sink -v

# ---- X.400 to SMTP ----
run_ok "a message from X.400 is confirmed" p1 -t "$alice" -S from-x400 "$gateway"
ok "and lies in the mailbox" wait_for 20 mails alice 3
before=$(house_sunk)
run_ok "one that asks for a delivery report" p1 -t "$alice" -R 2 "$gateway"
ok "is reported by Postfix's DSN, as a P1 report" wait_for 20 sunk $((before + 1))
run_ok "one for a domain that nobody knows is confirmed" p1 -t '/DD.RFC-822=x(a)elsewhere.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/' "$gateway"
ok "and its bounce becomes a report" wait_for 20 sunk $((before + 2))
run_ok "one that leads back to X.400 is confirmed" p1 -t /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ "$gateway"
ok "and reported, for we are no transit MTA" wait_for 20 sunk $((before + 3))
ok "which the log tells" logged ERR_RELAY_NOT_TRANSIT

# ---- the same APDU twice; the same identifier with other content; nonsense ----
# a sink of its own catches the generator's APDU
mkdir "$HOUSE/echo"
# shellcheck disable=SC2046
set -- $(house_ports 1)
house_spawn echo "$house_bin/mixgate-sink" -d "$HOUSE/echo" "127.0.0.1:$1"
house_wait "$1"
p1 -t "$alice" -S echoed "127.0.0.1:$1" >/dev/null
apdu=$(find "$HOUSE/echo" -name '*.p1')
count=$(house_mails alice)
run_ok "an APDU" p1 "$gateway" "$apdu"
ok "becomes a mail" wait_for 20 mails alice $((count + 1))
run_ok "the same APDU again is confirmed" p1 "$gateway" "$apdu"
sed 's/ABCDEFG/ABCDEFH/' "$apdu" >"$HOUSE/other.p1"
run_ok "the same MTS-identifier with other content is confirmed" p1 "$gateway" "$HOUSE/other.p1"
ok "raises an alarm" logged "other-content.*alarm"
is "is kept for a person" "$(find "$HOUSE/archive/bad" -type f | wc -l)" 1
printf 'no BER at all' >"$HOUSE/nonsense"
run_ok "nonsense is confirmed, for it would come for ever" p1 "$gateway" "$HOUSE/nonsense"
ok "and raises an alarm" logged "bad-apdu.*alarm"
is "and is kept" "$(find "$HOUSE/archive/bad" -type f | wc -l)" 2
sleep 1
is "neither made a mail" "$(house_mails alice)" $((count + 1))
house_kill echo

# ---- who may call ----
out=$("$house_bin/mixgate-source" --name STRANGER -t "$alice" "$gateway" 2>&1)
is "an MTA that is not configured is refused" $? 69
like "for authentication" "$out" "authentication"

# ---- Postfix is down ----
sh "$srcdir/t/lib/postfix.sh" stop "$HOUSE/pf"
out=$(p1 -t "$alice" "$gateway" 2>&1)
ok "Postfix is down: the peer keeps its message" [ $? -ne 0 ]
out=$(p1 -t "$alice" "$gateway" 2>&1)
like "and is told at bind that we are busy" "$out" "busy"
sh "$srcdir/t/lib/postfix.sh" start "$HOUSE/pf"
run_ok "Postfix is back: the peer's message passes" p1 -k -t "$alice" "$gateway"
ok "into the mailbox" wait_for 20 mails alice $((count + 2))

# ---- reload, two daemons, stop ----
cp "$HOUSE/mixgate.conf" "$HOUSE/good.conf"
echo 'nonsense = 1;' >>"$HOUSE/mixgate.conf"
pid=$(cat "$HOUSE/mixgated.pid")
kill -HUP "$pid"
ok "a reload with an error says so" wait_for 5 logged reload-failed
run_ok "and the last good settings stay" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example
cp "$HOUSE/good.conf" "$HOUSE/mixgate.conf"
kill -HUP "$pid"
ok "a good one is taken" wait_for 5 logged " reloaded"
run_ok "by the new workers" send --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example
"$house_bin/mixgated" -c "$HOUSE/mixgate.conf" --foreground >"$HOUSE/second.log" 2>&1
is "a second daemon on the same journal does not start" $? 78
like "and says why" "$(cat "$HOUSE/second.log")" "another mixgated"
run_ok "--check" "$house_bin/mixgated" -c "$HOUSE/mixgate.conf" --check
started=$(date +%s)
kill -TERM "$pid"
wait "$pid"
is "SIGTERM ends it in order" $? 0
rm -f "$HOUSE/mixgated.pid"
ok "within ten seconds" [ $(($(date +%s) - started)) -le 10 ]
is "no process is left" "$(pgrep -f "mixgated --config $HOUSE/mixgate.conf" | wc -l)" 0
is "no temporary file is left" "$(find "$HOUSE/spool" -type f | wc -l)" 0
done_testing
