#!/bin/sh
# check-sendmail.t - mixgate check --mta sendmail and mixgate table sendmail: a sendmail.cf made by mixgate.m4 with the printed
# mailertable is good; then each setting is broken once, and the finding names it.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and perl m4 dpkg
sh "$srcdir/t/lib/sendmail.sh" unpack || exit 1
. "$srcdir/t/lib/house.sh"
trap 'house_small_destroy' EXIT
trap 'exit 1' INT TERM
house_small "$(mktemp -d /tmp/mixgate-check.XXXXXX)"
own=$(house_ports 1)
HOUSE_PEER="lmtp = \"inet:$own@127.0.0.1\";"
PF_MILTER="inet:127.0.0.1:9 inet:127.0.0.1:$MILTER_PORT" PF_TRANSPORT="x400.example lmtp:inet:127.0.0.1:$own
gw.example lmtp:inet:127.0.0.1:$LMTP_PORT" SM_MC='define(`confMAX_MESSAGE_SIZE'"', \`300000000')dnl" sh "$srcdir/t/lib/sendmail.sh" create "$HOUSE/pf" || exit 1
. "$HOUSE/pf/env"
house_conf >"$HOUSE/mixgate.conf"
cf=$PF_CONF/sendmail.cf
# the mailers have the names that `mixgate table sendmail` gives them
table=$("$builddir/mixgate" table sendmail --config "$HOUSE/mixgate.conf" 2>&1)
is "table sendmail" $? 0
like "the peer's domain goes to the peer's mailer" "$table" "^x400.example	x400-sink:mixgate"
like "what is below it too" "$table" "^\.x400.example	x400-sink:mixgate"
like "our own domain to the generic one" "$table" "^gw.example	x400:mixgate"
like "mailers are named: the generic one" "$table" "^# MIXGATE_MAILER\(.x400', .TCP \[127.0.0.1\] $LMTP_PORT'\)"
like "and the peer's" "$table" "^# MIXGATE_MAILER\(.x400-sink', .TCP \[127.0.0.1\] $own'\)"
printf '%s\n' "$table" >"$PF_CONF/mailertable"
sed -i 's/^Mx4001,/Mx400-sink,/; s/^Mx4002,/Mx400,/; s/^O MaxMessageSize=.*/O MaxMessageSize=300000000/' "$cf"
printf 'x400.example\ngw.example\n' >"$PF_CONF/relay-domains"
PF_REINJECT=$PF_REINJECT_PORT
cp -r "$PF_CONF" "$HOUSE/good"
check() { "$builddir/mixgate" check --config "$HOUSE/mixgate.conf" --mta sendmail --mta-config "$PF_CONF" "$@" 2>&1; }
out=$(check)
is "a Sendmail as mixgate-sendmail(7) has it is good" $? 0 || diag "$out"

