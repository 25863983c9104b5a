#!/bin/sh
# ping.t - mixgate ping against everything that can be wrong with a peer: the layer is named, what both sides said, what to
# change, and the exit status; and the answer of no peer, however hostile, does more than that.
. "${srcdir:-.}/t/lib/tap.sh"
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-ping.XXXXXX)
trap 'for n in "$HOUSE"/*.pid; do [ -f "$n" ] && house_kill "$(basename "$n" .pid)" -KILL; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 2)
SINK_PORT=$1 OTHER_PORT=$2 P1_PORT=9
mkdir "$HOUSE/sink"
peer() { # LINES OF THE PEER
    echo "secret" >"$HOUSE/lpass"
    echo "back" >"$HOUSE/rpass"
    cat >"$HOUSE/mixgate.conf" <<CONF
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
peers = ( { name = "viat"; host = "127.0.0.1"; port = $SINK_PORT; rmta = "SINK"; $1 } );
CONF
}
ping() {
    out=$("$house_bin/mixgate" ping --config "$HOUSE/mixgate.conf" --timeout 1 "$@" 2>&1)
    status=$?
}
sink() { HOUSE_SINK=$* house_sink; }
# try SINK-ARGUMENTS STATUS PATTERN...: the sink with these, what ping must say
try() {
    sink_arguments=$1 want=$2
    shift 2
    sink "$sink_arguments"
    ping viat
    is "sink $sink_arguments: status" "$status" "$want"
    for pattern in "$@"; do
        like "sink $sink_arguments: says" "$out" "$pattern"
    done
    house_kill sink
}

# ---- good ----
peer 'tsel = "T1"; ssel = "0x00ff"; psel = "P1"; lpass_file = "'"$HOUSE"'/lpass"; rpass_file = "'"$HOUSE"'/rpass"; checkpoint = 63; tpdu_size = 11;'
sink --tsel T1 --ssel 0x00ff --psel P1 --peer-name MIXGATE --peer-password secret --password back --checkpoint 16
ping viat
is "a good peer" "$status" 0
for layer in tcp tpkt transport session presentation acse rtse bind release; do
    like "$layer is ok, and when" "$out" "^$layer +ok  [0-9]+ ms"
done
like "there is no TLS" "$out" "^tls +not in use \(not configured\)"
like "selectors" "$out" 'called SSEL +ours 0x00ff'
like "sizes of both sides" "$out" "checkpoint size +ours 63; theirs 16"
like "names of both sides" "$out" "MTA name +ours MIXGATE; theirs SINK"
like "that there are passwords" "$out" "password +ours yes; theirs yes$"
printf '%s' "$out" | grep -q -e secret -e back
ok "never the passwords themselves" [ $? -ne 0 ]
ping viat --json
like "--json names the layers in order" "$(printf '%s' "$out" | sed -n 's/.*"layer": "\(.*\)".*/\1/p' | tr '\n' ' ')" \
    "^tcp tls tpkt transport session presentation acse rtse bind release $"
like "and has what both said" "$(printf '%s' "$out" | tr -d '\n ')" '"name":"MTAname","ours":"MIXGATE","theirs":"SINK"'
run_ok "it is JSON" perl -e 'use JSON::PP; local $/; my $j = decode_json($ARGV[0]); exit !(@$j == 1 && $j->[0]{status} == 0 && @{$j->[0]{layers}} == 10)' "$out"
ping viat --count 2
is "twice" "$(printf '%s\n' "$out" | grep -c '^release *ok')" 2
house_kill sink
is "no mail was touched" "$(house_sunk)" 0

