#!/bin/sh
# p1-loop.t - mixgate-source to mixgate-sink over loopback: binds, passwords, selectors, sizes, checkpoints, refusals,
# reports, and that every octet arrives.
. "${srcdir:-.}/t/lib/tap.sh"
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-loop.XXXXXX)
trap 'for n in "$HOUSE"/*.pid; do [ -f "$n" ] && house_kill "$(basename "$n" .pid)"; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 2)
SINK_PORT=$1 SECOND=$2 P1_PORT=9 # nobody needs it here
source="$house_bin/mixgate-source"
sink() { # ARGUMENTS...
    rm -rf "$HOUSE/sink"
    mkdir "$HOUSE/sink"
    HOUSE_SINK=$* house_sink
}
to="127.0.0.1:$SINK_PORT"

run_ok "the sink listens" sink
run_ok "one message" "$source" "$to"
run_ok "300 messages on 3 associations" "$source" -m 300 -s 3 "$to"
is "all were written" "$(house_sunk)" 301
run_ok "5 MB of text" "$source" -l 5000000 "$to"
ok "arrive whole" [ -n "$(find "$HOUSE/sink" -size +4800k)" ]
run_ok "with checkpoints of 2 KB, window 2, TPDUs of 2048 octets" "$source" -l 300000 --checkpoint 2 --window 2 --tpdu-size 11 "$to"
run_ok "100 recipients" "$source" -r 100 "$to"
apdu=$(find "$HOUSE/sink" -name '*.p1' -size -8k | head -1)
before=$(house_sunk)
run_ok "an APDU from a file" "$source" "$to" "$apdu"
is "one more" "$(house_sunk)" $((before + 1))
is "octet by octet the same" "$(find "$HOUSE/sink" -name '*.p1' -exec cmp -s "$apdu" {} \; -print | wc -l)" 2
house_kill sink

run_ok "a sink with password and selectors" sink --tsel T1 --ssel 0x5331 --psel P1 --peer-name GEN --peer-password secret --password back
run_ok "the right ones" "$source" --tsel T1 --ssel S1 --psel P1 --name GEN --password secret --peer-name SINK --peer-password back "$to"
out=$("$source" --tsel T1 --ssel S1 --psel P1 --name GEN --password wrong "$to" 2>&1)
is "a wrong password: status" $? 69
like "and its name" "$out" "authentication|password"
out=$("$source" --tsel T1 --ssel XX --psel P1 --name GEN --password secret "$to" 2>&1)
is "a wrong session selector: status" $? 69
like "the layer is named" "$out" "session"
out=$("$source" --tsel T2 --ssel S1 --psel P1 --name GEN --password secret "$to" 2>&1)
is "a wrong transport selector: status" $? 69
house_kill sink
out=$("$source" "$to" 2>&1)
is "nobody there: status" $? 69

run_ok "a sink that refuses" sink --refuse transfer
out=$("$source" "$to" 2>&1)
is "status of a refused transfer" $? 69
like "with the RTSE reason" "$out" "exception report"
is "nothing was kept" "$(house_sunk)" 0
house_kill sink

# reports go to a second sink
mkdir "$HOUSE/second"
house_spawn second "$house_bin/mixgate-sink" -d "$HOUSE/second" -v "127.0.0.1:$SECOND"
house_wait "$SECOND"
run_ok "a sink that reports" sink --report nondelivery:1/0 --report-to "127.0.0.1:$SECOND"
run_ok "a message that asks for non-delivery reports" "$source" -R 1 "$to"
reported() { [ "$(find "$HOUSE/second" -name '*.p1' | wc -l)" = "$1" ]; }
ok "is reported" wait_for 5 reported 1
house_kill sink
run_ok "a sink that reports delivery" sink --report delivery --report-to "127.0.0.1:$SECOND"
run_ok "a message that does not want to know" "$source" -R 1 "$to"
run_ok "and one that does" "$source" -R 2 "$to"
ok "makes one report" wait_for 5 reported 2
like "whose reason came through" "$(cat "$HOUSE/second.log")" "non.?delivery"
house_kill sink
run_ok "a sink for two messages" sink -m 2
run_ok "gets them" "$source" -m 2 "$to"
gone() { ! kill -0 "$(cat "$HOUSE/sink.pid")"; }
ok "and ends" wait_for 5 gone
for program in mixgate-source mixgate-sink mixgated; do
    like "$program --help" "$("$house_bin/$program" --help)" "^usage: $program"
done
done_testing
