#!/bin/sh
# twins.t - every option of mixgate-sink and mixgate-source does what it says, as the other side reports it: refusals at each
# layer, faults at named points, two-way alternate, probes, reports, APDUs from files, statistics.
. "${srcdir:-.}/t/lib/tap.sh"
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-twins.XXXXXX)
trap 'house_kill sink; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
SINK_PORT=$(house_ports 1)
mkdir "$HOUSE/came" "$HOUSE/back"

sink() { # ARGUMENTS...: a new sink with these; the last one's words are in sink.log
    house_kill sink
    : >"$HOUSE/sink.log"
    house_spawn sink "$house_bin/mixgate-sink" --json "$@" "127.0.0.1:$SINK_PORT"
    house_wait "$SINK_PORT" || echo "# the sink does not listen: $(cat "$HOUSE/sink.log")"
}
source() { out=$("$house_bin/mixgate-source" --timeout 1 --json "$@" "127.0.0.1:$SINK_PORT" 2>&1) && status=0 || status=$?; }
ended() { house_kill sink; sunk=$(cat "$HOUSE/sink.log"); } # the sink's statistics come at its end
has() { like "$1" "$out" "$2"; } # of the last source
told() { like "$1" "$sunk" "$2"; } # of the ended sink
counted() { # WHO NAME NUMBER...: statistics
    who=$1
    shift
    [ "$who" = source ] && text=$out || text=$sunk
    while [ $# -gt 0 ]; do
        is "$who counts $1" "$(printf '%s\n' "$text" | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p")" "$2"
        shift 2
    done
}

# ---- refusals ----
refused() { # REFUSAL WHAT-THE-SOURCE-SAYS
    sink --refuse "$1"
    source
    is "--refuse $1: status" "$status" 69
    has "the source reads it" "$2"
}
refused transport "DR reason 3 "
refused transport:1 "DR reason 1 "
refused session "RF reason 133 "
refused session:129 "RF reason 129 "
refused presentation:2 "CPR reason 2 "
refused presentation "CPR reason 3 "
refused acse "permanent.*application context"
refused acse:2/1 "transient.*no reason"
refused bind "bind error 2 "
refused bind:0 "bind error 0 .busy"
refused bind:4 "bind error 4 "
refused transfer "reason 1 .*after the whole"
refused transfer:6 "reason 6 "
sink --refuse transfer:5/5000
source -l 300000 --checkpoint 1 --window 1
has "--refuse transfer:5/5000: in mid-transfer" "reason 5 .*in mid-transfer"
ended
counted sink refused 1 received 0
sink --refuse transfer@first:2
source -m 3 -k
is "@first:2: the third attempt goes through" "$status" 0
counted source confirmed 3 failed 2
sink --refuse bind:0@every:2
source -m 4 -k --per-association 1
counted source confirmed 4 failed 3
runs() {
    sink --refuse transfer@percent:30:"$1"
    source -m 60 -k
    printf '%s' "$out" | sed -n 's/.*"failed": \([0-9]*\).*/\1/p'
}
first=$(runs 7)
is "@percent: the same seed makes the same choice" "$(runs 7)" "$first"
ok "which is about as often as asked for ($first)" [ "$first" -gt 10 ] && [ "$first" -lt 50 ]

# ---- what the bind says ----
sink --name WRONG --password no
source --peer-name SINK
has "a wrong name of the responder" 'peer is MTA "WRONG"; expected is "SINK"'
source --peer-name WRONG --peer-password yes
has "a wrong password of the responder" "another password"
sink --peer-name OTHER --peer-password secret
source --name OTHER --password wrong
has "a wrong password of the initiator" "bind error 2 "
source --name ""
has "no credentials" "bind error 2 "
sink --application-context 2.6.0.1.7
source
has "a wrong application context of the responder" "application context name not supported"
source --application-context 2.6.0.1.7
is "and the same of the initiator: status" "$status" 0
sink
source --context 1.2.3.4 --context 1.2.3.5
is "further contexts do no harm" "$status" 0
source --replace cn=56000207:56000277
has "no context for mtse" "refused"
source --set cn=20:0009
has "functional units that are too few" "RF reason 133 "
source --session-versions 1 --set cn=22:04
has "a session version that nobody has" "RF reason 132 "
sink --set ac=20:0009
source
has "too few functional units of the responder" "requirements 0009"
for mode in normal x410-1988 x410-1984; do
    sink --agree 40/3
    source --mode $mode --checkpoint 2 -l 100000
    is "$mode: a responder that raises the checkpoint size: status" "$status" 69
    has "$mode: and why" "peer answers checkpoint size 40 to 2 offered"
    ended
    told "$mode: which it is told by an abort" "RTSE: reason 4 "
    sink --agree 1/9
    source --mode $mode --checkpoint 2 --window 2 -l 100000
    has "$mode: the same with the window" "peer answers window 9 to 2 offered"
    sink --agree 1/2
    source --mode $mode --checkpoint 2 -l 100000
    is "$mode: one that lowers both: status" "$status" 0
    sink --agree 1/2
    source --mode $mode -l 100000
    is "$mode: checkpoints where none were offered, as ISODE has it: status" "$status" 0
