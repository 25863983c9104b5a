#!/bin/sh
# check-mta.t - mixgate check --mta postfix: a private Postfix set up as mixgate-postfix(7) says is good; then each setting is
# broken once, and the finding names it.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl postfix postconf
. "$srcdir/t/lib/house.sh"
HOUSE=$(mktemp -d /tmp/mixgate-check.XXXXXX)
trap 'rm -rf "$HOUSE"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$HOUSE"
# shellcheck disable=SC2046 # five numbers
set -- $(house_ports 5)
P1_PORT=$1 LMTP_PORT=$2 SCREEN_PORT=$3 MILTER_PORT=$4 SINK_PORT=$5
mkdir -p "$HOUSE/spool" "$HOUSE/archive"
house_tables
PF_MILTER="inet:127.0.0.1:9, inet:127.0.0.1:$MILTER_PORT" PF_TRANSPORT="x400.example x400:inet:127.0.0.1:$LMTP_PORT
gw.example x400:inet:127.0.0.1:$LMTP_PORT" PF_MAIN_CF='message_size_limit = 300000000
lmtp_data_done_timeout = 600s
x400_destination_recipient_limit = 1000
relay_domains = x400.example, gw.example' PF_MASTER_CF='x400 unix - - n - 3 lmtp' sh "$srcdir/t/lib/postfix.sh" create "$HOUSE/pf" || exit 1
. "$HOUSE/pf/env"
house_conf >"$HOUSE/mixgate.conf"
cp -r "$PF_CONF" "$HOUSE/good"
check() { "$builddir/mixgate" check --config "$HOUSE/mixgate.conf" --mta postfix --mta-config "$PF_CONF" "$@" 2>&1; }
out=$(check)
is "a Postfix as mixgate-postfix(7) has it is good" $? 0 || diag "$out"
unlike_out=$(printf '%s\n' "$out" | grep -c '^error')
is "without an error" "$unlike_out" 0

# broken NAME REGEX COMMAND...: the command changes $PF_CONF; then check says so, as text and as JSON, and its status is 1
broken() {
    name=$1 want=$2
    shift 2
    rm -rf "$PF_CONF"
    cp -r "$HOUSE/good" "$PF_CONF"
    "$@" || diag "cannot change $name"
    out=$(check)
    is "$name: exit status" $? 1
    like "$name: is named" "$out" "^error: $want"
    is "$name: nothing else is" "$(printf '%s\n' "$out" | grep -c '^error')" 1
}
set_main() { postconf -c "$PF_CONF" -e "$1"; }
in_master() { sed -i "$1" "$PF_CONF/master.cf"; }
ours="inet:127.0.0.1:$MILTER_PORT"
broken "message_size_limit" "message_size_limit: 10240000 .*set message_size_limit = " set_main 'message_size_limit = 10240000'
broken "lmtp_data_done_timeout" "lmtp_data_done_timeout: .*set lmtp_data_done_timeout = 600s" set_main 'lmtp_data_done_timeout = 5m'
broken "smtpd_forbid_bare_newline" "smtpd_forbid_bare_newline: .*= yes" set_main 'smtpd_forbid_bare_newline = no'
broken "relay_domains" "relay_domains: gw.example is missing" set_main 'relay_domains = x400.example'
broken "transport_maps" "transport_maps: x400.example is missing" sed -i '/^x400.example/d' "$PF_CONF/transport"
broken "a transport that is not there" "master.cf: no service x400" in_master '/^x400/d'
broken "milter_content_timeout" "milter_content_timeout: " set_main 'milter_content_timeout = 30s'
broken "no milter" "smtpd_milters: does not name mixgate-milter; add $ours" in_master "s/-o { smtpd_milters = .*/-o smtpd_milters=/"
broken "milter not the last" ".*smtpd_milters: inet:127.0.0.1:9 stands behind" in_master "s/-o { smtpd_milters = .*/-o { smtpd_milters = $ours inet:127.0.0.1:9 }/"
broken "milter in libmilter's syntax" ".*smtpd_milters: inet:$MILTER_PORT@127.0.0.1 is how .*wants $ours" in_master "s/-o { smtpd_milters = .*/-o { smtpd_milters = inet:$MILTER_PORT@127.0.0.1 }/"
broken "milter on the return port" "127.0.0.1:$PF_REINJECT_PORT/inet: the return port has milters" \
    in_master "s/-o smtpd_milters=\$/-o smtpd_milters=inet:127.0.0.1:9/; s/,no_milters//"
broken "no DSN on the return port" "127.0.0.1:$PF_REINJECT_PORT/inet: .*DSN.*smtpd_discard_ehlo_keywords" set_main 'smtpd_discard_ehlo_keywords = silent-discard, dsn'
broken "no return port" "master.cf: no smtpd at smtp_out" in_master "s/^127.0.0.1:$PF_REINJECT_PORT/127.0.0.1:1/"
broken "recipient limit" "x400_destination_recipient_limit: 50" set_main 'x400_destination_recipient_limit = 50'
broken "process limit" "x400/unix: 100 processes, but 3 of lmtp.workers" in_master 's/^x400 .*/x400 unix - - n - - lmtp/'
like "as JSON" "$(check --json | tr '\n' ' ')" '"severity": *"error", *"key": *"x400/unix"|"key": *"x400.*/unix"'
broken "chroot" "x400/unix: runs in a chroot" sh -c "sed -i 's/^x400 .*/x400 unix - - y - 3 lmtp/' '$PF_CONF/master.cf'; sed -i 's|x400:inet:.*|x400:unix:/run/mixgate/lmtp.sock|' '$PF_CONF/transport'"
"$builddir/mixgate" check --config "$HOUSE/mixgate.conf" --mta postfix --mta-config /nowhere >"$HOUSE/out" 2>&1
is "no Postfix there: status" $? 1
like "and it says so" "$(cat "$HOUSE/out")" 'postconf -c /nowhere says nothing'
"$builddir/mixgate" check --config "$HOUSE/mixgate.conf" --mta exim >/dev/null 2>&1
is "an MTA that it does not know is wrong use" $? 2
done_testing
