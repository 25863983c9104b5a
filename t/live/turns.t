#!/bin/sh
# turns.t - mixgated in two-way-alternate and in the X.410 modes: both sides send on one association, whoever opened it; the
# turn is asked for, given after a transfer, refused for ever; several transfers an association; a refusal does not cost it.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-turns.XXXXXX)
trap 'for n in "$HOUSE"/*.pid; do [ -f "$n" ] && house_kill "$(basename "$n" .pid)" -KILL; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 6)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive" "$HOUSE/back"
house_tables
: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
house_wait "$PF_REINJECT_PORT"
# gate PEER-LINES: mixgated with these for its peer
gate() {
    [ -f "$HOUSE/mixgated.pid" ] && house_kill mixgated
    : >"$HOUSE/mixgated.log"
    # a later host replaces an earlier one: libconfig takes no key twice
    HOUSE_PEER=$1 house_conf | sed -e 's/listen = {/listen = { data_timeout = 2;/' -e "${2:-}" >"$HOUSE/mixgate.conf"
    house_mixgated
}
calls_in='s/host = "127.0.0.1"; port = [0-9]*; rmta/host = ""; rmta/'
sink() {
    [ -f "$HOUSE/sink.pid" ] && house_kill sink
    rm -rf "$HOUSE/sink"
    mkdir "$HOUSE/sink"
    : >"$HOUSE/sink.log"
    HOUSE_SINK=$* house_sink
}
mail() { perl "$srcdir/t/lib/send.pl" --port "$LMTP_PORT" --lmtp --from alice@mail.example --to bob@x400.example --subject "$1" ${2:+"$2"}; }
p1() { "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" "$@" 127.0.0.1:"$P1_PORT"; }
to="/DD.RFC-822=alice(a)mail.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"
captured() { sort "$HOUSE/captured" | uniq -c | tr -s ' \n' ' '; : >"$HOUSE/captured"; }
has_captured() { [ "$(wc -l <"$HOUSE/captured")" -ge "$1" ]; }
back() { [ "$(find "$HOUSE/back" -name '*.p1' | wc -l)" = "$1" ]; }
opened() { grep -c association-open "$HOUSE/mixgated.log"; }
logged() { grep -q "$@" "$HOUSE/mixgated.log"; }

