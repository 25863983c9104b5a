#!/bin/sh
# sockets.t - what goes wrong with an association between mixgated and a peer, cases REL-027 to REL-046 of the list of faults:
# strangers, wrong names, crowds, connections cut, reset or silent at each point.  After each: every message once, none lost,
# and the next one passes.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-sockets.XXXXXX)
trap 'for n in "$HOUSE"/*.pid; do [ -f "$n" ] && house_kill "$(basename "$n" .pid)" -KILL; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
echo secret >"$HOUSE/rpass"
HOUSE_PEER="rpass_file = \"$HOUSE/rpass\";" house_conf | sed -e 's/listen = {/listen = { bind_timeout = 3; data_timeout = 2; confirm_timeout = 2; max_assoc = 12;/' \
    -e 's/lmtp = {/lmtp = { answer_within = 4;/' >"$HOUSE/mixgate.conf"
: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
house_wait "$PF_REINJECT_PORT"
ok "mixgated" house_mixgated
to="/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"
call() { "$house_bin/mixgate-source" --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" "$@" 127.0.0.1:"$P1_PORT" 2>&1; }
p1() { call --name SINK --password secret "$@"; }
mail() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example --subject "$1"; }
captured() { sort "$HOUSE/captured" | uniq -c | tr -s ' \n' ' '; : >"$HOUSE/captured"; }
logged() { grep -Eq "$@" "$HOUSE/mixgated.log"; }
assocs() { n=0; for pid in $(perl "$srcdir/t/lib/mta.pl" children "$(cat "$HOUSE/mixgated.pid")"); do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = mixgate-assoc ] && n=$((n + 1)); done; echo $n; }
left() { [ "$(assocs)" = "$1" ]; }
# strangers COUNT OCTETS SECONDS: connections that say nothing, or an octet each 0.2 s; prints how long the last one stood
strangers() {
    perl -MIO::Socket::INET -MTime::HiRes=time,sleep -e '
        my ($port, $count, $slow, $limit) = @ARGV; my $start = time; local $SIG{PIPE} = "IGNORE";
        my @s = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port, LocalAddr => "127.0.0.2") || () } 1 .. $count;
        my ($octets, $at) = ("\x03\x00\x00\x16\x11\xe0" . "\0" x 16, 0);
        while (@s && time - $start < $limit) {
            if ($slow) { syswrite $_, substr($octets, $at, 1) for @s; $at = ($at + 1) % length $octets; }
            sleep 0.2;
            @s = grep { my $r = ""; vec($r, fileno $_, 1) = 1; !(select($r, undef, undef, 0) && !sysread($_, my $x, 1)) } @s;
        }
        printf "%d %.0f\n", scalar @s, time - $start' "$P1_PORT" "$1" "$2" "$3"
}

# ---- REL-027, REL-028: callers who do not bind ----
strangers 2 1 8 >"$HOUSE/slow" &
slow=$!
run_ok "REL-027: a message passes beside a slow caller" p1 -S beside
wait $slow
like "REL-027: who was gone after the time for the bind" "$(cat "$HOUSE/slow")" "^0 [2-5]$"
strangers 200 0 8 >"$HOUSE/crowd" &
crowd=$!
ok "REL-028: a crowd from one address is cut off" wait_for 3 logged 'association-refused.*source="?127.0.0.2'
start=$(perl -MTime::HiRes=time -e 'printf "%.0f", time * 1000')
run_ok "REL-028: a known peer gets in" p1 -S crowd
took=$(($(perl -MTime::HiRes=time -e 'printf "%.0f", time * 1000') - start))
ok "REL-028: at once ($took ms)" [ $took -lt 1500 ]
wait $crowd
like "REL-028: the crowd is gone" "$(cat "$HOUSE/crowd")" "^0 [0-6]$"
is "both messages arrived" "$(captured)" " 1 beside 1 crowd "

