#!/bin/sh
# hostile-apdu.t - what the fuzzer knows of P1, said over the wire in normal mode and in that of 1984, and turns and garbage
# without end: each APDU has its answer, what is confirmed is accounted for, and whoever calls next is served.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-apdu.XXXXXX)
trap 'for n in mixgated sink smtpd; do house_kill $n; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
printf pwa >"$HOUSE/pwa"
chmod 600 "$HOUSE/pwa"
HOUSE_PEER="}, { name = \"old\"; rmta = \"MTA-A\"; rpass_file = \"$HOUSE/pwa\"; mode = \"x410-1984\"; quirks = [\"p1-84\"];"
house_conf >"$HOUSE/mixgate.conf"
: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
run_ok "an SMTP server" house_wait "$PF_REINJECT_PORT"
run_ok "the sink" house_sink
run_ok "mixgated" house_mixgated
raw() { perl "$srcdir/t/lib/rawpeer.pl" "$P1_PORT" "$@" 2>&1 | tr '\n' ' '; }
good() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" -S "$1" 127.0.0.1:"$P1_PORT"; }
of_1984=$srcdir/t/vectors/captures/p1-84-msg01-08.hex

# ---- APDUs of the fuzzer, and some that are too large for its folder ----
mkdir "$HOUSE/apdus"
cp "$srcdir"/t/fuzz/p1/* "$HOUSE/apdus/"
: >"$HOUSE/apdus/nothing"
perl -e 'print "\x30\x80" x 500_000' >"$HOUSE/apdus/deep"
perl -e 'print "\x00" x 1_000_000' >"$HOUSE/apdus/zeros"
perl -e 'print "\x30\x84\xff\xff\xff\xff" x 10' >"$HOUSE/apdus/lengths"
perl -e 'srand 1; print map { chr int rand 256 } 1 .. 200_000' >"$HOUSE/apdus/chance"
for mode in normal x410-1984; do
    open=open
    [ $mode = normal ] || open="x410=$of_1984 open"
    for f in "$HOUSE"/apdus/*; do
        # shellcheck disable=SC2086
        echo "$(basename "$f") $(raw $open as apdu="$f" ae=1 read)"
    done >"$HOUSE/$mode"
    is "$mode: every association was opened" "$(grep -vc ' open ' "$HOUSE/$mode")" 0
    is "$mode: every APDU has an answer" "$(grep -vcE ' (AEA|AB|ED|closed) $' "$HOUSE/$mode")" 0
    diag "$mode:$(cut -d' ' -f3 "$HOUSE/$mode" | sort | uniq -c | tr '\n' ' ')"
    like "$mode: and the next message is taken" "$(good "after-$mode")" "^1 confirmed, 0 "
done
sed -n 's/.* bad-apdu .* archive=\([^ ]*\).*/\1/p' "$HOUSE/mixgated.log" >"$HOUSE/kept"
ok "some were unreadable" [ -s "$HOUSE/kept" ]
is "and each of those is kept" "$(while read -r f; do [ -s "$f" ] || echo "$f"; done <"$HOUSE/kept")" ""

# ---- turns without end, and octets that are no SPDU ----
while IFS="|" read -r name words; do
    # shellcheck disable=SC2086
    like "$name" "$(raw $words)" "(AB|closed) $"
done <<LIST
3,000 give-tokens-confirm|twa open gtc times=3000 read
3,000 please-tokens|twa open pt times=3000 read
give-tokens-confirm, then an activity without the turn|twa open gtc as gtc read
octets of no protocol in the mode of 1984|x410=$of_1984 open hex=deadbeefdeadbeef times=1000 read
a TSDU of no SPDU in the mode of 1984|x410=$of_1984 open dt=ffffffffffffffff read
an empty activity in the mode of 1984|x410=$of_1984 open as ae=1 read
LIST
like "and the next message is taken" "$(good at-last)" "^1 confirmed, 0 "
is "no child has died" "$(grep -c child-died "$HOUSE/mixgated.log")" 0
done_testing
