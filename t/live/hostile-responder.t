#!/bin/sh
# hostile-responder.t - MTAs that answer our calls with anything: the fuzzer's seeds, whole, cut short, with an octet changed, and
# silence.  Each recipient's message stays with the MTA that brought it, nobody else's is touched, and it goes when the peer is
# itself again.  One message has a recipient behind each such peer, so that all of them are called at once.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-responder.XXXXXX)
trap 'for n in mixgated sink answers smtpd; do house_kill $n -KILL; done; rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046
set -- $(house_ports 7)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5 PF_REINJECT_PORT=$6 ANSWERS_PORT=$7
mkdir -p "$HOUSE/spool" "$HOUSE/sink" "$HOUSE/archive"
house_tables
count=$(find "$srcdir/t/fuzz/osi_initiator" -type f | wc -l)
i=1 to=
while [ $i -le "$count" ]; do
    echo "PRMD\$P$i.ADMD\$ACME.C\$GB#p$i.example#" >>"$HOUSE/tables/mapping1"
    echo "p$i.example#PRMD\$P$i.ADMD\$ACME.C\$GB#" >>"$HOUSE/tables/mapping2"
    sed -i "1i PRMD\$P$i.ADMD\$ACME.C\$GB : peer=p$i" "$HOUSE/tables/routes"
    HOUSE_PEER="${HOUSE_PEER:-} }, { name = \"p$i\"; host = \"127.0.0.1\"; port = $ANSWERS_PORT; rmta = \"SINK\";"
    to="$to --to bob@p$i.example"
    i=$((i + 1))
done

: >"$HOUSE/captured"
house_spawn smtpd perl "$srcdir/t/lib/mta.pl" smtpd "$PF_REINJECT_PORT" "$HOUSE/captured"
run_ok "an SMTP server" house_wait "$PF_REINJECT_PORT"
run_ok "a good peer" house_sink
house_conf | sed "s/lmtp = {/& answer_within = 5;/" >"$HOUSE/mixgate.conf"

answers() { # whole|cut|changed|silent: a server that says one seed after the other
    # shellcheck disable=SC2016
    house_spawn answers perl -MIO::Socket::INET -e '
        my ($port, $how, @files) = @ARGV; my ($n, @held) = 0;
        my $l = IO::Socket::INET->new(Listen => 200, LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or die;
        local $SIG{PIPE} = "IGNORE";
        while (my $s = $l->accept) {
            if ($how eq "silent") { push @held, $s; next }
            open my $f, "<", $files[$n++ % @files] or die; binmode $f; local $/; my $octets = <$f>;
            substr($octets, length($octets) / 2) = "" if $how eq "cut";
            substr($octets, length($octets) * 2 / 3, 1) ^= "\x55" if $how eq "changed";
            syswrite $s, $octets; $n % 2 ? close $s : push @held, $s }' "$ANSWERS_PORT" "$1" "$srcdir"/t/fuzz/osi_initiator/*
    house_wait "$ANSWERS_PORT"
}
send_to() { perl "$srcdir/t/lib/send.pl" --lmtp --port "$LMTP_PORT" --from alice@mail.example --subject "$1" $2 2>&1; }

for how in whole cut changed silent; do
    answers $how
    run_ok "$how: mixgated" house_mixgated
    replies=$(send_to "$how" "$to --to good@x400.example")
    is "$how: every recipient behind such a peer has a temporary failure" "$(echo "$replies" | grep -cE '^4[0-9][0-9] 4\.[0-9]+\.[0-9]+ ')" "$count"
    is "$how: and the good one has its 250" "$(echo "$replies" | grep -c '^250 ')" 1
    ok "$how: nobody died of it" sh -c '! grep -qE "child-died|AddressSanitizer|runtime error" "$1"' sh "$HOUSE/mixgated.log"
    like "$how: the log says of each why" "$(grep -c 'peer-down' "$HOUSE/mixgated.log")" '^[1-9][0-9]*$'
    house_kill answers -KILL
    house_kill mixgated
done
is "the good peer has four messages" "$(house_sunk)" 4

# ---- and when they are MTAs again ----
house_kill sink
SINK_PORT=$ANSWERS_PORT
run_ok "good MTAs in their place" house_sink
run_ok "mixgated" house_mixgated
replies=$(send_to after "$to")
is "all the others' messages go" "$(echo "$replies" | grep -c '^250 ')" "$count"
done_testing