done

# ---- points ----
for point in accepted cr cc cn ac as data:100 ae aea; do
    sink --close $point
    source
    is "--close $point: status" "$status" 69
    has "the source lost its connection" "TCP ended"
done
sink --close aea+
source -m 2
has "--close aea+ lets the confirm out" '"confirmed": 1,'
sink --reset as:2
source -m 3
counted source confirmed 1 failed 1
sink --silence ac
source
has "--silence ac" "waited 1 seconds for AC"
sink --silence aea
source
has "--silence aea" "for the confirm of a transfer"
sink --drop aea
source
has "--drop aea" "for the confirm of a transfer"
sink --delay ac=0.4 --delay aea=0.4
source -m 2
is "--delay: status" "$status" 0
ok "and it took its time" [ "$(printf '%s' "$out" | sed -n 's/.*"milliseconds": \([0-9]*\).*/\1/p')" -ge 1200 ]
sink -w 1
source
ok "-w waits before the confirm" [ "$(printf '%s' "$out" | sed -n 's/.*"milliseconds": \([0-9]*\).*/\1/p')" -ge 1000 ]
sink --slow 40000
source -l 20000
ok "--slow is slow" [ "$(printf '%s' "$out" | sed -n 's/.*"milliseconds": \([0-9]*\).*/\1/p')" -ge 400 ]
sink --abort ae
source
has "--abort by the user" "RTSE: reason 6 "
sink --abort as=user:3
source
has "with a reason" "RTSE: reason 3 "
sink --abort data=presentation:2
source -l 300000
has "by presentation" "ARP reason 2"
sink --abort cn=provider
source
has "by the session provider" "session provider aborted"

# ---- the same in X.410-1984 mode, which has neither ACSE nor contexts: RTAB and RTORJ stand alone ----
for mode in x410-1988 x410-1984; do
    refusing() { # REFUSAL WHAT-THE-SOURCE-SAYS
        sink --refuse "$1"
        source --mode $mode -l 300000 --checkpoint 1 --window 1
        is "$mode --refuse $1: status" "$status" 69
        has "$mode: the source reads it" "$2"
    }
    refusing transport:1 "DR reason 1 "
    refusing session:129 "RF reason 129 "
    refusing presentation:3 "refuse reason 3 .*dialogue"
    refusing acse:2 "refuse reason 2 .*validation"
    refusing bind "refuse reason 2 .*validation"
    refusing bind:0 "refuse reason 0 .*busy"
    refusing bind:3 "refuse reason 3 .*dialogue"
    refusing transfer:6 "reason 6 .*after the whole"
    refusing transfer:5/5000 "reason 5 .*in mid-transfer"
    for point in accepted cc ac as mip:3 data:5000 ae aea; do
        sink --close $point
        source --mode $mode -l 300000 --checkpoint 1
        is "$mode --close $point: status" "$status" 69
        has "$mode: the source lost its connection" "TCP ended"
    done
    for point in cn ac as mip:3 data:5000 ae aea; do
        sink --abort $point=user:3
        source --mode $mode -l 300000 --checkpoint 1
        has "$mode --abort $point: the source reads the RTAB" "RTSE: reason 3 "
    done
    sink --abort data:5000=provider
    source --mode $mode -l 300000 --checkpoint 1
    has "$mode: by the session provider" "session provider aborted"
    sink --silence aea
    source --mode $mode
    has "$mode --silence aea" "for the confirm of a transfer"
    sink
    source --mode $mode --discard 5000@first:1 -k -l 200000 --checkpoint 1
    is "$mode: discarded, and sent again: status" "$status" 0
    counted source confirmed 1 discarded 1
    source --mode $mode --interrupt 5000@first:1 -k -l 200000 --checkpoint 1
    is "$mode: interrupted, and sent again: status" "$status" 0
    source --mode $mode --abort ae -l 20000
    ended
    counted sink dropped 2 received 2
    told "$mode: the sink reads the source's RTAB" "RTSE: reason 6 "
