#!/bin/sh
# readme.t - the README's set-up, its commands as they stand there with paths and ports adapted, against a private Postfix; the
# samples in etc/ say the same to Postfix.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and postfix postconf postmap sendmail
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-readme.XXXXXX)
chmod 755 "$dir"
HOUSE=$dir
stop() { house_kill milter; house_kill mixgated; house_kill sink; sh "$srcdir/t/lib/postfix.sh" destroy "$dir/pf"; rm -rf "$dir"; }
trap stop EXIT
trap 'exit 1' INT TERM
# shellcheck disable=SC2046 # five numbers
set -- $(house_ports 5)
LMTP=$1 MILTER=$2 SCREEN=$3 P1=$4 SINK=$5
mkdir "$dir/mixgate" "$dir/var"
sh "$srcdir/t/lib/postfix.sh" create "$dir/pf" || exit 1
. "$dir/pf/env"
# The port of the README's recipe takes the place of the one that postfix.sh made.
postconf -c "$PF_CONF" -MX "127.0.0.1:$PF_REINJECT_PORT/inet"
postconf -c "$PF_CONF" -PX "127.0.0.1:$PF_SUBMIT_PORT/inet/smtpd_milters"
sh "$srcdir/t/lib/postfix.sh" start "$dir/pf" || exit 1

adapt() {
    sed -e "s,/etc/mixgate,$dir/mixgate,g; s,/var/lib/mixgate,$dir/var,g; s,/etc/postfix,$PF_CONF,g" \
        -e "s/p1\.example\.com\"; port = 102;/127.0.0.1\"; port = $SINK;/; s/port = 102;/host = \"127.0.0.1\"; port = $P1;/" \
        -e "s/2400/$LMTP/g; s/2401/$MILTER/g; s/2402/$SCREEN/g; s/10025/$PF_REINJECT_PORT/g" \
        -e "s/127\.0\.0\.1:102 /127.0.0.1:$P1 /; s/127\.0\.0\.1:10102/127.0.0.1:$SINK/" \
        -e "s/-g mixgate //; s/postconf -/postconf -c \$PF_CONF -/; s/postmap /postmap -c \$PF_CONF /; s/postfix \(check\|reload\)/postfix -c \$PF_CONF \1/g" \
        -e "s/\<sendmail /sendmail -C \$PF_CONF /; s/\<\(mixgate\|mixgate-sink\) -/\1_ -/"
}
# The commands of the README that begin with one of these words, with the lines that continue them.
commands() { awk -v first="^       ($1)" '/^       [^ ]/ && !more { on = $0 ~ first } on && /^       / { print; more = /\\$/ } !/\\$/ { more = 0 }' "$srcdir/README" | adapt; }
mixgate() { "$house_bin/mixgate" "$@" --config "$dir/mixgate/mixgate.conf"; }

{
    commands 'local  |listen |lmtp  |milter  |smtp_out|peers  |mapping'
    grep -E '^(journal|archive) =' "$srcdir/etc/mixgate.conf" | adapt
    echo 'log = { target = "stderr"; };'
} >"$dir/mixgate/mixgate.conf"
commands 'install -m|echo .*mapping' >"$dir/files.sh"
is "two passwords and two tables" "$(wc -l <"$dir/files.sh")" 4
run_ok "are made" sh -e "$dir/files.sh"
run_ok "the configuration loads" mixgate check
like "the address goes to the peer" "$(mixgate addr --explain Bob.Jones@sales.widget.example)" 'route: peer viat'
like "and comes back" "$(mixgate addr --explain '/G=Bob/S=Jones/O=sales/PRMD=widget/ADMD=acme/C=gb/')" 'rfc822: Bob.Jones@sales.widget.example'

mixgate table postfix >"$PF_CONF/x400"
commands 'postconf|postfix' >"$dir/postfix.sh"
commands 'mixgate table postfix' | sed 's/.*&& //' >>"$dir/postfix.sh"
export PF_CONF
run_ok "Postfix takes the recipe" sh -e "$dir/postfix.sh"
adapted=$dir/samples
mkdir "$adapted"
adapt <"$srcdir/etc/postfix-main.cf.sample" >"$adapted/main.cf"
adapt <"$srcdir/etc/postfix-master.cf.sample" >"$adapted/master.cf"
for p in $(sed -n 's/^\([a-z0-9_]*\) = .*/\1/p' "$adapted/main.cf"); do
    is "README and sample agree about $p" "$(postconf -c "$PF_CONF" -h "$p" 2>&1)" "$(postconf -c "$adapted" -h "$p" 2>&1)"
done
like "the service x400 is there" "$(postconf -c "$PF_CONF" -M x400/unix)" '6 +lmtp$'
is "the port for what comes back has all its settings" "$(postconf -c "$PF_CONF" -P "127.0.0.1:$PF_REINJECT_PORT/inet" | wc -l)" 8
is "README and sample agree about the service x400" "$(postconf -c "$PF_CONF" -M x400/unix 2>&1)" "$(postconf -c "$adapted" -M x400/unix 2>&1)"
is "and the port for what comes back" "$(postconf -c "$PF_CONF" -P "127.0.0.1:$PF_REINJECT_PORT/inet" 2>&1 | sort)" \
    "$(postconf -c "$adapted" -P "127.0.0.1:$PF_REINJECT_PORT/inet" 2>&1 | sort)"

house_spawn mixgated "$house_bin/mixgated" --config "$dir/mixgate/mixgate.conf" --foreground
house_spawn milter "$house_bin/mixgate-milter" --config "$dir/mixgate/mixgate.conf" --foreground
ok "mixgated listens" house_wait "$LMTP"
ok "the milter listens" house_wait "$MILTER"
commands mixgate-sink | sed 's/.*mixgate-sink_/exec "$house_bin\/mixgate-sink"/' >"$dir/sink.sh"
export house_bin
house_spawn sink sh "$dir/sink.sh"
ok "the sink listens" house_wait "$SINK"
commands 'echo hello' >"$dir/send.sh"
run_ok "a message is sent" sh -e "$dir/send.sh"
has_report() { grep -rsq '^Action: delivered' "$PF_MAIL/other/new"; }
ok "its delivery report comes back" house_until 20 has_report || tail -n 20 "$dir"/*.log "$PF_LOG" | sed 's/^/# /'
like "the sink has shown it" "$(cat "$dir/sink.log")" 'Jones'
id=$(sed -n 's/.* message-id=\(<[^>]*>\).*/\1/p' "$PF_LOG" | head -1)
like "track knows it by its Message-ID" "$(mixgate track "$id")" 'confirmed'
like "the milter refuses what cannot go" \
    "$(perl "$srcdir/t/lib/send.pl" --port "$PF_SUBMIT_PORT" --from alice@mail.example --to '"/X=1/S=/"@widget.example')" '^5.. 5\.1'
is "nothing alarms" "$(grep -c alarm= "$dir/mixgated.log")" 0
done_testing
