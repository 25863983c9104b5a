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

perl -MIO::Socket::INET -e '
    my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => shift, ReuseAddr => 1) or die;
    while (my $s = $l->accept) { while (sysread $s, my $x, 65536) { syswrite $s, $x } }' "$OTHER_PORT" &
echo $! >"$HOUSE/echo.pid"
house_wait "$OTHER_PORT"
ping "127.0.0.1:$OTHER_PORT"
is "an echo server: status" "$status" 13
like "its packets are packets" "$out" "^tpkt +ok"
like "but nothing of a transport" "$out" "^transport +failed"
like "says" "$out" "our own octets come back"
like "and what that is" "$out" "change: peers.NAME.port: .*echo service"
house_kill echo -KILL

# ---- an answer that is none ----
# answers CR with CC, and CN with an SPDU whose octets are those of its arguments
spdu() {
    perl -MIO::Socket::INET -e '
        my ($port, $code) = @ARGV; my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or die;
        sub tpkt { pack("CCn", 3, 0, 4 + length $_[0]) . $_[0] }
        while (my $s = $l->accept) {
            sysread $s, my $cr, 4096; my $r = substr $cr, 8, 2;
            syswrite $s, tpkt("\x06\xd0$r\x00\x09\x00");
            sysread $s, my $cn, 65536;
            my $tsdu = eval $code;
            while (length $tsdu > 30000) { syswrite $s, tpkt("\x02\xf0\x00" . substr $tsdu, 0, 30000, "") }
            syswrite $s, tpkt("\x02\xf0\x80$tsdu"); sysread $s, my $ab, 4096; close $s }' "$OTHER_PORT" "$1" &
    echo $! >"$HOUSE/spdu.pid"
    house_wait "$OTHER_PORT"
    ping "127.0.0.1:$OTHER_PORT"
    house_kill spdu -KILL
    is "$2: status" "$status" 14
    like "$2: transport was good" "$out" "^transport +ok"
    like "$2: the session is not" "$out" "^session +failed"
    like "$2: says" "$out" "$3"
    like "$2: what to change" "$out" "change: nothing here: the peer.s answer is not one of the session protocol"
}
spdu '"\x0e\xff\xff\xff" . "\0" x 65535' "an over-long SPDU" "SPDU longer than 12288 octets"
spdu '"\x0e\xff\x20\x00\x05\x09\x13\x01\x00"' "an SPDU that is cut short" "passes the end of its TSDU"
spdu '"\x0e\x04\x05\x20\x13\x01"' "a parameter that is longer than its SPDU" "passes the end of its parent"
spdu '"\x63\x00"' "an SPDU of nobody" "SI 99"
spdu '"\x01\x00\x01\x00abc"' "data for an answer" "DT in state STA02A"

# ---- names that nobody can read, figures that nobody has offered ----
peer ""
try "--replace ac=53494e4b:53004e4b" 18 "^rtse +ok" "^bind +failed" "MTA name of 4 octets or with NUL" "change: nothing here: .*cannot be read; its MTA name"
try "--replace ac=8004:8104" 18 "^bind +failed" "change: nothing here"
try "--replace ac=53494e4b:5380ff4b" 18 "^bind +failed" "peers.rmta is SINK" 'theirs S.*K$' "change: peers.viat.rmta"
peer "checkpoint = 2; window = 2;"
try "--agree 8/2" 17 "^acse +ok" "^rtse +failed" "peer answers checkpoint size 8 to 2 offered" "change: peers.viat.checkpoint and peers.viat.window"
try "--agree 1/5" 17 "^rtse +failed" "peer answers window 5 to 2 offered"
peer ""

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
