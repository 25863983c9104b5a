#!/bin/sh
# strangers.t - who calls and never binds: neither fills the log nor keeps a peer out, whether the peer's address stands in
# mixgate.conf or not; and what becomes of octets that nobody can read, when there are many of them.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-strangers.XXXXXX)
trap 'for n in "$HOUSE"/*.pid; do [ -f "$n" ] && house_kill "$(basename "$n" .pid)" -KILL; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
house_wait "$PF_REINJECT_PORT"
gate() { # SED
    house_kill mixgated
    : >"$HOUSE/mixgated.log"
    house_conf | sed "${1:-}" >"$HOUSE/mixgate.conf"
    house_mixgated
}
p1() { "$house_bin/mixgate-source" --name "${NAME:-SINK}" --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ \
    -t "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" "$@" 127.0.0.1:"$P1_PORT" 2>&1; }
lines() { grep -cE "$1" "$HOUSE/mixgated.log"; }
assocs() { for p in $(perl "$srcdir/t/lib/mta.pl" children "$(cat "$HOUSE/mixgated.pid")"); do cat "/proc/$p/comm"; done 2>/dev/null | grep -c mixgate-assoc; }
has_assocs() { [ "$(assocs)" -ge "$1" ]; }
crowd() { # FIRST LAST: one silent connection from each 127.0.0.FIRST to LAST
    house_spawn crowd perl -MIO::Socket::INET -e 'my ($port, $from, $to) = @ARGV; my @s;
        for my $n ($from .. $to) { push @s, IO::Socket::INET->new(LocalAddr => "127.0.0.$n", PeerAddr => "127.0.0.1", PeerPort => $port, Timeout => 5) or die "$n: $@" }
        print "all\n"; $| = 1; print ""; sleep 300' "$P1_PORT" "$1" "$2"
}

# ---- 200 strangers, each from an address of its own, say nothing ----
for known in "not known" known; do
    : >"$HOUSE/crowd.log"
    case $known in known) ok "mixgated; the peer's address is known" gate ;; *) ok "mixgated with a peer that only calls in, from anywhere" gate 's/host = "127.0.0.1"; port = [0-9]*; rmta/host = ""; rmta/' ;; esac
    crowd 2 201
    ok "200 strangers stand at the door" wait_for 10 grep -q all "$HOUSE/crowd.log"
    ok "which holds most of its places" wait_for 10 has_assocs 40
    ok "and not many more than it has" [ "$(assocs)" -le 80 ]
    sleep 1.2
    like "$known: a peer gets in at once" "$(p1 --timeout 5)" "^1 confirmed, 0 "
    like "again" "$(p1 --timeout 5 -m 3 --per-association 1)" "^3 confirmed, 0 "
    like "a stranger does not" "$(NAME=STRANGER p1 --timeout 5)" "authentication"
    house_kill crowd -KILL
    house_kill mixgated
    ok "what is said of them is bounded ($(lines association-refused))" [ "$(lines association-refused)" -le 74 ]
    ok "the rest is a number" [ "$(lines more-refused.*count=)" -ge 1 ]
    is "nobody died of it" "$(lines child-died)" 0
done

# ---- one source: a share of the door, and its own longest go first ----
ok "mixgated" gate
perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.9", PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) } 1 .. 40; sleep 30' "$P1_PORT" &
echo $! >"$HOUSE/crowd.pid"
ok "40 of one address" wait_for 5 has_assocs 16
is "have a quarter of the places" "$(assocs)" 16
house_kill crowd -KILL

# ---- one that hammers ----
ok "mixgated" gate
perl -MIO::Socket::INET -e 'for (1 .. 300) { my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.9", PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or next;
    print $s "GET / HTTP/1.0\r\n\r\n"; sysread $s, my $x, 100; close $s }' "$P1_PORT"
ok "300 that speak something else: ten lines of it ($(lines source=127.0.0.9))" [ "$(lines source=127.0.0.9)" -le 11 ]
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do NAME=STRANGER p1 >/dev/null; done
is "20 binds that are refused: ten alarms" "$(lines bind-refused)" 10
like "the peer from the same address is let in, and it is told" "$(p1)" "^1 confirmed, 0 "
is "as ever" "$(lines association-open.*mta=SINK)" 1
house_kill mixgated
is "at the end the number of the others" "$(sed -n 's/.*more-refused.*source=127.0.0.9.*count=//p' "$HOUSE/mixgated.log")" 290
is "for each source" "$(sed -n 's/.*more-refused.*source=127.0.0.1 .*count=//p' "$HOUSE/mixgated.log")" 10
# ---- a peer that is told busy, and comes again and again ----
ok "mixgated with one place" gate "s/port = $P1_PORT;/& max_assoc = 1;/"
house_spawn held perl "$srcdir/t/lib/rawpeer.pl" "$P1_PORT" open wait=60
ok "which is taken" wait_for 10 grep -q open "$HOUSE/held.log"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do busy=$(p1); done
like "the fifteenth bind is told busy like the first" "$busy" "bind error 0 .busy"
is "of which ten have a line" "$(lines 'bind-refused.*peer=sink.*why=busy|peer=sink.*bind-refused.*why=busy')" 10
house_kill held -KILL
house_kill mixgated
is "and the others a number, under its name" "$(sed -n 's/.*more-refused.*source=sink .*count=//p' "$HOUSE/mixgated.log")" 5

# ---- octets that nobody can read: up to the quota they are kept, then they stay with the peer ----
nonsense() { printf "nonsense %s %0$2d" "$1" 0 >"$HOUSE/nonsense"; p1 --apdu "$HOUSE/nonsense"; }
held() { find "$HOUSE/archive/bad" -name '*.ber' | wc -l; }
ok "mixgated that keeps three" gate 's/archive = {/& bad_files = 3;/'
for n in 1 2 3; do like "nonsense $n is confirmed" "$(nonsense $n 10)" "^1 confirmed"; done
kept=$(find "$HOUSE/archive/bad" -name '*.ber' -exec cksum {} + | sort)
for n in 4 5; do like "nonsense $n stays with the peer" "$(nonsense $n 10)" "reason 1 .temporarily"; done
is "an alarm each" "$(lines 'archive-full.*ERR_RELAY_ARCHIVE_FULL.*alarm=archive')" 2
is "the oldest are as they were" "$(find "$HOUSE/archive/bad" -name '*.ber' -exec cksum {} + | sort)" "$kept"
like "what is kept already is confirmed again" "$(nonsense 2 10)" "^1 confirmed"
is "and not kept twice" "$(held)" 3
like "mail flows all the same" "$(p1)" "^1 confirmed, 0 "
rm "$(find "$HOUSE/archive/bad" -name '*.ber' | head -1)"
like "one is taken out: there is room for one" "$(nonsense 4 10)" "^1 confirmed"
like "not for two" "$(nonsense 5 10)" "reason 1 "
ok "mixgated that keeps 1,000 octets" gate 's/archive = {/& bad_size = 1000;/'
like "700 fit" "$(nonsense a 700)" "^1 confirmed"
like "700 more do not" "$(nonsense b 700)" "reason 1 "
like "but 100 do" "$(nonsense c 100)" "^1 confirmed"
like "with the figures in the alarm" "$(grep archive-full "$HOUSE/mixgated.log")" "archive.bad_size 1000"
is "five are held now" "$(held)" 5
done_testing