# broken NAME REGEX COMMAND...: the command changes $PF_CONF; then check says so and its status is 1
broken() {
    name=$1 want=$2
    shift 2
    rm -rf "$PF_CONF"
    cp -r "$HOUSE/good" "$PF_CONF"
    "$@" || diag "cannot change $name"
    cmp -s "$cf" "$HOUSE/good/sendmail.cf" && cmp -s "$PF_CONF/mailertable" "$HOUSE/good/mailertable" &&
        cmp -s "$PF_CONF/relay-domains" "$HOUSE/good/relay-domains" && diag "$name: nothing was changed"
    out=$(check)
    is "$name: exit status" $? 1
    like "$name: is named" "$out" "^error: $want"
    is "$name: nothing else is" "$(printf '%s\n' "$out" | grep -c '^error')" 1
}
cf() { sed -i "$1" "$cf"; }
broken "message size" "confMAX_MESSAGE_SIZE: 10240000 is less .*define\(.confMAX_MESSAGE_SIZE', .314572800'\)" cf 's/^O MaxMessageSize=.*/O MaxMessageSize=10240000/'
broken "time after the dot" "confTO_DATAFINAL: 5m is not longer than lmtp.answer_within .500 s.*.600s'" cf 's/^#O Timeout.datafinal=.*/O Timeout.datafinal=5m/'
broken "noreceipts" "confPRIVACY_FLAGS: noreceipts: .*DSN" cf 's/^O PrivacyOptions=.*/O PrivacyOptions=authwarnings,noreceipts/'
broken "goaway" "confPRIVACY_FLAGS: goaway: .*DSN" cf 's/^O PrivacyOptions=.*/O PrivacyOptions=goaway/'
broken "no milter" "INPUT_MAIL_FILTER: no mixgate-milter; add MIXGATE_MILTER\(.inet:$MILTER_PORT@127.0.0.1'\)" cf '/^Xmixgate,/d'
broken "a milter that is not asked" "confINPUT_MAIL_FILTERS: does not name mixgate" cf 's/^O InputMailFilters=.*/O InputMailFilters=filter1/'
broken "a milter behind" "confINPUT_MAIL_FILTERS: filter1 stands behind mixgate" cf 's/^O InputMailFilters=.*/O InputMailFilters=mixgate, filter1/'
broken "milter without F=T" "INPUT_MAIL_FILTER: mixgate has no F=T" cf '/^Xmixgate,/s/ F=T,//'
broken "milter's time" "INPUT_MAIL_FILTER: mixgate: T=E: is not longer than milter.timeout .60 s" cf '/^Xmixgate,/s/E:600s/E:60s/'
broken "milter on the return port" "DAEMON_OPTIONS: the return port $PF_REINJECT has milters" cf 's/, InputMailFilters=$//'
broken "authentication on the return port" "DAEMON_OPTIONS: the return port $PF_REINJECT wants auth" cf 's/M=C, InputMailFilters=$/M=Ca, InputMailFilters=/'
broken "no return port" "DAEMON_OPTIONS: nothing listens at smtp_out, port $PF_REINJECT; add MIXGATE_RETURN_PORT" cf "/Port=$PF_REINJECT/d"
broken "relay-domains" "relay-domains: gw.example is missing" sed -i '/^gw/d' "$PF_CONF/relay-domains"
broken "mailertable" "mailertable: x400.example is missing; .mixgate table sendmail" sed -i '/^x400.example/d' "$PF_CONF/mailertable"
broken "no mailertable" "mailertable: there is none; add FEATURE" cf '/^Kmailertable/d'
broken "a mailertable that is not there" "mailertable: $PF_CONF/mailertable cannot be read" rm "$PF_CONF/mailertable"
broken "a mailer that is not there" "mailertable: no mailer x400-sink; add MIXGATE_MAILER" cf 's/^Mx400-sink,/Mother,/'
broken "a mailer to another port" "x400: A=TCP .127.0.0.1. 9 is no LMTP socket" cf "s/A=TCP .127.0.0.1. $LMTP_PORT\$/A=TCP [127.0.0.1] 9/"
broken "no LMTP" "x400: F= wants z: it does not speak LMTP" cf '/^Mx400,/s/nuXza/nuXa/'
broken "a transaction a recipient" "x400: F= wants m" cf '/^Mx400,/s/DFMmn/DFMn/'
broken "From lines" "x400: F= must not have E" cf '/^Mx400,/s/DFMmn/DFMmEn/'
broken "long lines" "x400: L= breaks long lines" cf '/^Mx400,/s/L=0/L=990/'
broken "recipients" "x400: r=50: " cf '/^Mx400,/s/r=1000/r=50/'
like "as JSON" "$(check --json | tr '\n' ' ')" '"severity": *"error", *"key": *"x400"|"key": *"x400"'
out=$("$builddir/mixgate" check --config "$HOUSE/mixgate.conf" --mta sendmail --mta-config /nowhere 2>&1)
is "no Sendmail there: status" $? 1
like "and it says so" "$out" "/nowhere/sendmail.cf: is Sendmail installed"
done_testing