# theirs N ARGUMENTS...: new APDUs in $HOUSE/theirs for the sink to send to us; they are what our own source makes
theirs() {
    [ -f "$HOUSE/sink.pid" ] && house_kill sink
    rm -rf "$HOUSE/sink" "$HOUSE/theirs"
    mkdir "$HOUSE/sink" "$HOUSE/theirs"
    HOUSE_SINK='' house_sink
    "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" -S theirs -m "$@" 127.0.0.1:"$SINK_PORT" >"$HOUSE/made" 2>&1
    mv "$HOUSE"/sink/*.p1 "$HOUSE/theirs"
}

# ---- each mode, monologue: several transfers on one association, and the other way round ----
for mode in normal x410-1988 x410-1984; do
    ok "$mode: mixgated" gate "mode = \"$mode\";"
    ok "$mode: the sink" sink --mode $mode
    like "$mode: mail" "$(mail one)" "^250"
    mail two >/dev/null
    like "$mode: more mail" "$(mail three)" "^250"
    is "$mode: the sink has them" "$(house_sunk)" 3
    is "$mode: on one association" "$(opened)" 1
    run_ok "$mode: P1 from there" p1 --mode $mode -m 3 -S mode
    is "$mode: arrives" "$(captured)" " 3 mode "
    ok "$mode: nobody complained" [ -z "$(grep -E 'warn|error' "$HOUSE/mixgated.log")" ]
done
run_ok "a caller in another mode" p1 --mode normal -S other
is "is heard all the same" "$(captured)" " 1 other "
ok "and it is said" logged "other-mode.*x410-1984"
house_kill sink

# ---- two-way-alternate that we opened: the peer's mail comes on the same association ----
for mode in normal x410-1988 x410-1984; do
    ok "$mode: mixgated offers two-way-alternate" gate "mode = \"$mode\"; twa = true;"
    theirs 3 --mode $mode
    ok "$mode: a sink that has mail for us" sink --mode $mode --send-from "$HOUSE/theirs"
    perl -e 'print "From: <alice\@mail.example>\r\nTo: <bob\@x400.example>\r\nSubject: large $ARGV[0]\r\nMessage-ID: <large-$ARGV[0]\@mail.example>\r\n\r\n"; print "y" x 70, "\r\n" for 1 .. 40000' $mode >"$HOUSE/large"
    like "$mode: a large message, during which it asks for the turn" "$(mail large "$HOUSE/large")" "^250"
    ok "$mode: it has had the turn after it" wait_for 10 has_captured 3
    like "$mode: more mail: the turn comes back" "$(mail after)" "^250"
    is "$mode: the sink has both" "$(house_sunk)" 2
    is "$mode: one association in all" "$(opened)" 1
    house_kill mixgated
    like "$mode: mixgated released it" "$(cat "$HOUSE/mixgated.log")" "association-closed.*(released|stopping)"
    rm -f "$HOUSE/mixgated.pid"
    captured >/dev/null
done

# ---- a peer that only calls in: it gets its mail on the association that it has opened ----
gone() { logged "association-closed.*how=released"; }
for mode in x410-1984 x410-1988 normal; do
    rm -rf "$HOUSE/back"
    mkdir "$HOUSE/back"
    : >"$HOUSE/source.log"
    ok "$mode: mixgated with a peer that only calls in" gate "mode = \"$mode\"; twa = true;" "$calls_in"
    like "mail for it, when it is not there" "$(mail early)" "^451 4.4.1 .*only calls in"
    house_spawn source "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" \
        --mode $mode --twa -S calls --store "$HOUSE/back" --linger 4 -v 127.0.0.1:"$P1_PORT"
    ok "it calls and sends" wait_for 5 has_captured 1
    like "mail for it now" "$(mail "urgent $mode")" "^250"
    like "and again" "$(mail "again $mode")" "^250"
    ok "reaches it on its own association" wait_for 5 back 2
    is "which is the only one" "$(opened)" 1
    ok "we asked for the turn with the priority of the message" wait_for 3 grep -q "turn please, priority 2" "$HOUSE/source.log"
    wait "$(cat "$HOUSE/source.pid")"
    is "it ends in order" $? 0
    rm -f "$HOUSE/source.pid"
    ok "released by the peer" wait_for 5 gone
    like "mail for it afterwards" "$(mail late)" "^451 4.4.1"
    captured >/dev/null
done

# both at once, many
house_spawn source "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" \
    --twa -m 60 --rate 30 -S both --store "$HOUSE/back" --linger 2 127.0.0.1:"$P1_PORT"
ok "it calls again" wait_for 5 has_captured 1
rm -f "$HOUSE"/back/*
for n in 1 2 3 4 5 6 7 8 9 10; do like "mail $n meets it" "$(mail "m$n")" "^250"; done
wait "$(cat "$HOUSE/source.pid")"
rm -f "$HOUSE/source.pid"
ok "all ten are there" back 10
is "and its sixty here, once each" "$(captured)" " 60 both "
rm -f "$HOUSE"/back/*

# ---- refusals do not cost the association ----
ok "mixgated" gate "twa = true;"
theirs 1
ok "a sink that refuses the first transfer" sink --refuse transfer:1@first:1 --send-from "$HOUSE/theirs"
like "mail is for later" "$(mail nak)" "^451"
like "the next one goes" "$(mail ack)" "^250"
ok "and the sink's comes" wait_for 5 has_captured 1
is "one association" "$(opened)" 1
house_kill sink
captured >/dev/null

# ---- the turn that is never given ----
ok "mixgated with a peer that only calls in" gate "twa = true;" "$calls_in"
house_spawn source "$house_bin/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -f /S=bob/PRMD=WIDGET/ADMD=ACME/C=GB/ -t "$to" \
    --twa --drop pt -m 6 --rate 1 -S selfish --store "$HOUSE/back" 127.0.0.1:"$P1_PORT"
ok "a caller that does not listen" wait_for 5 has_captured 1
start=$(date +%s)
like "mail for it" "$(mail waits)" "^451 4.4.2 .*does not give the turn|^451 .*does not give"
took=$(($(date +%s) - start))
ok "is answered at the deadline ($took s)" [ $took -le 10 ]
ok "it is said" logged "turn-not-given"
like "the next one is not made to wait" "$(mail next)" "^451 4.4.1 .*only calls in"
wait "$(cat "$HOUSE/source.pid")"
is "what it sends is taken all the same" $? 0
rm -f "$HOUSE/source.pid"
is "all of it" "$(captured)" " 6 selfish "
done_testing