# ---- who is wrong, layer by layer ----
ping viat
is "nobody listens: status" "$status" 10
like "says" "$out" "^tcp +failed"
like "and what to change" "$out" "change: peers.viat.host and peers.viat.port"
like "the rest was not reached" "$out" "^bind +not reached"
ping viat --layer bind --json
is "the status is in the JSON too" "$(printf '%s' "$out" | sed -n 's/.*"status": \([0-9]*\).*/\1/p')" 10
ping no.such.host.invalid
is "a name that is not known: status" "$status" 10
like "says" "$out" "change: peers.NAME.host: the name"
peer ""
try "--tsel OTHER" 13 "^transport +failed" 'DR reason .*we called TSEL' "change: peers.viat.tsel"
try "--ssel OTHER" 14 "^session +failed" "RF reason 129 \(SSEL unknown\)" "change: peers.viat.ssel"
try "--psel OTHER" 15 "^presentation +failed" "CPR reason 3" "change: peers.viat.psel"
try "--set ac=20:0001" 14 "^session +failed" "requirements 0001" "change: .*activity management"
try "--application-context 2.6.0.1.7" 16 "^acse +failed" "application context name not supported" "change: .*mts-transfer"
try "--refuse transport:1" 13 "^transport +failed" "change: nothing: the peer has enough"
try "--refuse session:1" 14 "association is busy: RF reason 1"
try "--refuse presentation:4" 15 "^presentation +failed" "CPR reason 4"
try "--refuse acse:2/1" 16 "^acse +failed" "transient"
try "--refuse bind:0" 18 "association is busy" "change: nothing"
try "--refuse bind:3" 18 "dialogue" "peers.viat.twa when it speaks of the dialogue mode"
try "--peer-name MIXGATE --peer-password secret" 18 "^bind +failed" "authentication-error" "password +ours no" "change: peers.viat.lmta and peers.viat.lpass_file"
try "--peer-name SOMEBODY" 18 "^bind +failed" "we are MTA \"MIXGATE\""
: >"$HOUSE/sink.log"
try "--name OTHER" 18 "^bind +failed" "answered as OTHER, peers.rmta is SINK" "MTA name +ours MIXGATE; theirs OTHER" "change: peers.viat.rmta" "^release +not reached"
ok "an answer by the wrong name is released in order all the same" [ -z "$(grep -i abort "$HOUSE/sink.log")" ]

# ---- modes ----
try "--mode x410-1988" 15 "^presentation +failed" "change: .*peers.viat.mode"
peer 'mode = "x410-1988"; twa = true;'
try "--mode x410-1988" 0 "^acse +not in use" "mode +ours X.410-1984; theirs the same" "application protocol +ours 12" "dialogue mode +ours two-way-alternate; theirs accepted"
try "--mode normal" 18 "^bind +failed"
peer ""

# ---- silence, and connections that end, at each layer ----
try "--silence accepted" 12 "^tpkt +failed" "did not answer in time" "change: the peer takes the connection and says nothing"
try "--silence cc" 12 "^tpkt +failed"
try "--silence ac" 14 "^transport +ok" "^session +failed" "waited 1 seconds for AC" "change: .*peers.viat.mode"
try "--silence dn" 19 "^bind +ok" "^release +failed" "change: nothing here"
try "--close accepted" 12 "^tpkt +failed" "lost"
try "--close ac" 14 "^session +failed"
try "--reset ac" 14 "^session +failed"
try "--abort ac" 14 "^session +failed" "aborted"
try "--close dn" 19 "^release +failed"

# ---- something else listens ----
perl -MIO::Socket::INET -e '
    my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => shift, ReuseAddr => 1) or die;
    while (my $s = $l->accept) { sysread $s, my $x, 1; print $s "HTTP/1.1 400 Bad Request\r\n\r\n"; close $s }' "$OTHER_PORT" &
echo $! >"$HOUSE/http.pid"
house_wait "$OTHER_PORT"
ping "127.0.0.1:$OTHER_PORT"
is "a web server: status" "$status" 12
like "says" "$out" "^tpkt +failed"
like "and that it is no MTA" "$out" "change: peers.NAME.port: what listens there is not an X.400 MTA"
house_kill http -KILL

# ---- hostile answers: the fuzzer's seeds, each whole, cut short, and with an octet changed ----
perl -MIO::Socket::INET -e '
    my ($port, @files) = @ARGV; my $n = 0;
    my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or die;
    local $SIG{PIPE} = "IGNORE";
    while (my $s = $l->accept) {
        open my $f, "<", $files[int($n / 3) % @files] or die; binmode $f; local $/; my $octets = <$f>;
        substr($octets, length($octets) / 2) = "" if $n % 3 == 1;
        substr($octets, length($octets) * 2 / 3, 1) ^= "\x55" if $n % 3 == 2;
        $n++; syswrite $s, $octets; close $s }' "$OTHER_PORT" "$srcdir"/t/fuzz/osi_initiator/* &
echo $! >"$HOUSE/hostile.pid"
house_wait "$OTHER_PORT"
seeds=$(find "$srcdir/t/fuzz/osi_initiator" -type f | wc -l) odd=
i=0
while [ $i -lt $((seeds * 3)) ]; do
    ping --json "127.0.0.1:$OTHER_PORT"
    { [ "$status" = 0 ] || { [ "$status" -ge 10 ] && [ "$status" -le 19 ]; }; } || odd="$odd $i:$status"
    i=$((i + 1))
done
is "$i hostile answers: each time a layer is named" "$odd" ""
house_kill hostile -KILL

# ---- wrong use ----
ping
is "no peer: status" "$status" 2
ping viat --layer nonsense
is "no such layer: status" "$status" 2
done_testing