# ---- REL-036: who is refused, and how ----
unknown=$(call --name NOBODY --password secret)
wrong=$(call --name SINK --password Secret --calling-tsel TS --calling-psel PS)
without=$(call --name SINK)
long=$(call --name SINK --password "$(perl -e 'print "x" x 9000')")
answer() { printf '%s\n' "$1" | sed -e 's/"[A-Z]*"/NAME/' -e '/confirmed/d'; }
like "REL-036: an unknown name is refused" "$unknown" "bind error 2 \(authentication-error\)"
is "REL-036: a wrong password in the same words" "$(answer "$wrong")" "$(answer "$unknown")"
is "REL-036: no password in the same words" "$(answer "$without")" "$(answer "$unknown")"
is "REL-036: a very long one in the same words" "$(answer "$long")" "$(answer "$unknown")"
ok "anchor 166308: the log says that the name is not known" logged 'bind-refused.*differs=name.*' 
ok "anchor 166308: that the password differs, and from which PSAP" logged 'bind-refused.*differs=password tsel=TS.*psel=PS'
ok "anchor 193380: that there was none" logged 'bind-refused.*differs="no password"'
logged 'Secret|secret|xxxx'
ok "never the password" [ $? -ne 0 ]

# ---- REL-037: many associations, and both sides calling at once ----
ok "the sink" house_sink
p1 -k -s 30 -m 60 -S many >"$HOUSE/many" &
many=$!
for n in 1 2 3 4 5; do like "REL-037: mail $n meanwhile" "$(mail "to$n")" "^250"; done
wait $many
like "REL-037: thirty callers, twelve places: all get theirs done" "$(cat "$HOUSE/many")" "^60 confirmed"
is "REL-037: each once" "$(captured)" " 60 many "
ok "REL-037: some heard busy" logged "bind-refused.*why=busy"

# ---- REL-039, REL-040, REL-046: connections that end anywhere, seen from the receiver ----
cuts=
for at in 1 2 3 100 400 800 1200 1600 2000 2300 2500; do cuts="$cuts --close data:$at@first:1"; done
# shellcheck disable=SC2086 # words
like "REL-039: cut at eleven places of a 2 KB transfer" "$(p1 -k -S cut $cuts)" "^1 confirmed"
is "REL-039: it arrives once" "$(captured)" " 1 cut "
like "REL-040: the confirm is lost" "$(p1 -k -S secured --close aea@first:1)" "^1 confirmed, 1 "
is "REL-040: it arrives once" "$(captured)" " 1 secured "
ok "REL-040: the second was known" logged "duplicate"
resets=
for at in cr cc cn ac as as+ data:500 ae ae+ aea; do resets="$resets --reset $at@first:1"; done
# shellcheck disable=SC2086
like "REL-046: reset at ten points" "$(p1 -k -S reset $resets)" "^1 confirmed"
is "REL-046: it arrives once" "$(captured)" " 1 reset "
is "nothing of what was cut is left" "$(find "$HOUSE/spool" -type f | wc -l)" 0

# ---- REL-045, anchors 196381 and 232602: the other side falls silent, and no FIN ever comes ----
before=$(assocs) # ours to the sink, idle
p1 -S silent --silence data:500 --timeout 8 >/dev/null &
silent=$!
ok "REL-045: half-open in mid-transfer is cleaned" wait_for 12 grep -q "association-closed.*waited 2 seconds for data" "$HOUSE/mixgated.log"
ok "REL-045: with its process" wait_for 7 left "$before"
kill -KILL $silent
is "REL-045: nothing arrives of it" "$(captured)" ""

# ---- the same seen from the sender ----
sink() { house_kill sink; house_kill sink 2>/dev/null; rm -rf "$HOUSE/sink"; mkdir "$HOUSE/sink"; HOUSE_SINK=$* house_sink; }
resets=
for at in cc ac as data:300 ae; do resets="$resets --reset $at@first:1"; done
sink "$resets"
refused=0
n=0
while [ $n -lt 12 ]; do
    n=$((n + 1))
    case $(mail "try$n") in 250*) break ;; *) refused=$((refused + 1)) ;; esac
    sleep 0.6 # the pause after a failure
done
ok "REL-046: a peer that resets at five points: for later, $refused times, then taken" [ $refused -ge 1 ] && [ $n -lt 12 ]
is "REL-046: and there is one message there" "$(house_sunk)" 1
sink --silence aea@first:1
like "REL-045: a peer that is silent instead of confirming: for later" "$(mail quiet)" "^451"
like "REL-045: the next one goes, on a new association" "$(mail next)" "^250"
sink --silence "data:300@first:1"
like "REL-043: one that stops reading in mid-transfer: for later" "$(mail stuck)" "^451"
like "REL-043: and the next one goes" "$(mail free)" "^250"
is "REL-043: nothing came of the first" "$(house_sunk)" 1
done_testing
