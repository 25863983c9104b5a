#!/bin/sh
# transit.t - peers.relay: what comes from one X.400 peer and is for another goes on when the setting says so: content octet by
# octet, each peer responsible for its own recipients, once, and reports the same way back.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
trap 'house_small_destroy' EXIT
trap 'exit 1' INT TERM
house_small "$(mktemp -d /tmp/mixgate-transit.XXXXXX)"
OTHER_PORT=$(house_ports 1)
echo 'PRMD$OTHER.ADMD$ACME.C$GB : peer=other' >>"$HOUSE/tables/routes"
mkdir "$HOUSE/other"
other_sink() { house_spawn other "$builddir/mixgate-sink" -d "$HOUSE/other" --name OTHER --domain /PRMD=OTHER/ADMD=ACME/C=GB/ --report-to "127.0.0.1:$P1_PORT" "$@" "127.0.0.1:$OTHER_PORT" && house_wait "$OTHER_PORT"; }
gate() { # RELAY [lines for the other peer]
    house_gate "s|rmta = \"SINK\";|rmta = \"SINK\"; relay = $1; }, { name = \"other\"; host = \"127.0.0.1\"; port = $OTHER_PORT; rmta = \"OTHER\"; relay = $1; ${2:-}|"
}
count() { find "$HOUSE/$1" -name '*.p1' | wc -l; }
has() { [ "$(count "$1")" -ge "$2" ]; }
captured() { grep -c "$1" "$HOUSE/captured"; }
newest() { find "$HOUSE/$1" -name '*.p1' | sort | tail -1; }
dump() { "$builddir/mixgate" dump "$1"; }
p1() { "$builddir/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ --timeout 20 "$@" 2>&1; }
gateway="127.0.0.1:$P1_PORT"
yan=/S=yan/PRMD=OTHER/ADMD=ACME/C=GB/
# make NAME ID [SED]: an APDU for alice (Internet) and yan (the other peer)
make() {
    sed "${3:-}" >"$HOUSE/$1.txt" <<TEXT
kind: message
envelope.message-identifier: "[/PRMD=WIDGET/ADMD=ACME/C=GB/;$2]"
envelope.originator-name: "/S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.content-type: interpersonal-messaging-1988 (22)
envelope.content-return-request: TRUE
envelope.priority: urgent (2)
envelope.trace-information[1].global-domain-identifier: "/PRMD=WIDGET/ADMD=ACME/C=GB/"
envelope.trace-information[1].arrival-time: 2024-03-05T10:15:00+01:00
envelope.trace-information[1].routing-action: relayed (0)
recipients[1].recipient-name: "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"
recipients[1].originally-specified-recipient-number: 1
recipients[1].responsibility: responsible
recipients[1].originator-report: non-delivery-report (1)
recipients[2].recipient-name: "$yan"
recipients[2].originally-specified-recipient-number: 2
recipients[2].responsibility: responsible
recipients[2].originating-MTA-report: report (2)
recipients[2].originator-report: report (2)
information-object: ipm
heading.this-IPM.user-relative-identifier: "$2"
heading.subject: "$1"
body[1].body-part: ia5-text
body[1].data: "Hello $1\x0D\x0A"
TEXT
    encode "$1"
}
encode() { "$builddir/mixgate" dump --parse --ber "$HOUSE/$1.txt" >"$HOUSE/$1.p1" 2>"$HOUSE/$1.err"; }
make both T-1
make again T-2
make big T-3 's/Hello/'"$(printf '%03000d' 0)"'/'
make loop T-4
run_ok "the message is one" dump "$HOUSE/both.p1"

# ---- relay = no ----
run_ok "mixgated without relay" gate false
other_sink
like "a message for the Internet and for another peer is confirmed" "$(p1 "$gateway" "$HOUSE/both.p1")" "^1 confirmed"
is "the Internet has it" "$(captured both)" 1
is "with a non-delivery report for the other" "$(captured 'DSN failed')" 1
is "who has nothing" "$(count other)" 0
ok "we are no transit MTA, says the log" house_logged 'not-delivered.*ERR_RELAY_NOT_TRANSIT'

# ---- relay = yes ----
run_ok "mixgated with relay" gate true
like "the same kind of message is confirmed" "$(p1 "$gateway" "$HOUSE/again.p1")" "^1 confirmed"
is "the Internet has it" "$(captured again)" 1
is "and the other peer" "$(count other)" 1
is "without a report of ours" "$(captured DSN)" 1
out=$(newest other)
dump "$out" >"$HOUSE/out.txt"
"$builddir/mixgate" dump "$HOUSE/again.p1" >"$HOUSE/in.txt"
is "its content has not changed" "$(sed -n '/^information-object/,$p' "$HOUSE/out.txt")" "$(sed -n '/^information-object/,$p' "$HOUSE/in.txt")"
perl -0777 -ne 'BEGIN { local $/; open my $f, "<", shift; $in = <$f> } ($c) = $in =~ /.*(\xa0.{1,3}\x31.*?Hello again\r\n)/s; exit(index($_, $c) < 0)' "$HOUSE/again.p1" "$out"
is "octet by octet" $? 0
is "the other peer is responsible for its recipient alone" "$(grep responsibility "$HOUSE/out.txt" | tr '\n' ' ')" \
    "recipients[1].responsibility: not-responsible recipients[2].responsibility: responsible "
like "the trace has us" "$(grep 'trace-information.2..global' "$HOUSE/out.txt")" '/PRMD=MIXGATE/ADMD=ACME/C=GB/'
like "under the originator's identifier" "$(grep '^envelope.message-identifier' "$HOUSE/out.txt")" 'WIDGET.*T-2'
ok "which the log has" house_logged 'passed-on.*mts_id=.*T-2.* to=other'
like "the same APDU again is confirmed" "$(p1 "$gateway" "$HOUSE/again.p1")" "^1 confirmed"
is "and passed on no second time" "$(captured again) $(count other)" "1 1"
like "mixgate track knows it" "$("$builddir/mixgate" track --config "$HOUSE/mixgate.conf" T-2 2>&1)" 'confirmed'

# ---- a content that is no mail ----
make odd T-5 '/^recipients.1./d; s/recipients.2./recipients[1]/; s/^envelope.content-type.*/envelope.content-type: 35/; /^information/,$d'
printf 'information-object: none\ncontent: "abc"\n' >>"$HOUSE/odd.txt"
encode odd || diag "$(cat "$HOUSE/odd.err")"
like "a content of another type is confirmed" "$(p1 "$gateway" "$HOUSE/odd.p1")" "^1 confirmed"
is "and passed on" "$(count other)" 2

# ---- the other peer is down: the Internet's part is done once ----
house_kill other
make later T-6
like "the other peer is down: refused" "$(p1 "$gateway" "$HOUSE/later.p1")" "^0 confirmed"
like "twice" "$(p1 "$gateway" "$HOUSE/later.p1")" "^0 confirmed"
house_sink
other_sink --report delivery
run_ok "it is back: the message passes" p1 -k "$gateway" "$HOUSE/later.p1"
is "once to each" "$(captured later) $(count other)" "1 3"

# ---- its report goes the same way back ----
ok "the report of the other peer goes on" wait_for 20 has sink 1
like "as it is" "$(dump "$(newest sink)")" 'subject-identifier: .*T-6'
house_logged 'report-dropped'
is "none is dropped" $? 1

# ---- what the other peer cannot take ----
run_ok "mixgated with a peer that takes little" gate true 'size_max = 2048;'
like "too large for the other peer: confirmed" "$(p1 "$gateway" "$HOUSE/big.p1")" "^1 confirmed"
is "and reported" "$(captured 'DSN failed')" 2
ok "with the reason" house_logged 'not-delivered.*ERR_RELAY_TOO_LARGE'
like "a recipient behind the peer that brought it" "$(p1 -t /S=carl/PRMD=WIDGET/ADMD=ACME/C=GB/ "$gateway")" "^1 confirmed"
is "is reported: not back" "$(captured 'DSN failed')" 3
n=0
while [ $n -lt 6 ]; do
    n=$((n + 1))
    sed -i "/^recipients.1..recipient-name/i envelope.trace-information[$((n + 1))].global-domain-identifier: \"/PRMD=MIXGATE/ADMD=ACME/C=GB/\"\nenvelope.trace-information[$((n + 1))].arrival-time: 2024-03-05T10:15:00+01:00\nenvelope.trace-information[$((n + 1))].routing-action: relayed (0)" "$HOUSE/loop.txt"
done
encode loop
like "a loop is confirmed" "$(p1 "$gateway" "$HOUSE/loop.p1")" "^1 confirmed"
ok "and goes no further" house_logged 'not-delivered.*ERR_MIXER_LOOP.*PRMD=OTHER'
is "nothing more came" "$(count other)" 3
is "no process died" "$(grep -c child-died "$HOUSE/mixgated.log")" 0
done_testing
