#!/bin/sh
# hostile.t - a peer that keeps to no order, against mixgated on real sockets: no APDU may be confirmed and lost, none that
# was not whole may be delivered, and whoever else calls is served.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-hostile.XXXXXX)
trap 'for n in mixgated sink smtpd; do house_kill $n; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
house_conf >"$HOUSE/mixgate.conf"
: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
run_ok "an SMTP server" house_wait "$PF_REINJECT_PORT"
run_ok "the sink, which keeps the APDUs that are said later" house_sink
run_ok "mixgated" house_mixgated

source_to() { # PORT SUBJECT
    "$house_bin/mixgate-source" -r "${SOURCE_RECIPIENTS:-1}" --name "${SOURCE_NAME:-SINK}" --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ \
        -t "/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/" -S "$2" 127.0.0.1:"$1"
}
apdu() { # SUBJECT: an APDU with it; prints the file
    source_to "$SINK_PORT" "$1" >/dev/null || return 1
    mv "$HOUSE"/sink/*.p1 "$HOUSE/$1.ber" && echo "$HOUSE/$1.ber"
}
raw() { perl "$srcdir/t/lib/rawpeer.pl" "$P1_PORT" "$@" | tr '\n' ' '; }
captured() { sort "$HOUSE/captured" | tr '\n' ' '; }
clear() { : >"$HOUSE/captured"; }

slow=$(apdu slow1)
next=$(apdu next)
half=$(apdu half)

# ---- taken back behind its end: a verdict is about the APDU that it was asked for ----
is "an APDU that is discarded while it is being secured, and another behind it" \
    "$(raw open as apdu="$slow" ae=1 ad as=2 apdu="$next" ae=1 read read)" "open ADA AEA "
is "what was confirmed has arrived" "$(captured)" "next slow1 "
clear
is "the same with an interrupt, and the peer waits for each answer" \
    "$(raw open as apdu="$(apdu slow2)" ae=1 send wait=0.3 ai read as=2 apdu="$(apdu next2)" ae=1 read)" "open AA AEA "
is "and that has arrived too" "$(captured)" "next2 slow2 "
clear

# ---- what is not whole is not mail ----
while IFS="|" read -r name words; do
    # shellcheck disable=SC2086
    set -- $words
    like "$name" "$(raw open "$@" read)" "^open (AB|closed) "
done <<LIST
an end before the data|as ae=1
half an APDU, then the end|as part=$half:0:700 ae=1
an end with another serial|as apdu=$half ae=7
an APDU twice in one activity|as apdu=$half apdu=$half ae=1
a checkpoint out of order|as part=$half:0:700 mip=5
an activity inside another|as part=$half:0:700 as=2
data outside an activity|apdu=$half
the turn, in monologue|gtc
a wish for the turn by its owner|pt
release inside an activity|as part=$half:0:700 fn
an SPDU of nobody|dt=4d00
a length that is not there|as dt=010001006184ffffffff3084fffffff0020103a084ffffff000484fffffe00
LIST
is "half an APDU, then the connection ends" "$(raw open as part="$half":0:700 close)" "open "
is "or is reset" "$(raw open as part="$half":0:700 reset)" "open "
is "a resumption is refused, and the association goes on" "$(raw open ar ad as apdu="$(apdu after)" ae=1 read read read)" "open ED ADA AEA "
is "of all these only the whole one was mail" "$(captured)" "after "
clear

# ---- floods: of one association, and nothing of them stays ----
is "3,000 activities that are taken back" "$(raw open as ad times=3000 as=3 apdu="$(apdu flood)" ae=1 read read)" "open ADA ADA "
like "everybody else is served" "$(source_to "$P1_PORT" other)" "^1 confirmed, 0 "
run_ok "and no process is left over" wait_for 10 sh -c \
    '! for p in $(perl "$1/t/lib/mta.pl" children "$2"); do cat /proc/$p/comm; done | grep -q mixgate-assoc' sh "$srcdir" "$(cat "$HOUSE/mixgated.pid")"

# ---- a peer that takes all places, and a system without descriptors ----
house_kill mixgated
HOUSE_PEER='}, { name = "other"; rmta = "OTHER";'
HOUSE_CONF='limits = { recipients = 30; };'
house_conf | sed "s/port = $P1_PORT;/& max_assoc = 4;/" >"$HOUSE/mixgate.conf"
run_ok "four places and two peers" house_mixgated
pids=
for i in 1 2; do
    perl "$srcdir/t/lib/rawpeer.pl" "$P1_PORT" open wait=20 >"$HOUSE/held.$i" &
    pids="$pids $!"
    ok "a peer binds, $i" wait_for 10 grep -q open "$HOUSE/held.$i"
done
is "and cannot have a third one" "$(raw open)" "RF "
like "while the other peer gets in" "$(SOURCE_NAME=OTHER source_to "$P1_PORT" elsewhere)" "^1 confirmed, 0 "
# shellcheck disable=SC2086
kill $pids
clear
is "a message with more recipients than limits.recipients is confirmed" \
    "$(raw open as apdu="$(SOURCE_RECIPIENTS=31 apdu crowd)" ae=1 read)" "open AEA "
is "and its sender is told, of each" "$(captured | tr -d '\n')" "$(printf 'DSN'; printf ' failed%.0s' $(seq 31)) "
house_kill mixgated
house_conf >"$HOUSE/mixgate.conf"
for n in 23 24; do
    (ulimit -n $n && house_mixgated)
    perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Timeout => 1) } 1 .. 40; sleep 3' "$P1_PORT"
    like "with $n descriptors, when the flood is over: served" "$(source_to "$P1_PORT" "after$n")" "^1 confirmed, 0 "
    [ $n = 24 ] || house_kill mixgated
done
ok "nobody died of it" sh -c '! grep -q child-died "$1"' sh "$HOUSE/mixgated.log"
done_testing