done

# ---- the source goes wrong ----
wrong() { # NAME WHAT-THE-SINK-SAYS ARGUMENTS...
    name=$1 want=$2
    shift 2
    sink
    source "$@"
    ended
    told "$name: the sink saw it" "$want"
}
wrong "source closes at ae" "TCP ended" --close ae
wrong "source resets after ae" "TCP ended" --reset ae+
wrong "source aborts at ae" "RTSE: reason 6 " --abort ae
wrong "source closes inside an APDU" "TCP ended" --close data:100000 -l 200000
wrong "source discards" '"dropped": 1' --discard 5000 -l 200000 --checkpoint 1
counted sink received 0
wrong "source interrupts" '"dropped": 1' --interrupt 5000 -l 200000 --checkpoint 1
wrong "source interrupts once and sends again" '"received": 1,' --interrupt 5000@first:1 -k -l 200000 --checkpoint 1
counted sink dropped 1
sink --checkpoint 4 --window 2
source -l 300000 --checkpoint 8 --window 5 --tpdu-size 7 --close mia:3
ended
told "checkpoints are confirmed up to the third" "TCP ended"

# ---- both directions ----
sink --send 3 --turn-priority 7
source --twa -m 5 --give 2 -v --store "$HOUSE/back"
counted source confirmed 5 received 3
has "turn please comes with its priority" "turn please, priority 7"
is "what came is in files" "$(find "$HOUSE/back" -name '*.p1' | wc -l)" 3
ended
counted sink confirmed 3 received 5
sink --send-from "$HOUSE/back"
source --first-turn -m 2
counted source confirmed 2 received 3 turns 1
sink --send 4 --per-turn 2
source --twa --give 1 -m 3
counted source confirmed 3 received 4
sink --twa
source --twa --give 1 -m 3
counted source confirmed 3 turns 3
sink --send 1
source -m 3
counted source confirmed 3 received 0

# ---- what is sent ----
sink --report delivery --report-to turn
source --twa -R 2 -m 2 --linger 1 -v
has "a delivery report on the turn" "report-type: delivery"
counted source received 2
sink --report nondelivery:1/0 --report-to turn -v
source --twa --probe -r 3 --linger 1 -v
has "a probe is reported" "non-delivery-reason-code: 1"
like "it came as a probe" "$(cat "$HOUSE/sink.log")" "^kind: probe"
like "for many" "$(cat "$HOUSE/sink.log")" "^recipients.3..recipient-name"
source --priority urgent -S hurry
like "a message with its priority" "$(cat "$HOUSE/sink.log")" "priority: urgent"
source --report nondelivery:3/7 --about m1
ended
told "a report about m1" 'subject-identifier: ".*;m1\]"'
told "with its numbers" "non-delivery-diagnostic-code: 7"
printf 'no APDU at all' >"$HOUSE/octets"
sink --store "$HOUSE/came" --sync
source --apdu "$HOUSE/octets"
ok "any octets are sent as they are" cmp -s "$HOUSE/octets" "$(find "$HOUSE/came" -name '*.p1')"
source --apdu "$HOUSE/back" --apdu "$HOUSE/octets" -m 8
is "files are sent in turn" "$(find "$HOUSE/came" -name '*.p1' -size -2 | wc -l)" 3
sink
source -m 40 -l 100-50000 -s 4
counted source confirmed 40 associations 4
source -m 20 --per-association 5
counted source associations 4
source -m 20 --rate 40
ok "--rate keeps the pace" [ "$(printf '%s' "$out" | sed -n 's/.*"milliseconds": \([0-9]*\).*/\1/p')" -ge 450 ]
ended
counted sink received 80 associations 9
sink
for mode in x410-1988 x410-1984; do
    source --mode $mode
    is "--mode $mode: status" "$status" 0
done
sink --mode normal
source --mode x410-1988
is "a sink for normal mode alone: status" "$status" 69

# ---- wrong use ----
bad() {
    source "$@"
    is "wrong use: $*" "$status" 64
}
bad --refuse nothing:1
bad --close nowhere
bad --delay ac
bad --abort ae=nobody
bad --set cn=20
bad --replace cn=00:0000
bad --close ae@sometimes
bad --mode x400
bad --apdu "$HOUSE/none"
bad --no-such-option
done_testing
